/**
 * What a store keeps of its replica's side of the protocol, and how a commit changes it: the same
 * whether it is on disk or in memory, live or read back.
 *
 * @module
 */

import { invariant, unreachable } from "../invariant.ts";
import { LOG_BYTES_KEPT, LOG_ENTRIES_KEPT, REQUEST_IDS_KEPT } from "../limits.ts";
import { Fifo } from "../order/fifo.ts";
import {
  type Entry,
  type Message,
  type Numbered,
  type Position,
  type Snapshot,
  type View,
} from "../order/message.ts";
import { type Result, STORED } from "../order/operation.ts";
import type { Durable, Write } from "../order/step.ts";
import type { Ballot } from "../order/timestamp.ts";
import { carryOut, type Keys } from "./apply.ts";
import { EntryLog } from "./entry_log.ts";
import { Queue } from "./queue.ts";
import type { Requests } from "./requests.ts";
import { isCarriedOut, type StoreBounds } from "./store.ts";

/** A write that changes the protocol's side alone. */
export type ProtocolWrite = Exclude<Write, Snapshot>;

/** Where a state begins: with nothing in the queue, nor in the outbox. */
export type Beginning = Omit<Durable, "pending" | "outbox">;

/** The bounds, those that are not given as they are in `limits.ts`. */
export function allBounds(bounds: StoreBounds): Required<StoreBounds> {
  return {
    logEntriesKept: bounds.logEntriesKept ?? LOG_ENTRIES_KEPT,
    logBytesKept: bounds.logBytesKept ?? LOG_BYTES_KEPT,
    requestIdsKept: bounds.requestIdsKept ?? REQUEST_IDS_KEPT,
  };
}

/** The state of a replica's store, without the keys. */
export class ReplicaState {
  readonly #self: number;
  #identity: string;
  #former: string | null;
  #promised: Ballot;
  #installed: View | null;
  #n: number;
  #position: Position;
  #deliveredN: number[];
  readonly #queue: Queue;
  /** Own operations that wait for a view, in the order of `n`. */
  readonly #outbox = new Fifo<Numbered>();
  readonly #log: EntryLog;
  /** Where what is applied began: before that the log tells no place. */
  #base: Position;
  #applied: number;
  #appliedN: number[];

  /** All that was delivered there is applied there. */
  constructor(self: number, from: Beginning, bounds: Required<StoreBounds>) {
    this.#self = self;
    this.#identity = from.identity;
    this.#former = from.former;
    this.#promised = from.promised;
    this.#installed = from.installed;
    this.#n = from.n;
    this.#position = from.position;
    this.#deliveredN = [...from.deliveredN];
    this.#queue = new Queue(from.deliveredN.length);
    this.#log = new EntryLog(from.position.index, bounds);
    this.#base = from.position;
    this.#applied = from.position.index;
    this.#appliedN = [...from.deliveredN];
  }

  /** The end of the log, for peers. */
  get log(): EntryLog {
    return this.#log;
  }

  /** The index of the last entry applied. */
  get applied(): number {
    return this.#applied;
  }

  /** By origin: the highest `n` applied. */
  get appliedN(): readonly number[] {
    return this.#appliedN;
  }

  /** How far it has delivered. */
  get position(): Position {
    return this.#position;
  }

  /** The view last installed. */
  get installed(): View | null {
    return this.#installed;
  }

  /** The folder's identity. */
  get identity(): string {
    return this.#identity;
  }

  /** The identity it had before a power cut may have made it forget. */
  get former(): string | null {
    return this.#former;
  }

