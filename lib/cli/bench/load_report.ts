/**
 * What `kvdist bench load` says of a load: for people and as JSON.
 *
 * @module
 */

import { histogramLines } from "../../show/histogram.ts";
import { count, counted, duration, percent, rate, roundDuration } from "../../show/quantity.ts";
import { table } from "../../show/table.ts";
import { WIDTH, wrap } from "../../show/text.ts";
import { Latency } from "./latency.ts";
import type { LoadResult, LoadSettings } from "./load.ts";
import { describePlace, type Place } from "./place.ts";

/** The quantiles shown, by their usual names. */
const QUANTILES = { p50: 0.5, p99: 0.99, "p99.9": 0.999 } as const;

/** The report in lines. */
export function loadLines(place: Place, settings: LoadSettings, result: LoadResult): string[] {
  const kinds = latencies(result);
  const shown = Object.entries(kinds).filter(([, latency]) => latency.count > 0);
  // With one kind only, all is that kind.
  const rows = shown.length === 2 ? shown.slice(1) : shown;
  const measured = rows.length === 0 ? ["No request was answered while it was measured."] : [
    ...figures(rows, result.elapsedMs),
    "",
    ...histogramLines(kinds.all.bins()),
  ];
  return [
    ...wrap(heading(place, settings), WIDTH),
    ...(result.complete ? [] : ["Stopped early: what follows was measured until then."]),
    "",
    ...measured,
    "",
    ...remarks(result),
  ];
}

/** The report as a value for JSON; times in milliseconds. */
export function loadForm(
  { own, status, targets }: Place,
  settings: LoadSettings,
  result: LoadResult,
): Record<string, unknown> {
  const { elapsedMs, complete, missing, errors, coreShare, perSecond } = result;
  const kinds = Object.entries(latencies(result)).map(([kind, latency]) => {
    const quantiles = Object.entries(QUANTILES)
      .map(([name, share]) => [name, latency.quantile(share)] as const);
    return [kind, {
      answers: latency.count,
      perSecond: latency.count / elapsedMs * 1000,
      meanMs: latency.mean,
      ...Object.fromEntries(quantiles.map(([name, ms]) => [`${name}Ms`, ms])),
      maxMs: latency.max,
    }] as const;
  });
  return {
    bench: "load",
    ...settings,
    targets: own ? [] : targets,
    replicas: status.replicas,
    store: status.store,
    fsync: status.fsync,
    elapsedMs,
    complete,
    ...Object.fromEntries(kinds),
    missing,
    errors,
    coreShare,
    perSecond,
    histogram: latencies(result).all.bins(),
  };
}

function latencies(result: LoadResult): { all: Latency; reads: Latency; writes: Latency } {
  const reads = new Latency(result.reads);
  const writes = new Latency(result.writes);
  const all = new Latency(result.reads);
  all.add(writes);
  return { all, reads, writes };
}

function heading(place: Place, settings: LoadSettings): string {
  const { clients, pipeline, mix, consistency, valueBytes, keys, warmUpMs, durationMs } = settings;
  const asked = { read: "reads", write: "writes", mixed: "reads and writes" }[mix];
  return `${counted(clients, "client")}, ${counted(pipeline, "request")} of each under way; ` +
    `${consistency} ${asked} of ${counted(valueBytes, "byte")}, ${counted(keys, "key")}; ` +
    `${describePlace(place)}; ${roundDuration(durationMs)} measured ` +
    `after ${roundDuration(warmUpMs)} of warm-up.`;
}

function figures(rows: readonly (readonly [string, Latency])[], elapsedMs: number): string[] {
  const titles = ["answers", "rate", "mean", ...Object.keys(QUANTILES), "max"];
  return table(
    [{ title: "" }, ...titles.map((title) => ({ title, align: "right" } as const))],
    rows.map(([kind, latency]) => [
      kind,
      count(latency.count),
      rate(latency.count / elapsedMs * 1000),
      duration(latency.mean),
      ...Object.values(QUANTILES).map((share) => duration(latency.quantile(share))),
      duration(latency.max),
    ]),
  );
}

function remarks({ errors, missing, coreShare }: LoadResult): string[] {
  const failed = Object.entries(errors).map(([code, times]) => `${code} ${count(times)}`);
  return [
    `errors: ${failed.join(", ") || "none"}`,
    ...(missing > 0 ? [`reads of a missing key: ${count(missing)}`] : []),
    `making the load took ${
      coreShare === null
        ? "a share of a core that this Deno does not tell"
        : `${percent(coreShare)} of a core`
    }`,
  ];
}
