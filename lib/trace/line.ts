/**
 * Traces: what replicas and clients did, told so that it can be judged and drawn. The form is the
 * one that `serve --trace`, the demos, `chaos`, `bench` and the simulator write, and that
 * `kvdist show` and `kvdist check` read.
 *
 * A trace is a history (`../check/history.ts`) with more lines in it. Its header says so:
 *
 * ```json
 * {"history":1,"trace":1,"replicas":3,"began":1795941500628011,"clients":"servers"}
 * ```
 *
 * `clients` says who tells of them: the `servers`, or whoever has begun the trace, `themselves`.
 *
 * `at`, in microseconds since 1970, tells when; several replicas write into one file, so that the
 * order of the lines tells nothing. `time` is the Lamport clock of the replica after what the line
 * tells of. The lines of the protocol, in the order in which one write meets them:
 *
 * ```json
 * {"type":"submit","at":100,"replica":0,"time":6,"messages":[{"n":4,"op":"set","key":"x","value":"1"}]}
 * {"type":"broadcast","at":100,"replica":0,"time":6,"to":[1,2],"messages":[[4,6]]}
 * {"type":"receive","at":250,"replica":1,"time":7,"from":0,"of":"broadcast","messages":[[4,6]]}
 * {"type":"acknowledge","at":400,"replica":1,"time":8,"to":[0,2],"covers":[0,6],"stamp":8}
 * {"type":"receive","at":520,"replica":0,"time":9,"from":1,"of":"acknowledge","covers":[0,6],"stamp":8}
 * {"type":"deliver","at":900,"replica":0,"time":9,"messages":[[17,0,4]]}
 * {"type":"apply","at":910,"replica":0,"time":9,"messages":[[17,0,4]]}
 * ```
 *
 * - `submit`: own operations get their numbers. `value` is the operation as it is sent
 *   (`../wire/operation.ts`): a text for a `set`, null for a `delete`, else an array. Of a long text
 *   only the beginning, the length and a checksum are told (`told.ts`), here and below.
 * - `broadcast`: own messages go into the own queue and to these peers; each as `[n, time]`.
 * - `acknowledge`: all of an origin's messages up to one, `covers: [origin, time]`, are safe here;
 *   `stamp` is the sender's clock, which has passed them. Who acknowledges holds so itself.
 * - `deliver`, `apply`: each message as `[index, origin, n]`.
 *
 * And what happens around it:
 *
 * ```json
 * {"type":"start","at":1,"replica":0,"time":0,"index":0}
 * {"type":"view","at":90,"replica":0,"time":3,"state":"live","ballot":[1,0],"members":[0,1,2],"cluster":"49a1…"}
 * {"type":"restore","at":95,"replica":2,"time":3,"index":400,"from":0,"delivered":[4,0,0]}
 * {"type":"suspect","at":9000,"replica":0,"time":40,"peer":2,"reason":"silent"}
 * {"type":"send","at":9100,"replica":0,"time":40,"to":[1],"message":"prepare 2.0"}
 * {"type":"receive","at":9200,"replica":1,"time":40,"from":0,"of":"other","message":"prepare 2.0"}
 * {"type":"fault","at":8000,"fault":"pause","phase":"begin","replicas":[2]}
 * {"type":"sample","at":9500,"replica":0,"time":50,"every":8}
 * ```
 *
 * - `start`: the process begins, and goes on from this index. `view`: where the replica stands, and
 *   in which `cluster`: a trace of two clusters, each with content of its own, is none.
 *   With both, what the queue holds from then on, if anything: `"pending":[[0,4,6]]`, each as
 *   `[origin, n, time]`.
 * - `restore`: what replica `from` had applied takes the place of all that was applied here: by
 *   origin, what it had `delivered`.
 * - A `receive` with `"ignored":true` is of another view: it changes nothing.
 * - `send` and its `receive`: what changes of view, repairs and linearizable reads say.
 * - `fault`: something is done to these replicas, or to the `ways` between two, from its `begin` to
 *   its `end`.
 * - `sample`: from here on this replica tells only of messages whose `n` can be divided by `every`,
 *   of every so many reads, and of the acknowledgements that such messages need: there are too many.
 *
 * Clients are told of by the lines of a history, with all operations that there are, each with its
 * `value`. Servers tell of a request when they answer it; `at` is when it had come and when it was
 * answered, and an answer to a write without an id names the message, `"origin":0,"n":4`.
 *
 * @module
 */

import type { FinalContent, FinalValue, HistoryHeader, OrderLine } from "../check/history.ts";
import type { Consistency } from "../consistency.ts";
import type { State } from "../order/message.ts";

/** The version of the form that this program writes and reads. */
export const TRACE_VERSION = 1;

/** The first line. */
export interface TraceHeader extends HistoryHeader {
  /** The version of the form. */
  readonly trace: typeof TRACE_VERSION;
  /** When, in microseconds since 1970: where the time of pictures begins. */
  readonly began: number;
  /** Who tells of clients. */
  readonly clients: "servers" | "themselves";
}

/** What every line of a replica says. */
export interface ReplicaFacts {
  /** When, in microseconds since 1970. */
  readonly at: number;
  /** The replica's id. */
  readonly replica: number;
  /** Its Lamport clock, afterwards. */
  readonly time: number;
}

/** An own operation that was given its number. */
export interface Submitted {
  /** The origin's own number of it. */
  readonly n: number;
  /** Its kind. */
  readonly op: string;
  /** The key that it changes; empty if it changes several, or none. */
  readonly key: string;
  /** The operation as it is sent. */
  readonly value: unknown;
  /** The request's own name. */
  readonly id?: string;
}

