/**
 * Where a scene is played: the cluster, a client at each replica, and the teller who says what
 * happens while it happens.
 *
 * @module
 */

import { pause } from "../../chaos/pause.ts";
import type { Asked } from "../../chaos/recorder.ts";
import type { Consistency } from "../../consistency.ts";
import { FailedError, reason } from "../../errors.ts";
import { countdownLine } from "../../show/bar.ts";
import { duration, roundDuration } from "../../show/quantity.ts";
import { labelled, pad } from "../../show/text.ts";
import type { RequestOptions, Status } from "../../wire/message.ts";
import { Caller, codeOf, type Failure, isFailure } from "./caller.ts";
import type { DemoRecord } from "./record.ts";
import type { Asker, Scenery } from "./scenery.ts";

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

/** Draws what clients ask and replicas do, and takes what else is to be said. */
export interface Drawing {
  /** Says something between what is drawn. */
  note(words: string): void;
}

/** A request's answer, and when it was asked and answered, in milliseconds of the stage. */
export interface Answered<T> {
  readonly value: T;
  readonly askedMs: number;
  readonly answeredMs: number;
}

/** How a request is asked. */
export interface AskOptions {
  /** The level asked for. */
  readonly consistency: Consistency;
  /** The answer may take about so long: counts down while it waits. */
  readonly expectMs?: number;
  /** The request's own time limit. */
  readonly timeoutMs?: number;
  /** A write's own name; one is made up if not given. */
  readonly id?: string;
  /** Who asks; the client at that replica unless said otherwise. */
  readonly caller?: Caller;
  /** Tells nothing of it. */
  readonly quiet?: boolean;
}

/** How often a condition is looked at. */
const LOOK_MS = 5;
/** How often a countdown moves. */
const COUNT_MS = 100;
/** Beyond the delay, a wait that lasts longer than this has failed. */
const PATIENCE_MS = 30_000;

/** What a stage is made of. */
export interface StageOptions<S extends Scenery = Scenery> {
  readonly scenery: S;
  readonly teller: Teller;
  /** Where what clients ask is recorded. */
  readonly record: DemoRecord;
  /** How much later a delivered write is applied, where a scene asks for that. */
  readonly delayMs: number;
  /** Aborted when the user wants no more. */
  readonly signal: AbortSignal;
}

/** One scene's surroundings. Times are milliseconds since {@linkcode Stage.restart}. */
export class Stage<S extends Scenery = Scenery> {
  readonly #options: StageOptions<S>;
  readonly #teller: Teller;
  /** By replica: the client that asks there. */
  readonly #callers: Caller[];
  #start = performance.now();
  #drawing: Drawing | null = null;

  /** Makes a stage; its time begins now. */
  constructor(options: StageOptions<S>) {
    this.#options = options;
    this.#teller = options.teller;
    this.#callers = this.replicas.map(() => new Caller(this.record.recorder));
  }

