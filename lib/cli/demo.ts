/**
 * `kvdist demo`: shows on a cluster of its own what a level of consistency means.
 *
 * @module
 */

import { UsageError } from "../errors.ts";
import { counted } from "../show/quantity.ts";
import { labelled, WIDTH } from "../show/text.ts";
import { type Command, EXIT_FAILED, EXIT_OK } from "./command.ts";
import { DEMOS, type PlacedDemo } from "./demo/demos.ts";
import { judgeAsAsked, type Judged } from "./demo/judged.ts";
import { Picture } from "./demo/picture.ts";
import { ATTEMPTS_MAX, type Paint, play, type Played, playedForm, summary } from "./demo/play.ts";
import { withProcesses } from "./demo/processes.ts";
import { DemoRecord } from "./demo/record.ts";
import type { Demo, Verdict } from "./demo/scene.ts";
import type { Scenery } from "./demo/scenery.ts";
import { Stage, type Teller } from "./demo/stage.ts";
import { withThreads } from "./demo/threads.ts";
import { type FlagTable, parseFlags, type Values } from "./flags.ts";
import { definitions, helpText } from "./help.ts";
import { interruptible } from "./interrupt.ts";
import { didYouMean } from "./nearest.ts";
import { paintDiagram } from "./show/paint.ts";
import { beganOf } from "./show/read_trace.ts";
import { writeReport } from "./show/write_report.ts";
import {
  columns,
  isTerminal,
  json,
  print,
  printWhileRead,
  progress,
  type Style,
  styled,
} from "./output.ts";
import { checkResultFiles, whereResultsAre, writeResult } from "./result_file.ts";
import { printable } from "./text.ts";

const DELAY_MS_MAX = 600_000;

/** A request's time limit beyond the delay: no verdict rests on it. */
const PATIENCE_MS = 30_000;

const FLAGS = {
  delay: {
    kind: "duration",
    value: "TIME",
    about: "How much later a replica applies what it has delivered, in the demos about that; " +
      "5 s in stale and 2 s in the others if not given",
    min: 10,
    max: DELAY_MS_MAX,
  },
  scene: { kind: "count", value: "N", about: "Only this scene", min: 1 },
  history: {
    kind: "text",
    value: "FILE",
    about: "Write what the clients asked and were told, for kvdist check FILE",
  },
  json: { kind: "boolean", about: "Print a line of JSON for each scene, and one in the end" },
  trace: {
    kind: "text",
    value: "FILE",
    about: "Write also what the replicas did, for kvdist show FILE",
  },
  html: {
    kind: "text",
    value: "FILE",
    about: "Write a page that draws what happened: one file that needs nothing else",
  },
  plain: { kind: "boolean", about: "Only lines: no countdown, no diagram" },
} as const satisfies FlagTable;

type DemoFlags = Values<typeof FLAGS>;

/** The subcommand. */
export const demo: Command = {
  name: "demo",
  summary: "show on a cluster of its own what a level of consistency means",
  help: () =>
    helpText({
      usage: ["kvdist demo", "kvdist demo NAME [FLAGS]"],
      about: [
        "Without a name, lists the demos. With one, starts replicas of its own in a temporary " +
        "folder and on free ports, plays scenes on them, and says of each what is predicted, " +
        "what was observed, and whether that agrees. Then the checker says, from the recorded " +
        "history, what each level would have had to rule out. Exits with 0 only if all is as " +
        "predicted and the history keeps what was asked for in it.",
      ],
      lists: [{ title: "Demos", entries: entries() }],
      flags: FLAGS,
      examples: [
        ["kvdist demo stale", "three scenes, about a quarter of a minute"],
        ["kvdist demo stale --delay 1s --scene 2", "one scene, quickly"],
        ["kvdist demo crash", "replicas as processes, killed and started again"],
        ["kvdist demo stale --html stale.html", "and a page that shows every message"],
        ["kvdist demo partition --history cut.jsonl", "for kvdist check cut.jsonl"],
      ],
    }),
  run,
};

