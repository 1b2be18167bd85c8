/**
 * What `top` shows at one moment: the replicas in tables, and how they did over the last minutes.
 *
 * @module
 */

import { TOP_LOOKS_PER_CELL } from "../../limits.ts";
import type { Snapshot } from "../../watch/snapshot.ts";
import { counted, roundDuration } from "../quantity.ts";
import { cut } from "../text.ts";
import { chartsOfAll, chartsOfEach } from "./charts.ts";
import type { Course } from "./course.ts";
import { type FrameLine, frameLine } from "./frame_line.ts";
import { tables } from "./tables.ts";
import { clock } from "./words.ts";

/** What a frame has room for, and how far looks are apart. */
export interface FrameOptions {
  /** The cells of a line. */
  readonly columns: number;
  /** The lines. */
  readonly rows: number;
  /** Between two looks. */
  readonly intervalMs: number;
}

/**
 * The lines of the frame: airy, with charts of each replica; if they are more than there is room
 * for, close together with charts of all; and of these only the first, if need be.
 */
export function frame(snapshot: Snapshot, course: Course, options: FrameOptions): FrameLine[] {
  const { columns, rows, intervalMs } = options;
  const title = titleLines(snapshot);
  const parts = tables(snapshot, columns);
  const blank = frameLine("");
  const airy = [
    ...title,
    ...parts.flatMap((lines) => [blank, ...lines]),
    ...[blank, ...chartsOfEach(course, snapshot.replicas, columns)],
    ...[blank, footer(intervalMs)],
  ];
  const close = [...title, ...parts.flat(), ...chartsOfAll(course, columns)];
  return firstLines(airy.length <= rows ? airy : close, rows)
    .map(({ text, style }) => frameLine(cut(text, columns), style));
}

function firstLines(lines: readonly FrameLine[], rows: number): readonly FrameLine[] {
  if (lines.length <= rows) return lines;
  const shown = lines.slice(0, Math.max(0, rows - 1));
  const rest = counted(lines.length - shown.length, "more line");
  return [...shown, frameLine(`${rest}: no room`, "quiet")];
}

function titleLines({ time, replicas }: Snapshot): FrameLine[] {
  const up = replicas.filter((replica) => replica.up);
  const facts = [
    `${up.length} of ${counted(replicas.length, "replica")} ${
      up.length === 1 ? "answers" : "answer"
    }`,
    ...up.slice(0, 1).map(({ status }) => status.consistency),
  ];
  const configured = Math.max(0, ...up.map(({ status }) => status.replicas ?? 0));
  const hint =
    `The cluster has ${configured} replicas; those whose addresses were given are shown.`;
  return [
    frameLine(`kvdist top, ${clock(time)} UTC: ${facts.join(", ")}`, "head"),
    ...(configured > replicas.length ? [frameLine(hint, "quiet")] : []),
  ];
}

function footer(intervalMs: number): FrameLine {
  const cell = roundDuration(intervalMs * TOP_LOOKS_PER_CELL);
  return frameLine(`A bar is the highest of ${cell}, the last one is now; q leaves.`, "quiet");
}
