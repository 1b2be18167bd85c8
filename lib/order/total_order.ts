/**
 * Total order broadcast within a view: stamp, queue, acknowledge, deliver.
 *
 * Source: Lamport 1978 (see `timestamp.ts`). The head of the queue is delivered when every
 * member has acknowledged it. An acknowledgement comes over the same FIFO link as its sender's
 * broadcasts and bears a clock that has passed the message: so no message with a smaller
 * timestamp can still be on its way. "From every member" also says that all hold the message,
 * which is what makes a crash harmless.
 *
 * @module
 */

import { invariant } from "../invariant.ts";
import { N_STEP, N_STEP_IDENTITY } from "../limits.ts";
import { Fifo } from "./fifo.ts";
import type {
  Acknowledgement,
  Broadcast,
  Covered,
  Entry,
  Install,
  Message,
  Numbered,
  Operation,
  Position,
  Snapshot,
  View,
} from "./message.ts";
import { timestampOf } from "./message.ts";
import { Pending } from "./pending.ts";
import type { Durable, Effects } from "./step.ts";
import { type Ballot, compareTimestamps } from "./timestamp.ts";

/** What the order asks of the core around it. */
export interface OrderSurroundings {
  /** The members whose link is open in the view: whom its messages can be sent to now. */
  open(): readonly number[];
  /** The number that the writes of this step will have. */
  number(): number;
}

/** How many own messages are in the queue at once; the others wait in the outbox. */
export interface QueueLimits {
  readonly messages: number;
  readonly bytes: number;
}

/** The order as one replica holds it. */
export class TotalOrder {
  readonly #self: number;
  readonly #replicas: number;
  readonly #around: OrderSurroundings;
  readonly #limits: QueueLimits;
  #clock: number;
  #position: Position;
  /** By origin: the highest `n` delivered. */
  readonly #deliveredN: number[];
  readonly #pending = new Pending();
  #view: View | null = null;
  #live = false;

  /** The highest own `n` given. */
  #n: number;
  /** Own operations that are not in the queue, in the order of `n`. */
  readonly #outbox = new Fifo<Numbered>();
  /** Own messages broadcast in this view and not delivered: what a new link is resent from. */
  readonly #own = new Fifo<{ readonly message: Message; readonly prev: number }>();
  #ownBytes = 0;

  /** By origin: the highest `n` received in this view or before it. */
  #received: number[] = [];
  /** Received, but perhaps not yet on disk; in the order of the writes' numbers. */
  readonly #unsafe = new Fifo<{ readonly number: number; readonly message: Message }>();
  /** By origin: the last message of this view that is safe here: what is acknowledged. */
  #safe: (Covered | null)[] = [];
  /** By member, then by origin: the time up to which it has acknowledged; -1 for nothing. */
  #acknowledged: number[][] = [];

