/**
 * `kvdist chaos`: faults for a cluster of real processes, and whether it keeps its word.
 *
 * @module
 */

import { conclude, type Concluded, type Judged } from "../chaos/conclusion.ts";
import { judgeRun } from "../chaos/judgement.ts";
import { SEEDS } from "../chaos/random.ts";
import { runChaos, type RunEvents, type RunOptions, type RunReport } from "../chaos/run.ts";
import { encodeLine } from "../check/history.ts";
import { UsageError } from "../errors.ts";
import { SHOW_LINES_MAX } from "../limits.ts";
import { beginTrace } from "../trace/file.ts";
import { progressLine } from "../show/bar.ts";
import { count, counted, roundDuration } from "../show/quantity.ts";
import { type ChaosFlags, FLAGS, readFaults } from "./chaos/flags.ts";
import { runFolder } from "./chaos/folder.ts";
import { ownProgram } from "./chaos/own_program.ts";
import { reportLines } from "./chaos/report.ts";
import { readHistory } from "./check/read_history.ts";
import { firstFaultMs, headerOf, readTrace } from "./show/read_trace.ts";
import { brokenAtUs, type KnownVerdicts } from "./show/verdicts.ts";
import { writeReport } from "./show/write_report.ts";
import { type Command, EXIT_FAILED, EXIT_INCONCLUSIVE, EXIT_OK } from "./command.ts";
import { parseFlags } from "./flags.ts";
import { traceIn } from "./own_cluster.ts";
import { helpText } from "./help.ts";
import { interruptible } from "./interrupt.ts";
import {
  columns,
  json,
  note,
  print,
  printWhileRead,
  progress,
  type Style,
  styled,
} from "./output.ts";
import {
  checkKept,
  checkResultFiles,
  copyResult,
  whereResultsAre,
  writeResult,
} from "./result_file.ts";
import { printable } from "./text.ts";

const HELP = {
  usage: ["kvdist chaos [FLAGS]"],
  about: [
    "Starts a cluster of processes on this machine, loads it with clients at all levels, and " +
    "lets faults come: kill -9 of one, some or all replicas, processes stopped in their tracks, " +
    "links cut one way or both and made slow, folders deleted. Then heals everything, waits " +
    "until all replicas are whole and equal, and checks the recorded history against what each " +
    "level promises.",
    "Exits with 0 if all was kept, 1 on a violation, 3 if too little was tried to tell.",
  ],
  lists: [{
    title: "Kinds of faults",
    entries: [
      ["kill", "SIGKILL of one, some or all replicas, which are started again"],
      ["pause", "SIGSTOP and SIGCONT, likewise"],
      [
        "cut",
        "Links, replicas or halves cut off, one way or both; what was under way comes late or is lost",
      ],
      ["slow", "Links made slower, by up to almost the suspicion time"],
      ["wipe", "SIGKILL, and the folder deleted; never so many that a majority of disks is lost"],
    ] as const,
  }],
  flags: FLAGS,
  examples: [
    ["kvdist chaos --duration 20s", "enough to tell"],
    ["kvdist chaos --seed 7 --replicas 5 --duration 10m", "the faults of a seed, for long"],
    ["kvdist chaos --faults kill,wipe", "only these"],
    ["kvdist chaos --duration 10s --html run.html", "and a page that shows what happened"],
  ],
} as const;

/** The subcommand. */
export const chaos: Command = {
  name: "chaos",
  summary: "let faults come over a cluster of processes, and check what it promised",
  help: () => helpText(HELP),
  run,
};

async function run(argv: readonly string[]): Promise<number> {
  const { flags, args } = parseFlags(FLAGS, argv);
  if (args.length > 0) throw new UsageError(`chaos takes no arguments, and got ${args[0]}`);
  const faults = readFaults(flags.faults);
  checkResultFiles([flags.history, smallestFile(flags), flags.trace, flags.html]);
  checkKept(flags.history);
  return await interruptible((signal) => runIn(flags, faults, signal));
}

