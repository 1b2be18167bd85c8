/**
 * Latencies that are the same at every run.
 *
 * @module
 */

import { Latency } from "../../lib/cli/bench/latency.ts";
import type { Series } from "../../lib/show/percentiles.ts";

/** As many as asked for: the fastest takes this long, one in ten ten times as long, and so on. */
export function tailed(name: string, count: number, leastMs: number): Series {
  const latencies = new Latency();
  for (let i = 0; i < count; i++) latencies.record(leastMs * count / (count - i));
  return { name, latencies };
}
