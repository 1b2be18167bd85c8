/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
/**
 * Runs a share of the seeds, until ten violations are found.
 *
 * @module
 */

import { Order } from "../../lib/order/order.ts";
import { add, NOTHING, type Result, type Share } from "./seeds.ts";
import { type Outcome, simulate } from "./simulation.ts";

const VIOLATIONS_MAX = 10;

function runShare({ from, to, step }: Share): Result {
  const violations: Outcome[] = [];
  let sum = NOTHING;
  for (let seed = from; seed < to && violations.length < VIOLATIONS_MAX; seed += step) {
    const outcome = simulate({ seed, core: Order });
    sum = add(sum, outcome);
    if (outcome.violation !== null) violations.push(outcome);
  }
  return { violations, sum };
}

self.onmessage = ({ data }: MessageEvent<Share>) => self.postMessage(runShare(data));
