/**
 * Writes the report of a trace into a file.
 *
 * @module
 */

import { byteLength } from "../../bytes.ts";
import { REPORT_BYTES_MAX } from "../../limits.ts";
import { report, type ReportParts } from "../../show/report/report.ts";
import { storyOf } from "../../trace/tell.ts";
import { writeResult } from "../result_file.ts";
import { aboutOf } from "./about.ts";
import type { Trace } from "./read_trace.ts";
import { type KnownVerdicts, reportVerdicts } from "./verdicts.ts";

/** The page's parts stand in files beside the code; in the executable, too. */
function parts(): ReportParts {
  const address = (name: string) => new URL(`../../show/report/${name}`, import.meta.url);
  const read = (name: string) => Deno.readTextFileSync(address(name));
  const names = [...Deno.readDirSync(address("page"))].map(({ name }) => name).sort();
  const modules = new Map(names.map((name) => [name, read(`page/${name}`)]));
  return { style: read("page.css"), modules, body: read("body.html") };
}

interface Facts {
  readonly title: string;
  readonly known?: KnownVerdicts;
}

/**
 * Writes it; what would make the page too large is left out. What is `known` of the run is told where
 * the trace is only a part of it.
 *
 * @returns what of the trace it shows
 * @throws {FailedError} if the file cannot be written
 */
export function writeReport(
  path: string,
  trace: Trace,
  title: string,
  known?: KnownVerdicts,
): Trace {
  const { page, shown } = fitting(trace, { title, known });
  writeResult(path, page);
  return shown;
}

/** Its first lines may take more room than the others, or less: tries fewer until it fits. */
function fitting(
  trace: Trace,
  facts: Facts,
): { readonly page: string; readonly shown: Trace } {
  for (let shown = trace;;) {
    const page = pageOf(trace, shown, facts);
    const lines = shown.lines.length - shown.before;
    const share = 0.95 * REPORT_BYTES_MAX / byteLength(page);
    if (share >= 0.95 || lines <= 1) return { page, shown };
    shown = first(shown, Math.max(1, Math.floor(lines * share)));
  }
}

/** What is judged is the whole trace, however much of it is shown. */
function pageOf(trace: Trace, shown: Trace, { title, known }: Facts): string {
  const story = storyOf(shown.lines, shown);
  const line = shown.lines[shown.before];
  const from = line !== undefined && "at" in line ? (line.at - shown.began) / 1000 : 0;
  const told = { story, from, verdicts: reportVerdicts(trace, story, known) };
  return report(told, { title, about: aboutOf(shown) }, parts());
}

/** Its first lines. */
function first({ lines, before, leftOut, ...facts }: Trace, count: number): Trace {
  const shown = lines.slice(0, before + count);
  return { ...facts, lines: shown, before, leftOut: leftOut + lines.length - shown.length };
}
