/**
 * A closed loop of load: each client asks, waits for the answer, asks again. What is measured is
 * what these clients see; a server that stalls is asked less meanwhile.
 *
 * @module
 */

import type { Client } from "../../client/mod.ts";
import { connect } from "../../client/mod.ts";
import type { Consistency } from "../../consistency.ts";
import { RequestError } from "../../errors.ts";
import { Latency, type LatencySnapshot } from "./latency.ts";

/** What is asked: only reads, only writes, or one as often as the other. */
export const MIXES = ["read", "write", "mixed"] as const;

/** One of {@linkcode MIXES}. */
export type Mix = typeof MIXES[number];

/** The load to make. */
export interface LoadSettings {
  /** Addresses; the clients are spread over them in turn. */
  readonly targets: readonly string[];
  /** Connections. */
  readonly clients: number;
  /** Requests that each has under way at once. */
  readonly pipeline: number;
  readonly mix: Mix;
  /** Bytes of each value. */
  readonly valueBytes: number;
  /** Different keys, asked for at random. */
  readonly keys: number;
  /** Time before the measuring, in milliseconds. */
  readonly warmUpMs: number;
  /** Time of the measuring, in milliseconds. */
  readonly durationMs: number;
  /** The level of each request, instead of the cluster's. */
  readonly consistency?: Consistency;
}

/** What was measured. */
export interface LoadResult {
  /** How long it was measured; less than asked if it was stopped. */
  readonly elapsedMs: number;
  /** Whether it ran to its end. */
  readonly complete: boolean;
  readonly reads: LatencySnapshot;
  readonly writes: LatencySnapshot;
  /** Reads that were answered with no value. */
  readonly missing: number;
  /** Requests that failed, by the code of the answer; `connection` if there was none. */
  readonly errors: Readonly<Record<string, number>>;
  /** How much of one processor core making the load took, or null if that is not known. */
  readonly coreShare: number | null;
  /** Answers per second in each full second of the measuring. */
  readonly perSecond: readonly number[];
}

/** How far it has come. */
export interface LoadProgress {
  readonly phase: "connecting" | "filling" | "warming up" | "measuring";
  /** Of the phase, 0 … 1. */
  readonly share: number;
  /** Answers per second now; 0 unless requests are answered. */
  readonly perSecond: number;
}

/** Where to tell, and when to stop. */
export interface LoadHooks {
  readonly progress: (progress: LoadProgress) => void;
  readonly signal: AbortSignal;
  /** Milliseconds that the thread has run, or null if that is not known. */
  readonly cpuMs: () => number | null;
}

const KEY_PREFIX = "bench:";
/** Connections made at the same time: a server's queue of unaccepted ones is short. */
const CONNECTING_MAX = 64;
/** Writes of one client under way while the keys are filled in. */
const FILLING_MAX = 64;
/** How often progress is told. */
const TELL_MS = 200;
/** A client whose connection broke connects again after this long. */
const RECONNECT_MS = 100;

/**
 * Makes the load and measures it. When the signal aborts, it gives back what was measured so far.
 *
 * @throws {ConnectionError} if a client cannot connect at the start
 */
export async function makeLoad(settings: LoadSettings, hooks: LoadHooks): Promise<LoadResult> {
  const load = new Load(settings, hooks);
  try {
    await load.connect();
    if (settings.mix !== "write") await load.fill();
    return await load.measure();
  } finally {
    load.close();
  }
}

/** What a phase has counted. */
class Tally {
  readonly reads = new Latency();
  readonly writes = new Latency();
  readonly errors: Record<string, number> = {};
  readonly perSecond: number[] = [];
  missing = 0;

  get answers(): number {
    return this.reads.count + this.writes.count;
  }
}

class Load {
  readonly #settings: LoadSettings;
  readonly #hooks: LoadHooks;
  readonly #keys: readonly string[];
  readonly #value: string;
  readonly #clients: Client[] = [];
  #tally = new Tally();
  #stopped = false;

  constructor(settings: LoadSettings, hooks: LoadHooks) {
    this.#settings = settings;
    this.#hooks = hooks;
    this.#keys = Array.from({ length: settings.keys }, (_, i) => `${KEY_PREFIX}${i}`);
    this.#value = "v".repeat(settings.valueBytes);
  }

