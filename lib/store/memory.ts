/**
 * A store that lives as long as its process: for `--store memory`, and the simulator's disk.
 *
 * @module
 */

import { invariant, unreachable } from "../invariant.ts";
import { LOG_BYTES_KEPT_IN_MEMORY, LOG_ENTRIES_KEPT_IN_MEMORY } from "../limits.ts";
import type { Entry, Message, Operation } from "../order/message.ts";
import { type Durable, emptyDurable, type Write } from "../order/step.ts";
import {
  type Commit,
  operationBytes,
  type Page,
  remembers,
  type Store,
  takeEntries,
} from "./store.ts";

/** What a memory store may be told. */
export interface MemoryStoreOptions {
  /** How many log entries are kept for peers that fetch them; all that are not applied are. */
  readonly logEntriesKept?: number;
  /** How many bytes of them. */
  readonly logBytesKept?: number;
}

/** Keeps everything in memory; nothing outlives the process. */
export class MemoryStore implements Store {
  /** What kind of store it is. */
  readonly kind = "memory";
  /** Never: it forgets everything at once, or nothing. */
  readonly mayHaveForgotten = false;
  readonly #kept: { readonly entries: number; readonly bytes: number };
  #durable: Durable;
  readonly #deliveredN: number[];
  readonly #pending = new Map<string, Message>();
  readonly #outbox = new Map<number, Operation>();
  readonly #self: number;
  /** Entries from index `#logFrom` on. */
  #log: Entry[] = [];
  #logFrom = 1;
  #logBytes = 0;
  #applied = 0;
  readonly #appliedN: number[];
  readonly #values = new Map<string, string>();
  /** Ids of applied requests with their indexes, oldest first. */
  readonly #requestIds = new Map<string, number>();

  /** An empty store of the replica with this id, in a cluster of so many. */
  constructor(
    self: number,
    replicas: number,
    identity: string,
    options: MemoryStoreOptions = {},
  ) {
    this.#self = self;
    this.#kept = {
      entries: options.logEntriesKept ?? LOG_ENTRIES_KEPT_IN_MEMORY,
      bytes: options.logBytesKept ?? LOG_BYTES_KEPT_IN_MEMORY,
    };
    this.#durable = emptyDurable(identity, replicas);
    this.#deliveredN = Array(replicas).fill(0);
    this.#appliedN = Array(replicas).fill(0);
  }

  /** How many keys there are. */
  get keys(): number {
    return this.#values.size;
  }

  /** The index of the last entry applied. */
  get applied(): number {
    return this.#applied;
  }

  /** By origin: the highest `n` applied. */
  get appliedN(): readonly number[] {
    return this.#appliedN;
  }

  /** What the protocol core goes on from. */
  load(): Durable {
    return {
      ...this.#durable,
      deliveredN: [...this.#deliveredN],
      pending: [...this.#pending.values()],
      outbox: [...this.#outbox].map(([n, operation]) => ({ n, operation }))
        .sort((a, b) => a.n - b.n),
    };
  }

  /** Carries all of it out. There is no disk to wait for. */
  commit({ writes, deliver, apply }: Commit): void {
    for (const write of writes) this.#write(write);
    for (const entry of deliver) this.#deliver(entry);
    for (const entry of apply) this.#apply(entry);
    this.#trim();
  }

  /** Nothing to do. */
  force(): void {}

  /** Log entries from one index to another, as many as one answer to a fetch may bear. */
  read(from: number, to: number): Entry[] {
    invariant(from >= this.#logFrom, "what a peer fetches is still in the log");
    return takeEntries(this.#log.slice(from - this.#logFrom, to - this.#logFrom + 1));
  }

  /** The value of a key. */
  get(key: string): string | undefined {
    return this.#values.get(key);
  }

  /** Keys that begin with the prefix, with their values, in the order of their UTF-8 bytes. */
  scan(prefix: string, { after, limit }: Page = {}): (readonly [key: string, value: string])[] {
    return [...this.#values]
      .filter(([key]) =>
        key.startsWith(prefix) && (after === undefined || compareCodePoints(key, after) > 0)
      )
      .sort(([a], [b]) => compareCodePoints(a, b))
      .slice(0, limit);
  }

  /** Nothing to do. */
  close(): void {}

  #write(write: Write): void {
    switch (write.type) {
      case "promised":
        this.#durable = { ...this.#durable, promised: write.ballot };
        return;
      case "outbox":
        this.#outbox.set(write.numbered.n, write.numbered.operation);
        return this.#number(write.numbered.n);
      case "received":
        this.#pending.set(place(write.message), write.message);
        if (write.message.origin !== this.#self) return;
        this.#outbox.delete(write.message.n);
        return this.#number(write.message.n);
      case "installed":
        this.#durable = { ...this.#durable, installed: write.view };
        this.#pending.clear();
        for (const message of write.pending) this.#pending.set(place(message), message);
        this.#outbox.clear();
        for (const { n, operation } of write.outbox) this.#outbox.set(n, operation);
        return this.#number(write.n);
      default:
        return unreachable(write);
    }
  }

  #number(n: number): void {
    if (n > this.#durable.n) this.#durable = { ...this.#durable, n };
  }

  #deliver(entry: Entry): void {
    const { index, message } = entry;
    invariant(index === this.#durable.position.index + 1, "the log has no gap");
    this.#log.push(entry);
    this.#logBytes += operationBytes(message.operation);
    this.#pending.delete(place(message));
    if (message.origin === this.#self) this.#outbox.delete(message.n);
    this.#deliveredN[message.origin] = message.n;
    const position = { index, time: message.time, id: message.origin };
    this.#durable = { ...this.#durable, position };
  }

  #apply({ index, message: { origin, n, operation } }: Entry): void {
    invariant(index === this.#applied + 1, "entries are applied in the order of their indexes");
    this.#applied = index;
    this.#appliedN[origin] = n;
    if (operation.id !== undefined) {
      if (remembers(this.#requestIds.get(operation.id), index)) return;
      this.#requestIds.delete(operation.id);
      this.#requestIds.set(operation.id, index);
      this.#forgetRequestIds(index);
    }
    if (operation.type === "set") this.#values.set(operation.key, operation.value);
    else this.#values.delete(operation.key);
  }

  #forgetRequestIds(index: number): void {
    for (const [id, appliedAt] of this.#requestIds) {
      if (remembers(appliedAt, index)) return;
      this.#requestIds.delete(id);
    }
  }

  /** Drops the oldest entries, once there are twice as many as are kept. */
  #trim(): void {
    if (this.#log.length <= this.#kept.entries * 2 && this.#logBytes <= this.#kept.bytes * 2) {
      return;
    }
    let drop = 0;
    while (
      this.#logFrom + drop <= this.#applied &&
      (this.#log.length - drop > this.#kept.entries || this.#logBytes > this.#kept.bytes)
    ) {
      this.#logBytes -= operationBytes(this.#log[drop++].message.operation);
    }
    this.#log = this.#log.slice(drop);
    this.#logFrom += drop;
  }
}

function place({ origin, n }: Message): string {
  return `${origin} ${n}`;
}

/** The order of the texts' code points, which is that of their UTF-8 bytes. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    // Surrogates stand for code points above all others.
    const surrogateX = x >= 0xd800 && x < 0xe000;
    const surrogateY = y >= 0xd800 && y < 0xe000;
    return surrogateX === surrogateY ? x - y : surrogateX ? 1 : -1;
  }
  return a.length - b.length;
}
