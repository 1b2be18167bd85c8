/**
 * What `kvdist chaos` can be told.
 *
 * @module
 */

import { FAULT_KINDS, type FaultKind, isFaultKind } from "../../chaos/plan.ts";
import { SEEDS } from "../../chaos/random.ts";
import { UsageError } from "../../errors.ts";
import { SUSPECT_AFTER_MS, SUSPECT_AFTER_MS_MIN } from "../../limits.ts";
import type { FlagTable, Values } from "../flags.ts";
import { didYouMean } from "../nearest.ts";

const DURATION_MS_MAX = 24 * 3_600_000;

/** The flags. */
export const FLAGS = {
  duration: {
    kind: "duration",
    value: "TIME",
    about: "How long clients ask and faults come; healing and checking take longer",
    min: 1_000,
    max: DURATION_MS_MAX,
    default: 60_000,
  },
  seed: {
    kind: "count",
    value: "S",
    about: "Which faults come, and when; one by chance if not given",
    max: SEEDS - 1,
  },
  replicas: { kind: "count", value: "N", about: "How many", min: 2, max: 9, default: 3 },
  faults: {
    kind: "text",
    value: "KINDS",
    about: "The kinds of faults, with commas in between",
    default: FAULT_KINDS.join(","),
  },
  clients: {
    kind: "count",
    value: "N",
    about:
      "How many ask at a time: of each four, one at each level, and one that moves with a token",
    min: 4,
    max: 1_000,
    default: 64,
  },
  keys: {
    kind: "count",
    value: "N",
    about: "Keys for each kind of client, as many that all share, and as many that are deleted too",
    min: 1,
    max: 1_000_000,
    default: 24,
  },
  fsync: {
    kind: "choice",
    value: "WHEN",
    about: "As in serve",
    choices: ["always", "interval", "never"],
    default: "always",
  },
  "suspect-after": {
    kind: "duration",
    value: "TIME",
    about: "As in serve",
    min: SUSPECT_AFTER_MS_MIN,
    max: 60_000,
    default: SUSPECT_AFTER_MS,
  },
  data: {
    kind: "text",
    value: "DIR",
    about: "Folder for the replicas' folders and logs, empty or made, and kept; a temporary one " +
      "if not given, kept only when something was found",
  },
  history: {
    kind: "text",
    value: "FILE",
    about: "Where the history goes; what is there is replaced. FILE.smallest gets the smallest " +
      "part that shows a violation",
    default: "./kvdist-chaos.jsonl",
  },
  trace: {
    kind: "text",
    value: "FILE",
    about:
      "Write also what the replicas did, for kvdist show FILE; what is there is replaced. Some " +
      "megabytes a second",
  },
  html: {
    kind: "text",
    value: "FILE",
    about:
      "Write a page that draws the run's first faults there; with --trace, kvdist show draws " +
      "the others",
  },
  "faults-min": {
    kind: "count",
    value: "N",
    about: "Fewer faults are inconclusive",
    default: 5,
  },
  "operations-min": {
    kind: "count",
    value: "N",
    about: "Fewer writes answered at a level, or reads, are inconclusive",
    default: 100,
  },
  json: { kind: "boolean", about: "Print the report as a line of JSON" },
} as const satisfies FlagTable;

/** Their values. */
export type ChaosFlags = Values<typeof FLAGS>;

/**
 * The kinds of faults that a text names.
 *
 * @throws {UsageError} if it names none, or something else
 */
export function readFaults(text: string): FaultKind[] {
  const kinds = text.split(",").map((word) => word.trim()).filter((word) => word !== "");
  const wrong = kinds.find((word) => !isFaultKind(word));
  if (wrong !== undefined || kinds.length === 0) {
    const what = wrong === undefined ? "names no kind" : `names ${JSON.stringify(wrong)}`;
    const hint = wrong === undefined ? "" : didYouMean(wrong, FAULT_KINDS);
    throw new UsageError(
      `--faults ${what}; there are ${FAULT_KINDS.join(", ")}${hint}`,
    );
  }
  return [...new Set(kinds.filter(isFaultKind))];
}
