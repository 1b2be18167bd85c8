/**
 * Compares kvdist with its peers on this machine.
 *
 *     sh scripts/peers --help
 *
 * @module
 */

import { reason, UsageError } from "../../lib/errors.ts";
import { parseFlags } from "../../lib/cli/flags.ts";
import { helpText } from "../../lib/cli/help.ts";
import { interruptible } from "../../lib/cli/interrupt.ts";
import { columns, isTerminal, note, print } from "../../lib/cli/output.ts";
import { page } from "./chart.ts";
import { FLAGS, HELP, planOf } from "./flags.ts";
import { reportLines } from "./report.ts";
import { runPlan, runSweep } from "./run.ts";

/** So wide is the widest table; in a file it is not wrapped. */
const COLUMNS = 150;

/** Below this, tables are harder to read than lines that the terminal wraps. */
const COLUMNS_MIN = 100;

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

async function main(signal: AbortSignal): Promise<number> {
  const { flags, args } = parseFlags(FLAGS, Deno.args);
  if (args.length > 0) throw new UsageError(`takes flags only, and got ${args[0]}`);
  const run = flags.sweep ? runSweep : runPlan;
  const report = await run(planOf(flags), { dir: flags.dir, signal, tell: note });
  const width = isTerminal("stdout") ? Math.max(columns(), COLUMNS_MIN) : COLUMNS;
  for (const line of reportLines(report, width)) print(line);
  if (flags.json !== undefined) {
    await Deno.writeTextFile(flags.json, JSON.stringify(report, null, 2) + "\n");
  }
  if (flags.html !== undefined) await Deno.writeTextFile(flags.html, page(report));
  return report.measurements.length + report.curves.length > 0 ? 0 : EXIT_FAILED;
}

if (Deno.args.includes("--help")) {
  print(helpText(HELP));
} else {
  try {
    Deno.exit(await interruptible(main));
  } catch (error) {
    note(`peers: ${reason(error)}`);
    Deno.exit(error instanceof UsageError ? EXIT_USAGE : EXIT_FAILED);
  }
}
