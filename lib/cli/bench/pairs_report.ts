/**
 * What `kvdist bench` says of the paper's experiment: for people, as JSON and as a page.
 *
 * @module
 */

import { latencyMarkup } from "../../show/html/latencies.ts";
import { htmlTable, page, remark } from "../../show/html/page.ts";
import { type DrawOptions, latencyLines } from "../../show/latencies.ts";
import type { Series } from "../../show/percentiles.ts";
import { counted } from "../../show/quantity.ts";
import { table } from "../../show/table.ts";
import { WIDTH, wrap } from "../../show/text.ts";
import type { Latency } from "./latency.ts";
import { latencyForm } from "./latency_form.ts";
import {
  type Level,
  LEVELS,
  PAIRS_COLUMNS,
  pairsRows,
  PAPER,
  type Run,
  summarize,
} from "./pairs.ts";
import { describePlace, type Place } from "./place.ts";

/** What was asked for. */
export interface PairsAsked {
  readonly pairs: number;
  readonly rounds: number;
  readonly key: string;
}

/** What was measured. */
export interface PairsMeasured {
  readonly runs: readonly Run[];
  /** How long the pairs took, of all rounds together. */
  readonly latencies: Readonly<Record<Level, Latency>>;
}

/** What one latency is of. */
const UNIT = "pair";

const COMPARE_SHAPE = "The paper's figures are for 100 pairs, replicas that are Python threads, " +
  "and its authors' machine: compare the shape, not the milliseconds.";

/** The report in lines. */
export function pairsLines(
  place: Place,
  asked: PairsAsked,
  measured: PairsMeasured,
  options: DrawOptions,
): string[] {
  return [
    ...wrap(heading(place, asked), WIDTH),
    "",
    ...table(PAIRS_COLUMNS, rows(asked, measured)),
    "",
    ...wrap(COMPARE_SHAPE, WIDTH),
    "",
    ...latencyLines(seriesOf(measured), { ...options, unit: UNIT }),
  ];
}

/** The report as a page. */
export function pairsPage(place: Place, asked: PairsAsked, measured: PairsMeasured): string {
  return page({
    title: "kvdist: eventual beside sequential",
    body: [
      remark(heading(place, asked)),
      htmlTable("Both levels beside the paper's", PAIRS_COLUMNS, rows(asked, measured)),
      remark(COMPARE_SHAPE),
      "<h2>How long a pair took</h2>",
      latencyMarkup(seriesOf(measured), UNIT),
    ].join("\n"),
  });
}

/** The report as a value for JSON; times in milliseconds. */
export function pairsForm(
  { targets, own, status }: Place,
  { pairs, rounds, key }: PairsAsked,
  { runs, latencies }: PairsMeasured,
): Record<string, unknown> {
  const [eventual, sequential] = LEVELS.map((level) => ({
    ...summarize(level, runs),
    pair: latencyForm(latencies[level]),
  }));
  return {
    bench: "pairs",
    pairs,
    rounds,
    key,
    replicas: status.replicas,
    store: status.store,
    fsync: status.fsync,
    targets: own ? [] : targets,
    eventual,
    sequential,
    ratio: sequential.elapsedMs.median / eventual.elapsedMs.median,
    runs,
    paper: PAPER,
  };
}

function heading(place: Place, { pairs, rounds }: PairsAsked): string {
  return `${counted(pairs, "pair")} of set and get by one client; ${describePlace(place)}; ` +
    `the median of ${counted(rounds, "round")}.`;
}

function rows({ pairs }: PairsAsked, { runs }: PairsMeasured): string[][] {
  const [eventual, sequential] = LEVELS.map((level) => summarize(level, runs));
  return pairsRows(pairs, eventual, sequential);
}

function seriesOf({ latencies }: PairsMeasured): Series[] {
  return LEVELS.map((level) => ({ name: level, latencies: latencies[level] }));
}
