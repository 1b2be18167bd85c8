/**
 * A store that lives as long as its process: for `--store memory`, and the simulator's disk.
 *
 * @module
 */

import { bytesOf, compareBytes } from "../bytes.ts";
import { invariant } from "../invariant.ts";
import { SNAPSHOT_REQUESTS_MAX } from "../limits.ts";
import type { Entry, Outcome, Snapshot } from "../order/message.ts";
import type { Result } from "../order/operation.ts";
import { type Durable, emptyDurable } from "../order/step.ts";
import { KeyOrder } from "./key_order.ts";
import { MemoryRequests } from "./requests.ts";
import { allBounds, ReplicaState } from "./state.ts";
import {
  type Commit,
  type Page,
  type SnapshotReader,
  type Store,
  type StoreBounds,
  takePairs,
} from "./store.ts";

/** Keeps everything in memory; nothing outlives the process. */
export class MemoryStore implements Store {
  /** What kind of store it is. */
  readonly kind = "memory";
  /** Never: it forgets everything at once, or nothing. */
  readonly mayHaveForgotten = false;
  readonly #state: ReplicaState;
  readonly #requests: MemoryRequests;
  #values = new Map<string, string>();
  /** Their order, once it was asked for. */
  #order: KeyOrder | null = null;
  /** The parts of a snapshot that have come so far. */
  #parts: Snapshot[] = [];

  /** An empty store of the replica with this id, in a cluster of so many. */
  constructor(
    self: number,
    replicas: number,
    identity: string,
    bounds: StoreBounds = {},
  ) {
    const all = allBounds(bounds);
    this.#state = new ReplicaState(self, emptyDurable(identity, replicas), all);
    this.#requests = new MemoryRequests(all.requestIdsKept);
  }

  /** How many keys there are. */
  get keys(): number {
    return this.#values.size;
  }

  /** The index of the last entry applied. */
  get applied(): number {
    return this.#state.applied;
  }

  /** By origin: the highest `n` applied. */
  get appliedN(): readonly number[] {
    return this.#state.appliedN;
  }

  /** The index of the first entry that the log holds; if it holds none, of the next. */
  get logFrom(): number {
    return this.#state.log.from;
  }

  /** The index of the newest request id that is forgotten; 0 if none is. */
  get forgotten(): number {
    return this.#requests.forgotten;
  }

  /** What the protocol core goes on from. */
  load(): Durable {
    return this.#state.load();
  }

  /** Carries all of it out. There is no disk to wait for. */
  commit({ writes, deliver, apply }: Commit): readonly Result[] {
    for (const write of writes) {
      if (write.type === "snapshot") this.#takePart(write);
      else this.#state.write(write);
    }
    this.#state.deliver(deliver);
    const results: Result[] = [];
    for (const entry of apply) {
      const { operation } = entry.message;
      if (operation.type === "clear") this.#order = null;
      this.#order?.note(operation, this.#values);
      results.push(this.#state.apply(entry, this.#values, this.#requests));
    }
    this.#state.log.trim(this.#state.applied);
    return results;
  }

  /** Nothing to do. */
  async forceLater(): Promise<void> {}

  /** Log entries from one index to another, as many as one answer to a fetch may bear. */
  read(from: number, to: number): Entry[] {
    return this.#state.log.read(from, to);
  }

  /** What is applied now, in parts, unchanged by what is committed later. */
  snapshot(): SnapshotReader {
    const { applied, appliedN } = this.#state;
    return new MemorySnapshot({
      position: this.#state.positionAt(applied),
      deliveredN: [...appliedN],
      forgotten: this.#requests.forgotten,
      keys: [...this.#values],
      requests: this.#requests.all(),
    });
  }

  /** From now on the log is trimmed only before this index, which a peer still needs; or Infinity. */
  keepFrom(index: number): void {
    this.#state.log.keepFrom(index);
  }

  /** What came of a request's id, if that is applied here and not forgotten. */
  outcome(id: string): Outcome | undefined {
    return this.#requests.get(id);
  }

  /** The value of a key. */
  get(key: string): string | undefined {
    return this.#values.get(key);
  }

  /** Sorts some more keys; true when they are in order. */
  prepareScan(): boolean {
    this.#order ??= new KeyOrder(this.#values.keys());
    return this.#order.advance();
  }

  /** Keys that begin with the prefix, with their values, in the order of their bytes. */
  scan(prefix: string, { after, limit }: Page = {}): (readonly [key: string, value: string])[] {
    this.#order ??= new KeyOrder(this.#values.keys());
    const isWithin = beginningWith(prefix);
    const isAfter = after !== undefined && compareBytes(after, prefix) >= 0;
    const found: [key: string, value: string][] = [];
    for (const key of this.#order.from(isAfter ? after : prefix, this.#values)) {
      if (found.length === limit || !isWithin(key)) break;
      const value = this.#values.get(key);
      if (key !== after && value !== undefined) found.push([key, value]);
    }
    return found;
  }

  /** Nothing to do. */
  close(): void {}

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
    this.#state.restore(position, deliveredN);
    this.#values = new Map(this.#parts.flatMap(({ keys }) => keys));
    this.#order = null;
    this.#requests.restore(this.#parts.flatMap(({ requests }) => requests), forgotten);
    this.#parts = [];
  }
}

/** Whether the bytes of a key begin with those of the prefix. */
function beginningWith(prefix: string): (key: string) => boolean {
  if (prefix.isWellFormed()) return (key) => key.startsWith(prefix);
  const first = bytesOf(prefix);
  return (key) => {
    const bytes = bytesOf(key);
    return first.every((byte, i) => bytes[i] === byte);
  };
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
