/**
 * Where a scene is played: the cluster, a client at each replica, and the teller who says what
 * happens while it happens.
 *
 * @module
 */

import type { Client } from "../../client/mod.ts";
import type { Consistency } from "../../consistency.ts";
import { FailedError } from "../../errors.ts";
import { countdownLine } from "../../show/bar.ts";
import { duration, roundDuration } from "../../show/quantity.ts";
import { pad } from "../../show/text.ts";

/** What a scene asks of a replica. */
export type Asker = Pick<Client, "set" | "get" | "status" | "dump">;

/** What a stage needs of a cluster. */
export interface Scenery {
  /** How many replicas there are. */
  readonly replicas: number;
  /** A client at that replica, always the same one. */
  client(replica: number): Promise<Asker>;
  /** From now on each replica applies what it delivers this much later. */
  setApplyDelay(ms: number): Promise<void>;
}

/** Says what happens. */
export interface Teller {
  /** One line, for good. */
  line(text: string): void;
  /** What is under way: replaced by the next, gone with null. Only a terminal shows it. */
  progress(text: string | null): void;
  /** Whether progress is shown; if not, a wait is announced by a line. */
  readonly live: boolean;
  /** The cells that it has. */
  readonly width: number;
}

/** A request's answer, and when it was asked and answered, in milliseconds of the stage. */
export interface Answered<T> {
  readonly value: T;
  readonly askedMs: number;
  readonly answeredMs: number;
}

/** How often a condition is looked at. */
const LOOK_MS = 5;
/** How often a countdown moves. */
const COUNT_MS = 100;
/** Beyond the delay, a wait that lasts longer than this has failed. */
const PATIENCE_MS = 30_000;

/** What a stage is made of. */
export interface StageOptions {
  readonly scenery: Scenery;
  readonly teller: Teller;
  /** How much later a delivered write is applied. */
  readonly delayMs: number;
  /** Aborted when the user wants no more. */
  readonly signal: AbortSignal;
}

/** One scene's surroundings. Times are milliseconds since {@linkcode Stage.restart}. */
export class Stage {
  readonly #options: StageOptions;
  readonly #scenery: Scenery;
  readonly #teller: Teller;
  #start = performance.now();

  /** Makes a stage; its time begins now. */
  constructor(options: StageOptions) {
    this.#options = options;
    this.#scenery = options.scenery;
    this.#teller = options.teller;
  }

