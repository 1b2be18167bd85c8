/**
 * Starts `kvdist serve` as a process of its own, for tests against real sockets, workers and disks.
 *
 * ```ts
 * await using server = await startServer({ args: ["--consistency", "eventual"] });
 * using client = await connect(server.replicas[0].client);
 * // …
 * assertEquals(await server.stop(), 0);
 * ```
 *
 * @module
 */

import { firstLine, spawn } from "../cli/program.ts";

/** Until the ready line: the replicas recover from their disks first, on a busy machine. */
const START_MS_MAX = 60_000;

/** From SIGTERM to the end: what was accepted is finished first. */
const STOP_MS_MAX = 30_000;

/** How much of stderr is kept: its end, since the reason of a failure stands there. */
const STDERR_CHARACTERS_MAX = 64 * 1024;

/** How a server is started. */
export interface ServerOptions {
  /** Flags after `serve --json --port 0 --peer-port 0 --data …`; of a flag given twice the last counts. */
  readonly args?: readonly string[];
  /** The folder for `--data`, which stays when the server ends; without it a folder of its own. */
  readonly data?: string;
  /** Its environment, besides that of the tests. */
  readonly env?: Readonly<Record<string, string>>;
  /** A command that becomes it, given in front of its own, such as `ip netns exec NAME`. */
  readonly within?: readonly string[];
}

/** Where a replica listens, as `host:port`. */
export interface ReplicaAddress {
  /** Its id, 0 … N-1: its place in {@linkcode Server.replicas} if all are in one process. */
  readonly id: number;
  /** For clients. */
  readonly client: string;
  /** For the other replicas. */
  readonly peer: string;
}

/** A server that is ready. Dispose of it, however it ends: no process and no folder stays behind. */
export interface Server extends AsyncDisposable {
  /** Its replicas, by id. */
  readonly replicas: readonly ReplicaAddress[];
  /** Where it answers over HTTP, as `host:port`; empty if it was not asked to. */
  readonly http: string;
  /** The process, which is the program itself. */
  readonly pid: number;
  /** Its data folder. */
  readonly data: string;
  /** Its exit code, once it has ended by itself or otherwise; 128 and more: by a signal. */
  readonly ended: Promise<number>;
  /** The end of what it has told on stderr so far, for the messages of failures. */
  stderr(): string;
  /**
   * Asks it to stop with SIGTERM, and waits until it has.
   *
   * @returns Its exit code.
   * @throws {Error} If it has not ended within a generous time; it is killed then.
   */
  stop(): Promise<number>;
  /** Ends it with SIGKILL and waits until it is gone. Its data folder stays until it is disposed of. */
  kill(): Promise<void>;
}

/**
 * Starts a server on free ports and waits until it is ready.
 *
 * @throws {Error} If it ends before, or is not ready in time, with what it said on stderr.
 */
export async function startServer(options: ServerOptions = {}): Promise<Server> {
  const { args = [], env = {}, within = [] } = options;
  const data = options.data ?? await Deno.makeTempDir({ prefix: "kvdist-e2e-" });
  const server = new ServerProcess(data, options.data === undefined, (flags) => {
    return spawn(["serve", ...flags, ...args], { permissions: ["--allow-all"], env, within });
  });
  try {
    await server.ready();
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

class ServerProcess implements Server {
  replicas: readonly ReplicaAddress[] = [];
  http = "";
  readonly data: string;
  readonly ended: Promise<number>;
  readonly #child: Deno.ChildProcess;
  readonly #ownsData: boolean;
  readonly #stderrRead: Promise<void>;
  #stderr = "";
  #hasEnded = false;

  constructor(
    data: string,
    ownsData: boolean,
    start: (flags: readonly string[]) => Deno.ChildProcess,
  ) {
    this.data = data;
    this.#ownsData = ownsData;
    this.#child = start(["--json", "--port", "0", "--peer-port", "0", "--data", data]);
    this.#stderrRead = this.#readStderr();
    this.ended = this.#end();
  }

  get pid(): number {
    return this.#child.pid;
  }

  async ready(): Promise<void> {
    const line = await within(START_MS_MAX, firstLine(this.#child)).catch(() => "");
    if (line === "") {
      if (!this.#hasEnded) this.#signal("SIGKILL");
      const code = await this.ended;
      throw new Error(`The server is not ready (exit code ${code}). Its stderr:\n${this.#stderr}`);
    }
    const { replicas, http = "" } = JSON.parse(line);
    this.replicas = replicas;
    this.http = http;
  }

  stderr(): string {
    return this.#stderr;
  }

  async stop(): Promise<number> {
    this.#signal("SIGTERM");
    try {
      return await within(STOP_MS_MAX, this.ended);
    } catch (cause) {
      await this.kill();
      throw new Error(`The server does not stop. Its stderr:\n${this.#stderr}`, { cause });
    }
  }

  async kill(): Promise<void> {
    this.#signal("SIGKILL");
    await this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    if (this.#ownsData) await Deno.remove(this.data, { recursive: true });
  }

  #signal(signal: Deno.Signal): void {
    if (!this.#hasEnded) this.#child.kill(signal);
  }

  async #end(): Promise<number> {
    await this.#child.stdin.close().catch(() => {});
    const { code } = await this.#child.status;
    this.#hasEnded = true;
    await this.#stderrRead;
    return code;
  }

  async #readStderr(): Promise<void> {
    for await (const text of this.#child.stderr.pipeThrough(new TextDecoderStream())) {
      this.#stderr = (this.#stderr + text).slice(-STDERR_CHARACTERS_MAX);
    }
  }
}

/** The outcome of a promise, or a failure when there is none in time. */
async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing within ${milliseconds} ms`)), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