  /** Opens all connections, some at a time. */
  async connect(): Promise<void> {
    const { clients } = this.#settings;
    const telling = this.#telling("connecting", () => this.#clients.length / clients);
    try {
      for (let from = 0; from < clients && !this.#aborted; from += CONNECTING_MAX) {
        const numbers = range(from, Math.min(clients, from + CONNECTING_MAX));
        const opened = await Promise.allSettled(numbers.map((number) => this.#connect(number)));
        for (const result of opened) {
          if (result.status === "fulfilled") this.#clients.push(result.value);
        }
        for (const result of opened) if (result.status === "rejected") throw result.reason;
      }
    } finally {
      telling.end();
    }
  }

  /** Sets every key, so that reads find something. */
  async fill(): Promise<void> {
    let next = 0;
    let done = 0;
    const telling = this.#telling("filling", () => done / this.#keys.length);
    const fillSome = async (client: Client) => {
      while (next < this.#keys.length && !this.#aborted) {
        await client.set(this.#keys[next++], this.#value, { consistency: "sequential" });
        done++;
      }
    };
    try {
      // One client of each target is enough.
      const fillers = this.#clients.slice(0, this.#settings.targets.length);
      await Promise.all(
        fillers.flatMap((client) => Array.from({ length: FILLING_MAX }, () => fillSome(client))),
      );
    } finally {
      telling.end();
    }
  }

  /** Warms up, then measures. */
  async measure(): Promise<LoadResult> {
    const { warmUpMs, durationMs, pipeline } = this.#settings;
    const loops = this.#clients.flatMap((_, number) =>
      Array.from({ length: pipeline }, (_, lane) => this.#ask(number, number * pipeline + lane))
    );
    await this.#phase("warming up", warmUpMs);
    this.#tally = new Tally();
    const tally = this.#tally;
    const begin = performance.now();
    const cpuBegin = this.#hooks.cpuMs();
    await this.#phase("measuring", durationMs);
    const elapsedMs = performance.now() - begin;
    const cpuEnd = this.#hooks.cpuMs();
    const coreShare = cpuBegin === null || cpuEnd === null ? null : (cpuEnd - cpuBegin) / elapsedMs;
    const complete = !this.#aborted;
    this.#stopped = true;
    this.#tally = new Tally();
    this.close();
    await Promise.all(loops);
    const { missing, errors, perSecond } = tally;
    return {
      elapsedMs,
      complete,
      reads: tally.reads.snapshot(),
      writes: tally.writes.snapshot(),
      missing,
      errors,
      coreShare,
      perSecond,
    };
  }

  /** Ends all connections. */
  close(): void {
    for (const client of this.#clients) client.close();
  }

  get #aborted(): boolean {
    return this.#hooks.signal.aborted;
  }

  async #connect(number: number): Promise<Client> {
    const { targets, consistency } = this.#settings;
    return await connect(targets[number % targets.length], { consistency });
  }

  /** One lane of one client: asks, waits, asks again, until the load is stopped. */
  async #ask(number: number, seed: number): Promise<void> {
    const random = randomFrom(seed);
    const { mix } = this.#settings;
    while (!this.#stopped) {
      const client = this.#clients[number];
      const key = this.#keys[Math.floor(random() * this.#keys.length)];
      const write = mix === "write" || (mix === "mixed" && random() < 0.5);
      const begin = performance.now();
      try {
        if (write) {
          await client.set(key, this.#value);
          this.#tally.writes.record(performance.now() - begin);
        } else {
          const value = await client.get(key);
          this.#tally.reads.record(performance.now() - begin);
          if (value === undefined) this.#tally.missing++;
        }
      } catch (error) {
        await this.#failed(error, number, client);
      }
    }
  }

  /** Counts the failure; where the connection broke, the first lane to notice makes it again. */
  async #failed(error: unknown, number: number, client: Client): Promise<void> {
    if (this.#stopped) return;
    const code = error instanceof RequestError ? error.code : "connection";
    this.#tally.errors[code] = (this.#tally.errors[code] ?? 0) + 1;
    if (error instanceof RequestError) return;
    await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
    if (this.#stopped || this.#clients[number] !== client) return;
    client.close();
    try {
      const again = await this.#connect(number);
      if (this.#stopped || this.#clients[number] !== client) again.close();
      else this.#clients[number] = again;
    } catch {
      // The next request fails too, is counted, and tries again.
    }
  }

  /** Lets that much time pass, unless the signal aborts. */
  async #phase(phase: LoadProgress["phase"], ms: number): Promise<void> {
    const begin = performance.now();
    const tally = this.#tally;
    const telling = this.#telling(phase, () => (performance.now() - begin) / ms);
    const seconds = setInterval(() => {
      const before = tally.perSecond.reduce((sum, answers) => sum + answers, 0);
      tally.perSecond.push(tally.answers - before);
    }, 1000);
    await passed(ms, this.#hooks.signal);
    clearInterval(seconds);
    telling.end();
  }

  /** Tells of a phase until it is ended. */
  #telling(phase: LoadProgress["phase"], share: () => number): { end(): void } {
    const { progress } = this.#hooks;
    let last = { at: performance.now(), answers: this.#tally.answers };
    progress({ phase, share: 0, perSecond: 0 });
    const timer = setInterval(() => {
      const now = { at: performance.now(), answers: this.#tally.answers };
      const perSecond = (now.answers - last.answers) / (now.at - last.at) * 1000;
      last = now;
      progress({ phase, share: share(), perSecond: Math.max(0, perSecond) });
    }, TELL_MS);
    return { end: () => clearInterval(timer) };
  }
}

/** Resolves after that many milliseconds, or at once when the signal aborts. */
async function passed(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const stop = () => resolve();
  signal.addEventListener("abort", stop, { once: true });
  await promise;
  clearTimeout(timer);
  signal.removeEventListener("abort", stop);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

/** Numbers 0 … 1 that are the same for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = (seed + 1) * 0x9e3779b9 | 0;
  return () => {
    state = state + 0x6d2b79f5 | 0;
    let mixed = Math.imul(state ^ state >>> 15, state | 1);
    mixed ^= mixed + Math.imul(mixed ^ mixed >>> 7, mixed | 61);
    return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32;
  };
}
