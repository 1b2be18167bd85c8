/**
 * `kvdist bench`: the paper's experiment, in both levels.
 *
 * @module
 */

import { type Client, connect } from "../../client/mod.ts";
import { progressLine } from "../../show/bar.ts";
import { WIDTH } from "../../show/text.ts";
import { EXIT_OK } from "../command.ts";
import { type FlagTable, parseFlags, type Values } from "../flags.ts";
import type { Help } from "../help.ts";
import { interruptible } from "../interrupt.ts";
import { columns, json, print, printWhileRead, progress } from "../output.ts";
import { checkResultFiles, writeResult } from "../result_file.ts";
import { noArguments } from "./arguments.ts";
import { Latency } from "./latency.ts";
import { type Level, LEVELS, PAPER, type Run, runPairs } from "./pairs.ts";
import { pairsForm, pairsLines, type PairsMeasured, pairsPage } from "./pairs_report.ts";
import { drawOptions, PICTURE_FLAGS } from "./pictures.ts";
import type { Place } from "./place.ts";
import { checkTargets, WHERE_FLAGS, withPlace } from "./where.ts";

const FLAGS = {
  pairs: {
    kind: "count",
    value: "N",
    about: "How many pairs of set and get",
    min: 1,
    max: 1_000_000,
    default: PAPER.pairs,
  },
  rounds: {
    kind: "count",
    value: "N",
    about: "How often, each level in turn; the median counts",
    min: 1,
    max: 1_000,
    default: 5,
  },
  key: { kind: "text", value: "KEY", about: "The key that is set", default: "x" },
  ...WHERE_FLAGS,
  ...PICTURE_FLAGS,
  json: { kind: "boolean", about: "Print one line of JSON, with every run" },
} as const satisfies FlagTable;

type PairsFlags = Values<typeof FLAGS>;

/** The help text. */
export const PAIRS_HELP: Help = {
  usage: ["kvdist bench [FLAGS]"],
  about: [
    "Repeats the paper's experiment: one client at one replica sets a key to 1, 2, 3 … and gets " +
    "it after each set, first in eventual, then in sequential. Says how long that takes, how " +
    "many reads gave what had just been set, and how much later every replica had it all, and " +
    "draws how long the pairs took. One more round goes ahead as a warm-up.",
  ],
  flags: FLAGS,
  examples: [
    ["kvdist bench", "100 pairs, 5 rounds, three replicas with a store on disk"],
    ["kvdist bench --pairs 2000 --html levels.html", "with a page of the pictures"],
    [
      "kvdist bench --target 127.0.0.1:9889 --target 127.0.0.1:9890",
      "on running servers; the client talks to the first, all named are looked at",
    ],
  ],
};

/** Carries it out. */
export async function benchPairs(argv: readonly string[]): Promise<number> {
  const { flags, args } = parseFlags(FLAGS, argv);
  noArguments("bench", args);
  checkTargets(flags);
  checkResultFiles([flags.html, flags.trace]);
  return await interruptible(async (signal) => {
    await withPlace(flags, { consistency: "eventual", signal }, async (place, signal) => {
      const measured = await allRuns(place, flags, signal);
      printWhileRead(() => {
        if (flags.json) json(pairsForm(place, flags, measured));
        else for (const line of pairsLines(place, flags, measured, drawOptions(flags))) print(line);
      });
      if (flags.html !== undefined) writeResult(flags.html, pairsPage(place, flags, measured));
    });
    return EXIT_OK;
  });
}

/** All rounds on one set of connections; the warm-up's runs are left out. */
async function allRuns(
  place: Place,
  flags: PairsFlags,
  signal: AbortSignal,
): Promise<PairsMeasured> {
  using stack = new DisposableStack();
  const clientAt = async (target: string): Promise<Client> => stack.use(await connect(target));
  const client = await clientAt(place.targets[0]);
  const observers = await Promise.all(place.targets.map(clientAt));
  const { pairs, rounds, key } = flags;
  const runs: Run[] = [];
  const latencies = { eventual: new Latency(), sequential: new Latency() };
  const total = (rounds + 1) * LEVELS.length * pairs;
  let done = 0;
  using _telling = telling(() => {
    const round = Math.floor(done / (LEVELS.length * pairs));
    const label = round === 0 ? "warming up" : `round ${Math.min(round, rounds)} of ${rounds}`;
    return progressLine({ label, share: done / total }, Math.min(WIDTH, columns()));
  });
  for (let round = 0; round <= rounds; round++) {
    for (const level of inTurn(round)) {
      const run = await runPairs({
        level,
        pairs,
        key,
        client,
        observers,
        signal,
        latency: round > 0 ? latencies[level] : new Latency(),
        onPair: () => done++,
      });
      if (round > 0) runs.push(run);
    }
  }
  return { runs, latencies };
}

/** Either level is as often the first, so that neither profits from what the other left. */
function inTurn(round: number): readonly Level[] {
  return round % 2 === 1 ? LEVELS : LEVELS.toReversed();
}

/** Shows a line of progress five times a second until disposed of. */
function telling(line: () => string): Disposable {
  const timer = setInterval(() => progress(line()), 200);
  return {
    [Symbol.dispose]() {
      clearInterval(timer);
      progress(null);
    },
  };
}