  /** Goes on from what the disk holds, in no view. */
  constructor(
    self: number,
    durable: Durable,
    around: OrderSurroundings,
    limits: QueueLimits,
  ) {
    this.#self = self;
    this.#replicas = durable.deliveredN.length;
    this.#around = around;
    this.#limits = limits;
    this.#position = durable.position;
    this.#deliveredN = [...durable.deliveredN];
    this.#pending.replace(durable.pending);
    this.#clock = durable.pending.reduce(
      (clock, message) => Math.max(clock, message.time),
      durable.position.time,
    );
    for (const numbered of durable.outbox) this.#outbox.push(numbered);
    // What was broadcast and then forgotten in a crash had numbers below this: a whole block is
    // skipped, since the highest number on disk may have stood just below a block's end. It is
    // on disk with the next installation, before anything that bears it is broadcast.
    this.#n = (Math.floor(durable.n / N_STEP) + 2) * N_STEP;
    if (durable.n === 0 && durable.installed === null) this.#n = 0;
  }

  /** The Lamport clock. */
  get clock(): number {
    return this.#clock;
  }

  /** How far this replica has delivered. */
  get position(): Position {
    return this.#position;
  }

  /** By origin: the highest `n` delivered. */
  get deliveredN(): readonly number[] {
    return this.#deliveredN;
  }

  /** The highest own `n` given. */
  get n(): number {
    return this.#n;
  }

  /** How many messages are in the queue. */
  get pendingLength(): number {
    return this.#pending.length;
  }

  /** How many own operations are not yet delivered. */
  get outboxLength(): number {
    return this.#outbox.length + this.#own.length;
  }

  /** The message to be delivered next. */
  get head(): Message | undefined {
    return this.#pending.head();
  }

  /** Whether this member has acknowledged the message of the queue. */
  isAcknowledged(member: number, { origin, time }: Message): boolean {
    return this.#acknowledged[member][origin] >= time;
  }

  /** Own operations that are not delivered. */
  *undelivered(): Iterable<Operation> {
    for (const { origin, operation } of this.#pending.all()) {
      if (origin === this.#self) yield operation;
    }
    for (const { operation } of this.#outbox) yield operation;
  }

  /** The queue, in timestamp order. */
  pending(): Message[] {
    return this.#pending.all();
  }

  /** The highest `n` received of this origin in the view. */
  received(origin: number): number {
    return this.#received[origin];
  }

  /** Takes an own operation: into the queue and to all members, or into the outbox. */
  submit(operation: Operation, out: Effects): void {
    const numbered = { n: ++this.#n, operation };
    out.n = numbered.n;
    // Where there is room, nothing waits in the outbox.
    if (this.#live && this.#hasRoom()) {
      this.#broadcast(numbered, out);
    } else {
      this.#outbox.push(numbered);
      out.writes.push({ type: "outbox", numbered });
    }
  }

  /**
   * Begins a view: the queue holds what was carried into it, own operations that were not
   * carried go back to the outbox. Who `isNew` has forgotten which numbers it gave.
   */
  install({ view, previous, base, deliveredN, carried }: Install, isNew: boolean): void {
    invariant(this.#position.index >= base.index, "a view is installed on its whole base");
    // What this replica has delivered beyond the base is carried: everything delivered anywhere is.
    const queue = carried.filter((message) => message.n > this.#deliveredN[message.origin]);
    this.#received = this.#deliveredN.map((n, origin) => Math.max(n, deliveredN[origin]));
    for (const { origin, n } of queue) {
      this.#received[origin] = Math.max(this.#received[origin], n);
    }
    const known = this.#received[this.#self];
    this.#leaveToOutbox(queue);
    invariant(
      (this.#outbox.first()?.n ?? Infinity) > known,
      "what goes back to the outbox was never ordered",
    );
    this.#pending.replace(queue);
    this.#clock = queue.reduce(
      (clock, message) => Math.max(clock, message.time),
      Math.max(this.#clock, this.#position.time),
    ) + 1;
    this.#n = Math.max(this.#n, known);
    if (isNew && previous !== null) {
      // A new folder in a cluster that has ordered before: its forgotten numbers lie below, or,
      // if it was lost twice in a round, beside.
      const { round, id } = view.ballot;
      this.#n = Math.max(this.#n, known + N_STEP_IDENTITY, round * N_STEP_IDENTITY) + id * N_STEP;
    }
    this.#view = view;
    this.#unsafe.clear();
    this.#safe = Array(this.#replicas).fill(null);
    this.#acknowledged = Array.from(
      { length: this.#replicas },
      () => Array(this.#replicas).fill(-1),
    );
  }

  /** What an installation puts on disk. */
  installed(): { pending: Message[]; outbox: Numbered[]; n: number } {
    return { pending: this.#pending.all(), outbox: [...this.#outbox], n: this.#n };
  }

  /**
   * The view is live: all members hold what was carried, so it is delivered first; then own
   * operations that were left over are submitted again, with their old `n` and a new timestamp.
   */
  start(out: Effects): { carried: number; resubmitted: number } {
    const carried = this.#pending.length;
    for (let head = this.#pending.shift(); head; head = this.#pending.shift()) {
      this.#append(head, out);
    }
    const resubmitted = this.#outbox.length;
    this.#live = true;
    this.#fill(out);
    return { carried, resubmitted };
  }

  /** Ends the work in the view. What is pending stays, to be reported in promises. */
  leave(): void {
    this.#live = false;
    this.#unsafe.clear();
    this.#view = null;
  }

  /**
   * A broadcast of this view has come from its origin.
   *
   * @returns the reason why the link cannot be trusted, or null
   */
  receive({ message, prev }: Broadcast, from: number, out: Effects): string | null {
    if (message.origin !== from) return `a broadcast of ${message.origin} came from ${from}`;
    const received = this.#received[from];
    if (prev !== received || message.n <= prev) {
      return `a broadcast n=${message.n} after n=${prev}, received was n=${received}`;
    }
    this.#received[from] = message.n;
    this.#clock = Math.max(this.#clock, message.time) + 1;
    this.#queue(message, out);
    return null;
  }

  /**
   * An acknowledgement of this view has come.
   *
   * @returns the reason why the link cannot be trusted, or null
   */
  acknowledge({ covers, stamp, last }: Acknowledgement, from: number, out: Effects): string | null {
    if (last !== this.#received[from]) {
      return `an acknowledgement after n=${last}, received was n=${this.#received[from]}`;
    }
    if (stamp.id !== from || stamp.time <= covers.time) {
      return `an acknowledgement at [${stamp.id},${stamp.time}] of a message at time ${covers.time}`;
    }
    this.#clock = Math.max(this.#clock, stamp.time);
    const times = this.#acknowledged[from];
    times[covers.origin] = Math.max(times[covers.origin], covers.time);
    this.#deliver(out);
    return null;
  }

  /** Writes up to this number are on disk: acknowledges what they made safe. */
  persisted(number: number, out: Effects): void {
    if (this.#view === null) return;
    const origins = new Set<number>();
    for (
      let next = this.#unsafe.first();
      next && next.number <= number;
      next = this.#unsafe.first()
    ) {
      this.#unsafe.shift();
      const { origin, time, operation } = next.message;
      this.#safe[origin] = { origin, time, key: operation.key, bytes: bytesOf(operation) };
      this.#acknowledged[this.#self][origin] = time;
      origins.add(origin);
    }
    if (origins.size === 0) return;
    this.#clock++;
    const open = this.#around.open();
    for (const origin of origins) {
      for (const to of open) this.#sendAcknowledgement(to, origin, out);
    }
    this.#deliver(out);
  }

  /**
   * A peer's link is open in this view and the peer has received own messages up to `received`:
   * resends the later ones, and only then what is acknowledged, or an acknowledgement would
   * overtake a message.
   *
   * @returns the reason why the link cannot be trusted, or null
   */
  resume(peer: number, received: number, out: Effects): string | null {
    let resent = received;
    for (const { message, prev } of this.#own) {
      if (message.n <= received) continue;
      if (prev !== resent) return `it has received n=${received}, of which nothing follows`;
      this.#sendBroadcast(peer, message, prev, out);
      resent = message.n;
    }
    if (resent !== this.#received[this.#self]) {
      return `it has received n=${received}, the last was n=${this.#received[this.#self]}`;
    }
    this.#safe.forEach((covers, origin) => {
      if (covers !== null) this.#sendAcknowledgement(peer, origin, out);
    });
    return null;
  }

  /** Entries fetched from a peer's log: delivered there, so delivered here. */
  follow(entries: readonly Entry[], out: Effects): void {
    for (const { index, message } of entries) {
      if (index <= this.#position.index) continue;
      invariant(index === this.#position.index + 1, "fetched entries follow the log");
      this.#append(message, out);
    }
    this.#dropDelivered();
  }

  /** A snapshot of a place further on: all up to there is delivered. */
  restore({ position, deliveredN }: Snapshot): void {
    invariant(position.index > this.#position.index, "a snapshot leads further");
    this.#position = position;
    deliveredN.forEach((n, origin) => {
      invariant(n >= this.#deliveredN[origin], "a snapshot holds all that was delivered");
      this.#deliveredN[origin] = n;
    });
    this.#dropDelivered();
  }

  #dropDelivered(): void {
    const left = this.#pending.all().filter(({ origin, n }) => n > this.#deliveredN[origin]);
    this.#pending.replace(left);
    while ((this.#outbox.first()?.n ?? Infinity) <= this.#deliveredN[this.#self]) {
      this.#outbox.shift();
    }
  }

  /**
   * Puts own operations that are neither delivered nor in this queue into the outbox: those of
   * the last view, and those that were there.
   */
  #leaveToOutbox(queue: readonly Message[]): void {
    const own = new Map<number, Numbered>();
    for (const { origin, n, operation } of this.#pending.all()) {
      if (origin === this.#self) own.set(n, { n, operation });
    }
    for (const numbered of this.#outbox) own.set(numbered.n, numbered);
    for (const { origin, n, operation } of queue) {
      if (origin !== this.#self || !own.has(n)) continue;
      invariant(isSame(own.get(n)?.operation, operation), "no n stands for two contents");
      own.delete(n);
    }
    const left = [...own.values()].filter(({ n }) => n > this.#deliveredN[this.#self]);
    this.#outbox.clear();
    for (const numbered of left.sort((a, b) => a.n - b.n)) this.#outbox.push(numbered);
    this.#own.clear();
    this.#ownBytes = 0;
  }

  #hasRoom(): boolean {
    return this.#own.length < this.#limits.messages && this.#ownBytes < this.#limits.bytes;
  }

  /** Submits what waits in the outbox, as far as the queue has room: a view stays quick to change. */
  #fill(out: Effects): void {
    while (this.#live && this.#hasRoom()) {
      const numbered = this.#outbox.shift();
      if (numbered === undefined) return;
      this.#broadcast(numbered, out);
    }
  }

  #broadcast({ n, operation }: Numbered, out: Effects): void {
    const prev = this.#received[this.#self];
    const message = { origin: this.#self, n, time: ++this.#clock, operation };
    this.#received[this.#self] = n;
    this.#own.push({ message, prev });
    this.#ownBytes += bytesOf(operation);
    this.#queue(message, out);
    for (const to of this.#around.open()) this.#sendBroadcast(to, message, prev, out);
  }

  #queue(message: Message, out: Effects): void {
    this.#pending.add(message);
    this.#unsafe.push({ number: this.#around.number(), message });
    out.writes.push({ type: "received", message });
  }

  #deliver(out: Effects): void {
    for (let head = this.#pending.head(); head; head = this.#pending.head()) {
      if (!this.#acknowledgedByAll(head)) break;
      this.#pending.shift();
      if (head.origin === this.#self) {
        const own = this.#own.shift();
        invariant(own?.message === head, "own messages are delivered in the order of n");
        this.#ownBytes -= bytesOf(head.operation);
      }
      this.#append(head, out);
    }
    this.#fill(out);
  }

  #acknowledgedByAll(message: Message): boolean {
    return this.#members().every((member) => this.isAcknowledged(member, message));
  }

  /** Gives the message the next index: it is delivered. */
  #append(message: Message, out: Effects): void {
    const timestamp = timestampOf(message);
    invariant(
      compareTimestamps(timestamp, this.#position) > 0,
      `the log is in timestamp order at ${this.#position.index + 1}`,
    );
    invariant(
      message.n > this.#deliveredN[message.origin],
      `the log is in the order of n of origin ${message.origin}`,
    );
    this.#deliveredN[message.origin] = message.n;
    this.#position = { index: this.#position.index + 1, ...timestamp };
    out.deliver.push({ index: this.#position.index, message });
  }

  #sendBroadcast(to: number, message: Message, prev: number, out: Effects): void {
    out.send.push({ to, message: { type: "broadcast", ballot: this.#ballot(), message, prev } });
  }

  #sendAcknowledgement(to: number, origin: number, out: Effects): void {
    const covers = this.#safe[origin];
    invariant(covers !== null, "only what is safe is acknowledged");
    const stamp = { time: this.#clock, id: this.#self };
    const last = this.#received[this.#self];
    out.send.push({
      to,
      message: { type: "acknowledgement", ballot: this.#ballot(), covers, stamp, last },
    });
  }

  #members(): readonly number[] {
    invariant(this.#view !== null, "messages are ordered only within a view");
    return this.#view.members;
  }

  #ballot(): Ballot {
    invariant(this.#view !== null, "messages are ordered only within a view");
    return this.#view.ballot;
  }
}

/** The UTF-8 length of the value that the operation bears. */
function bytesOf(operation: Operation): number {
  return operation.type === "set" ? operation.bytes : 0;
}

function isSame(a: Operation | undefined, b: Operation): boolean {
  return a !== undefined && a.type === b.type && a.key === b.key && a.id === b.id &&
    valueOf(a) === valueOf(b);
}

function valueOf(operation: Operation): string | null {
  return operation.type === "set" ? operation.value : null;
}
