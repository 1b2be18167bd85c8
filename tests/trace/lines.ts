/** Traces of the simulator, for tests. */

import { simulateTraced, type Traced } from "../sim/traced.ts";

/** What a seed's replicas tell, in the order of time, and how many they are. */
export function simulated(seed: number): Pick<Traced, "replicas" | "lines"> {
  const { replicas, lines, outcome } = simulateTraced(seed);
  if (outcome.violation !== null) throw new Error(outcome.violation);
  return { replicas, lines };
}
