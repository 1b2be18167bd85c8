/**
 * A store that lives as long as its process: for `--store memory`, and the simulator's disk.
 *
 * @module
 */

import { compareBytes } from "../bytes.ts";
import { invariant, unreachable } from "../invariant.ts";
import {
  LOG_BYTES_KEPT_IN_MEMORY,
  LOG_ENTRIES_KEPT,
  REQUEST_IDS_KEPT,
  SNAPSHOT_REQUESTS_MAX,
} from "../limits.ts";
import { Fifo } from "../order/fifo.ts";
import { type Result, STORED } from "../order/operation.ts";
import { carryOut } from "./apply.ts";
import {
  type Entry,
  type Message,
  type Operation,
  type Outcome,
  type Position,
  type Snapshot,
  START,
} from "../order/message.ts";
import { type Durable, emptyDurable, type Write } from "../order/step.ts";
import {
  type Commit,
  isCarriedOut,
  operationBytes,
  type Page,
  remembers,
  type SnapshotReader,
  type Store,
  type StoreBounds,
  takeEntries,
  takePairs,
} from "./store.ts";

/** Keeps everything in memory; nothing outlives the process. */
export class MemoryStore implements Store {
  /** What kind of store it is. */
  readonly kind = "memory";
  /** Never: it forgets everything at once, or nothing. */
  readonly mayHaveForgotten = false;
  readonly #bounds: Required<StoreBounds>;
  #durable: Durable;
  #deliveredN: number[];
  readonly #pending = new Map<string, Message>();
  readonly #outbox = new Map<number, Operation>();
  readonly #self: number;
  /** Entries from index `#logFrom` on. */
  #log: Entry[] = [];
  #logFrom = 1;
  #keptFrom = Infinity;
  /** Bytes of the log's applied entries. */
  #logBytes = 0;
  /** Where the last snapshot ends that took the place of what was. */
  #base = START;
  #applied = 0;
  #appliedN: number[];
  #values = new Map<string, string>();
  /** Request ids with what came of them … */
  #outcomes = new Map<string, Outcome>();
  /** … and the same in the order of the index, for forgetting. */
  readonly #byIndex = new Fifo<readonly [id: string, outcome: Outcome]>();
  #forgotten = 0;
  /** The parts of a snapshot that have come so far. */
  #parts: Snapshot[] = [];

