/**
 * Runs the program as a person at a terminal does.
 *
 * @module
 */

import { RUN_MS_MAX } from "./program.ts";

/** `script` of util-linux gives a program a terminal; elsewhere its flags are others. */
export const HAS_TERMINAL = Deno.build.os === "linux" && (await canRun("script", "--version"));

async function canRun(...[name, ...args]: string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(name, { args, stdout: "null", stderr: "null" }).output())
      .success;
  } catch {
    return false;
  }
}

/** A program on a terminal of its own. */
export class Terminal implements Disposable {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #output: ReadableStreamDefaultReader<string>;
  readonly #timer: ReturnType<typeof setTimeout>;
  #shown = "";

  /** Runs a shell's command there. */
  constructor(command: string, env: Readonly<Record<string, string>> = {}) {
    this.#child = new Deno.Command("script", {
      args: ["-qefc", command, "/dev/null"],
      env: { TERM: "xterm", NO_COLOR: "1", ...env },
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#timer = setTimeout(() => this.#kill(), RUN_MS_MAX);
    this.#input = this.#child.stdin.getWriter();
    this.#output = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Resolves when this text has appeared, with what came up to then since the last time. */
  async until(text: string): Promise<string> {
    while (!this.#shown.includes(text)) {
      const { done, value } = await this.#output.read();
      if (done) throw new Error(`it ended without showing ${text}: ${this.#shown}`);
      this.#shown += value;
    }
    const end = this.#shown.indexOf(text) + text.length;
    const before = this.#shown.slice(0, end);
    this.#shown = this.#shown.slice(end);
    return before;
  }

  /** Presses these keys. */
  async type(keys: string): Promise<void> {
    await this.#input.write(new TextEncoder().encode(keys));
  }

  /** Resolves with the exit code when the program has ended. */
  async ended(): Promise<number> {
    while (!(await this.#output.read()).done);
    const { code } = await this.#child.status;
    await this.#input.close().catch(() => {});
    return code;
  }

  /** Ends it, if it has not ended. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#kill();
  }

  #kill(): void {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
  }
}
