/**
 * What is said of a trace besides what it shows.
 *
 * @module
 */

import { count, counted } from "../../show/quantity.ts";
import type { Trace } from "./read_trace.ts";

/** How much of it is shown, and when it began. */
export function aboutOf(trace: Trace): string {
  const { replicas, lines, before, began } = trace;
  const shown = counted(lines.length - before, "line");
  // The simulator's time begins with its run.
  const when = began === 0
    ? "in simulated time"
    : `that began at ${new Date(began / 1000).toISOString()}`;
  const words = `${counted(replicas, "replica")}, ${shown} of a trace ${when}.`;
  return [words, ...missingWords(trace)].join(" ");
}

/** What of it is not shown, in sentences. */
export function missingWords({ began, leftOut, unread = 0, lines, before }: Trace): string[] {
  const first = lines[before];
  const since = before > 0 && first !== undefined && "at" in first
    ? ` from ${count(Math.round((first.at - began) / 1000))} ms on`
    : "";
  const left = `Only the first ${count(lines.length - before)} lines${since} are shown, and ` +
    `${count(leftOut)} are not: kvdist show with --from and --to draws others.`;
  const torn = `${counted(unread, "line")} could not be read: a disk was full, or a process was ` +
    "killed. Something is missing, and nothing is judged.";
  const isEmpty = !lines.slice(before).some((line) => "at" in line);
  return [
    ...(isEmpty ? ["The trace tells nothing of that time."] : []),
    ...(leftOut > 0 ? [left] : []),
    ...(unread > 0 ? [torn] : []),
  ];
}
