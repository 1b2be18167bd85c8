/** Traces of the simulator, for tests. */

import { Order } from "../../lib/order/order.ts";
import type { TraceLine } from "../../lib/trace/line.ts";
import { simulate } from "../sim/simulation.ts";

/** What a seed's replicas tell, in the order of time, and how many they are. */
export function simulated(seed: number): { replicas: number; lines: TraceLine[] } {
  const lines: TraceLine[] = [];
  let replicas = 0;
  const outcome = simulate({
    seed,
    core: Order,
    adjust(profile) {
      ({ replicas } = profile);
      return profile;
    },
    lines: (line) => lines.push(line),
  });
  if (outcome.violation !== null) throw new Error(outcome.violation);
  return { replicas, lines };
}

/** A line of a trace in which a replica does something; the rest is filled in. */
export const AT = { at: 1_000, replica: 0, time: 1 } as const;
