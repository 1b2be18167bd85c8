/**
 * Histograms of durations as text.
 *
 * @module
 */

import { bar } from "./bar.ts";
import { count, duration, percent } from "./quantity.ts";
import { displayWidth, pad, WIDTH } from "./text.ts";

/** A range of values and how many fell into it; `to` is not part of it. */
export interface Bin {
  /** Where the range begins, in milliseconds. */
  readonly from: number;
  /** Where it ends. */
  readonly to: number;
  /** How many fell into it. */
  readonly count: number;
}

const PERCENT_CELLS = "100.0 %".length;
const GAP = "  ";
/** A bar has at least this many cells. */
const BAR_CELLS_MIN = 8;

/** The range in words. */
export function rangeWord({ from, to }: Bin): string {
  return `${duration(from)} … ${duration(to)}`;
}

/**
 * A histogram of durations: a line for each range, the longest bar for the fullest.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { histogramLines } from "./histogram.ts";
 *
 * assertEquals(histogramLines([{ from: 1, to: 2, count: 3 }, { from: 2, to: 5, count: 1 }], 50), [
 *   "1.00 ms … 2.00 ms  █████████████████  3   75.0 %",
 *   "2.00 ms … 5.00 ms  █████▋             1   25.0 %",
 * ]);
 * ```
 */
export function histogramLines(bins: readonly Bin[], width = WIDTH): string[] {
  const total = bins.reduce((sum, { count }) => sum + count, 0);
  const most = Math.max(1, ...bins.map(({ count }) => count));
  const labels = bins.map(rangeWord);
  const labelCells = Math.max(0, ...labels.map(displayWidth));
  const counts = bins.map((bin) => count(bin.count));
  const countCells = Math.max(0, ...counts.map(displayWidth));
  const room = width - labelCells - countCells - PERCENT_CELLS - GAP.length * 3;
  const barCells = Math.max(BAR_CELLS_MIN, room);
  return bins.map((bin, i) =>
    [
      pad(labels[i], labelCells, "right"),
      pad(bar(bin.count / most, barCells), barCells),
      pad(counts[i], countCells, "right"),
      pad(percent(total === 0 ? 0 : bin.count / total), PERCENT_CELLS, "right"),
    ].join(GAP)
  );
}
