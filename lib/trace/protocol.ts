/**
 * What a step of the protocol core looks like in a trace. Pure: the replica and the simulator tell
 * it each event with its effects, and get lines.
 *
 * @module
 */

import {
  type Broadcast,
  describe,
  type Entry,
  type Message,
  type Operation,
  type PeerMessage,
  type View,
} from "../order/message.ts";
import type { Effects, Event, Notice } from "../order/step.ts";
import { type Ballot, sameBallot } from "../order/timestamp.ts";
import { encodeValue } from "../wire/operation.ts";
import type {
  Covers,
  Placed,
  ReplicaFacts,
  ReplicaLine,
  Stamped,
  Submitted,
  Waiting,
} from "./line.ts";
import { Sampling } from "./sampling.ts";
import { told } from "./told.ts";

/** When it was, and what the replica's clock said afterwards. */
export type Moment = Pick<ReplicaFacts, "at" | "time">;

/** From where a process goes on. */
export interface Started {
  readonly index: number;
  readonly pending: readonly Message[];
}

/** The trace of one replica's protocol. */
export class ProtocolTrace {
  readonly #replica: number;
  readonly #write: (line: ReplicaLine) => void;
  readonly #sampling = new Sampling();
  /** By origin: the Lamport time of the newest message that is told of. */
  readonly #told: number[];
  /** By sender, then by origin: up to where its acknowledgements were told. */
  readonly #acknowledged: number[][];
  /** What went into the own queue and is not on disk yet: up to where, by the number of the write. */
  #unsafe: { readonly number: number; readonly covers: Covers }[] = [];
  /** Of the view that is live here. */
  #ballot: Ballot | null = null;
  #moment: Moment = { at: 0, time: 0 };

  /** Gives its lines to `write`. */
  constructor(replica: number, replicas: number, write: (line: ReplicaLine) => void) {
    this.#replica = replica;
    this.#write = write;
    this.#told = Array(replicas).fill(-1);
    this.#acknowledged = Array.from({ length: replicas }, () => Array(replicas).fill(-1));
  }

  /** Whether a message of that number is told of. */
  takes(n: number): boolean {
    return this.#sampling.takes(n);
  }

  /** The process has begun, with what was delivered, and what waits, before. */
  started({ index, pending }: Started, moment: Moment): void {
    this.#moment = moment;
    this.#write({ type: "start", ...this.#facts, index, ...this.#waiting(pending) });
  }

  /** The core has made a step. */
  stepped(event: Event, out: Effects, moment: Moment): void {
    this.#moment = moment;
    this.#ballot = liveBallot(out.notices, this.#ballot);
    if (event.type === "receive") this.#received(event.from, event.message, out);
    if (event.type === "submit" && out.n !== undefined) this.#submitted(event.operations, out.n);
    for (const notice of out.notices) this.#noticed(notice, out);
    this.#sent(out);
    if (event.type === "persisted") this.#persisted(event.number, out);
    this.#queued(out);
    this.#placed("deliver", out.deliver);
  }

  /** What was delivered has taken effect. */
  applied(entries: readonly Entry[], moment: Moment): void {
    this.#moment = moment;
    this.#placed("apply", entries);
  }

  /** What every line says. */
  get #facts(): ReplicaFacts {
    return { at: this.#moment.at, replica: this.#replica, time: this.#moment.time };
  }