  /** The same stage with another delay. */
  withDelay(delayMs: number): Stage<S> {
    return new Stage({ ...this.#options, delayMs });
  }

  /** The cluster, to let something happen to it. */
  get scenery(): S {
    return this.#options.scenery;
  }

  /** What is recorded of all scenes. */
  get record(): DemoRecord {
    return this.#options.record;
  }

  /** How much later a delivered write is applied. */
  get delayMs(): number {
    return this.#options.delayMs;
  }

  /** The replicas' ids. */
  get replicas(): number[] {
    return Array.from({ length: this.scenery.replicas }, (_, id) => id);
  }

  /** Begins to count the time anew. What is drawn, if something draws, is not told besides. */
  restart(drawing: Drawing | null): void {
    this.#start = performance.now();
    this.#drawing = drawing;
  }

  /** Milliseconds since the scene began. */
  now(): number {
    return performance.now() - this.#start;
  }

  /** Says one line, with the time. */
  tell(text: string): void {
    if (this.#drawing !== null) this.#drawing.note(text);
    else this.#teller.line(`  ${pad((this.now() / 1000).toFixed(3), 8, "right")} s  ${text}`);
  }

  /** Says one line, with the time, of what a drawing shows by itself. */
  tellDrawn(text: string): void {
    if (this.#drawing === null) this.tell(text);
  }

  /** Says one line that belongs to the one before. */
  remark(text: string): void {
    if (this.#drawing !== null) return this.#drawing.note(text);
    const { width } = this.#teller;
    for (const line of labelled(" ".repeat(16), text, width)) this.#teller.line(line);
  }

  /** Sets a key at a replica and tells of it. */
  async set(
    replica: number,
    key: string,
    value: string,
    options: AskOptions,
  ): Promise<Answered<string>> {
    const { consistency: level, id = this.record.nextId() } = options;
    const asked = { op: "set", key, value, level, replica, id } as const;
    return await this.#ask(
      asked,
      `set ${key} ${value}`,
      { ...options, id },
      async (asker, request) => {
        await asker.set(key, value, request);
        return { value: "STORED" };
      },
    );
  }

  /** Gets a key at a replica and tells of it. */
  async get(replica: number, key: string, options: AskOptions): Promise<Answered<string>> {
    const asked = { op: "get", key, level: options.consistency, replica } as const;
    return await this.#ask(asked, `get ${key}`, options, async (asker, request) => {
      const value = await asker.get(key, request);
      return { value: value ?? "(not found)", read: value ?? null };
    });
  }

  /** Asks a replica without telling of it, for what is not recorded. */
  async quietly<T>(replica: number, ask: (asker: Asker) => Promise<T>): Promise<T> {
    return await this.#interruptible(
      this.scenery.onlooker(replica).then((asker) => ask(asker)),
    );
  }

  /** What a replica says of itself; null if it says nothing, such as one that is down. */
  async status(replica: number): Promise<Status | null> {
    try {
      return await this.quietly(replica, (asker) => asker.status());
    } catch (error) {
      if (isFailure(error)) return null;
      throw error;
    }
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

  /** Waits until every replica, or each of some, has applied what that one has. */
  async caughtUpWith(
    replica: number,
    others: readonly number[] = this.replicas,
  ): Promise<void> {
    const { applied } = await this.position(replica);
    await Promise.all(others.map((other) =>
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
        this.tellDrawn(`replica ${replica} holds ${key}=${value}`);
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
      await this.pause(LOOK_MS);
    }
  }

  /** Lets a time pass. */
  async pause(ms: number): Promise<void> {
    const { signal } = this.#options;
    await pause(ms, signal);
    signal.throwIfAborted();
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

  /** Sends a request, records it and its answer, and tells of both. */
  async #ask(
    asked: Asked,
    words: string,
    options: AskOptions,
    send: (
      asker: Asker,
      request: RequestOptions,
    ) => Promise<{ readonly value: string; readonly read?: string | null }>,
  ): Promise<Answered<string>> {
    const { replica } = asked;
    const { consistency, expectMs = 0, timeoutMs: timeout, id, quiet = false } = options;
    const caller = options.caller ?? this.#callers[replica];
    const tell = (text: string) => quiet || this.tellDrawn(text);
    const request = {
      consistency,
      ...(timeout !== undefined && { timeout }),
      ...(id !== undefined && { id }),
    };
    tell(`client → replica ${replica}   ${words}   (${consistency})`);
    const askedMs = this.now();
    caller.asked({ ...asked, ...caller.facts });
    const waiting = this.waiting("for the answer", expectMs);
    try {
      const { value, read } = await this.#interruptible(
        caller.ask(this.scenery, replica, (asker) => send(asker, request)),
      );
      caller.answered(read);
      const answeredMs = this.now();
      waiting.end();
      tell(
        `client ← replica ${replica}   ${pad(value, 12)} after ${duration(answeredMs - askedMs)}`,
      );
      return { value, askedMs, answeredMs };
    } catch (error) {
      waiting.end();
      caller.failed(asked, error);
      if (!quiet && isFailure(error)) this.#tellFailure(asked, error, this.now() - askedMs);
      throw error;
    }
  }

  #tellFailure({ op, replica }: Asked, error: Failure, tookMs: number): void {
    this.tellDrawn(
      `client ← replica ${replica}   ${pad(codeOf(error), 12)} after ${duration(tookMs)}`,
    );
    this.remark(reason(error));
    if (op === "get") return;
    this.remark(error.maybe ? "maybe true: it may still happen" : "maybe false: it never happens");
  }

  /** The promise, or a rejection as soon as the user wants no more. */
  async #interruptible<T>(promise: Promise<T>): Promise<T> {
    const { signal } = this.#options;
    // A request that is left alone ends with its connection; that is no news any more.
    promise.catch(() => {});
    signal.throwIfAborted();
    const aborted = Promise.withResolvers<never>();
    const abort = () => aborted.reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    try {
      return await Promise.race([promise, aborted.promise]);
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }
}
