/**
 * Writes the report of a trace into a file.
 *
 * @module
 */

import { FailedError, reason } from "../../errors.ts";
import { report, type ReportFacts, type ReportParts } from "../../show/report/report.ts";
import { storyOf } from "../../trace/tell.ts";
import type { Trace } from "./read_trace.ts";
import { reportVerdicts } from "./verdicts.ts";

/** The page's parts stand in files beside the code; in the executable, too. */
function parts(): ReportParts {
  const read = (name: string) =>
    Deno.readTextFileSync(new URL(`../../show/report/${name}`, import.meta.url));
  return { style: read("page.css"), script: read("page.js"), body: read("body.html") };
}

/**
 * Writes it.
 *
 * @throws {FailedError} if the file cannot be written
 */
export function writeReport(path: string, trace: Trace, facts: ReportFacts): void {
  const story = storyOf(trace.lines, trace);
  const first = trace.lines[trace.before];
  const from = first !== undefined && "at" in first ? (first.at - trace.began) / 1000 : 0;
  const page = report({ story, from, verdicts: reportVerdicts(trace, story) }, facts, parts());
  try {
    Deno.writeTextFileSync(path, page);
  } catch (error) {
    throw new FailedError(`cannot write ${path}: ${reason(error)}`, { cause: error });
  }
}
