/**
 * Runs the simulator by hand: `deno task sim --seeds 100000`, `deno task sim --seed 17`.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { Order } from "../../lib/order/order.ts";
import { runSeeds } from "./seeds.ts";
import { simulate } from "./simulation.ts";

const USAGE = `usage: deno task sim [--seeds N] [--from SEED]
       deno task sim --seed SEED     replays one seed with its trace`;

async function main(): Promise<number> {
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
  const began = performance.now();
  const { violations, sum } = await runSeeds(from, seeds);
  for (const { seed, violation } of violations) {
    console.log(`seed ${seed}: ${violation}\n  deno task sim --seed ${seed}`);
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const found = violations.length;
  console.log(`${seeds} seeds, ${found} violations, ${seconds} s, ${JSON.stringify(sum)}`);
  return found === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main());
