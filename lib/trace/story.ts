/**
 * What a trace tells, put together: the way of each message through all replicas, what clients
 * asked and whether what they read was old, views and faults. All pictures are drawn from it.
 *
 * Moments are milliseconds since the trace began; null where the trace does not tell.
 *
 * @module
 */

import type { ViewLine } from "./line.ts";
import type { Change } from "./replay.ts";

/** A moment, in milliseconds since the trace began; null if the trace does not tell it. */
export type Moment = number | null;

/** A message's stay in a replica's queue. */
export interface Stay {
  readonly from: number;
  /** When it was delivered, or came anew in another view; null if it stays. */
  to: Moment;
  /** The Lamport time that it had. */
  readonly time: number;
  /** By member: when the replica knew that it had acknowledged. */
  readonly acknowledged: Moment[];
}

/** The way of one message. What is a list is by replica. */
export interface MessageStory {
  /** The replica that a client gave it to. */
  readonly origin: number;
  /** The origin's own number of it. */
  readonly n: number;
  /** What it does, in a few words; null if the trace does not tell. */
  readonly words: string | null;
  readonly key: string | null;
  readonly id: string | null;
  /** Its last Lamport time; null before it is broadcast. */
  time: number | null;
  /** Its place in the total order; null before it is delivered. */
  index: number | null;
  submitted: Moment;
  /** Its stays in the queue: one, or one in each view until it is delivered. */
  readonly stays: Stay[][];
  readonly delivered: Moment[];
  readonly applied: Moment[];
  /** What it changed. */
  changes: readonly Change[];
}

/** Something that goes from one replica to another. */
export interface Arrow {
  readonly kind: "broadcast" | "acknowledge" | "other";
  readonly from: number;
  readonly to: number;
  /** Null if the trace tells only that it came. */
  readonly sent: Moment;
  /** Null if the trace does not tell that it came: it was lost, or came later, or untold. */
  readonly received: Moment;
  /** Who sent a broadcast that is not told to have come may know that it did: it was acknowledged. */
  readonly acknowledged: Moment;
  /** The Lamport clocks of both. */
  readonly sentTime: number | null;
  readonly receivedTime: number | null;
  readonly words: string;
}

/** What a client asked, and what came of it. */
export interface OperationStory {
  /** Its place among the clients. */
  readonly client: number;
  readonly replica: number;
  readonly level: string;
  /** What it asks, in a few words. */
  readonly words: string;
  /** As a trace tells of it: of a long one the beginning, the length and a checksum. */
  readonly key: string;
  readonly isRead: boolean;
  readonly began: number;
  ended: Moment;
  /** `open`: it is not answered. */
  outcome: "ok" | "fail" | "info" | "open";
  /** What it was told, in a word or two. */
  answer: string;
  /** A read's only. */
  value: string | null;
  /** The place of its message in {@linkcode Story.messages}; null for reads, and where it is not known. */
  message: number | null;
  /** Of a read: the place of the newest operation that it should have seen, and did not. */
  staleBy: number | null;
}

/** A stretch of time at a replica. */
export interface Band {
  readonly replica: number;
  readonly from: number;
  /** Null if it goes on. */
  to: Moment;
  /** `down`: no process; else where it stands with its view. */
  readonly state: ViewLine["state"] | "down";
  /** `round.id` of the view; empty in none. */
  readonly view: string;
  readonly members: readonly number[];
}

/** Something that was done to the cluster. */
export interface FaultStory {
  readonly fault: string;
  readonly replicas: readonly number[];
  readonly ways: readonly (readonly [from: number, to: number])[];
  readonly from: number;
  to: Moment;
}

/** What happened at a moment: where a diagram has a mark. */
export interface Mark {
  readonly at: number;
  readonly replica: number;
  readonly time: number;
  readonly kind:
    | "submit"
    | "deliver"
    | "apply"
    | "view"
    | "suspect"
    | "start"
    | "restore"
    | "sample";
  readonly words: string;
  /** Places in {@linkcode Story.messages}. */
  readonly messages: readonly number[];
}

/** What a trace tells. */
export interface Story {
  readonly replicas: number;
  /** When the trace began, in milliseconds since 1970. */
  readonly began: number;
  /** How long it lasts. */
  readonly lasts: number;
  readonly messages: readonly MessageStory[];
  readonly arrows: readonly Arrow[];
  readonly marks: readonly Mark[];
  readonly operations: readonly OperationStory[];
  /** By client: the replica that it asked first. */
  readonly clients: readonly number[];
  readonly bands: readonly Band[];
  readonly faults: readonly FaultStory[];
  /** If only messages are told whose number can be divided by this, and more than 1. */
  readonly every: number;
}
