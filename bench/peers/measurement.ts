/**
 * What was measured, and what follows from it: medians, spreads, ratios, verdicts. Pure.
 *
 * @module
 */

import { type Spread, spread } from "../../lib/cli/bench/pairs.ts";
import {
  type Aim,
  type Comparison,
  type Figure,
  GENERATOR_CORE_SHARE_MAX,
  type WorkId,
} from "./targets.ts";

/** One work done once by one system. */
export interface Measurement {
  readonly system: string;
  readonly work: WorkId;
  /** From 0; ratios are of the same round. */
  readonly round: number;
  readonly isPinned: boolean;
  /** Answers per second. */
  readonly perSecond: number;
  /** In milliseconds; null where redis-benchmark does not tell. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  /** The median time of the pairs in milliseconds; null for other works. */
  readonly pairsMs: number | null;
  /** How much of one core the generator took. */
  readonly coreShare: number;
  /** Answers that were failures. */
  readonly failures: number;
  /** What one of them was, or nothing. */
  readonly failure: string;
}

/** Several rounds of one work of one system. */
export interface Figures {
  readonly perSecond: Spread;
  readonly p50Ms: Spread | null;
  readonly p99Ms: Spread | null;
  readonly pairsMs: Spread | null;
  readonly coreShare: Spread;
  readonly failures: number;
}

/** A comparison with its figures; of those both systems have only. */
export interface Compared {
  readonly comparison: Comparison;
  readonly kvdist: Spread;
  readonly peer: Spread;
  /** kvdist/peer, computed round by round. */
  readonly ratio: Spread;
  readonly verdict: Verdict;
  /** Whether kvdist is behind the peer, target or not. */
  readonly isBehind: boolean;
  /** Whether a generator was at its limit, so that the ratio is nearer to 1 than the systems are. */
  readonly isGeneratorBound: boolean;
}

/** What became of the target: `none` if there is none. */
export type Verdict = "none" | "met" | "aim" | "missed";

/** An aim with its figure. */
export interface Aimed {
  readonly aim: Aim;
  readonly perSecond: Spread;
  readonly isReached: boolean;
}

/** The measurements of one work of one system. */
export function measurementsOf(
  measurements: readonly Measurement[],
  system: string,
  work: WorkId,
): Measurement[] {
  return measurements.filter((one) => one.system === system && one.work === work);
}

/** Sums up the rounds of one work of one system; null if there are none. */
export function figuresOf(
  measurements: readonly Measurement[],
  system: string,
  work: WorkId,
): Figures | null {
  const own = measurementsOf(measurements, system, work);
  if (own.length === 0) return null;
  return {
    perSecond: spread(own.map(({ perSecond }) => perSecond)),
    p50Ms: spreadOfPresent(own.map(({ p50Ms }) => p50Ms)),
    p99Ms: spreadOfPresent(own.map(({ p99Ms }) => p99Ms)),
    pairsMs: spreadOfPresent(own.map(({ pairsMs }) => pairsMs)),
    coreShare: spread(own.map(({ coreShare }) => coreShare)),
    failures: own.reduce((sum, { failures }) => sum + failures, 0),
  };
}

/** Compares, within each round that has both; null if none has. */
export function compare(
  measurements: readonly Measurement[],
  comparison: Comparison,
): Compared | null {
  const { work, figure } = comparison;
  const pairs = measurementsOf(measurements, comparison.kvdist, work).flatMap((own) => {
    const other = measurementsOf(measurements, comparison.peer, work)
      .find(({ round, isPinned }) => round === own.round && isPinned === own.isPinned);
    const kvdist = figureOf(own, figure);
    const peer = other === undefined ? null : figureOf(other, figure);
    if (other === undefined || kvdist === null || peer === null || peer === 0) return [];
    return [{ kvdist, peer, isBound: isBound(own) || isBound(other) }];
  });
  if (pairs.length === 0) return null;
  const ratio = spread(pairs.map(({ kvdist, peer }) => kvdist / peer));
  return {
    comparison,
    kvdist: spread(pairs.map(({ kvdist }) => kvdist)),
    peer: spread(pairs.map(({ peer }) => peer)),
    ratio,
    verdict: verdictOn(ratio.median, comparison),
    isBehind: !isAtLeastAsGood(ratio.median, 1, figure),
    isGeneratorBound: pairs.some(({ isBound }) => isBound),
  };
}

/** Looks at a rate that is hoped for; null if it was not measured. */
export function look(measurements: readonly Measurement[], aim: Aim): Aimed | null {
  const figures = figuresOf(measurements, aim.kvdist, aim.work);
  if (figures === null) return null;
  const { perSecond } = figures;
  return { aim, perSecond, isReached: perSecond.median >= aim.perSecond };
}

/** Whether the generator was so busy that it may have been what was measured. */
export function isBound({ coreShare }: Pick<Measurement, "coreShare">): boolean {
  return coreShare > GENERATOR_CORE_SHARE_MAX;
}

/** Whether a ratio kvdist/peer of that figure is as good as the bound, or better. */
export function isAtLeastAsGood(ratio: number, bound: number, figure: Figure): boolean {
  return figure === "rate" ? ratio >= bound : ratio <= bound;
}

function verdictOn(ratio: number, { target, aim, figure }: Comparison): Verdict {
  if (target === undefined) return "none";
  if (!isAtLeastAsGood(ratio, target, figure)) return "missed";
  return aim !== undefined && isAtLeastAsGood(ratio, aim, figure) ? "aim" : "met";
}

function figureOf(measurement: Measurement, figure: Figure): number | null {
  switch (figure) {
    case "rate":
      return measurement.perSecond;
    case "p50":
      return measurement.p50Ms;
    case "time":
      return measurement.pairsMs;
  }
}

function spreadOfPresent(values: readonly (number | null)[]): Spread | null {
  const present = values.filter((value) => value !== null);
  return present.length === 0 ? null : spread(present);
}
