/**
 * What is ordered, and what replicas tell each other to order it.
 *
 * @module
 */

import { unreachable } from "../invariant.ts";
import type { Operation, Result } from "./operation.ts";
import { type Ballot, showBallot, type Timestamp } from "./timestamp.ts";

export type { Operation };

/** What came of a request's id, at which place of the total order. */
export interface Outcome {
  /** Carried out by the message at this place; or never to be, by the fence at this place. */
  readonly applied: boolean;
  /** The place. */
  readonly index: number;
  /** The message's origin … */
  readonly origin: number;
  /** … and its number there. */
  readonly n: number;
  /** What it gave. */
  readonly result: Result;
}

/** An operation with its place: what is broadcast, acknowledged, delivered and applied. */
export interface Message {
  /** The replica that a client gave it to. */
  readonly origin: number;
  /** The origin's own number of it: durable, never reused, growing; gaps are allowed. */
  readonly n: number;
  /** The origin's Lamport clock; with the origin's id it is the timestamp. */
  readonly time: number;
  /** What it does. */
  readonly operation: Operation;
}

/** An operation that its origin has numbered and not, or not any more, stamped. */
export interface Numbered {
  /** The origin's own number of it. */
  readonly n: number;
  /** What it does. */
  readonly operation: Operation;
}

/** A delivered message with its place in the total order. */
export interface Entry {
  /** 1, 2, 3 …: the same message has the same index at all replicas. */
  readonly index: number;
  /** What was delivered. */
  readonly message: Message;
}

/** How far a replica has delivered. */
export interface Position extends Timestamp {
  /** The index last delivered; 0 before the first. `time` and `id` are that message's timestamp. */
  readonly index: number;
}

/** Before the first delivery. */
export const START: Position = { index: 0, time: 0, id: 0 };

/** The replicas that now have to acknowledge. */
export interface View {
  /** The try that formed it. */
  readonly ballot: Ballot;
  /** Ids, ascending. */
  readonly members: readonly number[];
  /** The cluster's name, a UUID, made with the first view. */
  readonly cluster: string;
  /** By id: the folder identity last known of each configured replica; null if none is. */
  readonly identities: readonly (string | null)[];
}

/** The timestamp of a message. */
export function timestampOf(message: Message): Timestamp {
  return { time: message.time, id: message.origin };
}

/** Places messages in the total order: earlier timestamp first, the smaller id in a tie. */
export function compareMessages(a: Message, b: Message): number {
  return a.time - b.time || a.origin - b.origin;
}

/** What is told from replica to replica, once the hello of their link is done. */
export type PeerMessage =
  | Broadcast
  | Acknowledgement
  | Heartbeat
  | Resume
  | Prepare
  | Refuse
  | Promise
  | Install
  | Installed
  | Start
  | Fetch
  | Answer
  | Confirm
  | Confirmed;

/** "Put these into your queue." Only from their origin: what it gathered in one turn. */
export interface Broadcast {
  readonly type: "broadcast";
  readonly ballot: Ballot;
  /** At least one, in the order of `n` and of time. */
  readonly messages: readonly Message[];
  /** The origin's `n` before the first: what the receiver must have received last. */
  readonly prev: number;
  /** Its form, once it was encoded: it goes to several peers, and into the log as it is. */
  text?: string;
}

/** What an acknowledgement names: the message, without its value. */
export interface Covered {
  readonly origin: number;
  readonly time: number;
  readonly key: string;
  readonly bytes: number;
}

/** "I hold all of this origin's messages up to this one, safe, and my clock has passed it." */
export interface Acknowledgement {
  readonly type: "acknowledgement";
  readonly ballot: Ballot;
  readonly covers: Covered;
  /** The sender's own timestamp: past the message's. */
  readonly stamp: Timestamp;
  /** The sender's own last `n` in this view: what the receiver must have received of it. */
  readonly last: number;
}

/** "I live", and what I know of views. */
export interface Heartbeat {
  readonly type: "heartbeat";
  /** The sender's clock. */
  readonly clock: number;
  /** `live`: in a working view; `installed`: waits for its start; `outside`: in none. */
  readonly state: State;
  /** The ballot of the view that the sender has installed last; null if none. */
  readonly ballot: Ballot | null;
  /** The highest round that the sender has seen. */
  readonly round: number;
  /** Whom the sender hears, without itself. */
  readonly hears: readonly number[];
  /** Whether the sender itself wants a change of view: the pre-vote. */
  readonly wants: boolean;
  /** The index that the sender has delivered last. */
  readonly index: number;
  /** How many answers to a fetch it has taken: as long as that grows, an installation gets on. */
  readonly fetched: number;
}

/** Where a replica stands with its view. */
export type State = "outside" | "installed" | "live";

/** First on a link within a view: how far the sender has received the receiver's messages. */
export interface Resume {
  readonly type: "resume";
  readonly ballot: Ballot;
  /** The highest `n` of the receiver's own messages that the sender has. */
  readonly received: number;
}

/** "Promise not to help any older view." */
export interface Prepare {
  readonly type: "prepare";
  readonly ballot: Ballot;
}

/** "I promised a higher ballot." */
export interface Refuse {
  readonly type: "refuse";
  readonly ballot: Ballot;
  readonly promised: Ballot;
}

/** The promise, and what the sender holds. All of it is on the sender's disk. */
export interface Promise {
  readonly type: "promise";
  readonly ballot: Ballot;
  /** The view last installed. */
  readonly installed: View | null;
  /** The folder's identity. */
  readonly identity: string;
  /** The identity it had before a power cut may have made it forget; null if none did. */
  readonly former: string | null;
  /** The operator lets a view form, of all replicas, though the folders of a majority are new. */
  readonly force: boolean;
  /** How far the sender has delivered. */
  readonly position: Position;
  /** By origin: the highest `n` delivered. */
  readonly deliveredN: readonly number[];
  /** Received in the installed view and not delivered. */
  readonly pending: readonly Message[];
  /** Whom the sender hears, without itself. */
  readonly hears: readonly number[];
}

