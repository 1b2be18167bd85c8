/**
 * The load: clients that each ask, wait for the answer, and ask again, as light as they can be.
 *
 * @module
 */

import process from "node:process";
import { Latency } from "../../../lib/cli/bench/latency.ts";
import { type Dialogue, ProtocolError } from "./dialogue.ts";

/** What is done. */
export const TASKS = ["prepare", "read", "write", "pairs"] as const;

/** One of {@linkcode TASKS}. */
export type Task = typeof TASKS[number];

/** How it is done. */
export interface LoadOptions {
  /** Where the server listens. */
  readonly host: string;
  readonly port: number;
  /** Makes the dialogue of each connection. */
  readonly dialogue: (connection: number) => Dialogue;
  /** Connections, each with one request under way. */
  readonly clients: number;
  /** Different keys, asked for at random. */
  readonly keys: number;
  /** Time of the measuring, in milliseconds. */
  readonly durationMs: number;
  /** Time before the measuring, in milliseconds. */
  readonly warmUpMs: number;
  /** How often the pairs are repeated. */
  readonly repetitions: number;
  /** Bytes that an answer may take. */
  readonly answerBytesMax: number;
}

/** What was measured. */
export interface LoadResult {
  /** Requests that were answered. */
  readonly answers: number;
  /** Requests that failed among them. */
  readonly failures: number;
  /** What one of them was, or nothing. */
  readonly failure: string;
  readonly elapsedMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** How much of one core the generator took. */
  readonly coreShare: number;
  /** Of the pairs: how long each repetition took. */
  readonly repetitionsMs: readonly number[];
}

/** The paper's experiment. */
const PAIRS = 100;
const PAIRS_WARM_UP = 500;

/** Connections made at the same time: a server's queue of unaccepted ones is short. */
const CONNECTING_MAX = 64;

/** Does one task with connections of its own. */
export async function makeLoad(task: Task, options: LoadOptions): Promise<LoadResult> {
  const clients: Client[] = [];
  try {
    while (clients.length < options.clients) {
      const count = Math.min(CONNECTING_MAX, options.clients - clients.length);
      const opening = Array.from(
        { length: count },
        (_, i) => Client.open(clients.length + i, options),
      );
      const settled = await Promise.allSettled(opening);
      for (const one of settled) if (one.status === "fulfilled") clients.push(one.value);
      for (const one of settled) if (one.status === "rejected") throw one.reason;
    }
    if (task === "prepare") return await prepare(clients, options);
    if (task === "pairs") return await measurePairs(clients[0], options);
    return await measure(clients, task, options);
  } finally {
    for (const client of clients) client.close();
  }
}

/** A connection that has one request under way. */
class Client {
  readonly dialogue: Dialogue;
  readonly #conn: Deno.TcpConn;
  readonly #buffer: Uint8Array<ArrayBuffer>;
  #end = 0;
  #random: number;

  private constructor(conn: Deno.TcpConn, dialogue: Dialogue, options: ClientOptions) {
    this.#conn = conn;
    this.dialogue = dialogue;
    this.#buffer = new Uint8Array(options.answerBytesMax);
    this.#random = options.seed;
  }

  static async open(number: number, options: LoadOptions): Promise<Client> {
    const { host: hostname, port, answerBytesMax } = options;
    const conn = await Deno.connect({ hostname, port });
    conn.setNoDelay(true);
    const seed = Math.imul(number + 1, 0x9e3779b1) | 1;
    const client = new Client(conn, options.dialogue(number), { answerBytesMax, seed });
    await client.ask(client.dialogue.opening);
    return client;
  }

  /** Writes the request, and waits until it is answered. */
  async ask(request: Uint8Array): Promise<void> {
    const { dialogue } = this;
    const { answers } = dialogue;
    await this.#write(request);
    while (dialogue.answers === answers) await this.#receive();
  }

  /** The number of some key, by xorshift. */
  someKey(keys: number): number {
    let random = this.#random;
    random ^= random << 13;
    random ^= random >>> 17;
    random ^= random << 5;
    this.#random = random;
    return (random >>> 0) % keys;
  }

  close(): void {
    this.#conn.close();
  }

