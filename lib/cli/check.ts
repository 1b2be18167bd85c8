/**
 * `kvdist check`: judges a recorded history.
 *
 * @module
 */

import { encodeLine } from "../check/history.ts";
import { judge } from "../check/judge.ts";
import { keyPart } from "../check/part.ts";
import { historyOf } from "../check/reader.ts";
import type { History } from "../check/recorded.ts";
import { shrink } from "../check/shrink.ts";
import {
  type Guarantee,
  GUARANTEES,
  isGuarantee,
  type Verdict,
  type Verdicts,
  worst,
} from "../check/verdict.ts";
import { UsageError } from "../errors.ts";
import { counted } from "../show/quantity.ts";
import { verdictLines, violationLines } from "../show/verdicts.ts";
import { verdictsForm } from "./check/form.ts";
import { Meter } from "./check/meter.ts";
import { readHistory, STDIN } from "./check/read_history.ts";
import { type Command, EXIT_FAILED, EXIT_INCONCLUSIVE, EXIT_OK } from "./command.ts";
import { type FlagTable, parseFlags, type Values } from "./flags.ts";
import { helpText } from "./help.ts";
import { didYouMean } from "./nearest.ts";
import { json, print, printWhileRead, type Style, styled } from "./output.ts";
import { checkResultFiles, writeResult } from "./result_file.ts";
import { printable } from "./text.ts";

const FLAGS = {
  only: {
    kind: "list",
    value: "GUARANTEE",
    about: "Judge only by this guarantee; several with commas",
  },
  key: { kind: "text", value: "KEY", about: "Judge only what concerns this key" },
  smallest: {
    kind: "text",
    value: "FILE",
    about: "Write the smallest part of the history that still breaks a guarantee, if one is broken",
  },
  json: { kind: "boolean", about: "Print one line of JSON" },
} as const satisfies FlagTable;

type CheckFlags = Values<typeof FLAGS>;

const HELP = {
  usage: ["kvdist check HISTORY [FLAGS]"],
  about: [
    "Judges a recorded history, such as kvdist chaos writes: a file, or - for stdin. Says of each " +
    "guarantee whether the history keeps it (ok), cannot have been produced by a store that keeps " +
    "it (illegal, with the operations that cannot be ordered), or that this could not be decided " +
    "(unknown, and why).",
    "Exits with 0 if all is ok, 1 if something is illegal, 3 if something is unknown, 2 if it is " +
    "no history.",
  ],
  lists: [
    {
      title: "Guarantees",
      entries: [
        [
          "linearizable",
          "Each key by itself: a linearizable read sees what was answered at sequential or " +
          "linearizable before it began.",
        ],
        [
          "sequential",
          "All keys together: the operations at sequential or above fit into one order that " +
          "keeps each client's own; answered writes stand in the order of real time. A client " +
          "that changes the replica without a session token counts as another one.",
        ],
        [
          "session",
          "Operations with a session token, at any level: read your writes, monotonic reads, " +
          "monotonic writes, writes follow reads.",
        ],
        ["convergence", "At the end all replicas hold the same."],
        [
          "present",
          "What was answered ok is there, once; what failed is not; nothing was read that " +
          "nobody had written.",
        ],
      ],
    },
    {
      title: "A history is JSON, an object on each line, in the order of real time",
      entries: [
        ['{"history":1,"replicas":3}', "The first line."],
        [
          '{"type":"invoke","process":4,"at":1200,"op":"set","key":"k","value":"v","level":"sequential","replica":0}',
          "An operation begins: op is set, get or delete; at is in microseconds. Also, if so: " +
          '"session":true (it carries a token), "id" (names a write; tries of one write have one ' +
          'id), "client" (processes that share a connection).',
        ],
        [
          '{"type":"ok","process":4,"at":1950}',
          'It was done. Of a get with "value": what was read, null if there is no such key.',
        ],
        [
          '{"type":"fail","process":4,"at":1950,"code":"no_quorum"}',
          "It certainly did not happen.",
        ],
        ['{"type":"info","process":4,"at":1950,"code":"timeout"}', "It may have, or may still."],
        [
          '{"type":"order","index":17,"op":"set","key":"k","value":"v","id":"4.1"}',
          "What was delivered at this place of the total order, from index 1 on. Also op delete, " +
          "and op fence with only an id.",
        ],
        ['{"type":"final","replica":2}', "What replica 2 holds at the end follows, whole:"],
        ['{"type":"final","replica":2,"key":"k","value":"v"}', "a line for each key."],
      ],
    },
  ],
  flags: FLAGS,
  examples: [
    ["kvdist check history.jsonl", "judge it by everything that it tells"],
    [
      "kvdist check history.jsonl --only linearizable --smallest part.jsonl",
      "and keep what is wrong",
    ],
    ["zcat history.jsonl.gz | kvdist check -", "from another program"],
  ],
} as const;

