/**
 * How kvdist grows: with replicas, clients, keys, and bytes of values.
 *
 * @module
 */

/** One point of a curve. */
export interface Point {
  /** What is varied. */
  readonly at: number;
  /** Answers per second. */
  readonly perSecond: number;
  /** In milliseconds. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** How much of one core the generator took. */
  readonly coreShare: number;
}

/** What one form does as one thing grows. */
export interface Curve {
  /** What is varied: replicas, clients, keys, bytes. */
  readonly axis: string;
  /** What does what: the form and the work. */
  readonly name: string;
  readonly points: readonly Point[];
}