  /** The same stage with another delay. */
  withDelay(delayMs: number): Stage {
    return new Stage({ ...this.#options, delayMs });
  }

  /** How much later a delivered write is applied. */
  get delayMs(): number {
    return this.#options.delayMs;
  }

  /** The replicas' ids. */
  get replicas(): number[] {
    return Array.from({ length: this.#scenery.replicas }, (_, id) => id);
  }

  /** Begins to count the time anew. */
  restart(): void {
    this.#start = performance.now();
  }

  /** Milliseconds since the scene began. */
  now(): number {
    return performance.now() - this.#start;
  }

  /** Says one line, with the time. */
  tell(text: string): void {
    this.#teller.line(`  ${pad((this.now() / 1000).toFixed(3), 8, "right")} s  ${text}`);
  }

  /** From now on each replica applies what it delivers this much later. */
  async setApplyDelay(ms: number): Promise<void> {
    await this.#scenery.setApplyDelay(ms);
  }

  /** Sets a key at a replica and tells of it; with `expectMs`, counts down while it waits. */
  async set(
    replica: number,
    key: string,
    value: string,
    options: { consistency: Consistency; expectMs?: number },
  ): Promise<Answered<string>> {
    const { consistency, expectMs } = options;
    const client = await this.#scenery.client(replica);
    return await this.#ask(replica, `set ${key} ${value}   (${consistency})`, async () => {
      await client.set(key, value, { consistency });
      return "STORED";
    }, expectMs);
  }

  /** Gets a key at a replica and tells of it. */
  async get(
    replica: number,
    key: string,
    options: { consistency: Consistency },
  ): Promise<Answered<string>> {
    const client = await this.#scenery.client(replica);
    return await this.#ask(
      replica,
      `get ${key}   (${options.consistency})`,
      async () => await client.get(key, options) ?? "(not found)",
    );
  }

  /** Asks a replica without telling of it. */
  async quietly<T>(replica: number, ask: (asker: Asker) => Promise<T>): Promise<T> {
    return await this.#interruptible(ask(await this.#scenery.client(replica)));
  }

  /** What a replica's own store holds under a key, asked quietly. */
  async held(replica: number, key: string): Promise<string | undefined> {
    return (await this.quietly(replica, (asker) => asker.dump(key))).get(key);
  }

  /** Index of the last message that a replica delivered, and of the last it applied. */
  async position(replica: number): Promise<{ delivered: number; applied: number }> {
    const { delivered, applied } = await this.quietly(replica, (asker) => asker.status());
    return { delivered, applied };
  }

  /** Waits until every replica has applied what that one has. */
  async caughtUpWith(replica: number): Promise<void> {
    const { applied } = await this.position(replica);
    await Promise.all(this.replicas.map((other) =>
      this.until(
        async () => (await this.position(other)).applied >= applied,
        `replica ${other} has applied message ${applied}`,
      )
    ));
  }

  /**
   * Waits until every replica's own store holds the value, and tells when each was first seen to.
   * Returns those times, by id.
   */
  async heldEverywhere(
    key: string,
    value: string,
    options: { expectMs: number },
  ): Promise<number[]> {
    const waiting = this.waiting(`until every replica holds ${key}=${value}`, options.expectMs);
    try {
      return await Promise.all(this.replicas.map(async (replica) => {
        await this.until(
          async () => await this.held(replica, key) === value,
          `replica ${replica} holds ${key}=${value}`,
        );
        const at = this.now();
        this.tell(`replica ${replica} holds ${key}=${value}`);
        return at;
      }));
    } finally {
      waiting.end();
    }
  }

  /** Looks again and again until the condition holds; gives up after delay and patience. */
  async until(condition: () => Promise<boolean>, what: string): Promise<void> {
    const limitMs = this.delayMs + PATIENCE_MS;
    const giveUp = performance.now() + limitMs;
    while (!await condition()) {
      if (performance.now() > giveUp) {
        throw new FailedError(`waited ${roundDuration(limitMs)} in vain until ${what}`);
      }
      await this.#interruptible(new Promise((resolve) => setTimeout(resolve, LOOK_MS)));
    }
  }

  /** Counts down, or says once what is waited for, until it is ended. */
  waiting(words: string, expectMs: number): { end(): void } {
    if (expectMs < COUNT_MS) return { end() {} };
    if (!this.#teller.live) {
      this.tell(`waiting ${words}: about ${roundDuration(expectMs)}`);
      return { end() {} };
    }
    const begin = performance.now();
    const { width } = this.#teller;
    const show = () => {
      const left = expectMs - (performance.now() - begin);
      this.#teller.progress(countdownLine(`  waiting ${words}`, left, expectMs, width));
    };
    show();
    const timer = setInterval(show, COUNT_MS);
    return {
      end: () => {
        clearInterval(timer);
        this.#teller.progress(null);
      },
    };
  }

  /** Sends a request, tells of it and of its answer. */
  async #ask(
    replica: number,
    words: string,
    send: () => Promise<string>,
    expectMs = 0,
  ): Promise<Answered<string>> {
    this.tell(`client → replica ${replica}   ${words}`);
    const askedMs = this.now();
    const waiting = this.waiting("for the answer", expectMs);
    try {
      const value = await this.#interruptible(send());
      const answeredMs = this.now();
      waiting.end();
      this.tell(
        `client ← replica ${replica}   ${pad(value, 12)} after ${duration(answeredMs - askedMs)}`,
      );
      return { value, askedMs, answeredMs };
    } finally {
      waiting.end();
    }
  }

  /** The promise, or a rejection as soon as the user wants no more. */
  async #interruptible<T>(promise: Promise<T>): Promise<T> {
    const { signal } = this.#options;
    signal.throwIfAborted();
    const aborted = Promise.withResolvers<never>();
    const abort = () => aborted.reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    try {
      return await Promise.race([promise, aborted.promise]);
    } finally {
      signal.removeEventListener("abort", abort);
      // A request that was left alone ends with its connection; that is no news any more.
      promise.catch(() => {});
    }
  }
}
