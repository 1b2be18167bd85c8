/**
 * Curves over two logarithmic scales, and their picture as text.
 *
 * @module
 */

import { logScale, roundBounds, type Scale, sparse } from "./scale.ts";
import { displayWidth, pad, WIDTH } from "./text.ts";

/** One place that a curve goes through; both values are above 0. */
export interface Point {
  /** Where. */
  readonly x: number;
  /** How much there. */
  readonly y: number;
  /** Whether it is more than a point between others: it bears the curve's mark. */
  readonly isMarked: boolean;
}

/** A line through points, from left to right. */
export interface Curve {
  /** What it is of. */
  readonly name: string;
  /** In the order of x. */
  readonly points: readonly Point[];
}

/** A word at a place of an axis. */
export interface Tick {
  /** The value. */
  readonly at: number;
  /** What is written there. */
  readonly label: string;
}

/** Curves with their axes. At most {@linkcode CURVES_MAX} of them can be told apart. */
export interface Plot {
  /** What it shows. */
  readonly title: string;
  /** The axis to the right: its ticks are given. */
  readonly x: { readonly title: string; readonly ticks: readonly Tick[] };
  /** The axis upwards: its ticks are found, and named so. */
  readonly y: { readonly title: string; label(value: number): string };
  /** What is drawn. */
  readonly curves: readonly Curve[];
}

/** What tells curves apart, with colours and without. */
export const MARKS = ["●", "■", "▲", "◆"] as const;

/** As many curves as there are marks. */
export const CURVES_MAX = MARKS.length;

/** Marks of several curves at one place. */
const SHARED_MARK = "◎";
const LINE = "·";
const LEGEND_GAP = "   ";

/** As many curves as can be told apart, without the points that a logarithmic scale has no place for. */
export function drawn({ curves }: Plot): Curve[] {
  return curves.slice(0, CURVES_MAX).map(({ name, points }) => ({
    name,
    points: points.filter(({ x, y }) => x > 0 && y > 0),
  }));
}

/** How a plot is drawn. */
export interface PlotOptions {
  /** The cells of a line: {@linkcode WIDTH} unless said otherwise. */
  readonly width?: number;
  /** Its lines, without the axis and what is written around. */
  readonly rows?: number;
  /** Gives the text of a curve, by its number, a look of its own. */
  readonly paint?: (text: string, curve: number) => string;
}

/** A cell: what stands there, and the number of the curve that it is of, if it is of one only. */
interface Cell {
  readonly text: string;
  readonly curve: number | null;
}

type Grid = (Cell | null)[][];

/** The two scales, in cells. */
interface Place {
  column(x: number): number;
  row(y: number): number;
}

/** The picture in lines; none if there is no point. */
export function plotLines(plot: Plot, options: PlotOptions = {}): string[] {
  const { width = WIDTH, rows = 10, paint = (text) => text } = options;
  const curves = drawn(plot);
  const values = curves.flatMap(({ points }) => points.map(({ y }) => y));
  if (values.length === 0) return [];
  const y = logScale(values, { from: rows - 1, to: 0, atLeast: roundBounds(values) });
  const labels = new Map(
    sparse(y.ticks, rows).map((tick) => [Math.round(y.at(tick)), plot.y.label(tick)]),
  );
  const labelCells = Math.max(...[...labels.values()].map(displayWidth));
  const cells = width - labelCells - " ┤".length;
  const x = xScale({ ...plot, curves }, cells);
  const place: Place = {
    column: (value) => Math.round(x.at(value)),
    row: (value) => Math.round(y.at(value)),
  };
  const grid: Grid = Array.from({ length: rows }, () => Array(cells).fill(null));
  curves.forEach(({ points }, curve) => drawLine(grid, points, { place, curve }));
  curves.forEach(({ points }, curve) => drawMarks(grid, points, { place, curve }));
  return [
    `${plot.y.title} over ${plot.x.title}`,
    ...grid.map((row, i) => {
      const label = labels.get(i);
      return pad(label ?? "", labelCells, "right") + (label === undefined ? " │" : " ┤") +
        rowText(row, paint);
    }),
    ...axisLines(plot.x.ticks, { cells, place, indent: labelCells + 1 }),
    ...legendLines(curves, { grid, width, paint }),
  ].map((line) => line.trimEnd());
}

