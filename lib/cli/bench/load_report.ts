/**
 * What `kvdist bench load` says of a load: for people, as JSON and as a page.
 *
 * @module
 */

import { latencyMarkup } from "../../show/html/latencies.ts";
import { htmlTable, page, remark } from "../../show/html/page.ts";
import { type DrawOptions, latencyLines } from "../../show/latencies.ts";
import type { Series } from "../../show/percentiles.ts";
import { count, counted, duration, percent, rate, roundDuration } from "../../show/quantity.ts";
import { type Column, table } from "../../show/table.ts";
import { WIDTH, wrap } from "../../show/text.ts";
import { Latency } from "./latency.ts";
import { latencyForm } from "./latency_form.ts";
import type { LoadResult, LoadSettings } from "./load.ts";
import { describePlace, type Place } from "./place.ts";

/** What one latency is of. */
const UNIT = "answer";

const NOTHING = "No request was answered while it was measured.";

const COLUMNS: readonly Column[] = [
  { title: "" },
  ...["answers", "rate", "mean"].map((title) => ({ title, align: "right" } as const)),
];

/** The report in lines. */
export function loadLines(
  place: Place,
  settings: LoadSettings,
  result: LoadResult,
  options: DrawOptions,
): string[] {
  const series = seriesOf(result);
  const measured = series.length === 0 ? [NOTHING] : [
    ...table(COLUMNS, figures(result)),
    "",
    ...latencyLines(series, { ...options, unit: UNIT }),
  ];
  return [
    ...wrap(heading(place, settings), WIDTH),
    ...earlyEnd(result),
    "",
    ...measured,
    "",
    ...remarks(result),
  ];
}

/** The report as a page. */
export function loadPage(place: Place, settings: LoadSettings, result: LoadResult): string {
  const series = seriesOf(result);
  const measured = series.length === 0
    ? [remark(NOTHING)]
    : [htmlTable("Answers", COLUMNS, figures(result)), latencyMarkup(series, UNIT)];
  return page({
    title: "kvdist under load",
    body: [
      ...[heading(place, settings), ...earlyEnd(result)].map(remark),
      ...measured,
      ...remarks(result).map(remark),
    ].join("\n"),
  });
}

/** The report as a value for JSON; times in milliseconds. */
export function loadForm(
  { own, status, targets }: Place,
  settings: LoadSettings,
  result: LoadResult,
): Record<string, unknown> {
  return {
    bench: "load",
    ...settings,
    targets: own ? [] : targets,
    replicas: status.replicas,
    store: status.store,
    fsync: status.fsync,
    ...resultForm(result),
  };
}

/** What was measured as a value for JSON. */
export function resultForm(result: LoadResult): Record<string, unknown> {
  const { elapsedMs, complete, missing, errors, coreShare, perSecond } = result;
  const kinds = Object.entries(latenciesOf(result)).map(([kind, latency]) => [kind, {
    answers: latency.count,
    perSecond: latency.count / elapsedMs * 1000,
    ...latencyForm(latency),
  }]);
  return {
    elapsedMs,
    complete,
    ...Object.fromEntries(kinds),
    missing,
    errors,
    coreShare,
    perSecond,
  };
}

/** The latencies of all answers, of reads and of writes. */
export function latenciesOf(
  result: LoadResult,
): { all: Latency; reads: Latency; writes: Latency } {
  const reads = new Latency(result.reads);
  const writes = new Latency(result.writes);
  const all = new Latency(result.reads);
  all.add(writes);
  return { all, reads, writes };
}

/** The requests that failed, in words: code and how often. */
export function errorWords({ errors }: LoadResult): string {
  const failed = Object.entries(errors).map(([code, times]) => `${code} ${count(times)}`);
  return failed.join(", ") || "none";
}

/** What is asked, in words. */
export function askedWords(
  { mix, valueBytes, keys }: Pick<LoadSettings, "mix" | "valueBytes" | "keys">,
): string {
  const asked = { read: "reads", write: "writes", mixed: "reads and writes" }[mix];
  return `${asked} of ${counted(valueBytes, "byte")}, ${counted(keys, "key")}`;
}

/** How long it is measured, in words. */
export function timeWords(
  { durationMs, warmUpMs }: Pick<LoadSettings, "durationMs" | "warmUpMs">,
): string {
  return `${roundDuration(durationMs)} measured after ${roundDuration(warmUpMs)} of warm-up`;
}

function heading(place: Place, settings: LoadSettings): string {
  const { clients, pipeline, consistency } = settings;
  return `${counted(clients, "client")}, ${counted(pipeline, "request")} of each under way; ` +
    `${consistency} ${askedWords(settings)}; ${describePlace(place)}; ${timeWords(settings)}.`;
}

function earlyEnd({ complete }: LoadResult): string[] {
  return complete ? [] : ["Stopped early: what follows was measured until then."];
}

/** Reads and writes, as far as there were any. */
function seriesOf(result: LoadResult): Series[] {
  const { reads, writes } = latenciesOf(result);
  return [{ name: "reads", latencies: reads }, { name: "writes", latencies: writes }]
    .filter(({ latencies }) => latencies.count > 0);
}

function figures(result: LoadResult): string[][] {
  const shown = Object.entries(latenciesOf(result)).filter(([, { count }]) => count > 0);
  // With one kind only, all is that kind.
  const rows = shown.length === 2 ? shown.slice(1) : shown;
  return rows.map(([kind, latency]) => [
    kind,
    count(latency.count),
    rate(latency.count / result.elapsedMs * 1000),
    duration(latency.mean),
  ]);
}

function remarks(result: LoadResult): string[] {
  const { missing, coreShare } = result;
  return [
    `errors: ${errorWords(result)}`,
    ...(missing > 0 ? [`reads of a missing key: ${count(missing)}`] : []),
    `making the load took ${
      coreShare === null
        ? "a share of a core that this Deno does not tell"
        : `${percent(coreShare)} of a core`
    }`,
  ];
}
