/**
 * Latencies as a value for JSON.
 *
 * @module
 */

import { percentile, PERCENTILES } from "../../show/percentiles.ts";
import type { Latency } from "./latency.ts";

/** All figures, in milliseconds. */
export function latencyForm(latency: Latency): Record<string, unknown> {
  const percentiles = PERCENTILES.map(({ name, oneIn }) => [
    `${name}Ms`,
    percentile(latency, oneIn),
  ]);
  return {
    meanMs: latency.mean,
    ...Object.fromEntries(percentiles),
    maxMs: latency.max,
    histogram: latency.bins(),
  };
}
