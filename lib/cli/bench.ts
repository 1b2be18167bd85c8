/**
 * `kvdist bench`: how fast it is, and what that costs in staleness.
 *
 * @module
 */

import { benchLoad, LOAD_HELP } from "./bench/run_load.ts";
import { benchPairs, PAIRS_HELP } from "./bench/run_pairs.ts";
import type { Command } from "./command.ts";
import { helpText } from "./help.ts";

/** The subcommand. */
export const bench: Command = {
  name: "bench",
  summary: "compare the levels as the paper did; bench load: many clients at once",
  help: () => [PAIRS_HELP, LOAD_HELP].map(helpText).join("\n\n\n"),
  run: ([word, ...rest]) =>
    word === "load" ? benchLoad(rest) : benchPairs(word === undefined ? [] : [word, ...rest]),
};