  #submitted(operations: readonly Operation[], first: number): void {
    const messages = operations.flatMap((operation, i) =>
      this.takes(first + i) ? [submittedOf(first + i, operation)] : []
    );
    if (messages.length > 0) this.#write({ type: "submit", ...this.#facts, messages });
  }

  #received(from: number, message: PeerMessage, out: Effects): void {
    switch (message.type) {
      case "heartbeat":
        return;
      case "broadcast": {
        const messages = this.#taken(message);
        if (messages.length > 0) {
          const isQueued = out.writes.some((write) =>
            write.type === "received" && write.broadcast === message
          );
          this.#write({
            ...{ type: "receive", ...this.#facts, from, of: "broadcast", messages },
            ...(!isQueued && { ignored: true }),
          });
        }
        return;
      }
      case "acknowledgement": {
        const covers = coversOf(message);
        if (!this.#isNews(from, covers)) return;
        const isOfView = sameBallot(message.ballot, this.#ballot) &&
          !out.breakLinks.some(({ peer }) => peer === from);
        return this.#write({
          ...{ type: "receive", ...this.#facts, from, of: "acknowledge", covers },
          stamp: message.stamp.time,
          ...(!isOfView && { ignored: true }),
        });
      }
      default:
        return this.#write({
          type: "receive",
          ...this.#facts,
          from,
          of: "other",
          message: describe(message),
        });
    }
  }

  #queued({ writes, number }: Effects): void {
    if (this.#ballot === null) this.#unsafe = [];
    for (const write of writes) {
      if (write.type !== "received") continue;
      const { origin, time } = write.broadcast.messages[write.broadcast.messages.length - 1];
      this.#unsafe.push({ number, covers: [origin, time] });
    }
  }

  /** What is safe here now is acknowledged, though there may be nobody to send that to. */
  #persisted(number: number, { send }: Effects): void {
    const isUnsafe = (write: { readonly number: number }) => write.number > number;
    const safe = new Map(
      this.#unsafe.filter((write) => !isUnsafe(write)).map(({ covers }) => [covers[0], covers]),
    );
    this.#unsafe = this.#unsafe.filter(isUnsafe);
    for (const { message } of send) {
      if (message.type === "acknowledgement") safe.delete(message.covers.origin);
    }
    for (const covers of safe.values()) {
      if (!this.#isNews(this.#replica, covers)) continue;
      this.#write({
        type: "acknowledge",
        ...this.#facts,
        to: [],
        covers,
        stamp: this.#moment.time,
      });
    }
  }

  /** What goes to several peers is told once; an own message that goes to nobody is told too. */
  #sent(out: Effects): void {
    const to = new Map<PeerMessage, number[]>();
    for (const write of out.writes) {
      if (write.type !== "received") continue;
      if (write.broadcast.messages[0].origin === this.#replica) to.set(write.broadcast, []);
    }
    for (const send of out.send) {
      const all = to.get(send.message);
      if (all === undefined) to.set(send.message, [send.to]);
      else all.push(send.to);
    }
    for (const [message, peers] of to) this.#sentTo(peers, message);
  }

  #sentTo(to: readonly number[], message: PeerMessage): void {
    switch (message.type) {
      case "heartbeat":
        return;
      case "broadcast": {
        const messages = this.#taken(message);
        if (messages.length > 0) this.#write({ type: "broadcast", ...this.#facts, to, messages });
        return;
      }
      case "acknowledgement": {
        const covers = coversOf(message);
        if (!this.#isNews(this.#replica, covers)) return;
        return this.#write({
          type: "acknowledge",
          ...this.#facts,
          to,
          covers,
          stamp: message.stamp.time,
        });
      }
      default:
        return this.#write({ type: "send", ...this.#facts, to, message: describe(message) });
    }
  }

  /** Those of a broadcast that are told of. */
  #taken({ messages }: Broadcast): Stamped[] {
    const taken = messages.filter(({ n }) => this.takes(n));
    if (taken.length === 0) return [];
    const { origin, time } = taken[taken.length - 1];
    this.#told[origin] = time;
    const changed = this.#sampling.took(taken.length, this.#moment.at / 1000);
    if (changed) this.#write({ type: "sample", ...this.#facts, every: this.#sampling.every });
    // What is not told any more must not be told to wait.
    return taken.filter(({ n }) => this.takes(n)).map(({ n, time }) => [n, time]);
  }

  /** Whether an acknowledgement says something of a message that is told of. */
  #isNews(sender: number, [origin, time]: Covers): boolean {
    const before = this.#acknowledged[sender];
    if (this.#sampling.every > 1 && before[origin] >= this.#told[origin]) return false;
    before[origin] = time;
    return true;
  }

  #placed(type: "deliver" | "apply", entries: readonly Entry[]): void {
    const messages = entries.flatMap(({ index, message }): Placed[] =>
      this.takes(message.n) ? [[index, message.origin, message.n]] : []
    );
    if (messages.length > 0) this.#write({ type, ...this.#facts, messages });
  }

  /** What waits in the queue, as far as it is told of. */
  #waiting(pending: readonly Message[]): { readonly pending?: readonly Waiting[] } {
    const waiting = pending.filter(({ n }) => this.takes(n))
      .map(({ origin, n, time }): Waiting => [origin, n, time]);
    return waiting.length === 0 ? {} : { pending: waiting };
  }

  #noticed(notice: Notice, { writes }: Effects): void {
    switch (notice.type) {
      case "outside":
        return this.#write({
          type: "view",
          ...this.#facts,
          state: "outside",
          ballot: null,
          members: [],
        });
      case "installed": {
        const installed = writes.find((write) => write.type === "installed");
        return this.#write({
          ...{ type: "view", ...this.#facts, state: "installed" },
          ...viewOf(notice.view),
          ...this.#waiting(installed?.pending ?? []),
        });
      }
      case "live":
        return this.#write({
          ...{ type: "view", ...this.#facts, state: "live" },
          ...viewOf(notice.view),
        });
      case "restored": {
        const { index, source: from } = notice;
        const snapshot = writes.find((write) => write.type === "snapshot");
        const delivered = snapshot?.deliveredN;
        return this.#write({
          ...{ type: "restore", ...this.#facts, index, from },
          ...(delivered !== undefined && { delivered }),
        });
      }
      case "suspect":
        return this.#write({
          type: "suspect",
          ...this.#facts,
          peer: notice.peer,
          reason: notice.reason,
        });
      default:
        // What is sent because of it is told.
        return;
    }
  }
}

/** The ballot of the view that is live after these notices. */
function liveBallot(notices: readonly Notice[], before: Ballot | null): Ballot | null {
  let ballot = before;
  for (const notice of notices) {
    if (notice.type === "live") ({ ballot } = notice.view);
    else if (notice.type === "outside" || notice.type === "installed") ballot = null;
  }
  return ballot;
}

function submittedOf(n: number, operation: Operation): Submitted {
  const { type, key, id } = operation;
  return { n, op: type, key, value: told(encodeValue(operation)), ...(id !== undefined && { id }) };
}

function coversOf({ covers }: Extract<PeerMessage, { type: "acknowledgement" }>): Covers {
  return [covers.origin, covers.time];
}

function viewOf({ ballot, members, cluster }: View) {
  return { ballot: [ballot.round, ballot.id] as const, members, cluster };
}
