/**
 * `kvdist bench load`: many clients at once, and what they see.
 *
 * @module
 */

import { CONSISTENCY_LEVELS } from "../../consistency.ts";
import { progressLine } from "../../show/bar.ts";
import { rate } from "../../show/quantity.ts";
import { WIDTH } from "../../show/text.ts";
import { EXIT_OK } from "../command.ts";
import { type FlagTable, parseFlags, type Values } from "../flags.ts";
import type { Help } from "../help.ts";
import { interruptible } from "../interrupt.ts";
import { columns, json, print, printWhileRead, progress } from "../output.ts";
import { checkResultFiles, writeResult } from "../result_file.ts";
import { noArguments } from "./arguments.ts";
import { checkDescriptors } from "./descriptors.ts";
import type { LoadProgress, LoadResult, LoadSettings } from "./load.ts";
import { LOAD_FLAGS } from "./load_flags.ts";
import { loadForm, loadLines, loadPage } from "./load_report.ts";
import { loadInThread } from "./load_thread.ts";
import { drawOptions, PICTURE_FLAGS } from "./pictures.ts";
import type { Place } from "./place.ts";
import { checkTargets, WHERE_FLAGS, withPlace } from "./where.ts";

const FLAGS = {
  ...LOAD_FLAGS,
  consistency: {
    kind: "choice",
    value: "LEVEL",
    about: "The level of each request; sequential on replicas of its own, else the servers' own",
    choices: CONSISTENCY_LEVELS,
  },
  ...WHERE_FLAGS,
  ...PICTURE_FLAGS,
  json: { kind: "boolean", about: "Print one line of JSON" },
} as const satisfies FlagTable;

type LoadFlags = Values<typeof FLAGS>;

/** The help text. */
export const LOAD_HELP: Help = {
  usage: ["kvdist bench load [FLAGS]"],
  about: [
    "Many clients ask at once, each again as soon as it is answered. Says how many answers came " +
    "in a second and how long they took. The clients are a thread of their own; how much of a " +
    "core that took stands below the figures: near a whole one, it is the clients that are slow.",
  ],
  flags: FLAGS,
  examples: [
    ["kvdist bench load --clients 50 --mix write", "writes only, on replicas of its own"],
    [
      "kvdist bench load --target 127.0.0.1:9889 --clients 1000 --duration 30s",
      "a thousand clients on a running server",
    ],
    ["kvdist bench load --mix read --html reads.html", "with a page of the pictures"],
  ],
};

/** Carries it out. */
export async function benchLoad(argv: readonly string[]): Promise<number> {
  const { flags, args } = parseFlags(FLAGS, argv);
  noArguments("bench load", args);
  checkTargets(flags);
  checkResultFiles([flags.html, flags.trace]);
  const own = flags.target.length === 0;
  if (own) await checkDescriptors(flags.clients);
  const consistency = flags.consistency ?? "sequential";
  return await interruptible(async (signal) => {
    await withPlace(flags, { consistency, signal }, async (place, signal) => {
      const settings = settingsOf(flags, place);
      const result = await measured(settings, signal, own);
      printWhileRead(() => {
        if (flags.json) json(loadForm(place, settings, result));
        else for (const line of loadLines(place, settings, result, drawOptions(flags))) print(line);
      });
      if (flags.html !== undefined) writeResult(flags.html, loadPage(place, settings, result));
    });
    return EXIT_OK;
  });
}

function settingsOf(flags: LoadFlags, { targets, status }: Place): LoadSettings {
  return {
    targets,
    clients: flags.clients,
    pipeline: flags.pipeline,
    mix: flags.mix,
    valueBytes: flags["value-size"],
    keys: flags.keys,
    warmUpMs: flags["warm-up"],
    durationMs: flags.duration,
    consistency: flags.consistency ?? status.consistency,
  };
}

async function measured(
  settings: LoadSettings,
  signal: AbortSignal,
  own: boolean,
): Promise<LoadResult> {
  try {
    const tell = (now: LoadProgress) => progress(progressOf(now));
    return await loadInThread(settings, { signal, own, tell });
  } finally {
    progress(null);
  }
}

function progressOf({ phase, share, perSecond }: LoadProgress): string {
  const label = phase === "filling" ? "setting the keys" : phase;
  const note = perSecond > 0 ? rate(perSecond) : undefined;
  return progressLine({ label, share, note }, Math.min(WIDTH, columns()));
}
