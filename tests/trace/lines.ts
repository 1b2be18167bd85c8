/** Traces of the simulator, for tests. */

import { simulateTraced, type Traced } from "../sim/traced.ts";

/** What a seed's replicas tell, in the order of time, and how many they are. */
export function simulated(
  ...run: Parameters<typeof simulateTraced>
): Pick<Traced, "replicas" | "lines"> {
  const { replicas, lines, outcome } = simulateTraced(...run);
  if (outcome.violation !== null) throw new Error(outcome.violation);
  return { replicas, lines };
}