/** The subcommand. */
export const check: Command = {
  name: "check",
  summary: "judge a recorded history: is it linearizable, sequential, is nothing lost",
  help: () => helpText(HELP),
  run,
};

async function run(argv: readonly string[]): Promise<number> {
  const { flags, args } = parseFlags(FLAGS, argv);
  const [path, ...rest] = args;
  if (path === undefined) throw new UsageError("which history? Name a file, or - for stdin");
  if (rest.length > 0) throw new UsageError(`check takes one history, and got ${args.join(" ")}`);
  const only = readOnly(flags.only);
  checkResultFiles([flags.smallest], path === STDIN ? [] : [path]);
  const meter = new Meter();
  try {
    const whole = await readHistory(path, (share) => meter.show("reading", share));
    const history = flags.key === undefined ? whole : ofKey(whole, flags.key);
    const verdicts = judge(history, {
      only,
      progress: (guarantee, share) => meter.show(`judging: ${guarantee}`, share),
    });
    meter.show("looking for the smallest part", null);
    const { smallest: file } = flags;
    const smallest = file === undefined ? null : writeSmallest(history, verdicts, file);
    meter.end();
    printWhileRead(() => tell({ path, history, verdicts, smallest }, flags));
    return EXITS[worst(verdicts)];
  } finally {
    meter.end();
  }
}

const EXITS: Readonly<Record<Verdict["verdict"], number>> = {
  ok: EXIT_OK,
  illegal: EXIT_FAILED,
  unknown: EXIT_INCONCLUSIVE,
};

function readOnly(values: readonly string[]): readonly Guarantee[] {
  const names = values.flatMap((value) => value.split(","));
  if (names.length === 0) return GUARANTEES;
  return names.map((name) => {
    if (isGuarantee(name)) return name;
    throw new UsageError(
      `--only must be of ${GUARANTEES.join(", ")}, and is ${JSON.stringify(name)}` +
        didYouMean(name, GUARANTEES),
    );
  });
}

function ofKey(history: History, name: string): History {
  const key = history.keys.find(name);
  if (key === undefined) throw new UsageError(`the history has no key ${JSON.stringify(name)}`);
  return historyOf(keyPart(history, key));
}

/** The smallest part that was written, and of what. */
interface Smallest {
  readonly file: string;
  readonly guarantee: Guarantee;
  readonly operations: number;
}

/** Writes the smallest part that breaks the first broken guarantee; null if none is. */
function writeSmallest(history: History, verdicts: Verdicts, file: string): Smallest | null {
  for (const guarantee of GUARANTEES) {
    const verdict = verdicts[guarantee];
    if (verdict?.verdict !== "illegal") continue;
    const lines = shrink(history, guarantee, verdict.violation);
    writeResult(file, lines.map(encodeLine).join(""));
    const operations = lines.filter((line) => line.type === "invoke").length;
    return { file, guarantee, operations };
  }
  return null;
}

/** All that is told. */
interface Told {
  readonly path: string;
  readonly history: History;
  readonly verdicts: Verdicts;
  readonly smallest: Smallest | null;
}

function tell({ path, history, verdicts, smallest }: Told, flags: CheckFlags): void {
  const { tries, keys, header: { replicas } } = history;
  const processes = new Set(tries.process).size;
  if (flags.json) {
    json({ ...verdictsForm(history, verdicts), ...(smallest === null ? {} : { smallest }) });
    return;
  }
  print(
    `${path === STDIN ? "stdin" : printable(path)}: ${counted(tries.count, "operation")} of ` +
      `${counted(processes, "process", "processes")} on ${counted(keys.count, "key")}, ` +
      counted(replicas, "replica"),
  );
  print("");
  for (const line of verdictLines(verdicts, paint)) print(line);
  for (const guarantee of GUARANTEES) {
    const verdict = verdicts[guarantee];
    if (verdict?.verdict !== "illegal") continue;
    print("");
    print(styled("bold", `${guarantee} is broken:`));
    for (const line of violationLines(history, verdict.violation)) print(line);
  }
  if (smallest === null) return;
  print("");
  print(
    `${printable(smallest.file)} has the smallest part that breaks ${smallest.guarantee}: ` +
      counted(smallest.operations, "operation"),
  );
}

const STYLES: Readonly<Record<Verdict["verdict"], Style>> = {
  ok: "green",
  illegal: "red",
  unknown: "yellow",
};

function paint(verdict: Verdict["verdict"]): string {
  return styled(STYLES[verdict], verdict);
}
