/**
 * Where a benchmark ran, for its report.
 *
 * @module
 */

import type { Status } from "../../client/mod.ts";
import { counted } from "../../show/quantity.ts";

/** Where a benchmark runs. */
export interface Place {
  /** Addresses, the first one's replica is the one that a single client talks to. */
  readonly targets: readonly string[];
  /** Whether the replicas are in this process and end with the benchmark. */
  readonly own: boolean;
  /** What the first one says of itself. */
  readonly status: Status;
}

/** The place in words: `3 replicas, sqlite, fsync always, in this process`. */
export function describePlace({ targets, own, status }: Place): string {
  const where = own ? "in this process" : `at ${targets.join(", ")}`;
  const fsync = status.store === "memory" ? [] : [`fsync ${status.fsync}`];
  return [counted(status.replicas, "replica"), status.store, ...fsync, where].join(", ");
}
