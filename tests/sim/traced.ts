/**
 * A seed's run with all that its replicas tell, as a trace has it.
 *
 * @module
 */

import { inOrder } from "../../lib/cli/show/read_trace.ts";
import { Order } from "../../lib/order/order.ts";
import type { TraceLine } from "../../lib/trace/line.ts";
import { type Core, type Outcome, simulate } from "./simulation.ts";

/** What a run came to, and what was told of it in the order of time. */
export interface Traced {
  readonly replicas: number;
  readonly lines: readonly TraceLine[];
  readonly outcome: Outcome;
}

/** Runs one seed, on the real core or one that is watched, and says each line when it is told. */
export function simulateTraced(
  seed: number,
  { core = Order, told = () => {} }: { core?: Core; told?: (line: TraceLine) => void } = {},
): Traced {
  const lines: TraceLine[] = [];
  let replicas = 0;
  const outcome = simulate({
    seed,
    core,
    adjust(profile) {
      ({ replicas } = profile);
      return profile;
    },
    lines(line) {
      lines.push(line);
      told(line);
    },
  });
  return { replicas, lines: inOrder(lines), outcome };
}