  async #receive(): Promise<void> {
    const { dialogue } = this;
    const buffer = this.#buffer;
    const room = this.#end === 0 ? buffer : buffer.subarray(this.#end);
    const count = room.length === 0 ? null : await this.#conn.read(room);
    if (count === null) {
      throw new ProtocolError("the server closed the connection, or said too much");
    }
    const end = this.#end + count;
    let from = 0;
    for (let used = -1; used !== 0 && from < end; from += used) {
      used = dialogue.take(buffer, from, end);
    }
    if (from < end && from > 0) buffer.copyWithin(0, from, end);
    this.#end = end - from;
    const reply = dialogue.reply();
    if (reply !== null) await this.#write(reply);
  }

  async #write(bytes: Uint8Array): Promise<void> {
    let written = await this.#conn.write(bytes);
    while (written < bytes.length) written += await this.#conn.write(bytes.subarray(written));
  }
}

interface ClientOptions {
  readonly answerBytesMax: number;
  readonly seed: number;
}

/** Writes every key once. */
async function prepare(clients: readonly Client[], { keys }: LoadOptions): Promise<LoadResult> {
  let next = 0;
  const latency = new Latency();
  const stopwatch = new Stopwatch(clients);
  await Promise.all(clients.map(async (client) => {
    while (next < keys) {
      const begin = performance.now();
      await client.ask(client.dialogue.create(next++));
      latency.record(performance.now() - begin);
    }
  }));
  return stopwatch.stop(latency);
}

/** Lets all clients ask for a while. */
async function measure(
  clients: readonly Client[],
  task: "read" | "write",
  { keys, warmUpMs, durationMs }: LoadOptions,
): Promise<LoadResult> {
  let latency = new Latency();
  let isStopped = false;
  const asking = clients.map(async (client) => {
    const { dialogue } = client;
    while (!isStopped) {
      const key = client.someKey(keys);
      const begin = performance.now();
      await client.ask(task === "read" ? dialogue.read(key) : dialogue.write(key));
      latency.record(performance.now() - begin);
    }
  });
  const asked = Promise.all(asking);
  // A client that fails ends the measuring at once.
  const pause = async (ms: number) => {
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    await Promise.race([asked, over]).finally(() => clearTimeout(timer));
  };
  await pause(warmUpMs);
  latency = new Latency();
  const stopwatch = new Stopwatch(clients);
  await pause(durationMs);
  const result = stopwatch.stop(latency);
  isStopped = true;
  await asked;
  return result;
}

/** One client sets a key and gets it, a hundred times; again and again. */
async function measurePairs(client: Client, { repetitions }: LoadOptions): Promise<LoadResult> {
  const { dialogue } = client;
  let latency = new Latency();
  const pairs = async (count: number) => {
    const begin = performance.now();
    let last = begin;
    const tick = () => {
      const now = performance.now();
      latency.record(now - last);
      last = now;
    };
    for (let i = 0; i < count; i++) {
      await client.ask(dialogue.write(0));
      tick();
      await client.ask(dialogue.read(0));
      tick();
    }
    return last - begin;
  };
  await pairs(PAIRS_WARM_UP);
  latency = new Latency();
  const stopwatch = new Stopwatch([client]);
  const repetitionsMs: number[] = [];
  for (let i = 0; i < repetitions; i++) repetitionsMs.push(await pairs(PAIRS));
  return { ...stopwatch.stop(latency), repetitionsMs };
}

/** From its making to its stop: time, time on processors, failures. */
class Stopwatch {
  readonly #clients: readonly Client[];
  readonly #failures: number;
  readonly #cpu = process.cpuUsage();
  readonly #begin = performance.now();

  constructor(clients: readonly Client[]) {
    this.#clients = clients;
    this.#failures = failuresOf(clients);
  }

  stop(latency: Latency): LoadResult {
    const elapsedMs = performance.now() - this.#begin;
    const { user, system } = process.cpuUsage(this.#cpu);
    return {
      answers: latency.count,
      failures: failuresOf(this.#clients) - this.#failures,
      failure: this.#clients.find(({ dialogue }) => dialogue.failure !== "")?.dialogue.failure ??
        "",
      elapsedMs,
      p50Ms: latency.quantile(0.5),
      p99Ms: latency.quantile(0.99),
      coreShare: (user + system) / 1000 / elapsedMs,
      repetitionsMs: [],
    };
  }
}

function failuresOf(clients: readonly Client[]): number {
  return clients.reduce((sum, { dialogue }) => sum + dialogue.failures, 0);
}
