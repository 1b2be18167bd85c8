/**
 * `kvdist bench`: the paper's experiment, in both levels.
 *
 * @module
 */

import { type Client, connect } from "../../client/mod.ts";
import type { Consistency } from "../../consistency.ts";
import { progressLine } from "../../show/bar.ts";
import { counted } from "../../show/quantity.ts";
import { WIDTH, wrap } from "../../show/text.ts";
import { EXIT_OK } from "../command.ts";
import { type FlagTable, parseFlags, type Values } from "../flags.ts";
import type { Help } from "../help.ts";
import { interruptible } from "../interrupt.ts";
import { columns, json, print, progress } from "../output.ts";
import { noArguments } from "./arguments.ts";
import { LEVELS, pairsTable, PAPER, type Run, runPairs, summarize, type Summary } from "./pairs.ts";
import { describePlace, type Place } from "./place.ts";
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
  json: { kind: "boolean", about: "Print one line of JSON, with every run" },
} as const satisfies FlagTable;

type PairsFlags = Values<typeof FLAGS>;

/** The help text. */
export const PAIRS_HELP: Help = {
  usage: ["kvdist bench [FLAGS]"],
  about: [
    "Repeats the paper's experiment: one client at one replica sets a key to 1, 2, 3 … and gets " +
    "it after each set, first in eventual, then in sequential. Says how long that takes, how " +
    "many reads gave what had just been set, and how much later every replica had it all. One " +
    "more round goes ahead as a warm-up.",
  ],
  flags: FLAGS,
  examples: [
    ["kvdist bench", "100 pairs, 5 rounds, three replicas with a store on disk"],
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
  return await interruptible(async (signal) => {
    await withPlace(flags, { consistency: "eventual", signal }, async (place, signal) => {
      report(place, flags, await allRuns(place, flags, signal));
    });
    return EXIT_OK;
  });
}

/** All rounds on one set of connections; the warm-up's runs are left out. */
async function allRuns(place: Place, flags: PairsFlags, signal: AbortSignal): Promise<Run[]> {
  using stack = new DisposableStack();
  const clientAt = async (target: string): Promise<Client> => stack.use(await connect(target));
  const client = await clientAt(place.targets[0]);
  const observers = await Promise.all(place.targets.map(clientAt));
  const { pairs, rounds, key } = flags;
  const runs: Run[] = [];
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
        onPair: () => done++,
      });
      if (round > 0) runs.push(run);
    }
  }
  return runs;
}

/** Either level is as often the first, so that neither profits from what the other left. */
function inTurn(round: number): readonly Consistency[] {
  return round % 2 === 1 ? LEVELS : LEVELS.toReversed();
}

function report(place: Place, flags: PairsFlags, runs: readonly Run[]): void {
  const { pairs } = flags;
  const [eventual, sequential] = LEVELS.map((level) => summarize(level, runs));
  if (flags.json) {
    json(reportForm(place, flags, { runs, eventual, sequential }));
    return;
  }
  const about =
    `${counted(pairs, "pair")} of set and get by one client; ${describePlace(place)}; ` +
    `the median of ${counted(flags.rounds, "round")}.`;
  for (const line of wrap(about, WIDTH)) print(line);
  print("");
  for (const line of pairsTable(pairs, eventual, sequential)) print(line);
  print("");
  const paper = "The paper's figures are for 100 pairs, replicas that are Python threads, and " +
    "its authors' machine: compare the shape, not the milliseconds.";
  for (const line of wrap(paper, WIDTH)) print(line);
}

function reportForm(
  { targets, own, status }: Place,
  { pairs, rounds, key }: PairsFlags,
  figures: { runs: readonly Run[]; eventual: Summary; sequential: Summary },
): Record<string, unknown> {
  const { eventual, sequential, runs } = figures;
  return {
    bench: "pairs",
    pairs,
    rounds,
    key,
    replicas: status.replicas,
    store: status.store,
    fsync: status.fsync,
    targets: own ? [] : targets,
    eventual,
    sequential,
    ratio: sequential.elapsedMs.median / eventual.elapsedMs.median,
    runs,
    paper: PAPER,
  };
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