/** "This is the new view, and what it begins with." */
export interface Install {
  readonly type: "install";
  readonly view: View;
  /** The ballot of the view it follows; null for the first. */
  readonly previous: Ballot | null;
  /** Every member must have delivered this far first … */
  readonly base: Position;
  /** … by origin … */
  readonly deliveredN: readonly number[];
  /** … and may fetch it from this replica. */
  readonly source: number;
  /** What is delivered first in the view, in timestamp order: F. */
  readonly carried: readonly Message[];
}

/** "I have installed it, on disk." */
export interface Installed {
  readonly type: "installed";
  readonly ballot: Ballot;
}

/** "All members have installed it." */
export interface Start {
  readonly type: "start";
  readonly ballot: Ballot;
}

/** "Send me your log from here on." */
export interface Fetch {
  readonly type: "fetch";
  /** The first index wanted. */
  readonly from: number;
  /** The last index wanted. */
  readonly to: number;
  /** Which part of a snapshot is wanted next; 0 to begin, with whatever the log still holds. */
  readonly part: number;
  /** The asker's own number of it, growing: only the answer to the last one is of use. */
  readonly fetch: number;
}

/** "This is what you fetched." */
export interface Answer {
  readonly type: "answer";
  readonly fetch: number;
  readonly content: Entries | Snapshot;
}

/** Part of a log, as fetched: as much as fits into one answer. */
export interface Entries {
  readonly type: "entries";
  readonly entries: readonly Entry[];
}

/**
 * Part of what a replica has applied up to one place of the order: for who lacks entries that the
 * log no longer holds. The parts come one by one, each fetched, all of the same place.
 */
export interface Snapshot {
  readonly type: "snapshot";
  /** The place whose state it is … */
  readonly position: Position;
  /** … and by origin, the highest `n` up to there. */
  readonly deliveredN: readonly number[];
  /** The index of the newest request id that is forgotten; 0 if none is. */
  readonly forgotten: number;
  /** 0, 1, 2, … */
  readonly part: number;
  /** Whether it is the last part: then all that the replica held before is replaced. */
  readonly last: boolean;
  /** Keys with their values. */
  readonly keys: readonly (readonly [key: string, value: string])[];
  /** Request ids with what came of them. */
  readonly requests: readonly (readonly [id: string, outcome: Outcome])[];
}

/** "Is this view still the latest that you promised?" Asked of its members for a linearizable read. */
export interface Confirm {
  readonly type: "confirm";
  readonly ballot: Ballot;
  /** The asker's own number of it, growing. */
  readonly question: number;
}

/** "It is, and I have promised no later one." */
export interface Confirmed {
  readonly type: "confirmed";
  readonly ballot: Ballot;
  readonly question: number;
}

/** One line that says what a message is, for logs, traces and golden files alike. */
export function describe(message: PeerMessage): string {
  switch (message.type) {
    case "broadcast":
      return `broadcast ${several(message.messages.map(showMessage))} after n=${message.prev} in ${
        showBallot(message.ballot)
      }`;
    case "acknowledgement": {
      const { covers, stamp, last } = message;
      return `acknowledge [${covers.origin},${covers.time}] at [${stamp.id},${stamp.time}] last n=${last} in ${
        showBallot(message.ballot)
      }`;
    }
    case "heartbeat":
      return `heartbeat ${message.state} in ${
        showBallot(message.ballot)
      } at ${message.index}, hears ${several(message.hears)}${message.wants ? ", wants" : ""}`;
    case "resume":
      return `resume from n=${message.received} in ${showBallot(message.ballot)}`;
    case "prepare":
      return `prepare ${showBallot(message.ballot)}`;
    case "refuse":
      return `refuse ${showBallot(message.ballot)}, promised ${showBallot(message.promised)}`;
    case "promise":
      return `promise ${showBallot(message.ballot)}, installed ${
        showBallot(message.installed?.ballot ?? null)
      } at ${message.position.index}, pending ${several(message.pending.map(showMessage))}`;
    case "install":
      return `install ${showBallot(message.view.ballot)} of ${
        message.view.members.join(" ")
      } on ${message.base.index} of ${message.source}, carried ${
        several(message.carried.map(showMessage))
      }`;
    case "installed":
      return `installed ${showBallot(message.ballot)}`;
    case "start":
      return `start ${showBallot(message.ballot)}`;
    case "fetch": {
      const part = message.part > 0 ? `, part ${message.part} of the snapshot` : "";
      return `fetch ${message.from} to ${message.to}${part}`;
    }
    case "answer":
      return describeAnswer(message);
    case "confirm":
    case "confirmed":
      return `${message.type} ${showBallot(message.ballot)} question ${message.question}`;
    default:
      return unreachable(message);
  }
}

function describeAnswer({ content }: Answer): string {
  switch (content.type) {
    case "entries":
      return `entries ${several(content.entries.map((entry) => entry.index))}`;
    case "snapshot": {
      const { part, last, position } = content;
      return `snapshot at ${position.index}, ${last ? "last " : ""}part ${part}`;
    }
    default:
      return unreachable(content);
  }
}

/** A message in a few characters: its timestamp, its number, and what it does to which key. */
export function showMessage({ origin, time, n, operation }: Message): string {
  const of = operation.type === "fence" ? operation.id : operation.key;
  return `[${origin},${time}]#${n}:${operation.type} ${of}`;
}

function several(of: readonly (string | number)[]): string {
  return of.length === 0 ? "nothing" : of.join(" ");
}