/** A message by its origin's number and its Lamport time. */
export type Stamped = readonly [n: number, time: number];

/** A message with its place in the total order. */
export type Placed = readonly [index: number, origin: number, n: number];

/** A message that waits in a queue. */
export type Waiting = readonly [origin: number, n: number, time: number];

/** All messages of an origin up to that Lamport time. */
export type Covers = readonly [origin: number, time: number];

/** The process of a replica begins. */
export interface StartLine extends ReplicaFacts {
  readonly type: "start";
  /** The index delivered last before. */
  readonly index: number;
  /** What the queue holds; nothing if it is left out. */
  readonly pending?: readonly Waiting[];
}

/** Own operations get their numbers. */
export interface SubmitLine extends ReplicaFacts {
  readonly type: "submit";
  readonly messages: readonly Submitted[];
}

/** Own messages are queued and sent. */
export interface BroadcastLine extends ReplicaFacts {
  readonly type: "broadcast";
  readonly to: readonly number[];
  readonly messages: readonly Stamped[];
}

/** Messages are safe here, and that is said. */
export interface AcknowledgeLine extends ReplicaFacts {
  readonly type: "acknowledge";
  readonly to: readonly number[];
  readonly covers: Covers;
  readonly stamp: number;
}

/** Anything else is sent. */
export interface SendLine extends ReplicaFacts {
  readonly type: "send";
  readonly to: readonly number[];
  readonly message: string;
}

/** A peer's message has come. */
export type ReceiveLine =
  & ReplicaFacts
  & {
    readonly type: "receive";
    readonly from: number;
    /** It is of another view, and changes nothing. */
    readonly ignored?: boolean;
  }
  & (
    | { readonly of: "broadcast"; readonly messages: readonly Stamped[] }
    | { readonly of: "acknowledge"; readonly covers: Covers; readonly stamp: number }
    | { readonly of: "other"; readonly message: string }
  );

/** Messages have their place in the order, or take effect. */
export interface PlaceLine extends ReplicaFacts {
  readonly type: "deliver" | "apply";
  readonly messages: readonly Placed[];
}

/** Where the replica stands with its view. */
export interface ViewLine extends ReplicaFacts {
  readonly type: "view";
  readonly state: State;
  /** Of the view; null in none. */
  readonly ballot: readonly [round: number, id: number] | null;
  /** Of the view; empty in none. */
  readonly members: readonly number[];
  /** Of the view: the cluster's name, which stays as long as its content. */
  readonly cluster?: string;
  /** When it is installed: what the queue holds from now on; nothing if it is left out. */
  readonly pending?: readonly Waiting[];
}

/** A snapshot takes the place of all that was applied. */
export interface RestoreLine extends ReplicaFacts {
  readonly type: "restore";
  /** The index whose state it is. */
  readonly index: number;
  /** Whose state it was. */
  readonly from: number;
  /** By origin: the last `n` of what is in it. */
  readonly delivered?: readonly number[];
}

/** The replica suspects a peer. */
export interface SuspectLine extends ReplicaFacts {
  readonly type: "suspect";
  readonly peer: number;
  readonly reason: string;
}

/** From here on the replica tells only of some. */
export interface SampleLine extends ReplicaFacts {
  readonly type: "sample";
  readonly every: number;
}

/** What a replica tells. */
export type ReplicaLine =
  | StartLine
  | SubmitLine
  | BroadcastLine
  | AcknowledgeLine
  | SendLine
  | ReceiveLine
  | PlaceLine
  | ViewLine
  | RestoreLine
  | SuspectLine
  | SampleLine;

/** Something is done to the cluster. */
export interface FaultLine {
  readonly type: "fault";
  /** When, in microseconds since 1970. */
  readonly at: number;
  /** What kind of fault. */
  readonly fault: string;
  readonly phase: "begin" | "end";
  /** To whom it is done. */
  readonly replicas: readonly number[];
  /** Or to what goes from one replica to another. */
  readonly ways?: readonly (readonly [from: number, to: number])[];
}

/** A client asks. */
export interface InvokeLine {
  readonly type: "invoke";
  /** Whose operation it is: a process has one under way at a time. */
  readonly process: number;
  /** When, in microseconds since 1970. */
  readonly at: number;
  /** `get`, or the kind of operation. */
  readonly op: string;
  readonly key: string;
  /** The operation as it is sent; nothing for a `get`. */
  readonly value?: unknown;
  /** The level asked for. */
  readonly level: Consistency;
  /** The replica that was asked. */
  readonly replica: number;
  /** The connection, if processes share it. */
  readonly client?: number;
  /** Whether it carries a session token. */
  readonly session?: boolean;
  /** The request's own name. */
  readonly id?: string;
}

/** It is answered: done, certainly not done, or unknown. */
export interface AnswerLine {
  readonly type: "ok" | "fail" | "info";
  readonly process: number;
  /** When, in microseconds since 1970. */
  readonly at: number;
  /** What was read, or what the operation gave; null if there was no such key. */
  readonly value?: string | null;
  /** What kind of failure; of what was done `unchanged`, if its condition did not hold. */
  readonly code?: string;
  /** The message that a write became. */
  readonly origin?: number;
  readonly n?: number;
}

/** A line behind the header. */
export type TraceLine =
  | ReplicaLine
  | FaultLine
  | InvokeLine
  | AnswerLine
  | OrderLine
  | FinalContent
  | FinalValue;
