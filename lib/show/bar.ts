/**
 * Bars: of progress, of a countdown, of a histogram.
 *
 * @module
 */

import { count, duration, percent } from "./quantity.ts";
import { cut, displayWidth, pad, WIDTH } from "./text.ts";

const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** A bar of up to that many cells, exact to an eighth of one. Nothing but zero looks like zero. */
export function bar(share: number, cells: number): string {
  const eighths = Math.round(clamp(share) * cells * 8);
  const shown = share > 0 ? Math.max(1, eighths) : 0;
  return "█".repeat(Math.floor(shown / 8)) + EIGHTHS[shown % 8];
}

/** What a progress line says. */
export interface Progress {
  /** What is under way. */
  readonly label: string;
  /** How much of it is done, 0 … 1. */
  readonly share: number;
  /** What else is worth knowing, e.g. the rate. */
  readonly note?: string;
}

/** One line of progress, exactly `width` cells or fewer: label, bar, share, note. */
export function progressLine(progress: Progress, width = WIDTH): string {
  const share = clamp(progress.share);
  const note = progress.note === undefined ? "" : `  ${progress.note}`;
  const end = ` ${pad(`${Math.floor(share * 100)} %`, 5, "right")}${note}`;
  return `${withBar(progress.label, share, end, width)}`;
}

/** One line of a countdown: what is waited for, a bar that shrinks, the time left. */
export function countdownLine(
  label: string,
  leftMs: number,
  totalMs: number,
  width = WIDTH,
): string {
  const left = Math.max(0, leftMs);
  const end = ` ${pad(`${(left / 1000).toFixed(1)} s`, 7, "right")}`;
  return withBar(label, totalMs > 0 ? left / totalMs : 0, end, width);
}

/** A range of values and how many fell into it; `to` is not part of it. */
export interface Bin {
  /** Where the range begins, in milliseconds. */
  readonly from: number;
  /** Where it ends. */
  readonly to: number;
  /** How many fell into it. */
  readonly count: number;
}

/** A histogram of durations: a line for each range, the longest bar for the fullest. */
export function histogramLines(bins: readonly Bin[], width = WIDTH): string[] {
  const total = bins.reduce((sum, { count }) => sum + count, 0);
  const most = Math.max(1, ...bins.map(({ count }) => count));
  const labels = bins.map(({ from, to }) => `${duration(from)} … ${duration(to)}`);
  const labelCells = Math.max(0, ...labels.map(displayWidth));
  const counts = bins.map((bin) => count(bin.count));
  const countCells = Math.max(0, ...counts.map(displayWidth));
  const barCells = Math.max(
    8,
    width - labelCells - countCells - "  ".length * 3 - "100.0 %".length,
  );
  return bins.map((bin, i) =>
    [
      pad(labels[i], labelCells, "right"),
      pad(bar(bin.count / most, barCells), barCells),
      pad(counts[i], countCells, "right"),
      pad(percent(total === 0 ? 0 : bin.count / total), "100.0 %".length, "right"),
    ].join("  ")
  );
}

/** Label, bar and end in one line; the bar takes what room there is, the label yields to it. */
function withBar(label: string, share: number, end: string, width: number): string {
  const barCells = Math.min(30, Math.max(8, width - displayWidth(label) - displayWidth(end) - 2));
  const room = width - displayWidth(end) - barCells - 2;
  const filled = bar(share, barCells);
  const empty = "░".repeat(barCells - displayWidth(filled));
  return `${cut(label, Math.max(0, room))}  ${filled}${empty}${end}`;
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share));
}
