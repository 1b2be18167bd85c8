/**
 * Percentiles of latencies: as a table, and as a curve on which each further nine takes as much room
 * (the picture that HdrHistogram made usual).
 *
 * @module
 */

import type { Bin } from "./histogram.ts";
import type { Curve, Plot, Point, Tick } from "./plot.ts";
import { count, duration } from "./quantity.ts";
import type { Column } from "./table.ts";

/** Latencies that were measured, in milliseconds. */
export interface Latencies {
  /** How many there are. */
  readonly count: number;
  /** The longest. */
  readonly max: number;
  /** What this share of them did not exceed. */
  quantile(share: number): number;
  /** How many are in each range; the bounds are these times powers of ten. */
  bins(steps?: readonly number[]): Bin[];
}

/** Latencies under a name. */
export interface Series {
  /** What they are of. */
  readonly name: string;
  /** What was measured. */
  readonly latencies: Latencies;
}

/** The percentiles shown: one in so many latencies is longer. */
export const PERCENTILES = [
  { name: "p50", oneIn: 2 },
  { name: "p90", oneIn: 10 },
  { name: "p99", oneIn: 100 },
  { name: "p99.9", oneIn: 1_000 },
  { name: "p99.99", oneIn: 10_000 },
] as const;

/** Points of a curve for each further nine. */
const POINTS_PER_NINE = 24;

/** A latency is counted in whole microseconds; a logarithmic scale has no 0. */
const LATENCY_MS_MIN = 0.001;

/** What was not exceeded by all but one in so many. */
export function percentile(latencies: Latencies, oneIn: number): number {
  return latencies.quantile(1 - 1 / oneIn);
}

/** The columns of a table of percentiles. */
export function percentileColumns(unit: string): Column[] {
  const titles = [unit, ...PERCENTILES.map(({ name }) => name), "max"];
  return [{ title: "" }, ...titles.map((title) => ({ title, align: "right" } as const))];
}

/** A row for each; a percentile that needs more latencies than there are is a dash. */
export function percentileRows(series: readonly Series[]): string[][] {
  return series.map(({ name, latencies }) => [
    name,
    count(latencies.count),
    ...PERCENTILES.map(({ oneIn }) =>
      latencies.count < oneIn ? "–" : duration(percentile(latencies, oneIn))
    ),
    latencies.count === 0 ? "–" : duration(latencies.max),
  ]);
}

/** The curve of each from the median on: how long the slowest one in so many took at least. */
export function percentilePlot(series: readonly Series[]): Plot {
  const shown = series.filter(({ latencies }) => latencies.count > 0);
  const most = Math.max(1, ...shown.map(({ latencies }) => latencies.count));
  const told = PERCENTILES.filter(({ oneIn }) => oneIn <= most);
  // What no percentile tells has the room of one more nine.
  const end = (told.at(-1)?.oneIn ?? 1) * 10;
  const ticks: Tick[] = told.map(({ name, oneIn }) => ({ at: oneIn, label: name }));
  return {
    title: "Percentiles",
    x: { title: "percentile", ticks: [...ticks, { at: end, label: "max" }] },
    y: { title: "latency", label: duration },
    curves: shown.map((one) => percentileCurve(one, end)),
  };
}

function percentileCurve({ name, latencies }: Series, end: number): Curve {
  const named = PERCENTILES.map(({ oneIn }) => oneIn).filter((oneIn) => oneIn <= latencies.count);
  const [first, last] = [named.at(0) ?? 1, named.at(-1) ?? 1];
  const between = Array.from(
    { length: Math.floor(Math.log10(last / first) * POINTS_PER_NINE) },
    (_, i) => first * 10 ** ((i + 1) / POINTS_PER_NINE),
  );
  const places = [...new Set([...named, ...between])].toSorted((a, b) => a - b);
  const points = places.map((oneIn): Point => ({
    x: oneIn,
    y: Math.max(LATENCY_MS_MIN, percentile(latencies, oneIn)),
    isMarked: named.some((place) => place === oneIn),
  }));
  const longest = { x: end, y: Math.max(LATENCY_MS_MIN, latencies.max), isMarked: true };
  return { name, points: [...points, longest] };
}
