/**
 * Keeps a replica running: when its worker fails, a new one takes its place on the same ports
 * and the same folder, after a pause that grows as long as it is in vain.
 *
 * @module
 */

import { FailedError, RefusedError } from "../errors.ts";
import { invariant } from "../invariant.ts";
import { RESTART_MS_MAX, RESTART_MS_MIN, RESTART_WELL_MS } from "../limits.ts";
import type { Log } from "../log.ts";
import type { StoreFacts } from "../store/sqlite.ts";
import type { FromWorker, WorkerOptions } from "./control.ts";
import type { PeerAddress } from "./links.ts";
import { Member } from "./member.ts";

/** Where a replica listens. */
export type Listening = Omit<Extract<FromWorker, { type: "listening" }>, "type">;

/** What a keeper is told once. */
export interface KeeperOptions {
  /** What the replica's workers are told. */
  readonly worker: WorkerOptions;
  /** Is given what happens. */
  readonly log: Log;
  /**
   * Looks at the folder of a restart, as at that of the first start.
   *
   * @throws {FolderError} if it cannot be used as it is
   */
  readonly checkFolder: (facts: StoreFacts | null) => void;
  /** Called if the replica fails in a way that no restart heals. */
  readonly failed: (error: FailedError) => void;
}

/** One replica, in as many workers one after the other as it takes. */
export class Keeper {
  readonly #options: KeeperOptions;
  /** With the ports that were chosen at the first start. */
  #worker: WorkerOptions;
  #member: Member;
  #peers: readonly PeerAddress[] = [];
  /** Restarts in a row, without the replica having been well. */
  #restarts = 0;
  /** When the present worker began to serve; null before. */
  #since: number | null = null;
  #told = "";
  #stopped = false;
  /** Ends a pause if it is no longer 0. */
  #wake: Int32Array | null = null;
  #isCut = false;
  /** Called when a replica that was killed serves again, or will never. */
  #revived: (() => void) | null = null;
  readonly #stopping = Promise.withResolvers<void>();

  /** Starts the first worker; it does nothing before it is told. */
  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#worker = options.worker;
    this.#member = this.#newMember();
  }

  /** The replica's id. */
  get id(): number {
    return this.#worker.id;
  }

  // The first start, step by step: a failure is the caller's.

  /** Takes ports and folder, and writes nothing; gives what the folder says, null if there is none. */
  async inspect(): Promise<StoreFacts | null> {
    const { facts } = await this.#member.ask(
      { type: "inspect", options: this.#worker },
      "inspected",
    );
    return facts;
  }

  /** Opens the folder, made if there is none, and serves. */
  async open(): Promise<Listening> {
    const { client, peer } = await this.#member.ask({ type: "open" }, "listening");
    this.#worker = { ...this.#worker, port: client.port, peerPort: peer.port };
    this.#since = performance.now();
    return { client, peer };
  }

  /** Dials the peers; by id. Resolves when the replica is live for the first time. */
  async connect(peers: readonly PeerAddress[]): Promise<void> {
    this.#peers = peers;
    const live = this.#member.next("live");
    this.#member.send({ type: "connect", peers });
    await live;
  }

  /** From now on a worker that fails is replaced. */
  async keep(): Promise<void> {
    let failure = await this.#member.failure;
    while (!this.#stopped) {
      if (failure instanceof RefusedError) return this.#options.failed(failure);
      await this.#member.stop();
      const pauseMs = this.#nextPause();
      this.#tell(failure, pauseMs);
      await this.#pause(pauseMs);
      if (!this.#stopped) failure = await this.#run();
    }
  }

  // While it runs

  /** From now on what is delivered is applied this much later. */
  async setApplyDelay(ms: number): Promise<void> {
    this.#worker = { ...this.#worker, applyDelayMs: ms };
    await this.#member.ask({ type: "apply_delay", ms }, "apply_delay_set");
  }

  // Faults, for who wants to see them

  /**
   * Whether anything can be done to the replica now.
   *
   * @throws {FailedError} if it does not run, with the reason
   */
  checkServes(): void {
    if (this.#member.failed !== null) throw this.#member.failed;
    if (this.#stopped || this.#since === null) throw new FailedError("it is being started");
  }

  /** From now on what is delivered is applied so much later than it was to be at the start. */
  async addApplyDelay(ms: number): Promise<void> {
    await this.setApplyDelay(this.#options.worker.applyDelayMs + ms);
  }

  /** The replica does nothing at all for so long, unless it is woken. */
  async pause(ms: number): Promise<void> {
    this.#wake = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    await this.#member.ask({ type: "pause", ms, wake: this.#wake }, "paused");
  }

  /** Ends a pause. */
  wake(): void {
    if (this.#wake === null) return;
    Atomics.store(this.#wake, 0, 1);
    Atomics.notify(this.#wake, 0);
    this.#wake = null;
  }

  /** The replica has no link to any peer from now on, or has them again; after a restart, too. */
  async setCut(isCut: boolean): Promise<void> {
    this.#isCut = isCut;
    await this.#member.ask({ type: "cut", isCut }, "cut_set");
  }

  /**
   * Ends the replica at once; it is started again as after a failure. Calls `revived` when it serves
   * again, or is stopped before.
   */
  kill(revived: () => void): void {
    this.#revived = revived;
    this.#member.kill();
  }

  #hasRevived(): void {
    this.#revived?.();
    this.#revived = null;
  }

  /** Lets the replica finish what it has accepted. From now on it is not started again. */
  async drain(): Promise<void> {
    this.#end();
    await this.#member.drain();
  }

  /** Ends the replica; what was accepted and is not finished is on disk. Idempotent. */
  async stop(): Promise<void> {
    this.#end();
    await this.#member.stop();
  }

  /** No restart from now on. */
  #end(): void {
    this.#stopped = true;
    this.#stopping.resolve();
    this.wake();
    this.#hasRevived();
  }

  #newMember(): Member {
    return new Member(this.#options.worker.id, this.#options.log);
  }

  /** Runs a new worker; resolves with its failure. */
  async #run(): Promise<FailedError> {
    this.#member = this.#newMember();
    this.#since = null;
    try {
      const facts = await this.inspect();
      this.#options.checkFolder(facts);
      await this.open();
      if (this.#isCut) this.#member.send({ type: "cut", isCut: true });
      this.#member.send({ type: "connect", peers: this.#peers });
      // What fails again and again is told once, and so is its restart.
      if (this.#restarts === 1) {
        this.#options.log({ level: "info", replica: this.id, event: "is started again" });
      }
      this.#hasRevived();
    } catch (error) {
      invariant(error instanceof FailedError, "a start fails with the word of the replica");
      return error;
    }
    return await this.#member.failure;
  }

  /** Twice as long as the last time, unless the replica was well since. */
  #nextPause(): number {
    if (this.#since !== null && performance.now() - this.#since >= RESTART_WELL_MS) {
      this.#restarts = 0;
      this.#told = "";
    }
    return Math.min(RESTART_MS_MIN * 2 ** this.#restarts++, RESTART_MS_MAX);
  }

  /** Each failure once: it may come back at each restart. */
  #tell(failure: FailedError, pauseMs: number): void {
    const { message } = failure;
    const known = message === this.#told;
    this.#told = message;
    this.#options.log({
      level: known ? "debug" : "error",
      replica: this.id,
      event: `has stopped: ${message}; it is tried again in ${pauseMs / 1_000} s`,
    });
  }

  async #pause(ms: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const over = new Promise<void>((resolve) => timer = setTimeout(resolve, ms));
    await Promise.race([over, this.#stopping.promise]);
    clearTimeout(timer);
  }
}
