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
import { columns, note, print } from "../../lib/cli/output.ts";
import { FLAGS, HELP, planOf } from "./flags.ts";
import { reportLines } from "./report.ts";
import { runPlan } from "./run.ts";

/** Tables are easier to read on lines as long as this, even where the terminal is narrower. */
const COLUMNS_MIN = 120;

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

async function main(signal: AbortSignal): Promise<number> {
  const { flags, args } = parseFlags(FLAGS, Deno.args);
  if (args.length > 0) throw new UsageError(`takes flags only, and got ${args[0]}`);
  const report = await runPlan(planOf(flags), { dir: flags.dir, signal, tell: note });
  for (const line of reportLines(report, Math.max(columns(), COLUMNS_MIN))) print(line);
  if (flags.json !== undefined) {
    await Deno.writeTextFile(flags.json, JSON.stringify(report, null, 2) + "\n");
  }
  return report.measurements.length > 0 ? 0 : EXIT_FAILED;
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
