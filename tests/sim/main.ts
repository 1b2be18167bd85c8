/**
 * Runs the simulator by hand: `deno task sim --seeds 100000`, `deno task sim --seed 17`.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { Order } from "../../lib/order/order.ts";
import { encodeTraceHeader, encodeTraceLines } from "../../lib/trace/encode.ts";
import { runSeeds } from "./seeds.ts";
import { simulate } from "./simulation.ts";
import { simulateTraced } from "./traced.ts";

const USAGE = `usage: deno task sim [--seeds N] [--from SEED]
       deno task sim --seed SEED     replays one seed, and tells of each step
       deno task sim --seed SEED --trace FILE     … for kvdist show FILE`;

async function main(): Promise<number> {
  const flags = parseArgs(Deno.args, { string: ["seeds", "from", "seed", "trace"] });
  if (flags.seed !== undefined) {
    const seed = Number(flags.seed);
    const outcome = flags.trace === undefined
      ? simulate({ seed, core: Order, trace: (line) => console.log(line) })
      : simulateInto(flags.trace, seed);
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

/** Replays a seed, whose time begins with 1970. */
function simulateInto(path: string, seed: number) {
  const { replicas, lines, outcome } = simulateTraced(seed);
  const header = encodeTraceHeader({ replicas, began: 0, clients: "servers", seed });
  Deno.writeTextFileSync(path, header + encodeTraceLines(lines));
  return outcome;
}

if (import.meta.main) Deno.exit(await main());
