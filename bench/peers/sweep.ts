/**
 * How kvdist grows: with replicas, clients, keys, and bytes of values.
 *
 * @module
 */

import { spread } from "../../lib/cli/bench/pairs.ts";
import { FailedError, reason } from "../../lib/errors.ts";
import { count, duration, rate } from "../../lib/show/quantity.ts";
import { residentMebibytes } from "../../tests/e2e/memory.ts";
import { isForRedisBenchmark, measure, type Measured, prepare, warmUp } from "./measure.ts";
import { Fleet, isInstalled } from "./processes.ts";
import type { Absentee } from "./report.ts";
import { startKvdist } from "./systems/kvdist.ts";

/** One point of a curve: medians of all rounds. */
export interface Point {
  /** What is varied. */
  readonly at: number;
  /** Answers per second. */
  readonly perSecond: number;
  /** In milliseconds. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** How much of one core the generator took. */
  readonly coreShare: number;
  /** What the server's process held afterwards, in MiB, all replicas together. */
  readonly residentMebibytes: number;
}

/** What one form does as one thing grows. */
export interface Curve {
  /** What is varied. */
  readonly axis: string;
  /** The work and the form. */
  readonly name: string;
  readonly points: readonly Point[];
}

/** What it is measured with, of which one thing is varied at a time. */
interface Setting {
  readonly replicas: number;
  readonly clients: number;
  readonly keys: number;
  readonly valueBytes: number;
}

const USUAL: Setting = { replicas: 3, clients: 50, keys: 10_000, valueBytes: 64 };

/** So many bytes of values are kept at most: the servers' memory is not what is measured. */
const VALUES_BYTES_MAX = 64 * 1024 * 1024;

const AXES: readonly { axis: string; settings: readonly (readonly [number, Setting])[] }[] = [
  { axis: "replicas", settings: vary([3, 5, 7], (replicas) => ({ ...USUAL, replicas })) },
  { axis: "clients", settings: vary([1, 10, 100, 1_000], (clients) => ({ ...USUAL, clients })) },
  { axis: "keys", settings: vary([10_000, 100_000, 1_000_000], (keys) => ({ ...USUAL, keys })) },
  {
    axis: "bytes of each value",
    settings: vary([64, 1_024, 16 * 1_024, 256 * 1_024, 1_024 * 1_024], (valueBytes) => {
      const keys = Math.min(USUAL.keys, VALUES_BYTES_MAX / valueBytes);
      return { ...USUAL, valueBytes, keys };
    }),
  },
];

const FORMS = [
  { name: "memory", flags: ["--consistency", "sequential", "--store", "memory"] },
  { name: "fsync always", flags: ["--consistency", "sequential", "--fsync", "always"] },
] as const;

const TASKS = ["write", "read"] as const;

/** How it is measured. */
export interface SweepOptions {
  readonly rounds: number;
  readonly durationMs: number;
  /** How long each server is asked, once it is started, before anything is measured. */
  readonly warmUpMs: number;
  /** Where the servers' folders are made. */
  readonly dir?: string;
  readonly signal: AbortSignal;
  /** Told a line for each thing that is done. */
  readonly tell: (line: string) => void;
}

/** Measures all curves; what could not be measured is told and left out. */
export async function sweep(
  options: SweepOptions,
): Promise<{ curves: Curve[]; absentees: Absentee[] }> {
  const curves: Curve[] = [];
  const absentees: Absentee[] = [];
  for (const { axis, settings } of AXES) {
    for (const form of FORMS) {
      const points = TASKS.map((): Point[] => []);
      for (const [at, setting] of settings) {
        const what = `${form.name}, ${count(at)} ${axis}`;
        try {
          const measured = await measureAt(setting, form.flags, options);
          for (const [i, task] of TASKS.entries()) {
            const point = pointOf(at, measured.map((round) => round[task]));
            points[i].push(point);
            const { perSecond, p99Ms } = point;
            options.tell(`${what}: ${task}: ${rate(perSecond)}, p99 ${duration(p99Ms)}`);
          }
        } catch (error) {
          options.signal.throwIfAborted();
          if (!(error instanceof FailedError)) throw error;
          absentees.push({ name: `kvdist ${what}`, why: error.message });
          options.tell(`${what}: ${reason(error)}`);
        }
      }
      curves.push(
        ...TASKS.map((task, i) => ({ axis, name: `${task}, ${form.name}`, points: points[i] })),
      );
    }
  }
  return { curves: curves.filter(({ points }) => points.length > 0), absentees };
}

/** What one round gave. */
type Round = Readonly<Record<typeof TASKS[number], Measured & { residentMebibytes: number }>>;

async function measureAt(
  setting: Setting,
  flags: readonly string[],
  { rounds, durationMs, warmUpMs, dir, signal }: SweepOptions,
): Promise<Round[]> {
  const { replicas, clients, keys, valueBytes } = setting;
  const isMissing = isForRedisBenchmark({ task: "read", clients, pipeline: 1 }) &&
    !await isInstalled("redis-benchmark");
  if (isMissing) {
    throw new FailedError(
      "redis-benchmark is not installed; apt-get install redis-tools installs it",
    );
  }
  const measured: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    await using fleet = await Fleet.create({ dir, cores: null, signal });
    const target = await startKvdist(fleet, flags, replicas);
    const options = { durationMs, keys, valueBytes, repetitions: 1, cores: null, signal };
    const work = async (task: typeof TASKS[number]) => {
      const done = await measure(target, { task, clients, pipeline: 1 }, options);
      fleet.check();
      if (done.failures > 0) throw new FailedError(`${task}s fail: ${done.failure}`);
      return { ...done, residentMebibytes: await residentMebibytes(target.pid) };
    };
    await prepare(target, options);
    await warmUp(target, warmUpMs, options);
    measured.push({ write: await work("write"), read: await work("read") });
  }
  return measured;
}

function pointOf(at: number, rounds: readonly Round["write"][]): Point {
  const median = (of: (round: Round["write"]) => number | null) =>
    spread(rounds.map((round) => of(round) ?? 0)).median;
  return {
    at,
    perSecond: median(({ perSecond }) => perSecond),
    p50Ms: median(({ p50Ms }) => p50Ms),
    p99Ms: median(({ p99Ms }) => p99Ms),
    coreShare: median(({ coreShare }) => coreShare),
    residentMebibytes: median(({ residentMebibytes }) => residentMebibytes),
  };
}

function vary(
  values: readonly number[],
  setting: (value: number) => Setting,
): (readonly [number, Setting])[] {
  return values.map((value) => [value, setting(value)] as const);
}
