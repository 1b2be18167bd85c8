/**
 * Lamport timestamps and ballots: both are pairs, compared as pairs, never packed into one
 * number, so that an id of any size compares rightly.
 *
 * Source: L. Lamport, "Time, Clocks, and the Ordering of Events in a Distributed System",
 * CACM 21(7), 1978: the relation ⇒ of "Ordering the Events Totally".
 *
 * @module
 */

/** When a message was stamped: its origin's clock, and the origin's id to break ties. */
export interface Timestamp {
  /** The Lamport clock's value. */
  readonly time: number;
  /** The id of the replica whose clock it is. */
  readonly id: number;
}

/** Negative if `a` comes before `b` in the total order, positive if after, 0 if they are the same. */
export function compareTimestamps(a: Timestamp, b: Timestamp): number {
  return a.time - b.time || a.id - b.id;
}

/** A try to form a view: no two tries have the same, and a higher one supersedes a lower. */
export interface Ballot {
  /** Grows with every try. */
  readonly round: number;
  /** The coordinator's id. */
  readonly id: number;
}

/** The ballot below all others: what a new folder has promised. */
export const NO_BALLOT: Ballot = { round: 0, id: 0 };

/** Negative if `a` is the lower ballot, positive if the higher, 0 if they are the same. */
export function compareBallots(a: Ballot, b: Ballot): number {
  return a.round - b.round || a.id - b.id;
}

/** Whether both are the same ballot; null is none. */
export function sameBallot(a: Ballot | null, b: Ballot | null): boolean {
  return a === null || b === null ? a === b : compareBallots(a, b) === 0;
}

/** The ballot in a few characters, for logs and traces. */
export function showBallot(ballot: Ballot | null): string {
  return ballot === null ? "-" : `${ballot.round}.${ballot.id}`;
}
