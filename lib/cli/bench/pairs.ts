/**
 * The paper's experiment: one client alternates set and get, and it is counted how long that takes
 * in each level and which reads saw what had just been written.
 *
 * @module
 */

import type { Client } from "../../client/mod.ts";
import type { Consistency } from "../../consistency.ts";
import { FailedError } from "../../errors.ts";
import { count, counted, milliseconds, percent, ratio } from "../../show/quantity.ts";
import type { Column } from "../../show/table.ts";
import type { Latency } from "./latency.ts";

/** What the experiment asks of a replica. No session: in `eventual` nothing may mend the reads. */
export type PlainClient = Pick<Client, "set" | "get">;

/** The levels compared, the base of the ratio first. */
export const LEVELS = ["eventual", "sequential"] as const satisfies readonly Consistency[];

/** One of {@linkcode LEVELS}. */
export type Level = typeof LEVELS[number];

/** The paper's own figures, measured on its authors' machine. */
export const PAPER = {
  pairs: 100,
  eventual: { elapsedMs: 544, lastRead: 27 },
  sequential: { elapsedMs: 2068 },
  ratio: 3.8,
} as const;

/** One run of one level. */
export interface Run {
  readonly level: Consistency;
  /** From the first set asked to the last get answered. */
  readonly elapsedMs: number;
  /** Reads that gave what the write before them had set. */
  readonly ownReads: number;
  /** What the last read gave. */
  readonly lastRead: number;
  /** From the last `STORED` until every replica looked at held the last value. */
  readonly settledMs: number;
}

/** How a run is made. */
export interface RunOptions {
  readonly level: Consistency;
  readonly pairs: number;
  readonly key: string;
  /** The one that sets and gets. */
  readonly client: PlainClient;
  /** One at each replica that is looked at, on connections of their own. */
  readonly observers: readonly PlainClient[];
  readonly signal: AbortSignal;
  /** Takes in how long each pair took. */
  readonly latency: Latency;
  /** Called after each pair. */
  readonly onPair?: () => void;
}

/** Between two looks at a replica. */
const LOOK_MS = 1;
/** A replica that does not hold everything by then never will. */
const SETTLE_MS_MAX = 60_000;

/** Runs the pairs once, from a state in which every replica holds 0. */
export async function runPairs(options: RunOptions): Promise<Run> {
  const { level, pairs, key, client, observers, signal, latency } = options;
  const request = { consistency: level };
  await client.set(key, "0", { consistency: "sequential" });
  await settled(observers, key, "0", signal);

  let ownReads = 0;
  let lastRead = 0;
  let settling: Promise<number> = Promise.resolve(0);
  const begin = performance.now();
  let before = begin;
  for (let i = 1; i <= pairs; i++) {
    signal.throwIfAborted();
    await client.set(key, `${i}`, request);
    if (i === pairs) settling = settled(observers, key, `${i}`, signal);
    const read = await client.get(key, request);
    if (read === `${i}`) ownReads++;
    lastRead = Number(read);
    const now = performance.now();
    latency.record(now - before);
    before = now;
    options.onPair?.();
  }
  const elapsedMs = before - begin;
  return { level, elapsedMs, ownReads, lastRead, settledMs: await settling };
}

/** Several runs of one level, each figure by its median. */
export interface Summary {
  readonly level: Consistency;
  readonly rounds: number;
  readonly elapsedMs: Spread;
  readonly ownReads: Spread;
  readonly lastRead: Spread;
  readonly settledMs: Spread;
}

/** Where values lie. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Sums up the runs of one level. */
export function summarize(level: Consistency, runs: readonly Run[]): Summary {
  const own = runs.filter((run) => run.level === level);
  const figure = (of: (run: Run) => number) => spread(own.map(of));
  return {
    level,
    rounds: own.length,
    elapsedMs: figure((run) => run.elapsedMs),
    ownReads: figure((run) => run.ownReads),
    lastRead: figure((run) => run.lastRead),
    settledMs: figure((run) => run.settledMs),
  };
}

/** Median, least and most; of an even number, the mean of the two in the middle. */
export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const median = sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  return { median, min: sorted[0], max: sorted[sorted.length - 1] };
}

/** The columns of the table: both levels, beside the paper's. */
export const PAIRS_COLUMNS: readonly Column[] = [
  { title: "" },
  ...["eventual", "sequential", "paper: ev.", "seq."]
    .map((title) => ({ title, align: "right" } as const)),
];

/** The table's rows: a figure each. */
export function pairsRows(pairs: number, eventual: Summary, sequential: Summary): string[][] {
  const both = (of: (summary: Summary) => string) => [of(eventual), of(sequential)];
  const paper = [PAPER.eventual, PAPER.sequential].map(({ elapsedMs }) => milliseconds(elapsedMs));
  return [
    [
      `${counted(pairs, "pair")}, ms`,
      ...both(({ elapsedMs }) => milliseconds(elapsedMs.median)),
      ...paper,
    ],
    ["  least … most", ...both(({ elapsedMs }) => range(elapsedMs))],
    ["reads of one's own write", ...both(({ ownReads }) => percent(ownReads.median / pairs))],
    [
      "the last read gave",
      ...both(({ lastRead }) => count(lastRead.median)),
      count(PAPER.eventual.lastRead),
    ],
    [
      "all replicas had all after, ms",
      ...both(({ settledMs }) => milliseconds(settledMs.median)),
      "later",
    ],
    [
      "sequential / eventual",
      "",
      ratio(sequential.elapsedMs.median, eventual.elapsedMs.median),
      "",
      PAPER.ratio.toFixed(2),
    ],
  ];
}

function range({ min, max }: Spread): string {
  return `${milliseconds(min)} … ${milliseconds(max)}`;
}

/** Milliseconds from now until every observer's replica gives the value. */
async function settled(
  observers: readonly PlainClient[],
  key: string,
  value: string,
  signal: AbortSignal,
): Promise<number> {
  const begin = performance.now();
  await Promise.all(observers.map(async (observer, i) => {
    while (await observer.get(key, { consistency: "eventual" }) !== value) {
      signal.throwIfAborted();
      if (performance.now() - begin > SETTLE_MS_MAX) {
        throw new FailedError(
          `the replica of target ${i + 1} does not get to hold ${key}=${value}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }));
  return performance.now() - begin;
}
