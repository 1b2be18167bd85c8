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
  type Operation,
  type PeerMessage,
  type View,
} from "../order/message.ts";
import type { Effects, Event, Notice } from "../order/step.ts";
import { encodeValue } from "../wire/operation.ts";
import type { Covers, Placed, ReplicaFacts, ReplicaLine, Stamped, Submitted } from "./line.ts";
import { Sampling } from "./sampling.ts";
import { told } from "./told.ts";

/** When it was, and what the replica's clock said afterwards. */
export type Moment = Pick<ReplicaFacts, "at" | "time">;

/** The trace of one replica's protocol. */
export class ProtocolTrace {
  readonly #replica: number;
  readonly #write: (line: ReplicaLine) => void;
  readonly #sampling = new Sampling();
  /** By origin: the Lamport time of the newest message that is told of. */
  readonly #told: number[];
  /** By sender, then by origin: up to where its acknowledgements were told. */
  readonly #acknowledged: number[][];
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

  /** The process has begun. */
  started(index: number, moment: Moment): void {
    this.#moment = moment;
    this.#write({ type: "start", ...this.#facts, index });
  }

  /** The core has made a step. */
  stepped(event: Event, out: Effects, moment: Moment): void {
    this.#moment = moment;
    if (event.type === "receive") this.#received(event.from, event.message);
    if (event.type === "submit" && out.n !== undefined) this.#submitted(event.operations, out.n);
    for (const notice of out.notices) this.#noticed(notice);
    this.#sent(out);
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

  #received(from: number, message: PeerMessage): void {
    switch (message.type) {
      case "heartbeat":
        return;
      case "broadcast": {
        const messages = this.#taken(message);
        if (messages.length > 0) {
          this.#write({ type: "receive", ...this.#facts, from, of: "broadcast", messages });
        }
        return;
      }
      case "acknowledgement": {
        const covers = coversOf(message);
        if (!this.#isNews(from, covers)) return;
        return this.#write({
          type: "receive",
          ...this.#facts,
          from,
          of: "acknowledge",
          covers,
          stamp: message.stamp.time,
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
    return taken.map(({ n, time }) => [n, time]);
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

  #noticed(notice: Notice): void {
    switch (notice.type) {
      case "outside":
        return this.#write({
          type: "view",
          ...this.#facts,
          state: "outside",
          ballot: null,
          members: [],
        });
      case "installed":
      case "live":
        return this.#write({
          type: "view",
          ...this.#facts,
          state: notice.type,
          ...viewOf(notice.view),
        });
      case "restored": {
        const { index, source: from } = notice;
        return this.#write({ type: "restore", ...this.#facts, index, from });
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

function submittedOf(n: number, operation: Operation): Submitted {
  const { type, key, id } = operation;
  return { n, op: type, key, value: told(encodeValue(operation)), ...(id !== undefined && { id }) };
}

function coversOf({ covers }: Extract<PeerMessage, { type: "acknowledgement" }>): Covers {
  return [covers.origin, covers.time];
}

function viewOf({ ballot, members }: View) {
  return { ballot: [ballot.round, ballot.id] as const, members };
}
