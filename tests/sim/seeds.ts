/**
 * Many seeds at once: on every core of the machine a worker runs its share.
 *
 * @module
 */

import type { Outcome } from "./simulation.ts";

/** What a worker is told: which seeds to run. */
export interface Share {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

/** What the runs came to: counts are summed up. */
export type Sum = Omit<Outcome, "seed" | "violation">;

/** The outcomes that are a violation, and the counts of all runs. */
export interface Result {
  readonly violations: readonly Pick<Outcome, "seed" | "violation">[];
  readonly sum: Sum;
}

/** Nothing has run yet. */
export const NOTHING: Sum = {
  steps: 0,
  crashes: 0,
  breaks: 0,
  wipes: 0,
  views: 0,
  delivered: 0,
  answered: 0,
  reads: 0,
  snapshots: 0,
  outcomes: 0,
  results: 0,
};

/** Both counts together. */
export function add(a: Sum, b: Sum): Sum {
  const names = Object.keys(a) as (keyof Sum)[];
  return Object.fromEntries(names.map((name) => [name, a[name] + b[name]])) as unknown as Sum;
}

/** Runs so many seeds from this one on. */
export async function runSeeds(from: number, seeds: number): Promise<Result> {
  const cores = navigator.hardwareConcurrency;
  const shares = Array.from({ length: cores }, (_, core) => ({
    from: from + core,
    to: from + seeds,
    step: cores,
  }));
  const results = await Promise.all(shares.map(runShare));
  return {
    violations: results.flatMap(({ violations }) => violations),
    sum: results.map(({ sum }) => sum).reduce(add, NOTHING),
  };
}

function runShare(share: Share): Promise<Result> {
  const worker = new Worker(new URL("./seeds_worker.ts", import.meta.url), { type: "module" });
  const { promise, resolve, reject } = Promise.withResolvers<Result>();
  worker.onmessage = ({ data }: MessageEvent<Result>) => resolve(data);
  worker.onerror = (event) => {
    event.preventDefault();
    reject(new Error(event.message));
  };
  worker.postMessage(share);
  return promise.finally(() => worker.terminate());
}