function xScale({ x: { ticks }, curves }: Plot, cells: number): Scale {
  const values = curves.flatMap(({ points }) => points.map(({ x }) => x));
  return logScale(values, { from: 0, to: cells - 1, atLeast: ticks.map(({ at }) => at) });
}

/** Joins the points, without a gap in either direction. */
function drawLine(
  grid: Grid,
  points: readonly Point[],
  { place, curve }: { place: Place; curve: number },
): void {
  points.slice(1).forEach((point, i) => {
    const before = points[i];
    const [column, row] = [place.column(before.x), place.row(before.y)];
    const [columns, rows] = [place.column(point.x) - column, place.row(point.y) - row];
    const steps = Math.max(1, Math.abs(columns), Math.abs(rows));
    for (let step = 0; step <= steps; step++) {
      const at = [row + rows * step / steps, column + columns * step / steps].map(Math.round);
      grid[at[0]][at[1]] = { text: LINE, curve };
    }
  });
}

function drawMarks(
  grid: Grid,
  points: readonly Point[],
  { place, curve }: { place: Place; curve: number },
): void {
  for (const { x, y, isMarked } of points) {
    if (!isMarked) continue;
    const [row, column] = [place.row(y), place.column(x)];
    const there = grid[row][column];
    const isShared = there !== null && there.text !== LINE && there.curve !== curve;
    grid[row][column] = isShared
      ? { text: SHARED_MARK, curve: null }
      : { text: MARKS[curve], curve };
  }
}

/** The row as text; what is of one curve and stands together is painted together. */
function rowText(
  row: readonly (Cell | null)[],
  paint: Required<PlotOptions>["paint"],
): string {
  const runs: { curve: number | null; text: string }[] = [];
  for (const cell of row) {
    const { curve, text } = cell ?? { curve: null, text: " " };
    const last = runs.at(-1);
    if (last !== undefined && last.curve === curve) last.text += text;
    else runs.push({ curve, text });
  }
  return runs.map(({ curve, text }) => curve === null ? text : paint(text, curve)).join("");
}

/** The axis to the right, and below it as many labels as have room. */
function axisLines(
  ticks: readonly Tick[],
  { cells, place, indent }: { cells: number; place: Place; indent: number },
): string[] {
  const axis: string[] = Array(cells).fill("─");
  let labels = "";
  for (const { at, label } of ticks) {
    const column = place.column(at);
    axis[column] = "┬";
    const wide = displayWidth(label);
    const begin = Math.min(cells - wide, Math.max(0, column - Math.floor(wide / 2)));
    if (labels === "" || begin > displayWidth(labels)) labels = pad(labels, begin) + label;
  }
  return [`${" ".repeat(indent)}└${axis.join("")}`, `${" ".repeat(indent + 1)}${labels}`];
}

/** What each mark stands for, in as few lines as have room for it. */
function legendLines(
  curves: readonly Curve[],
  { grid, width, paint }: { grid: Grid; width: number; paint: Required<PlotOptions>["paint"] },
): string[] {
  const isShared = grid.some((row) => row.some((cell) => cell?.text === SHARED_MARK));
  const entries = [
    ...curves.map(({ name }, curve) => `${paint(MARKS[curve], curve)} ${name}`),
    ...(isShared ? [`${SHARED_MARK} several`] : []),
  ];
  return entries.reduce((lines: string[], entry) => {
    const longer = lines.length === 0 ? null : `${lines[lines.length - 1]}${LEGEND_GAP}${entry}`;
    return longer === null || displayWidth(longer) > width
      ? [...lines, entry]
      : lines.with(-1, longer);
  }, []);
}
