/**
 * Results of a sweep that are the same at every run.
 *
 * @module
 */

import { Latency } from "../../../lib/cli/bench/latency.ts";
import type { LoadResult } from "../../../lib/cli/bench/load.ts";
import type { SweepPlan } from "../../../lib/cli/bench/sweep.ts";

/** A plan of all levels. */
export const PLAN: SweepPlan = {
  levels: ["eventual", "sequential", "linearizable"],
  replicas: [1, 3],
  clients: [1, 10, 50],
  load: {
    pipeline: 1,
    mix: "mixed",
    valueBytes: 64,
    keys: 1_000,
    warmUpMs: 500,
    durationMs: 2_000,
  },
};

/** A thousand answers to each client, the slowest one of a hundred three times as slow. */
export function resultOf(clients: number, ms: number): LoadResult {
  const reads = new Latency();
  const writes = new Latency();
  for (let i = 0; i < clients * 500; i++) {
    reads.record(ms / 2);
    writes.record(i % 50 === 0 ? ms * 3 : ms);
  }
  return {
    elapsedMs: 2_000,
    complete: true,
    reads: reads.snapshot(),
    writes: writes.snapshot(),
    missing: 0,
    errors: {},
    coreShare: 0.25,
    perSecond: [],
  };
}
