/**
 * What `kvdist bench sweep` says: for people, as JSON and as a page.
 *
 * @module
 */

import { percentileMarkup } from "../../show/html/latencies.ts";
import { escape, htmlTable, page, remark } from "../../show/html/page.ts";
import { plotFigure } from "../../show/html/plot.ts";
import type { DrawOptions } from "../../show/latencies.ts";
import { percentile } from "../../show/percentiles.ts";
import { type Curve, type Plot, plotLines } from "../../show/plot.ts";
import { count, counted, duration, rate } from "../../show/quantity.ts";
import { type Column, table } from "../../show/table.ts";
import { labelled, WIDTH, wrap } from "../../show/text.ts";
import { askedWords, latenciesOf, resultForm, timeWords } from "./load_report.ts";
import {
  type Absentee,
  caseWords,
  type SweepPlan,
  type SweepPoint,
  type SweepResult,
} from "./sweep.ts";
import type { WhereFlags } from "./where.ts";

/** Where it was measured. */
export type SweepPlace = Pick<WhereFlags, "store" | "fsync">;

const NOTHING = "Nothing was measured.";

const COLUMNS: readonly Column[] = [
  { title: "level" },
  ...["replicas", "clients", "answers", "p50", "p99", "p99.9", "max"]
    .map((title) => ({ title, align: "right" } as const)),
];

/** Rows of a plot in the terminal: there is one for each number of replicas. */
const PLOT_ROWS = 8;

/** A figure that is drawn as curves. */
interface Figure {
  readonly title: string;
  label(value: number): string;
  of(point: SweepPoint): number;
}

const RATE: Figure = { title: "answers a second", label: count, of: perSecond };
const P99: Figure = { title: "p99", label: duration, of: (point) => slow(point, 100) };

/** The report in lines. */
export function sweepLines(
  place: SweepPlace,
  plan: SweepPlan,
  result: SweepResult,
  options: DrawOptions,
): string[] {
  const { points, absentees } = result;
  const pictures = options.isPlain
    ? []
    : panelsOf(plan, points).flatMap(({ title, points, axis }) => [
      "",
      `${title}:`,
      ...plotLines(plotOf(plan, { points, axis, figure: RATE }), { rows: PLOT_ROWS, ...options }),
    ]);
  return [
    ...wrap(heading(place, plan), WIDTH),
    ...earlyEnd(plan, result),
    "",
    ...(points.length === 0 ? [NOTHING] : table(COLUMNS, points.map(row))),
    ...pictures,
    ...(absentees.length === 0 ? [] : [""]),
    ...absentees.flatMap((one) => labelled("not measured: ", absenteeWords(one))),
  ];
}

/** The report as a page. */
export function sweepPage(place: SweepPlace, plan: SweepPlan, result: SweepResult): string {
  const { points, absentees } = result;
  const missing = absentees.map((one) => `<li>${escape(absenteeWords(one))}</li>`);
  return page({
    title: "kvdist: levels, replicas, clients",
    body: [
      ...[heading(place, plan), ...earlyEnd(plan, result)].map(remark),
      ...panelsOf(plan, points).map((panel) => panelMarkup(plan, panel)),
      ...(points.length === 0 ? [remark(NOTHING)] : [
        "<h2>All figures</h2>",
        htmlTable("What was measured", COLUMNS, points.map(row)),
      ]),
      ...(missing.length === 0 ? [] : [`<h2>Not measured</h2>\n<ul>${missing.join("\n")}</ul>`]),
    ].join("\n"),
  });
}

/** The report as a value for JSON; times in milliseconds. */
export function sweepForm(
  { store, fsync }: SweepPlace,
  { levels, replicas, clients, load }: SweepPlan,
  { points, absentees, complete }: SweepResult,
): Record<string, unknown> {
  return {
    bench: "sweep",
    levels,
    replicas,
    clients,
    ...load,
    store,
    fsync,
    complete,
    points: points.map(({ result, ...one }) => ({ ...one, ...resultForm(result) })),
    notMeasured: absentees,
  };
}

function heading({ store, fsync }: SweepPlace, { load }: SweepPlan): string {
  const disk = store === "memory" ? "" : `, fsync ${fsync}`;
  return `Each case: ${askedWords(load)}; ${
    counted(load.pipeline, "request")
  } of each client under way; ` +
    `replicas in this process, ${store}${disk}; ${timeWords(load)}.`;
}

function earlyEnd({ levels, replicas, clients }: SweepPlan, result: SweepResult): string[] {
  const { complete, points } = result;
  const all = levels.length * replicas.length * clients.length;
  return complete ? [] : [`Stopped early: ${points.length} of ${all} were measured until then.`];
}

function absenteeWords(absentee: Absentee): string {
  return `${caseWords(absentee)}: ${absentee.why}`;
}

function row(point: SweepPoint): string[] {
  const { level, replicas, clients, result } = point;
  return [
    level,
    count(replicas),
    count(clients),
    rate(perSecond(point)),
    ...[2, 100, 1000].map((oneIn) => duration(slow(point, oneIn))),
    duration(latenciesOf(result).all.max),
  ];
}

function perSecond({ result }: SweepPoint): number {
  return latenciesOf(result).all.count / result.elapsedMs * 1000;
}

function slow({ result }: SweepPoint, oneIn: number): number {
  return percentile(latenciesOf(result).all, oneIn);
}

/** What is drawn together: what differs is the level and one thing more. */
interface Panel {
  readonly title: string;
  /** That thing. */
  readonly axis: "clients" | "replicas";
  readonly points: readonly SweepPoint[];
}

/** A panel for each number of replicas; of one number of clients, one for all replicas. */
function panelsOf({ replicas, clients }: SweepPlan, points: readonly SweepPoint[]): Panel[] {
  const panels: Panel[] = clients.length === 1 && replicas.length > 1
    ? [{ title: counted(clients[0], "client"), axis: "replicas", points }]
    : replicas.map((n) => ({
      title: counted(n, "replica"),
      axis: "clients",
      points: points.filter((point) => point.replicas === n),
    }));
  return panels.filter(({ points }) => points.length > 0);
}

function plotOf(
  { levels }: SweepPlan,
  { points, axis, figure }: Pick<Panel, "points" | "axis"> & { figure: Figure },
): Plot {
  const places = [...new Set(points.map((point) => point[axis]))];
  return {
    title: figure.title,
    x: { title: axis, ticks: places.map((at) => ({ at, label: count(at) })) },
    y: { title: figure.title, label: figure.label },
    curves: levels.map((level): Curve => ({
      name: level,
      points: points.filter((point) => point.level === level)
        .map((point) => ({ x: point[axis], y: figure.of(point), isMarked: true })),
    })),
  };
}

/** Curves of the panel, and the percentiles of its last place, where there is most to do. */
function panelMarkup(plan: SweepPlan, panel: Panel): string {
  const { title, axis, points } = panel;
  const most = Math.max(...points.map((point) => point[axis]));
  const series = points.filter((point) => point[axis] === most)
    .map(({ level, result }) => ({ name: level, latencies: latenciesOf(result).all }));
  const last = `${title}, ${count(most)} ${axis}`;
  return `<h2>${escape(title)}</h2>
<div class="pictures">
${[RATE, P99].map((figure) => plotFigure(plotOf(plan, { ...panel, figure }))).join("\n")}
</div>
<h3>${escape(last)}</h3>
${percentileMarkup(series, { unit: "answer", caption: `Percentiles: ${last}` })}`;
}
