/**
 * `kvdist bench`: how fast it is, and what that costs in staleness.
 *
 * @module
 */

import { benchLoad, LOAD_HELP } from "./bench/run_load.ts";
import { benchPairs, PAIRS_HELP } from "./bench/run_pairs.ts";
import { benchSweep, SWEEP_HELP } from "./bench/run_sweep.ts";
import type { Command } from "./command.ts";
import { helpText } from "./help.ts";

/** The kinds of benchmark that are named; without a name it is the paper's. */
const NAMED: Readonly<Record<string, (argv: readonly string[]) => Promise<number>>> = {
  load: benchLoad,
  sweep: benchSweep,
};

/** The subcommand. */
export const bench: Command = {
  name: "bench",
  summary: "compare the levels as the paper did; bench load, bench sweep: many clients at once",
  help: () => [PAIRS_HELP, LOAD_HELP, SWEEP_HELP].map(helpText).join("\n\n\n"),
  run([word, ...rest]) {
    if (word !== undefined && Object.hasOwn(NAMED, word)) return NAMED[word](rest);
    return benchPairs(word === undefined ? [] : [word, ...rest]);
  },
};