  /** An empty store of the replica with this id, in a cluster of so many. */
  constructor(
    self: number,
    replicas: number,
    identity: string,
    bounds: StoreBounds = {},
  ) {
    this.#self = self;
    this.#bounds = {
      logEntriesKept: bounds.logEntriesKept ?? LOG_ENTRIES_KEPT,
      logBytesKept: bounds.logBytesKept ?? LOG_BYTES_KEPT_IN_MEMORY,
      requestIdsKept: bounds.requestIdsKept ?? REQUEST_IDS_KEPT,
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

  /** The index of the first entry that the log holds; if it holds none, of the next. */
  get logFrom(): number {
    return this.#logFrom;
  }

  /** The index of the newest request id that is forgotten; 0 if none is. */
  get forgotten(): number {
    return this.#forgotten;
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
  commit({ writes, deliver, apply }: Commit): readonly Result[] {
    for (const write of writes) this.#write(write);
    for (const entry of deliver) this.#deliver(entry);
    const results = apply.map((entry) => this.#apply(entry));
    this.#trim();
    return results;
  }

  /** Nothing to do. */
  force(): void {}

  /** Log entries from one index to another, as many as one answer to a fetch may bear. */
  read(from: number, to: number): Entry[] {
    invariant(from >= this.#logFrom, "what a peer fetches is still in the log");
    return takeEntries(this.#log.slice(from - this.#logFrom, to - this.#logFrom + 1));
  }

  /** What is applied now, in parts, unchanged by what is committed later. */
  snapshot(): SnapshotReader {
    return new MemorySnapshot({
      position: this.#positionAt(this.#applied),
      deliveredN: [...this.#appliedN],
      forgotten: this.#forgotten,
      keys: [...this.#values],
      requests: [...this.#byIndex].filter(([id, outcome]) => this.#outcomes.get(id) === outcome),
    });
  }

  /** From now on the log is trimmed only before this index, which a peer still needs; or Infinity. */
  keepFrom(index: number): void {
    this.#keptFrom = index;
  }

  /** What came of a request's id, if that is applied here and not forgotten. */
  outcome(id: string): Outcome | undefined {
    return this.#outcomes.get(id);
  }

  /** The value of a key. */
  get(key: string): string | undefined {
    return this.#values.get(key);
  }

  /** Keys that begin with the prefix, with their values, in the order of their UTF-8 bytes. */
  scan(prefix: string, { after, limit }: Page = {}): (readonly [key: string, value: string])[] {
    return [...this.#values]
      .filter(([key]) =>
        key.startsWith(prefix) && (after === undefined || compareBytes(key, after) > 0)
      )
      .sort(([a], [b]) => compareBytes(a, b))
      .slice(0, limit);
  }

  /** Nothing to do. */
  close(): void {}

  /** The place of the entry with this index: in the log, or where the last snapshot ends. */
  #positionAt(index: number): Position {
    if (index === this.#base.index) return this.#base;
    const { message: { time, origin } } = this.#log[index - this.#logFrom];
    return { index, time, id: origin };
  }

  #write(write: Write): void {
    switch (write.type) {
      case "snapshot":
        return this.#takePart(write);
      case "promised":
        this.#durable = { ...this.#durable, promised: write.ballot };
        return;
      case "outbox":
        for (const { n, operation } of write.numbered) {
          this.#outbox.set(n, operation);
          this.#number(n);
        }
        return;
      case "received":
        for (const message of write.broadcast.messages) {
          this.#pending.set(place(message), message);
          if (message.origin !== this.#self) continue;
          this.#outbox.delete(message.n);
          this.#number(message.n);
        }
        return;
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

  #takePart(part: Snapshot): void {
    if (part.part === 0) this.#parts = [];
    const of = (this.#parts.at(0) ?? part).position.index;
    invariant(
      part.part === this.#parts.length && part.position.index === of,
      "the parts of a snapshot follow each other",
    );
    this.#parts.push(part);
    if (part.last) this.#restore(part);
  }

  /** The snapshot takes the place of what was applied, and of the log. */
  #restore({ position, deliveredN, forgotten }: Snapshot): void {
    invariant(position.index > this.#durable.position.index, "a snapshot leads further");
    this.#values = new Map(this.#parts.flatMap(({ keys }) => keys));
    const requests = this.#parts.flatMap(({ requests }) => requests);
    this.#outcomes = new Map(requests);
    this.#byIndex.clear();
    for (const request of requests) this.#byIndex.push(request);
    this.#forgotten = forgotten;
    this.#parts = [];
    this.#deliveredN = [...deliveredN];
    this.#appliedN = [...deliveredN];
    this.#applied = position.index;
    this.#log = [];
    this.#logBytes = 0;
    this.#logFrom = position.index + 1;
    this.#base = position;
    this.#durable = { ...this.#durable, position };
    for (const [of, { origin, n }] of this.#pending) {
      if (n <= deliveredN[origin]) this.#pending.delete(of);
    }
    for (const n of this.#outbox.keys()) {
      if (n <= deliveredN[this.#self]) this.#outbox.delete(n);
    }
  }

  #number(n: number): void {
    if (n > this.#durable.n) this.#durable = { ...this.#durable, n };
  }

  #deliver(entry: Entry): void {
    const { index, message } = entry;
    invariant(index === this.#durable.position.index + 1, "the log has no gap");
    this.#log.push(entry);
    this.#pending.delete(place(message));
    if (message.origin === this.#self) this.#outbox.delete(message.n);
    this.#deliveredN[message.origin] = message.n;
    const position = { index, time: message.time, id: message.origin };
    this.#durable = { ...this.#durable, position };
  }

  #apply({ index, message: { origin, n, operation } }: Entry): Result {
    invariant(index === this.#applied + 1, "entries are applied in the order of their indexes");
    this.#applied = index;
    this.#appliedN[origin] = n;
    this.#logBytes += operationBytes(operation);
    this.#forget();
    if (operation.id === undefined) return carryOut(operation, this.#values);
    const before = this.#outcomes.get(operation.id);
    if (!isCarriedOut(operation, index, before)) return before?.result ?? STORED;
    const result = carryOut(operation, this.#values);
    const outcome = { applied: operation.type !== "fence", index, origin, n, result };
    this.#outcomes.set(operation.id, outcome);
    this.#byIndex.push([operation.id, outcome]);
    return result;
  }

  /** Drops the request ids that no longer count. */
  #forget(): void {
    const { requestIdsKept } = this.#bounds;
    for (let oldest = this.#byIndex.first(); oldest; oldest = this.#byIndex.first()) {
      const [id, outcome] = oldest;
      if (remembers(outcome.index, this.#applied, requestIdsKept)) return;
      this.#byIndex.shift();
      // A later outcome may have taken its place.
      if (this.#outcomes.get(id) !== outcome) continue;
      this.#outcomes.delete(id);
      this.#forgotten = outcome.index;
    }
  }

  /** Drops the oldest applied entries, once there are twice as many as are kept. */
  #trim(): void {
    const { logEntriesKept, logBytesKept } = this.#bounds;
    // The last one applied stays: it tells the place.
    const behind = this.#applied - this.#logFrom;
    if (behind < logEntriesKept * 2 && this.#logBytes <= logBytesKept * 2) return;
    const most = Math.min(behind, this.#keptFrom - this.#logFrom);
    let drop = 0;
    while (
      drop < most && (behind - drop >= logEntriesKept || this.#logBytes > logBytesKept)
    ) {
      this.#logBytes -= operationBytes(this.#log[drop++].message.operation);
    }
    if (drop === 0) return;
    this.#log = this.#log.slice(drop);
    this.#logFrom += drop;
  }
}

/** All that a snapshot bears, whatever the parts. */
type Content = Pick<Snapshot, "position" | "deliveredN" | "forgotten" | "keys" | "requests">;

/** A snapshot of a store in memory. */
class MemorySnapshot implements SnapshotReader {
  readonly #content: Content;
  #part = 0;
  #keys = 0;
  #requests = 0;

  constructor(content: Content) {
    this.#content = content;
  }

  next(): Snapshot {
    const keys = takePairs(this.#content.keys, this.#keys);
    this.#keys += keys.length;
    // Not in one part with keys: together they might not fit into a frame.
    const requests = keys.length === 0
      ? this.#content.requests.slice(this.#requests, this.#requests + SNAPSHOT_REQUESTS_MAX)
      : [];
    this.#requests += requests.length;
    const last = this.#keys === this.#content.keys.length &&
      this.#requests === this.#content.requests.length;
    const part = this.#part++;
    return { ...this.#content, type: "snapshot", part, last, keys, requests };
  }

  close(): void {}
}

function place({ origin, n }: Message): string {
  return `${origin} ${n}`;
}