/** The demos by name, each with its summary. */
function entries(): [string, string][] {
  return DEMOS.map(({ demo: { name, summary } }) => [name, summary]);
}

async function run(argv: readonly string[]): Promise<number> {
  const { flags, args } = parseFlags(FLAGS, argv);
  const [name, ...rest] = args;
  if (name === undefined) return list(flags);
  if (rest.length > 0) throw new UsageError(`demo takes one name, and got ${args.join(" ")}`);
  const placed = DEMOS.find(({ demo }) => demo.name === name);
  if (placed === undefined) {
    const names = DEMOS.map(({ demo }) => demo.name);
    throw new UsageError(`no demo is called ${name}${didYouMean(name, names)}`);
  }
  const { demo } = placed;
  if (flags.delay !== undefined && demo.delayMs === null) {
    throw new UsageError(`--delay says nothing in ${name}: no replica is late there`);
  }
  const scenes = scenesOf(demo, flags.scene);
  checkResultFiles([flags.history, flags.trace, flags.html]);
  return await interruptible((signal) => show(placed, scenes, flags, signal));
}

function list(flags: DemoFlags): number {
  if (flags.json) {
    json({
      demos: DEMOS.map(({ demo: { name, summary, scenes } }) => ({
        name,
        summary,
        scenes: scenes.length,
      })),
    });
  } else {
    for (const line of definitions(entries())) print(line);
    print("");
    print("Run one with kvdist demo NAME, such as: kvdist demo stale");
  }
  return EXIT_OK;
}

function scenesOf(
  { name, scenes }: Pick<Demo<never>, "name" | "scenes">,
  only: number | undefined,
): number[] {
  const all = scenes.map((_, i) => i + 1);
  if (only === undefined) return all;
  if (only > all.length) {
    throw new UsageError(`--scene is ${only}, and ${name} has ${counted(all.length, "scene")}`);
  }
  return [only];
}

async function show(
  { on, demo }: PlacedDemo,
  scenes: readonly number[],
  flags: DemoFlags,
  signal: AbortSignal,
): Promise<number> {
  const { name, replicas } = demo;
  const delayMs = flags.delay ?? demo.delayMs ?? 0;
  // The last attempt's delay is twice as long for each before it.
  const requestTimeoutMs = delayMs * 2 ** (ATTEMPTS_MAX - 1) + PATIENCE_MS;
  const record = new DemoRecord({ replicas, demo: name });
  const teller = tellerFor(flags);
  const plan = { scenes, flags, record, teller, delayMs };
  const options = { replicas, requestTimeoutMs, record };
  teller.progress("starting the replicas");
  try {
    const results = on === "threads"
      ? await withThreads(options, signal, (threads, signal) => playOn(demo, threads, signal, plan))
      : await withProcesses(
        options,
        signal,
        (processes, signal) => playOn(demo, processes, signal, plan),
      );
    if (flags.history !== undefined) writeResult(flags.history, record.text());
    const concluded = conclusion(name, results, judgeAsAsked(record.lines()));
    printWhileRead(() => conclude(concluded, flags));
    return concluded.ok ? EXIT_OK : EXIT_FAILED;
  } finally {
    teller.progress(null);
  }
}

/** How a demo is to be played. */
interface Plan {
  readonly scenes: readonly number[];
  readonly flags: DemoFlags;
  readonly record: DemoRecord;
  readonly teller: Teller;
  readonly delayMs: number;
}

