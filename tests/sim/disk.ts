/**
 * A simulated disk: what is given to it is first *written* (it outlives a killed process), some
 * time later *synced* (it outlives a power cut). A memory store is its content.
 *
 * @module
 */

import type { Entry, Message, View } from "../../lib/order/message.ts";
import type { Durable, Write } from "../../lib/order/step.ts";
import { type Ballot, compareBallots, NO_BALLOT } from "../../lib/order/timestamp.ts";
import type { Result } from "../../lib/order/operation.ts";
import type { MemoryStore } from "../../lib/store/memory.ts";
import type { StoreBounds } from "../../lib/store/store.ts";

/** What one step gave to the disk. */
export interface Batch {
  readonly writes: readonly Write[];
  readonly deliver: readonly Entry[];
  /** The number that the core is told when it is synced; 0 if it need not be. */
  readonly number: number;
}

/** The store that disks are made of: the real one, or one that was broken on purpose. */
export type StoreClass = new (
  self: number,
  replicas: number,
  identity: string,
  bounds?: StoreBounds,
) => MemoryStore;

/** What all disks of a run have in common. */
export interface DiskOptions {
  readonly replicas: number;
  /** Log entries that are kept. */
  readonly logKept: number;
  readonly store: StoreClass;
}

/** The disk of one replica. */
export class Disk {
  readonly #self: number;
  readonly #options: DiskOptions;
  #identity: string;
  #former: string | null = null;
  #batches: Batch[] = [];
  #synced = 0;
  #store: MemoryStore;
  /** What is synced, for the checks: by `origin:time`, and the ballots. */
  #safe = new Set<string>();
  #promised: Ballot = NO_BALLOT;
  #installed: View | null = null;
  #index = 0;

  /** An empty folder. */
  constructor(self: number, identity: string, options: DiskOptions) {
    this.#self = self;
    this.#identity = identity;
    this.#options = options;
    this.#store = this.#empty();
  }

  /** The folder's identity. */
  get identity(): string {
    return this.#identity;
  }

  /** What is written. */
  get store(): MemoryStore {
    return this.#store;
  }

  /** The highest ballot whose promise is synced. */
  get promised(): Ballot {
    return this.#promised;
  }

  /** The view whose installation is synced. */
  get installed(): View | null {
    return this.#installed;
  }

  /** The index up to which the log is synced. */
  get index(): number {
    return this.#index;
  }

  /** Whether this message is synced. */
  holds({ origin, time }: Pick<Message, "origin" | "time">): boolean {
    return this.#safe.has(`${origin}:${time}`);
  }

  /** The process has written the batch; gives what its entries gave. */
  write(batch: Batch): readonly Result[] {
    this.#batches.push(batch);
    return this.#store.commit({ ...batch, apply: batch.deliver });
  }

  /** All that is written is synced. */
  sync(): void {
    for (; this.#synced < this.#batches.length; this.#synced++) {
      this.#note(this.#batches[this.#synced]);
    }
  }

  /** Power is cut: of what is written and not synced, the first `kept` batches survive. */
  cutPower(kept: number): void {
    this.#batches.length = Math.min(this.#batches.length, this.#synced + kept);
    this.#store = this.#empty();
    for (const batch of this.#batches) this.#store.commit({ ...batch, apply: batch.deliver });
    this.sync();
  }

  /**
   * Power is cut where nobody has waited for the disk: of all that is written, only so many
   * batches less survive, and the folder gets a new identity.
   */
  forget(lost: number, identity: string): void {
    this.#batches.length = Math.max(0, this.#batches.length - lost);
    const batches = this.#batches;
    const former = this.#former ?? this.#identity;
    this.wipe(identity);
    this.#former = former;
    for (const batch of batches) this.write(batch);
    this.sync();
  }

  /** The folder is gone; a new one has this identity. */
  wipe(identity: string): void {
    this.#identity = identity;
    this.#former = null;
    this.#batches = [];
    this.#synced = 0;
    this.#store = this.#empty();
    this.#safe.clear();
    this.#promised = NO_BALLOT;
    this.#installed = null;
    this.#index = 0;
  }

  /** What a new process goes on from. */
  load(): Durable {
    return { ...this.#store.load(), former: this.#former };
  }

  #empty(): MemoryStore {
    const { store, replicas, logKept } = this.#options;
    return new store(this.#self, replicas, this.#identity, {
      logEntriesKept: logKept,
      logBytesKept: Infinity,
    });
  }

  #note({ writes, deliver }: Batch): void {
    for (const write of writes) {
      if (write.type === "promised") {
        if (compareBallots(write.ballot, this.#promised) > 0) this.#promised = write.ballot;
      } else if (write.type === "received") {
        for (const { origin, time } of write.broadcast.messages) {
          this.#safe.add(`${origin}:${time}`);
        }
      } else if (write.type === "installed") {
        this.#installed = write.view;
        if (write.view.identities[this.#self] === this.#identity) this.#former = null;
        for (const { origin, time } of write.pending) this.#safe.add(`${origin}:${time}`);
      } else if (write.type === "snapshot" && write.last) {
        this.#index = write.position.index;
      }
    }
    for (const { index } of deliver) this.#index = index;
  }
}
