/**
 * `kvdist bench sweep`: levels × replicas × clients.
 *
 * @module
 */

import { CONSISTENCY_LEVELS } from "../../consistency.ts";
import { UsageError } from "../../errors.ts";
import { progressLine } from "../../show/bar.ts";
import { rate } from "../../show/quantity.ts";
import { WIDTH } from "../../show/text.ts";
import { EXIT_FAILED, EXIT_OK } from "../command.ts";
import { type FlagTable, parseFlags, type Values } from "../flags.ts";
import type { Help } from "../help.ts";
import { interruptible } from "../interrupt.ts";
import { didYouMean } from "../nearest.ts";
import { columns, json, print, printWhileRead, progress } from "../output.ts";
import { checkResultFiles, writeResult } from "../result_file.ts";
import { noArguments } from "./arguments.ts";
import { checkDescriptors } from "./descriptors.ts";
import { LOAD_FLAGS } from "./load_flags.ts";
import { loadInThread } from "./load_thread.ts";
import { drawOptions, PICTURE_FLAGS } from "./pictures.ts";
import { caseWords, sweep, type SweepMeans, type SweepPlan } from "./sweep.ts";
import { sweepForm, sweepLines, sweepPage } from "./sweep_report.ts";
import { WHERE_FLAGS, withPlace } from "./where.ts";

const FLAGS = {
  levels: {
    kind: "text",
    value: "LEVELS",
    about: "The levels, with commas",
    default: CONSISTENCY_LEVELS.join(","),
  },
  replicas: {
    kind: "text",
    value: "NUMBERS",
    about: "How many replicas, with commas",
    default: "1,3,5",
  },
  clients: {
    kind: "text",
    value: "NUMBERS",
    about: "How many clients, with commas",
    default: "1,10,50",
  },
  pipeline: LOAD_FLAGS.pipeline,
  mix: LOAD_FLAGS.mix,
  "value-size": LOAD_FLAGS["value-size"],
  keys: { ...LOAD_FLAGS.keys, about: "Different keys, chosen at random", default: 1_000 },
  duration: { ...LOAD_FLAGS.duration, about: "How long to measure each", default: 2_000 },
  "warm-up": { ...LOAD_FLAGS["warm-up"], about: "How long to ask before each", default: 500 },
  store: WHERE_FLAGS.store,
  fsync: WHERE_FLAGS.fsync,
  ...PICTURE_FLAGS,
  json: { kind: "boolean", about: "Print one line of JSON, with all that was measured" },
} as const satisfies FlagTable;

type SweepFlags = Values<typeof FLAGS>;

/** The help text. */
export const SWEEP_HELP: Help = {
  usage: ["kvdist bench sweep [FLAGS]"],
  about: [
    "Makes the load of bench load at each level, on each number of replicas, by each number of " +
    "clients, and draws how the rate grows. Replicas are its own, started anew for each number of " +
    "them and asked for ten times the warm-up first. What cannot be measured is named and left out; Ctrl-C ends it with what there is.",
  ],
  flags: FLAGS,
  examples: [
    ["kvdist bench sweep --html sweep.html", "27 measurements, about a minute and a half"],
    [
      "kvdist bench sweep --replicas 3 --clients 1,10,100 --mix write",
      "writes on three replicas",
    ],
  ],
};

/** Carries it out. */
export async function benchSweep(argv: readonly string[]): Promise<number> {
  const { flags, args } = parseFlags(FLAGS, argv);
  noArguments("bench sweep", args);
  const plan = planOf(flags);
  checkResultFiles([flags.html]);
  return await interruptible(async (signal) => {
    const result = await sweep(plan, meansOf(flags), signal);
    progress(null);
    printWhileRead(() => {
      if (flags.json) json(sweepForm(flags, plan, result));
      else for (const line of sweepLines(flags, plan, result, drawOptions(flags))) print(line);
    });
    if (flags.html !== undefined) writeResult(flags.html, sweepPage(flags, plan, result));
    return result.points.length > 0 ? EXIT_OK : EXIT_FAILED;
  });
}

function planOf(flags: SweepFlags): SweepPlan {
  return {
    levels: [...new Set(words(flags.levels))].map(levelOf),
    replicas: countsOf(flags.replicas, "replicas", WHERE_FLAGS.replicas),
    clients: countsOf(flags.clients, "clients", LOAD_FLAGS.clients),
    load: {
      pipeline: flags.pipeline,
      mix: flags.mix,
      valueBytes: flags["value-size"],
      keys: flags.keys,
      warmUpMs: flags["warm-up"],
      durationMs: flags.duration,
    },
  };
}

function words(text: string): string[] {
  return text.split(",").map((word) => word.trim());
}

function levelOf(word: string): SweepPlan["levels"][number] {
  const level = CONSISTENCY_LEVELS.find((level) => level === word);
  if (level !== undefined) return level;
  throw new UsageError(
    `--levels must be of ${CONSISTENCY_LEVELS.join(", ")}, and has ${JSON.stringify(word)}` +
      didYouMean(word, CONSISTENCY_LEVELS),
  );
}

/** The numbers from the least to the most, each once. */
function countsOf(
  text: string,
  name: string,
  { min, max }: { readonly min: number; readonly max: number },
): number[] {
  const counts = words(text).map((word) => {
    const number = /^\d+$/.test(word) ? Number(word) : NaN;
    if (number >= min && number <= max) return number;
    throw new UsageError(
      `--${name} must be whole numbers from ${min} to ${max} with commas between, and has ` +
        JSON.stringify(word),
    );
  });
  return [...new Set(counts)].toSorted((a, b) => a - b);
}

function meansOf({ store, fsync }: SweepFlags): SweepMeans {
  return {
    withReplicas: (replicas, signal, use) =>
      withPlace(
        { target: [], replicas, store, fsync, trace: undefined },
        { consistency: "sequential", signal },
        ({ targets }, signal) => use(targets, signal),
      ),
    async load(settings, signal, tell) {
      await checkDescriptors(settings.clients);
      return await loadInThread(settings, { signal, own: true, tell });
    },
    tell(one, share, perSecond) {
      const note = perSecond > 0 ? rate(perSecond) : undefined;
      progress(progressLine({ label: caseWords(one), share, note }, Math.min(WIDTH, columns())));
    },
  };
}