async function playOn<S extends Scenery>(
  demo: Demo<S>,
  scenery: S,
  signal: AbortSignal,
  { scenes, flags, record, teller, delayMs }: Plan,
): Promise<Played[]> {
  const failure = new AbortController();
  const stage = new Stage({
    ...{ scenery, teller, record, delayMs },
    signal: AbortSignal.any([signal, failure.signal]),
  });
  const isDrawn = !flags.plain && !flags.json;
  const pictured = {
    width: teller.width,
    paint: paintDiagram,
    line: (text: string) => teller.line(text),
    failed: (error: unknown) => failure.abort(error),
  };
  const results = await play(demo, {
    scenes,
    stage,
    ...(isDrawn && {
      draw: (stage: Stage<S>, { readsAlways = false }) =>
        new Picture(stage, { ...pictured, reads: !readsAlways }),
    }),
    teller,
    paint: PAINT,
    played: (played) => flags.json && tell(flags, () => json(playedForm(demo, played))),
  });
  await record.addFinals(scenery);
  if (flags.trace !== undefined) writeResult(flags.trace, record.traceText());
  if (flags.html !== undefined) {
    const lines = record.trace();
    const trace = { replicas: demo.replicas, began: beganOf(lines), lines, before: 0, leftOut: 0 };
    const title = `kvdist demo ${demo.name}: ${demo.summary}`;
    writeReport(flags.html, trace, title);
  }
  // The replicas go, and with them what could still be read.
  record.collect = () => {};
  return results;
}

/** What came of it all. */
interface Concluded {
  readonly demo: string;
  readonly results: readonly Played[];
  readonly judged: readonly Judged[];
  readonly asPredicted: number;
  readonly ok: boolean;
}

function conclusion(
  demo: string,
  results: readonly Played[],
  judged: readonly Judged[],
): Concluded {
  const asPredicted = results.filter(({ verdict }) => verdict === "as predicted").length;
  const kept = judged.every(({ verdict }) => verdict === "ok");
  return { demo, results, judged, asPredicted, ok: asPredicted === results.length && kept };
}

function conclude({ demo, results, judged, asPredicted, ok }: Concluded, flags: DemoFlags): void {
  const { history, trace, html } = flags;
  if (flags.json) {
    const files = { ...(history && { history }), ...(trace && { trace }), ...(html && { html }) };
    json({ demo, scenes: results.length, asPredicted, judged, ...files, ok });
  } else {
    print("");
    for (const line of summary(results, PAINT, terminalWidth())) print(line);
    print("");
    for (const line of keptLines(judged)) print(line);
    for (const line of whereResultsAre(flags)) print(line);
    if (history !== undefined) {
      const path = printable(history);
      print(`The history is in ${path}: kvdist check ${path}`);
    }
    print(`${asPredicted} of ${counted(results.length, "scene")} as predicted`);
  }
}

/** What the history keeps of what was asked for: here, illegal is a mistake of kvdist. */
function keptLines(judged: readonly Judged[]): string[] {
  const paint = (verdict: Judged["verdict"]) =>
    styled(verdict === "illegal" ? "red" : STYLES[verdict], verdict);
  const tried = judged.filter((one) => one.judged > 0);
  const words = tried.map(({ guarantee, verdict }) => `${guarantee} ${paint(verdict)}`);
  return [
    "The whole history, held to what was asked for in it:",
    `  ${words.join(", ")}`,
    ...tried.flatMap(({ guarantee, words }) =>
      words === null ? [] : labelled(`  ${guarantee}: `, words)
    ),
  ];
}

/** Whoever asked for files gets them, though nobody reads what is printed. */
function tell({ history, trace, html }: DemoFlags, say: () => void): void {
  if ((history ?? trace ?? html) === undefined) say();
  else printWhileRead(say);
}

function tellerFor(flags: DemoFlags): Teller {
  return {
    live: isTerminal("stderr") && !flags.plain,
    width: terminalWidth(),
    line(text) {
      // Both may be one terminal: the line must not stand behind the countdown.
      progress(null);
      if (!flags.json) tell(flags, () => print(text));
    },
    progress: (text) => progress(text),
  };
}

function terminalWidth(): number {
  return Math.min(WIDTH, columns());
}

const STYLES: Readonly<Record<Verdict | Judged["verdict"], Style>> = {
  "as predicted": "green",
  "not as predicted": "red",
  "inconclusive": "yellow",
  "ok": "green",
  "illegal": "yellow",
  "unknown": "yellow",
};

const PAINT: Paint = {
  title: (text) => styled("bold", text),
  verdict: (verdict) => styled(STYLES[verdict], verdict),
  judged: (verdict) => styled(STYLES[verdict], verdict),
};
