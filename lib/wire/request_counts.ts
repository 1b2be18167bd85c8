/**
 * What a replica tells of the requests that it has answered.
 *
 * @module
 */

import type { Consistency } from "../consistency.ts";

/** What is counted apart: reads of a key, and writes. */
export const REQUEST_KINDS = ["read", "write"] as const;

/** What is counted apart: reads of a key, and writes. */
export type RequestKind = typeof REQUEST_KINDS[number];

/** How many requests were answered, and how. */
export interface Answered {
  /** As asked. */
  readonly ok: number;
  /** With an error. */
  readonly failed: number;
}

/** How long requests took, from their arrival to the end of the turn that answered them. */
export interface Latencies {
  /** How many took at most so long, by {@linkcode RequestCounts.boundsMs}; the last: longer. */
  readonly counts: readonly number[];
  /** All of them together, in milliseconds. */
  readonly sumMs: number;
}

/** What was answered of one kind since the replica started. */
export interface KindCounts {
  /** By the level that the request had. */
  readonly answered: Readonly<Record<Consistency, Answered>>;
  /** Of all levels, failures included. */
  readonly latencies: Latencies;
}

/** What was answered since the replica started. */
export interface RequestCounts extends Readonly<Record<RequestKind, KindCounts>> {
  /** The upper ends of the steps that latencies are counted in, in milliseconds. */
  readonly boundsMs: readonly number[];
}
