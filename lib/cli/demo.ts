/**
 * `kvdist demo`: shows on a cluster of its own what a level of consistency means.
 *
 * @module
 */

import { UsageError } from "../errors.ts";
import { counted } from "../show/quantity.ts";
import { WIDTH } from "../show/text.ts";
import { type Command, EXIT_FAILED, EXIT_OK } from "./command.ts";
import { ATTEMPTS_MAX, play, type Played, playedForm, summary } from "./demo/play.ts";
import type { Demo, Verdict } from "./demo/scene.ts";
import { ClusterScenery } from "./demo/scenery.ts";
import { Stage, type Teller } from "./demo/stage.ts";
import { stale } from "./demo/stale.ts";
import { type FlagTable, parseFlags, type Values } from "./flags.ts";
import { definitions, helpText } from "./help.ts";
import { interruptible } from "./interrupt.ts";
import { didYouMean } from "./nearest.ts";
import { columns, isTerminal, json, print, progress, type Style, styled } from "./output.ts";
import { withOwnCluster } from "./own_cluster.ts";

/** All demos, in the order in which one should see them. */
const DEMOS: readonly Demo[] = [stale];

const DELAY_MS_MAX = 600_000;

/** A request's time limit beyond the delay: no verdict rests on it. */
const PATIENCE_MS = 30_000;

const FLAGS = {
  delay: {
    kind: "duration",
    value: "TIME",
    about: "How much later a replica applies what it has delivered",
    min: 10,
    max: DELAY_MS_MAX,
    default: 5_000,
  },
  scene: { kind: "count", value: "N", about: "Only this scene", min: 1 },
  json: { kind: "boolean", about: "Print a line of JSON for each scene, and one in the end" },
  plain: { kind: "boolean", about: "Only lines: no countdown" },
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
        "what was observed, and whether that agrees. Exits with 0 only if all does.",
      ],
      lists: [{ title: "Demos", entries: DEMOS.map(({ name, summary }) => [name, summary]) }],
      flags: FLAGS,
      examples: [
        ["kvdist demo stale", "three scenes, about a quarter of a minute"],
        ["kvdist demo stale --delay 1s --scene 2", "one scene, quickly"],
      ],
    }),
  run,
};

async function run(argv: readonly string[]): Promise<number> {
  const { flags, args } = parseFlags(FLAGS, argv);
  const [name, ...rest] = args;
  if (name === undefined) return list(flags);
  if (rest.length > 0) throw new UsageError(`demo takes one name, and got ${args.join(" ")}`);
  const demo = DEMOS.find((demo) => demo.name === name);
  if (demo === undefined) {
    const names = DEMOS.map(({ name }) => name);
    throw new UsageError(`no demo is called ${name}${didYouMean(name, names)}`);
  }
  const scenes = scenesOf(demo, flags.scene);
  return await interruptible((signal) => show(demo, scenes, flags, signal));
}

function list(flags: DemoFlags): number {
  if (flags.json) {
    json({
      demos: DEMOS.map(({ name, summary, scenes }) => ({ name, summary, scenes: scenes.length })),
    });
  } else {
    for (const line of definitions(DEMOS.map(({ name, summary }) => [name, summary]))) print(line);
    print("");
    print("Run one with kvdist demo NAME, such as: kvdist demo stale");
  }
  return EXIT_OK;
}

function scenesOf(demo: Demo, only: number | undefined): number[] {
  const all = demo.scenes.map((_, i) => i + 1);
  if (only === undefined) return all;
  if (only > all.length) {
    throw new UsageError(
      `--scene is ${only}, and ${demo.name} has ${counted(all.length, "scene")}`,
    );
  }
  return [only];
}

async function show(
  demo: Demo,
  scenes: readonly number[],
  flags: DemoFlags,
  signal: AbortSignal,
): Promise<number> {
  // The last attempt's delay is twice as long for each before it.
  const requestTimeoutMs = flags.delay * 2 ** (ATTEMPTS_MAX - 1) + PATIENCE_MS;
  const options = {
    replicas: demo.replicas,
    consistency: "sequential",
    store: "sqlite",
    fsync: "always",
    requestTimeoutMs,
    applyDelayMs: 0,
  } as const;
  const teller = tellerFor(flags);
  teller.progress("starting the replicas");
  const results = await withOwnCluster(options, signal, async (cluster, signal) => {
    await using scenery = new ClusterScenery(cluster, { requestTimeoutMs });
    try {
      return await play(demo, {
        scenes,
        stage: new Stage({ scenery, teller, delayMs: flags.delay, signal }),
        teller,
        paint: { title: (text) => styled("bold", text), verdict: paintVerdict },
        played: (played) => flags.json && json(playedForm(demo, played)),
      });
    } finally {
      teller.progress(null);
    }
  });
  return conclude(demo, results, flags);
}

/** Says what came of it all. */
function conclude(demo: Demo, results: readonly Played[], flags: DemoFlags): number {
  const asPredicted = results.filter(({ verdict }) => verdict === "as predicted").length;
  const ok = asPredicted === results.length;
  if (flags.json) {
    json({ demo: demo.name, scenes: results.length, asPredicted, ok });
  } else {
    print("");
    for (const line of summary(results, paintVerdict)) print(line);
    print("");
    print(`${asPredicted} of ${counted(results.length, "scene")} as predicted`);
  }
  return ok ? EXIT_OK : EXIT_FAILED;
}

function tellerFor(flags: DemoFlags): Teller {
  return {
    live: isTerminal("stderr") && !flags.plain,
    width: Math.min(WIDTH, columns()),
    line(text) {
      // Both may be one terminal: the line must not stand behind the countdown.
      progress(null);
      if (!flags.json) print(text);
    },
    progress: (text) => progress(text),
  };
}

const STYLES: Readonly<Record<Verdict, Style>> = {
  "as predicted": "green",
  "not as predicted": "red",
  "inconclusive": "yellow",
};

function paintVerdict(verdict: Verdict): string {
  return styled(STYLES[verdict], verdict);
}