async function runIn(
  flags: ChaosFlags,
  faults: RunOptions["faults"],
  signal: AbortSignal,
): Promise<number> {
  const folder = await runFolder(flags.data);
  const seed = flags.seed ?? Math.floor(Math.random() * SEEDS);
  note(
    `seed ${seed}: ${counted(flags.replicas, "replica")}, ${counted(flags.clients, "client")}, ` +
      `${roundDuration(flags.duration)} of ${faults.join(", ")}`,
  );
  let found = false;
  const trace = traceOf(flags, folder.path);
  try {
    const report = await runChaos({
      ...flags,
      seed,
      faults,
      durationMs: flags.duration,
      trace,
      data: folder.path,
      isTemporary: folder.isTemporary,
      program: ownProgram(folder.path),
      serveFlags: [
        ...["--fsync", flags.fsync, "--suspect-after", `${flags["suspect-after"]}ms`],
        ...(trace === undefined ? [] : ["--trace", trace]),
      ],
      signal,
      events: teller(flags),
    });
    const checking = (what: string) => progress(`checking the history: ${what}`);
    const read = await readHistory(flags.history, () => checking("reading"));
    const { verdicts, judged, smallest } = judgeRun(read, checking);
    progress(null);
    if (smallest !== null) {
      writeResult(smallestFile(flags), smallest.map(encodeLine).join(""));
    }
    const concluded = conclude(report, judged, {
      kinds: faults,
      faults: flags["faults-min"],
      operations: flags["operations-min"],
    });
    found = concluded.conclusion === "violation";
    if (trace !== undefined) {
      const known = { history: read, verdicts, beganUs: report.beganUs };
      keepTrace(trace, { ...flags, seed }, known);
    }
    printWhileRead(() => tell(flags, report, judged, concluded, smallest !== null));
    if (found && folder.isTemporary) note(`the replicas' folders and logs are in ${folder.path}`);
    return EXITS[concluded.conclusion];
  } finally {
    progress(null);
    if (!found) await folder.remove();
  }
}

/** Where the replicas tell what they do, if that is wanted: among their folders, which they may write. */
function traceOf({ trace, html, replicas }: ChaosFlags, folder: string): string | undefined {
  if (trace === undefined && html === undefined) return undefined;
  const path = traceIn(folder);
  beginTrace(path, { replicas, clients: "themselves" });
  return path;
}

/** So much of what was before that which is to be seen is drawn. */
const SHOWN_BEFORE_MS = 100;

/** What was told goes where it was asked for. */
function keepTrace(path: string, { trace, html, seed }: ChaosFlags, known: KnownVerdicts): void {
  if (html !== undefined) {
    progress("drawing");
    const fromMs = (brokenMs(path, known) ?? firstFaultMs(path) ?? 0) - SHOWN_BEFORE_MS;
    const read = readTrace([path], { fromMs, linesMax: SHOW_LINES_MAX });
    writeReport(html, read, `kvdist chaos, seed ${seed}`, known);
    progress(null);
  }
  if (trace !== undefined) copyResult(path, trace);
}

/** When in the trace what breaks a guarantee was asked; null if all are kept. */
function brokenMs(path: string, known: KnownVerdicts): number | null {
  const at = brokenAtUs(known);
  return at === null ? null : (at - headerOf(path).began) / 1000;
}

/** The exit code that says what was concluded. */
export const EXITS: Readonly<Record<Concluded["conclusion"], number>> = {
  good: EXIT_OK,
  violation: EXIT_FAILED,
  inconclusive: EXIT_INCONCLUSIVE,
};

function smallestFile({ history }: ChaosFlags): string {
  return `${history}.smallest`;
}

function teller(flags: ChaosFlags): RunEvents {
  return {
    phase: (text) => progress(text),
    line: (text) => flags.json || note(text),
    progress({ elapsedMs, faults, writes }) {
      const share = elapsedMs / flags.duration;
      const note = `${counted(faults, "fault")}, ${count(writes)} writes`;
      progress(progressLine({ label: "faults and load", share, note }, columns()));
    },
  };
}

function tell(
  flags: ChaosFlags,
  report: RunReport,
  judged: readonly Judged[],
  { conclusion, reasons }: Concluded,
  hasSmallest: boolean,
): void {
  const { history, trace, html } = flags;
  const smallest = hasSmallest ? smallestFile(flags) : null;
  if (flags.json) {
    json({ ...report, judged, conclusion, reasons, history, smallest, trace, html });
    return;
  }
  for (const line of reportLines(report, judged, paint)) print(line);
  print("");
  for (const line of reasons) print(`  ${line}`);
  const part = smallest === null ? "" : `, its smallest part in ${printable(smallest)}`;
  for (const line of whereResultsAre(flags)) print(line);
  print(`${paint(conclusion)}: seed ${report.seed}, history in ${printable(history)}${part}`);
}

const STYLES: Readonly<Record<Judged["verdict"] | Concluded["conclusion"], Style>> = {
  ok: "green",
  good: "green",
  illegal: "red",
  violation: "red",
  unknown: "yellow",
  inconclusive: "yellow",
};

function paint(verdict: keyof typeof STYLES): string {
  return styled(STYLES[verdict], verdict);
}
