/**
 * Runs the simulator by hand: `deno task sim --seeds 100000`, `deno task sim --seed 17`.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { Order } from "../../lib/order/order.ts";
import { simulate } from "./simulation.ts";

const USAGE = `usage: deno task sim [--seeds N] [--from SEED]
       deno task sim --seed SEED     replays one seed with its trace`;

function main(): number {
  const flags = parseArgs(Deno.args, { string: ["seeds", "from", "seed"] });
  if (flags.seed !== undefined) {
    const trace = (line: string) => console.log(line);
    const outcome = simulate({ seed: Number(flags.seed), core: Order, trace });
    console.log(JSON.stringify(outcome));
    return outcome.violation === null ? 0 : 1;
  }
  const seeds = Number(flags.seeds ?? 1000);
  const from = Number(flags.from ?? 1);
  if (!Number.isInteger(seeds) || !Number.isInteger(from)) {
    console.error(USAGE);
    return 2;
  }
  const sum = {
    steps: 0,
    crashes: 0,
    breaks: 0,
    wipes: 0,
    views: 0,
    delivered: 0,
    answered: 0,
    reads: 0,
    snapshots: 0,
    outcomes: 0,
  };
  const began = performance.now();
  let violations = 0;
  for (let seed = from; seed < from + seeds; seed++) {
    const outcome = simulate({ seed, core: Order });
    for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += outcome[name];
    if (outcome.violation !== null) {
      violations++;
      console.log(`seed ${seed}: ${outcome.violation}`);
      console.log(`  deno task sim --seed ${seed}`);
      if (violations >= 10) break;
    }
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${seeds} seeds, ${violations} violations, ${seconds} s, ${JSON.stringify(sum)}`);
  return violations === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(main());
