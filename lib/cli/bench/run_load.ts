/**
 * `kvdist bench load`: many clients at once, and what they see.
 *
 * @module
 */

import { CONSISTENCY_LEVELS } from "../../consistency.ts";
import { FailedError } from "../../errors.ts";
import { VALUE_BYTES_MAX } from "../../limits.ts";
import { progressLine } from "../../show/bar.ts";
import { rate } from "../../show/quantity.ts";
import { WIDTH } from "../../show/text.ts";
import { EXIT_OK } from "../command.ts";
import { type FlagTable, parseFlags, type Values } from "../flags.ts";
import type { Help } from "../help.ts";
import { interruptible } from "../interrupt.ts";
import { columns, json, print, progress } from "../output.ts";
import { noArguments } from "./arguments.ts";
import { checkDescriptors, descriptorsFor, tooManyFiles } from "./descriptors.ts";
import { type LoadProgress, type LoadResult, type LoadSettings, MIXES } from "./load.ts";
import type { LoadNews, LoadOrder } from "./load_message.ts";
import { loadForm, loadLines } from "./load_report.ts";
import type { Place } from "./place.ts";
import { checkTargets, WHERE_FLAGS, withPlace } from "./where.ts";

const FLAGS = {
  clients: {
    kind: "count",
    value: "N",
    about: "How many clients, each a connection, spread over the replicas",
    min: 1,
    max: 100_000,
    default: 50,
  },
  pipeline: {
    kind: "count",
    value: "N",
    about: "Requests that each client has under way at once",
    min: 1,
    max: 1_000,
    default: 1,
  },
  mix: {
    kind: "choice",
    value: "MIX",
    about: "What they ask; mixed: half of it reads, half of it writes",
    choices: MIXES,
    default: "mixed",
  },
  "value-size": {
    kind: "count",
    value: "BYTES",
    about: "Bytes of each value",
    max: VALUE_BYTES_MAX,
    default: 64,
  },
  keys: {
    kind: "count",
    value: "N",
    about: "Different keys, bench:0 and so on, chosen at random; they stay on a --target",
    min: 1,
    max: 10_000_000,
    default: 10_000,
  },
  duration: {
    kind: "duration",
    value: "TIME",
    about: "How long to measure",
    min: 100,
    max: 86_400_000,
    default: 5_000,
  },
  "warm-up": {
    kind: "duration",
    value: "TIME",
    about: "How long to ask before",
    max: 3_600_000,
    default: 1_000,
  },
  consistency: {
    kind: "choice",
    value: "LEVEL",
    about: "The level of each request; sequential on replicas of its own, else the servers' own",
    choices: CONSISTENCY_LEVELS,
  },
  ...WHERE_FLAGS,
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
  ],
};

/** Carries it out. */
export async function benchLoad(argv: readonly string[]): Promise<number> {
  const { flags, args } = parseFlags(FLAGS, argv);
  noArguments("bench load", args);
  checkTargets(flags);
  const own = flags.target.length === 0;
  if (own) await checkDescriptors(flags.clients);
  const consistency = flags.consistency ?? "sequential";
  return await interruptible(async (signal) => {
    await withPlace(flags, { consistency, signal }, async (place, signal) => {
      const settings = settingsOf(flags, place);
      const result = await inWorker(settings, signal, own);
      if (flags.json) json(loadForm(place, settings, result));
      else for (const line of loadLines(place, settings, result)) print(line);
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

/** Makes the load in a worker; when the signal aborts, that one gives back what it has. */
async function inWorker(
  settings: LoadSettings,
  signal: AbortSignal,
  own: boolean,
): Promise<LoadResult> {
  const worker = new Worker(new URL("./load_worker.ts", import.meta.url), { type: "module" });
  const order = (order: LoadOrder) => worker.postMessage(order);
  const stop = () => order({ type: "stop" });
  signal.addEventListener("abort", stop);
  try {
    const { promise, resolve, reject } = Promise.withResolvers<LoadResult>();
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new FailedError(`the load's worker failed: ${event.message}`));
    };
    worker.onmessage = ({ data: news }: MessageEvent<LoadNews>) => {
      if (news.type === "progress") progress(progressOf(news.progress));
      else if (news.type === "done") resolve(news.result);
      else if (!news.tooManyFiles) reject(new FailedError(news.text));
      else reject(tooManyFiles(settings.clients, descriptorsFor(settings.clients, own)));
    };
    order({ type: "make", settings });
    return await promise;
  } finally {
    progress(null);
    signal.removeEventListener("abort", stop);
    worker.terminate();
  }
}

function progressOf({ phase, share, perSecond }: LoadProgress): string {
  const label = phase === "filling" ? "setting the keys" : phase;
  const note = perSecond > 0 ? rate(perSecond) : undefined;
  return progressLine({ label, share, note }, Math.min(WIDTH, columns()));
}
