/**
 * Bars: of progress, of a countdown.
 *
 * @module
 */

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
