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
import { BROADCAST_MESSAGES_MAX, N_STEP, N_STEP_IDENTITY, PART_BYTES_MAX } from "../limits.ts";
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
import { formBytes, valueBytes } from "./operation.ts";
import { Pending } from "./pending.ts";
import type { Durable, Effects } from "./step.ts";
import { type Ballot, compareTimestamps, type Timestamp } from "./timestamp.ts";

/** What the order asks of the core around it. */
export interface OrderSurroundings {
  /** The members whose link is open in the view: whom its messages can be sent to now. */
  open(): readonly number[];
  /** The number that the writes of this step will have. */
  number(): number;
  /** Whether a member has lately asked something that it answers only when it has delivered. */
  isAsking(member: number): boolean;
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
  /** The index of the last message delivered, … */
  #index: number;
  /** … and its timestamp. */
  #timestamp: Timestamp;
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
  readonly #own = new Fifo<Message>();
  /** The `n` before the first of them. */
  #ownPrev = 0;
  #ownBytes = 0;
  /** The last of them, which are not broadcast yet: only within a step. */
  #stamped: Message[] = [];
  #stampedBytes = 0;

  /** By origin: the highest `n` received in this view or before it. */
  #received: number[] = [];
  /** Received, but perhaps not yet on disk; in the order of the writes' numbers. */
  readonly #unsafe = new Fifo<{ readonly number: number; readonly last: Message }>();
  /** By origin: how many messages of this view are in the queue. */
  #queued: number[] = [];
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
    this.#index = durable.position.index;
    this.#timestamp = durable.position;
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
    return { index: this.#index, time: this.#timestamp.time, id: this.#timestamp.id };
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

  /** Takes own operations: into the queue and to all members, or into the outbox. */
  submit(operations: readonly Operation[], out: Effects, lazy = false): void {
    out.n = this.#n + 1;
    const waiting: Numbered[] = [];
    for (const operation of operations) {
      const numbered = { n: ++this.#n, operation };
      // Where there is room, nothing waits in the outbox.
      if (this.#live && this.#hasRoom()) {
        this.#stamp(numbered, out);
      } else {
        this.#outbox.push(numbered);
        waiting.push(numbered);
      }
    }
    this.#broadcast(out, lazy);
    if (waiting.length > 0) out.writes.push({ type: "outbox", numbered: waiting });
  }

  /**
   * Begins a view: the queue holds what was carried into it, own operations that were not
   * carried go back to the outbox. Who `isNew` has forgotten which numbers it gave.
   */
  install({ view, previous, base, deliveredN, carried }: Install, isNew: boolean): void {
    invariant(this.#index >= base.index, "a view is installed on its whole base");
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
      Math.max(this.#clock, this.#timestamp.time),
    ) + 1;
    this.#n = Math.max(this.#n, known);
    if (isNew && previous !== null) {
      // A new folder in a cluster that has ordered before: its forgotten numbers lie below, or,
      // if it was lost twice in a round, beside.
      const { round, id } = view.ballot;
      this.#n = Math.max(this.#n, known + N_STEP_IDENTITY, round * N_STEP_IDENTITY) + id * N_STEP;
    }
    this.#view = view;
    this.#ownPrev = this.#received[this.#self];
    // What is carried is delivered at the start, without an acknowledgement.
    this.#queued = Array(this.#replicas).fill(0);
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
  receive(broadcast: Broadcast, from: number, out: Effects): string | null {
    const received = this.#received[from];
    let { prev } = broadcast;
    if (prev !== received) return `a broadcast after n=${prev}, received was n=${received}`;
    let time = -1;
    for (const message of broadcast.messages) {
      if (message.origin !== from) return `a broadcast of ${message.origin} came from ${from}`;
      if (message.n <= prev || message.time <= time) {
        return `a broadcast n=${message.n} at ${message.time} after n=${prev} at ${time}`;
      }
      ({ n: prev, time } = message);
    }
    this.#received[from] = prev;
    this.#clock = Math.max(this.#clock, time) + 1;
    this.#queue(broadcast, out);
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
      const { origin, time, operation } = next.last;
      this.#safe[origin] = { origin, time, key: operation.key, bytes: valueBytes(operation) };
      this.#acknowledged[this.#self][origin] = time;
      origins.add(origin);
    }
    if (origins.size === 0) return;
    this.#clock++;
    const open = this.#around.open();
    for (const origin of origins) {
      const message = this.#acknowledgement(origin);
      for (const to of open) {
        const lazy = to !== origin && this.#queued[to] === 0 && !this.#around.isAsking(to);
        out.send.push({ to, message, lazy });
      }
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
    let prev = this.#ownPrev;
    const missing: Message[] = [];
    for (const message of this.#own) {
      if (message.n > received) missing.push(message);
      else prev = message.n;
    }
    const last = this.#received[this.#self];
    if (missing.length === 0 ? received !== last : received !== prev) {
      return `it has received n=${received}, and was sent what follows n=${prev} up to n=${last}`;
    }
    for (const broadcast of this.#inBroadcasts(missing, prev)) {
      out.send.push({ to: peer, message: broadcast });
    }
    this.#safe.forEach((covers, origin) => {
      if (covers !== null) out.send.push({ to: peer, message: this.#acknowledgement(origin) });
    });
    return null;
  }

  /** Entries fetched from a peer's log: delivered there, so delivered here. */
  follow(entries: readonly Entry[], out: Effects): void {
    for (const { index, message } of entries) {
      if (index <= this.#index) continue;
      invariant(index === this.#index + 1, "fetched entries follow the log");
      this.#append(message, out);
    }
    this.#dropDelivered();
  }

  /** A snapshot of a place further on: all up to there is delivered. */
  restore({ position, deliveredN }: Snapshot): void {
    invariant(position.index > this.#index, "a snapshot leads further");
    this.#index = position.index;
    this.#timestamp = position;
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
    this.#stamped = [];
  }

  #hasRoom(): boolean {
    return this.#own.length < this.#limits.messages && this.#ownBytes < this.#limits.bytes;
  }

  /** Submits what waits in the outbox, as far as the queue has room: a view stays quick to change. */
  #fill(out: Effects): void {
    while (this.#live && this.#hasRoom()) {
      const numbered = this.#outbox.shift();
      if (numbered === undefined) break;
      this.#stamp(numbered, out);
    }
    this.#broadcast(out);
  }

  /** Gives an own operation its timestamp; it goes out with the next broadcast. */
  #stamp({ n, operation }: Numbered, out: Effects): void {
    const bytes = formBytes(operation);
    const count = this.#stamped.length;
    if (
      count === BROADCAST_MESSAGES_MAX ||
      (count > 0 && this.#stampedBytes + bytes > PART_BYTES_MAX)
    ) this.#broadcast(out);
    const message = { origin: this.#self, n, time: ++this.#clock, operation };
    this.#own.push(message);
    this.#ownBytes += valueBytes(operation);
    this.#stamped.push(message);
    this.#stampedBytes += bytes;
  }

  /** Own messages that are stamped: into the queue and to all members, as one. */
  #broadcast(out: Effects, lazy = false): void {
    const messages = this.#stamped;
    if (messages.length === 0) return;
    this.#stamped = [];
    this.#stampedBytes = 0;
    const prev = this.#received[this.#self];
    this.#received[this.#self] = messages[messages.length - 1].n;
    const broadcast: Broadcast = { type: "broadcast", ballot: this.#ballot(), messages, prev };
    this.#queue(broadcast, out);
    for (const to of this.#around.open()) out.send.push({ to, message: broadcast, lazy });
  }

  /** Own messages in broadcasts that fit into a frame each. */
  *#inBroadcasts(messages: readonly Message[], prev: number): Iterable<Broadcast> {
    const ballot = this.#ballot();
    let part: Message[] = [];
    let bytes = 0;
    for (const message of messages) {
      const more = formBytes(message.operation);
      if (part.length === BROADCAST_MESSAGES_MAX || (bytes > 0 && bytes + more > PART_BYTES_MAX)) {
        yield { type: "broadcast", ballot, messages: part, prev };
        prev = part[part.length - 1].n;
        [part, bytes] = [[], 0];
      }
      part.push(message);
      bytes += more;
    }
    if (part.length > 0) yield { type: "broadcast", ballot, messages: part, prev };
  }

  #queue(broadcast: Broadcast, out: Effects): void {
    const { messages } = broadcast;
    for (const message of messages) this.#pending.add(message);
    this.#queued[messages[0].origin] += messages.length;
    this.#unsafe.push({ number: this.#around.number(), last: messages[messages.length - 1] });
    out.writes.push({ type: "received", broadcast });
  }

  #deliver(out: Effects): void {
    if (this.#pending.length === 0) return this.#fill(out);
    const stable = this.#stable();
    for (let head = this.#pending.head(); head; head = this.#pending.head()) {
      if (head.time > stable[head.origin]) break;
      this.#pending.shift();
      this.#queued[head.origin]--;
      if (head.origin === this.#self) {
        const own = this.#own.shift();
        invariant(own === head, "own messages are delivered in the order of n");
        this.#ownPrev = head.n;
        this.#ownBytes -= valueBytes(head.operation);
      }
      this.#append(head, out);
    }
    this.#fill(out);
  }

  /** By origin: the time up to which every member has acknowledged. */
  #stable(): number[] {
    const stable: number[] = Array(this.#replicas).fill(Infinity);
    for (const member of this.#members()) {
      const times = this.#acknowledged[member];
      for (let origin = 0; origin < this.#replicas; origin++) {
        if (times[origin] < stable[origin]) stable[origin] = times[origin];
      }
    }
    return stable;
  }

  /** Gives the message the next index: it is delivered. */
  #append(message: Message, out: Effects): void {
    const { origin, n } = message;
    const timestamp = timestampOf(message);
    invariant(compareTimestamps(timestamp, this.#timestamp) > 0, "the log is in timestamp order");
    invariant(n > this.#deliveredN[origin], "the log is in the order of n of each origin");
    this.#deliveredN[origin] = n;
    this.#index++;
    this.#timestamp = timestamp;
    out.deliver.push({ index: this.#index, message });
  }

  #acknowledgement(origin: number): Acknowledgement {
    const covers = this.#safe[origin];
    invariant(covers !== null, "only what is safe is acknowledged");
    const stamp = { time: this.#clock, id: this.#self };
    const last = this.#received[this.#self];
    return { type: "acknowledgement", ballot: this.#ballot(), covers, stamp, last };
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

function isSame(a: Operation | undefined, b: Operation): boolean {
  return a !== undefined && canonical(a) === canonical(b);
}

/** The same text for what says the same, in whatever order. */
function canonical(operation: Operation): string {
  return JSON.stringify(Object.entries(operation).sort(([a], [b]) => a < b ? -1 : 1));
}
