/**
 * What is said of a trace besides what it shows.
 *
 * @module
 */

import { count, counted } from "../../show/quantity.ts";
import type { Trace } from "./read_trace.ts";

/** How much of it is shown, and when it began. */
export function aboutOf(trace: Trace): string {
  const { replicas, lines, before, began, leftOut } = trace;
  const shown = counted(lines.length - before, "line");
  const when = new Date(began / 1000).toISOString();
  const words = `${counted(replicas, "replica")}, ${shown} of a trace that began at ${when}.`;
  return leftOut > 0 ? `${words} ${leftOutWords(trace)}` : words;
}

/** That there was more. */
export function leftOutWords({ leftOut, lines, before }: Trace): string {
  return `Only the first ${count(lines.length - before)} lines are shown, and ${count(leftOut)} ` +
    "are not: --from and --to choose others.";
}
