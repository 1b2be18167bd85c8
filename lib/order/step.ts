/**
 * The door of the protocol core: what goes in and what comes out.
 *
 * One event in, its effects out. Time comes in with each event, randomness with each tick, so
 * that the same events give the same effects.
 *
 * @module
 */

import type {
  Broadcast,
  Entry,
  Message,
  Numbered,
  Operation,
  PeerMessage,
  Position,
  Snapshot,
  View,
} from "./message.ts";
import type { Ballot } from "./timestamp.ts";

/** What happens to a replica. */
export type Event =
  | {
    /** Some time has passed. Comes every `TICK_MS` or so. */
    readonly type: "tick";
    /** In [0, 1), fresh each time. */
    readonly random: number;
  }
  /** Clients' writes, to be ordered. The `n` of the first is in the effects, the others follow it. */
  | {
    readonly type: "submit";
    readonly operations: readonly Operation[];
    /** Nobody waits until they are delivered. */
    readonly lazy?: boolean;
  }
  /** A linearizable read has come; `read` is the shell's own number of it, growing. */
  | { readonly type: "read"; readonly read: number }
  /** Both directions to this peer work from now on: a new FIFO stream each. */
  | { readonly type: "link_up"; readonly peer: number }
  /** The link to this peer is gone, and with it all that was under way. */
  | { readonly type: "link_down"; readonly peer: number }
  /** A peer's message has come, in the order in which it was sent. */
  | { readonly type: "receive"; readonly from: number; readonly message: PeerMessage }
  /** All writes up to those with this number are safe on disk. */
  | { readonly type: "persisted"; readonly number: number };

/** What must be put on disk, in this order, what belongs to one step in one transaction. */
export type Write =
  /** No older ballot will be helped. */
  | { readonly type: "promised"; readonly ballot: Ballot }
  /** Own operations that wait for a view, in the order of `n`. */
  | { readonly type: "outbox"; readonly numbered: readonly Numbered[] }
  /** A part of a snapshot: set aside; with the last one all parts take the place of what was. */
  | Snapshot
  /** Messages for the queue: one's own or a peer's. Takes own ones out of the outbox. */
  | { readonly type: "received"; readonly broadcast: Broadcast }
  /**
   * A new view begins: the queue holds exactly `pending`, the outbox exactly `outbox`, and
   * own numbers go on above `n`.
   */
  | {
    readonly type: "installed";
    readonly view: View;
    readonly pending: readonly Message[];
    readonly outbox: readonly Numbered[];
    readonly n: number;
  };

/** What worth telling an operator happened. */
export type Notice =
  | { readonly type: "outside"; readonly reason: string }
  | { readonly type: "prepare"; readonly ballot: Ballot }
  | { readonly type: "fetch"; readonly from: number; readonly to: number; readonly source: number }
  /** A snapshot has taken the place of all that was applied here. */
  | { readonly type: "restored"; readonly index: number; readonly source: number }
  | { readonly type: "installed"; readonly view: View }
  | {
    readonly type: "live";
    readonly view: View;
    readonly carried: number;
    readonly resubmitted: number;
  }
  | { readonly type: "suspect"; readonly peer: number; readonly reason: string }
  | { readonly type: "stuck"; readonly reason: string };

/**
 * What a replica has to do after a step. The fields are independent of each other except
 * where they say so.
 */
export interface Effects {
  /** The `n` that the first of the submitted operations was given. */
  n?: number;
  /**
   * To be put on disk now, safely; then the core is told `persisted` with `number`. Nothing
   * that is sent waits for it: what must wait is held back by the core until it is told.
   */
  writes: Write[];
  /** The number of these writes; growing; 0 if there are none. */
  number: number;
  /**
   * Delivered, to be put into the log on disk in the same transaction, after `writes`, and
   * then applied, in this order. Needs no disk wait: the messages are safe at all members.
   */
  deliver: Entry[];
  /** To be sent to these peers in this order. To a peer without a link: dropped. */
  send: {
    readonly to: number;
    readonly message: PeerMessage;
    /** Nobody waits for it: it may go with the next that is sent there, or a little later. */
    readonly lazy?: boolean;
  }[];
  /** Links on which something impossible came: to be broken and made again. */
  breakLinks: { readonly peer: number; readonly reason: string }[];
  /**
   * Log entries that peers want: to be read from disk and sent, as many as fit; or a snapshot, of
   * which `part` is to be sent next.
   */
  read: {
    readonly peer: number;
    readonly from: number;
    readonly to: number;
    readonly part: number;
    /** The number that the answer bears. */
    readonly fetch: number;
  }[];
  /**
   * Linearizable reads up to number `read` may be answered as soon as everything up to `index` is
   * applied here.
   */
  confirmed: { readonly read: number; readonly index: number }[];
  /** For the log of events. */
  notices: Notice[];
}

/** Effects that do nothing. */
export function noEffects(): Effects {
  return {
    writes: [],
    number: 0,
    deliver: [],
    send: [],
    breakLinks: [],
    read: [],
    confirmed: [],
    notices: [],
  };
}

/** What a replica's disk holds when it starts. */
export interface Durable {
  /** The folder's identity: a UUID made with it. */
  readonly identity: string;
  /** The identity it had before a power cut may have made it forget; null if none did. */
  readonly former: string | null;
  /** The highest ballot promised. */
  readonly promised: Ballot;
  /** The view last installed. */
  readonly installed: View | null;
  /** The highest own `n` on disk. */
  readonly n: number;
  /** How far the log reaches. */
  readonly position: Position;
  /** By origin: the highest `n` in the log. */
  readonly deliveredN: readonly number[];
  /** The queue: received in the installed view and not delivered. */
  readonly pending: readonly Message[];
  /** Own operations that wait for a view, in the order of `n`. */
  readonly outbox: readonly Numbered[];
}

/** What an empty folder holds. */
export function emptyDurable(identity: string, replicas: number): Durable {
  return {
    identity,
    former: null,
    promised: { round: 0, id: 0 },
    installed: null,
    n: 0,
    position: { index: 0, time: 0, id: 0 },
    deliveredN: Array(replicas).fill(0),
    pending: [],
    outbox: [],
  };
}
