/**
 * The servers' processes: started on chosen cores, ended by their pids whatever happens.
 *
 * @module
 */

import { Warden } from "../../lib/chaos/warden.ts";
import { FailedError } from "../../lib/errors.ts";

/** How much of what a server says is kept: its end, where the reason of a failure stands. */
const TOLD_CHARACTERS_MAX = 16 * 1024;

/** The first election of three nodes on a busy machine. */
const READY_MS_MAX = 60_000;
const LOOK_EVERY_MS = 20;

/** What runs a server. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  /** Besides the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A process that runs. */
export interface Running {
  readonly pid: number;
  /** The first line that it prints on stdout; empty if it ends before. */
  readonly firstLine: Promise<string>;
}

/** The servers of one system, all on the same cores; ended when it is disposed of. */
export class Fleet implements AsyncDisposable {
  /** The folder for what they keep; it goes with them. */
  readonly folder: string;
  readonly #cores: string | null;
  readonly #signal: AbortSignal;
  readonly #warden: Warden;
  readonly #children = new Map<Deno.ChildProcess, Promise<void>>();
  #told = "";
  #crash: string | null = null;
  #isEnding = false;

  private constructor(folder: string, { cores, signal }: FleetOptions) {
    this.folder = folder;
    this.#cores = cores;
    this.#signal = signal;
    this.#warden = new Warden(folder);
  }

  /** Makes a folder of its own; starts nothing yet. */
  static async create(options: FleetOptions): Promise<Fleet> {
    const folder = await Deno.makeTempDir({ prefix: "kvdist-peers-", dir: options.dir });
    return new Fleet(folder, options);
  }

  /** Starts a server. */
  async start({ command, args, env = {} }: Program): Promise<Running> {
    this.#signal.throwIfAborted();
    const words = [
      ...(this.#cores === null ? [] : ["taskset", "-c", this.#cores]),
      command,
      ...args,
    ];
    const child = new Deno.Command(words[0], {
      args: words.slice(1),
      env,
      cwd: this.folder,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const first = Promise.withResolvers<string>();
    this.#children.set(child, this.#watch(child, command, first.resolve));
    await this.#warden.began(child.pid);
    return { pid: child.pid, firstLine: first.promise };
  }

  /**
   * Waits until `ask` says so; while it throws, it does not.
   *
   * @throws {FailedError} if a server ends before, or it takes too long
   */
  async until(what: string, ask: () => Promise<boolean>): Promise<void> {
    const begin = performance.now();
    let why = "";
    for (;;) {
      this.check();
      const holds = await ask().catch((error: unknown) => {
        why = ` (${error instanceof Error ? error.message : error})`;
        return false;
      });
      if (holds) return;
      if (performance.now() - begin > READY_MS_MAX) {
        throw new FailedError(
          `no ${what} within ${READY_MS_MAX / 1000} s${why}: ${this.#lastWords()}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  /** Throws if a server has ended by itself, or all shall end. */
  check(): void {
    this.#signal.throwIfAborted();
    if (this.#crash !== null) throw new FailedError(`${this.#crash}: ${this.#lastWords()}`);
  }

  /** Ends all by SIGKILL, since nobody needs what they keep, and deletes the folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isEnding = true;
    for (const child of this.#children.keys()) {
      try {
        child.kill("SIGKILL");
      } catch (error) {
        // It has ended, and nobody has been told yet.
        if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
      }
    }
    await Promise.all(this.#children.values());
    await Deno.remove(this.folder, { recursive: true });
    await this.#warden[Symbol.asyncDispose]();
  }

  async #watch(
    child: Deno.ChildProcess,
    command: string,
    first: (line: string) => void,
  ): Promise<void> {
    const [{ code }] = await Promise.all([
      child.status,
      this.#keep(child.stdout, first),
      this.#keep(child.stderr, () => {}),
    ]);
    await this.#warden.ended(child.pid);
    this.#children.delete(child);
    if (!this.#isEnding) this.#crash ??= `${command} ended by itself with exit code ${code}`;
  }

  async #keep(stream: ReadableStream<Uint8Array>, first: (line: string) => void): Promise<void> {
    let beginning = "";
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      if (!beginning.includes("\n")) {
        beginning += text;
        if (beginning.includes("\n")) first(beginning.split("\n")[0]);
      }
      this.#told = (this.#told + text).slice(-TOLD_CHARACTERS_MAX);
    }
    first("");
  }

  #lastWords(): string {
    return this.#told.trim().split("\n").slice(-3).join(" / ") || "it said nothing";
  }
}

/** Where servers run. */
export interface FleetOptions {
  /** Where the folder is made; the system's place for such folders unless given. */
  readonly dir?: string;
  /** The cores that they may use, as taskset counts them; null: all. */
  readonly cores: string | null;
  /** Nothing is started any more once it aborts. */
  readonly signal: AbortSignal;
}

/** Whether the program is on the PATH. */
export async function isInstalled(program: string): Promise<boolean> {
  const which = new Deno.Command("sh", {
    args: ["-c", 'command -v "$1"', "sh", program],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  });
  return (await which.output()).success;
}
