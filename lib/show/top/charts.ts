/**
 * How the replicas did over the last minutes, all charts side by side.
 *
 * @module
 */

import type { ReplicaSnapshot } from "../../watch/snapshot.ts";
import { sparkline } from "../sparkline.ts";
import { cut, pad } from "../text.ts";
import { CHARTS, type Course } from "./course.ts";
import { type FrameLine, frameLine } from "./frame_line.ts";
import { idText } from "./words.ts";

/** A replica's id, or `all`. */
const LABEL_CELLS = 3;
/** Before each chart. */
const GAP = "  ";

/** A line for each replica. */
export function chartsOfEach(
  course: Course,
  replicas: readonly ReplicaSnapshot[],
  columns: number,
): FrameLine[] {
  const of = (chart: number, row: number, cells: number) => course.ofReplica(chart, row, cells);
  return chartLines(replicas.map(idText), columns, of);
}

/** One line for all replicas together. */
export function chartsOfAll(course: Course, columns: number): FrameLine[] {
  return chartLines(["all"], columns, (chart, _, cells) => course.ofAll(chart, cells));
}

/** Below a heading that tells the scale, which is the same for all rows. */
function chartLines(
  labels: readonly string[],
  columns: number,
  valuesOf: (chart: number, row: number, cells: number) => (number | null)[],
): FrameLine[] {
  const each = Math.floor((columns - LABEL_CELLS) / CHARTS.length);
  const cells = Math.max(1, each - GAP.length);
  const charts = CHARTS.map(({ title, text }, chart) => {
    const rows = labels.map((_, row) => valuesOf(chart, row, cells));
    const most = Math.max(0, ...rows.flat().map((value) => value ?? 0));
    const scale = most === 0 ? title : `${title}, up to ${text(most)}`;
    const heading = pad(cut(scale, cells), cells);
    return [heading, ...rows.map((values) => sparkline(values, most))];
  });
  return ["", ...labels].map((label, i) => {
    const text = [pad(label, LABEL_CELLS, "right"), ...charts.map((lines) => lines[i])].join(GAP);
    return frameLine(text, i === 0 ? "head" : null);
  });
}
