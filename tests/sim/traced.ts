/**
 * A seed's run with all that its replicas tell, as a trace has it.
 *
 * @module
 */

import { inOrder } from "../../lib/cli/show/read_trace.ts";
import { Order } from "../../lib/order/order.ts";
import type { TraceLine } from "../../lib/trace/line.ts";
import { type Outcome, simulate } from "./simulation.ts";

/** What a run came to, and what was told of it in the order of time. */
export interface Traced {
  readonly replicas: number;
  readonly lines: readonly TraceLine[];
  readonly outcome: Outcome;
}

/** Runs one seed. */
export function simulateTraced(seed: number): Traced {
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
  return { replicas, lines: inOrder(lines), outcome };
}
