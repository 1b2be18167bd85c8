/**
 * One replica as a process of its own, which can be killed, stopped in its tracks and started
 * again on the same folder.
 *
 * @module
 */

import { FailedError } from "../errors.ts";
import { invariant } from "../invariant.ts";
import { CHAOS_READY_MS_MAX, CHAOS_STDERR_CHARACTERS_KEPT } from "../limits.ts";

/** How the program is started. */
export interface Program {
  readonly command: string;
  /** What stands before the subcommand. */
  readonly args: readonly string[];
  /** Besides what this process has. */
  readonly env: Readonly<Record<string, string>>;
}

/** What a replica's process is made from. */
export interface ReplicaProcessOptions {
  readonly id: number;
  readonly program: Program;
  /** The subcommand and its flags; the same at every start. */
  readonly args: readonly string[];
  /** `host:port` for clients. */
  readonly client: string;
  /** The folder that is the replica's own. */
  readonly folder: string;
  /** Where what it tells on stderr is kept. */
  readonly logFile: string;
  /** Told when a process begins and when it has ended, so that none is left behind. */
  readonly watch: { began(pid: number): Promise<void>; ended(pid: number): Promise<void> };
  /** Told when it ends though nobody killed it. */
  readonly crashed: (id: number, why: string) => void;
}

/** A replica that is up, down, or held. */
export class ReplicaProcess {
  readonly id: number;
  /** `host:port` for clients. */
  readonly client: string;
  /** The folder that is the replica's own. */
  readonly folder: string;
  readonly #options: ReplicaProcessOptions;
  #child: Deno.ChildProcess | null = null;
  #ended: Promise<void> = Promise.resolve();
  #isKilled = false;
  #isReady = false;
  #stderr = "";

  /** It is down. */
  constructor(options: ReplicaProcessOptions) {
    this.#options = options;
    this.id = options.id;
    this.client = options.client;
    this.folder = options.folder;
  }

  /** Whether its process runs, or is stopped by a signal. */
  get isUp(): boolean {
    return this.#child !== null;
  }

  /** Whether it is up and has said that it is ready. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /**
   * Starts it; resolves when it listens and answers local reads, or when it was killed before.
   *
   * @throws {FailedError} if it ends by itself or is not ready in time
   */
  async start(): Promise<void> {
    invariant(this.#child === null, "a replica that is started is down");
    const { program, args, watch } = this.#options;
    const child = new Deno.Command(program.command, {
      args: [...program.args, ...args],
      env: program.env,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#child = child;
    this.#isKilled = false;
    this.#ended = this.#watch(child);
    await watch.began(child.pid);
    await this.#ready(child);
  }

  /** SIGKILL; resolves when the process is gone. */
  async kill(): Promise<void> {
    this.#isKilled = true;
    this.#isReady = false;
    this.#signal(this.#child, "SIGKILL");
    await this.#ended;
  }

  /** SIGSTOP; gives back what lets the same process go on. */
  pause(): () => void {
    const child = this.#child;
    this.#signal(child, "SIGSTOP");
    return () => {
      if (this.#child === child) this.#signal(child, "SIGCONT");
    };
  }

  #signal(child: Deno.ChildProcess | null, signal: Deno.Signal): void {
    try {
      child?.kill(signal);
    } catch (error) {
      // It has ended, and nobody has been told yet.
      if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  async #ready(child: Deno.ChildProcess): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(() => resolve(null), CHAOS_READY_MS_MAX);
    });
    const line = await Promise.race([firstLine(child.stdout), late]);
    clearTimeout(timer);
    if (this.#isKilled) return;
    if (line === null) {
      throw new FailedError(
        `replica ${this.id} was not ready within ${CHAOS_READY_MS_MAX / 1000} s; ` +
          `the end of its log: ${lastLine(this.#stderr)}`,
      );
    }
    // It has ended: the reason stands in its last words.
    if (line === "") {
      await this.#ended;
      if (this.#isKilled) return;
      throw new FailedError(`replica ${this.id} does not start: ${lastLine(this.#stderr)}`);
    }
    this.#isReady = true;
  }

  async #watch(child: Deno.ChildProcess): Promise<void> {
    const { watch, crashed } = this.#options;
    const [status] = await Promise.all([child.status, this.#keepLog(child)]);
    await watch.ended(child.pid);
    this.#child = null;
    this.#isReady = false;
    if (this.#isKilled) return;
    crashed(
      this.id,
      `replica ${this.id} ended by itself with ${status.signal ?? `exit code ${status.code}`}: ` +
        lastLine(this.#stderr),
    );
  }

  async #keepLog(child: Deno.ChildProcess): Promise<void> {
    using file = await Deno.open(this.#options.logFile, { append: true, create: true });
    const decoder = new TextDecoder();
    for await (const bytes of child.stderr) {
      for (let rest = bytes; rest.length > 0;) rest = rest.subarray(file.writeSync(rest));
      const text = decoder.decode(bytes, { stream: true });
      this.#stderr = (this.#stderr + text).slice(-CHAOS_STDERR_CHARACTERS_KEPT);
      // It is started again within its process, and says so; that it was needed is a mistake.
      const broken = /[^\n]*Invariant broken[^\n]*/.exec(text);
      if (broken !== null) this.#options.crashed(this.id, `replica ${this.id}: ${broken[0]}`);
    }
  }
}

/** The first line of the stream, which is then read no further; what there is of it at its end. */
async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  for await (const part of stream.pipeThrough(new TextDecoderStream())) {
    text += part;
    if (text.includes("\n")) break;
  }
  return text.split("\n")[0];
}

function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1) || "it said nothing";
}