  /** What the protocol core goes on from. */
  load(): Durable {
    return {
      identity: this.#identity,
      former: this.#former,
      promised: this.#promised,
      installed: this.#installed,
      n: this.#n,
      position: this.#position,
      deliveredN: [...this.#deliveredN],
      pending: this.#queue.all(),
      outbox: [...this.#outbox],
    };
  }

  /** Carries out one write. */
  write(write: ProtocolWrite): void {
    switch (write.type) {
      case "promised":
        this.#promised = write.ballot;
        return;
      case "outbox":
        for (const numbered of write.numbered) this.wait(numbered);
        return;
      case "received":
        for (const message of write.broadcast.messages) this.#receive(message);
        return;
      case "installed":
        this.install(write.view, write.n);
        for (const message of write.pending) this.#queue.add(message);
        for (const numbered of write.outbox) this.#outbox.push(numbered);
        return;
      default:
        return unreachable(write);
    }
  }

  /** A new view begins; queue and outbox are empty then. */
  install(view: View, n: number): void {
    this.#installed = view;
    if (view.identities[this.#self] === this.#identity) this.#former = null;
    this.#queue.clear();
    this.#outbox.clear();
    this.#number(n);
  }

  /** A message that a view begins with. */
  carry(message: Message): void {
    this.#queue.add(message);
  }

  /** An own operation waits for a view. */
  wait(numbered: Numbered): void {
    this.#outbox.push(numbered);
    this.#number(numbered.n);
  }

  /** From now on the folder is another one. */
  rename(identity: string, former: string | null): void {
    this.#identity = identity;
    this.#former = former;
  }

  #receive(message: Message): void {
    this.#queue.add(message);
    if (message.origin !== this.#self) return;
    if (this.#outbox.first()?.n === message.n) this.#outbox.shift();
    this.#number(message.n);
  }

  #number(n: number): void {
    if (n > this.#n) this.#n = n;
  }

  /** Adds to the log. Gives whether it was the head of the queue, up to the last of them. */
  deliver(entries: readonly Entry[]): boolean {
    let wereHead = true;
    let { index: last } = this.#position;
    for (const entry of entries) {
      const { index, message } = entry;
      invariant(index === ++last, "the log has no gap");
      if (!this.#queue.take(message)) wereHead = false;
      if (message.origin === this.#self) this.#coverOutbox(message.n);
      this.#log.push(entry);
      this.#deliveredN[message.origin] = message.n;
    }
    if (entries.length > 0) {
      const { time, origin: id } = entries[entries.length - 1].message;
      this.#position = { index: last, time, id };
    }
    return wereHead && this.#queue.isBehind(this.#position);
  }

  /** Delivers the head of the queue up to this place; gives the entries. */
  deliverHead({ index, time, id }: Position): Entry[] {
    const entries: Entry[] = [];
    while (this.#position.index < index) {
      const message = this.#queue.first();
      invariant(message !== undefined, "what was delivered stood in the queue");
      const entry = { index: this.#position.index + 1, message };
      this.deliver([entry]);
      entries.push(entry);
    }
    const { time: lastTime, id: lastId } = this.#position;
    invariant(time === lastTime && id === lastId, "the queue is delivered in its order");
    return entries;
  }

  #coverOutbox(n: number): void {
    while ((this.#outbox.first()?.n ?? Infinity) <= n) this.#outbox.shift();
  }

  /** Carries the next entry out. */
  apply(entry: Entry, keys: Keys, requests: Requests): Result {
    this.settle(entry);
    const { index, message: { origin, n, operation } } = entry;
    requests.forget(index);
    if (operation.id === undefined) return carryOut(operation, keys);
    const before = requests.get(operation.id, index);
    if (!isCarriedOut(operation, index, before)) return before?.result ?? STORED;
    const result = carryOut(operation, keys);
    const applied = operation.type !== "fence";
    requests.put(operation.id, { applied, index, origin, n, result }, before);
    return result;
  }

  /** The next entry counts as applied: the keys have it already. */
  settle(entry: Entry): void {
    const { index, message: { origin, n } } = entry;
    invariant(
      index === this.#applied + 1,
      "entries are applied in the order of their indexes",
    );
    this.#applied = index;
    this.#appliedN[origin] = n;
    this.#log.count(index);
  }

  /** The place of the entry with this index: in the log, or where it began. */
  positionAt(index: number): Position {
    if (index === this.#position.index) return this.#position;
    if (index === this.#base.index) return this.#base;
    const entry = this.#log.at(index);
    invariant(entry !== undefined, "the log holds what was applied last");
    return { index, time: entry.message.time, id: entry.message.origin };
  }

  /** Keys of a place further on have come: all up to there is delivered and applied. */
  restore(position: Position, deliveredN: readonly number[]): void {
    invariant(position.index > this.#position.index, "a snapshot leads further");
    this.#position = this.#base = position;
    this.#deliveredN = [...deliveredN];
    this.#applied = position.index;
    this.#appliedN = [...deliveredN];
    this.#log.restart(position.index);
    deliveredN.forEach((n, origin) => this.#queue.cover(origin, n));
    this.#coverOutbox(deliveredN[this.#self]);
  }
}
