/**
 * The report as one page that needs nothing else: ratios as bars, growth as curves, all figures as
 * a table.
 *
 * @module
 */

import { escape, htmlTable, page as htmlPage, remark } from "../../lib/show/html/page.ts";
import { plotFigure } from "../../lib/show/html/plot.ts";
import type { Plot } from "../../lib/show/plot.ts";
import { count, duration, percent, rate } from "../../lib/show/quantity.ts";
import { logScale, type Scale } from "../../lib/show/scale.ts";
import type { Column } from "../../lib/show/table.ts";
import { type Compared, figuresOf, isBound } from "./measurement.ts";
import { describePinning } from "./pinning.ts";
import {
  conditions,
  differences,
  inWords,
  nameOf,
  type Part,
  type Participant,
  partsOf,
  POINT_TITLES,
  pointInWords,
  ratioInWords,
  type Report,
  spreadInWords,
  targetInWords,
  verdictInWords,
  workInWords,
} from "./report.ts";
import type { Curve } from "./sweep.ts";
import { WORKS } from "./targets.ts";

/** What the bars have besides the look that all pages have. */
const STYLE = `
.one, .spread { stroke: var(--text); stroke-width: 1.5; }
.target { stroke: var(--target); stroke-width: 3; } .target-mark { color: var(--target); }
svg text.bad { font-weight: 600; fill: var(--bad); }
`;

/** Places in the chart of ratios, in its own units. */
const RATIO = { width: 1040, bars: 390, barsEnd: 740, words: 752, row: 40, top: 34, bar: 14 };

/** The page. */
export function page(report: Report): string {
  const { curves } = report;
  return htmlPage({
    title: curves.length > 0 ? "How kvdist grows" : "kvdist beside its peers",
    style: STYLE,
    body: [
      ...conditions(report).map(remark),
      ...partsOf(report).map((part) => partSection(part, report)),
      curveSection(curves),
      participantSection(report),
    ].join("\n"),
  });
}

function participantSection({ participants, absentees }: Report): string {
  const missing = absentees.map(({ name, why }) => `<li>Not: ${escape(`${name}: ${why}`)}</li>`);
  const items = [...participants.map(participantItem), ...missing];
  return items.length === 0 ? "" : `<h2>What was measured</h2>\n<ul>${items.join("\n")}</ul>`;
}

function participantItem({ name, version, promise, settings }: Participant): string {
  const words = `${name}, version ${version}: an answered write is ${promise}.`;
  return `<li>${escape(words)} <span class="dim">${escape(settings)}</span></li>`;
}

function partSection(part: Part, { participants, machine }: Report): string {
  const { compared, aimed, isPinned, measurements } = part;
  if (measurements.length === 0) return "";
  const items = differences(compared, participants).map((text) => `<li>${escape(text)}</li>`);
  return `<h2>${escape(capital(describePinning(isPinned, machine.cores)))}</h2>
${compared.length === 0 ? "" : ratioChart(compared, participants)}
${
    aimed.map(({ aim, perSecond, isReached }) =>
      `<p>${
        escape(
          `${nameOf(participants, aim.kvdist)}, ${nameOf(WORKS, aim.work)}: ` +
            `${spreadInWords(perSecond, rate)}; ${isReached ? "reached" : "not reached"}: ` +
            `the aim of ${count(aim.perSecond)}/s`,
        )
      }.</p>`
    ).join("\n")
  }
<ul class="dim">${items.join("")}</ul>
${figureTable(part, participants)}`;
}

/** Bars to the right: kvdist is ahead. Of times the inverse is drawn, so that this holds of all. */
function ratioChart(compared: readonly Compared[], participants: readonly Participant[]): string {
  const scale = logScale(
    compared.flatMap((one) => {
      const { ratio, comparison: { target = 1 } } = one;
      return [ratio.min, ratio.max, target].map((value) => advantage(value, one));
    }),
    { from: RATIO.bars, to: RATIO.barsEnd, atLeast: [0.4, 2.5] },
  );
  const height = RATIO.top + RATIO.row * compared.length + 6;
  const grid = scale.ticks.map((tick) => {
    const x = scale.at(tick);
    return `<line class="${tick === 1 ? "one" : "grid"}" x1="${x}" x2="${x}" y1="${
      RATIO.top - 6
    }" ` +
      `y2="${height}"/><text class="dim" x="${x}" y="${RATIO.top - 12}" text-anchor="middle">` +
      `${tick}x</text>`;
  });
  const rows = compared.map((one, i) =>
    ratioRow(one, participants, { scale, y: RATIO.top + RATIO.row * i })
  );
  return `<p class="dim">How many times as fast kvdist is: to the right it is ahead, to the left
behind. Thin lines: the least and the most of all rounds. <span class="target-mark">▎</span>
the target. * A generator was at its limit: the ratio is nearer to 1 than the systems are.</p>
<svg viewBox="0 0 ${RATIO.width} ${height}" role="img" aria-label="kvdist beside each peer">
${[...grid, ...rows].join("\n")}
</svg>`;
}

function ratioRow(
  one: Compared,
  participants: readonly Participant[],
  { scale, y }: { scale: Scale; y: number },
): string {
  const { comparison, ratio, verdict, isBehind, kvdist, peer, isGeneratorBound } = one;
  const { target, figure } = comparison;
  const at = (value: number) => scale.at(advantage(value, one));
  const middle = y + RATIO.row / 2;
  const [from, to] = [scale.at(1), at(ratio.median)].toSorted((a, b) => a - b);
  const isBad = verdict === "missed" || verdict === "none" && isBehind;
  const kind = verdict === "none" && !isBehind ? "plain" : isBad ? "bad" : "good";
  const names = `${nameOf(participants, comparison.kvdist)} / ${
    nameOf(participants, comparison.peer)
  }`;
  const figures = `${inWords(kvdist.median, figure)} / ${inWords(peer.median, figure)}`;
  const verdictText = [
    target === undefined ? "" : `target ${targetInWords(one)}`,
    verdictInWords(one),
  ].filter((text) => text !== "").join("; ");
  return `<g><title>${escape(`${workInWords(one)}: ${names}: ${figures}`)}</title>
<text x="0" y="${middle - 3}">${escape(workInWords(one))}: ${escape(figures)}</text>
<text class="dim" x="0" y="${middle + 13}">${escape(names)}</text>
<rect class="${kind}" x="${from}" y="${middle - RATIO.bar / 2}" width="${
    Math.max(1, to - from).toFixed(1)
  }" height="${RATIO.bar}" rx="2"/>
<line class="spread" x1="${at(ratio.min)}" x2="${at(ratio.max)}" y1="${middle}" y2="${middle}"/>
${
    target === undefined
      ? ""
      : `<line class="target" x1="${at(target)}" x2="${at(target)}" y1="${
        middle - RATIO.bar / 2 - 4
      }" y2="${middle + RATIO.bar / 2 + 4}"/>`
  }
<text x="${RATIO.words}" y="${middle - 3}">${
    escape(
      ratioInWords(ratio) + (figure === "rate" ? "" : " of the time") +
        (isGeneratorBound ? " *" : ""),
    )
  }</text>
<text class="${isBad ? "bad" : "dim"}" x="${RATIO.words}" y="${middle + 13}">${
    escape(verdictText)
  }</text></g>`;
}

/** How many times as fast kvdist is. */
function advantage(ratio: number, { comparison: { figure } }: Compared): number {
  return figure === "rate" ? ratio : 1 / ratio;
}

function figureTable({ measurements }: Part, participants: readonly Participant[]): string {
  const rows = WORKS.flatMap(({ id: work, name }) =>
    participants.flatMap((system) => {
      const figures = figuresOf(measurements, system.id, work);
      if (figures === null) return [];
      const { perSecond, pairsMs, p50Ms, p99Ms, coreShare } = figures;
      const value = pairsMs === null
        ? spreadInWords(perSecond, rate)
        : spreadInWords(pairsMs, duration);
      const mark = isBound({ coreShare: coreShare.max }) ? " *" : "";
      return [[
        name,
        system.name,
        value,
        p50Ms === null ? "" : duration(p50Ms.median),
        p99Ms === null ? "" : duration(p99Ms.median),
        percent(coreShare.median) + mark,
      ]];
    })
  );
  return htmlTable(
    "All figures",
    columnsOf(["work", "system", "answers", "p50", "p99", "generator"]),
    rows,
  ) + remark("* The generator took more than 90 % of a core: the system may be faster.");
}

/** The first two columns are words, the others numbers. */
function columnsOf(titles: readonly string[]): Column[] {
  return titles.map((title, i) => ({ title, align: i < 2 ? "left" : "right" }));
}

function curveSection(curves: readonly Curve[]): string {
  const axes = [...new Set(curves.map(({ axis }) => axis))];
  return axes.map((axis) => {
    const own = curves.filter((curve) => curve.axis === axis);
    const rows = own.flatMap(({ name, points }) =>
      points.map((point) => [count(point.at), name, ...pointInWords(point)])
    );
    return `<h2>${escape(capital(axis))}</h2>
<div class="pictures">
${
      plotFigure(
        plotOf(own, { title: "answers a second", label: tickWord }, (point) => point.perSecond),
      )
    }
${plotFigure(plotOf(own, { title: "p99", label: duration }, (point) => point.p99Ms))}
</div>
${htmlTable(axis, columnsOf([axis, "what", ...POINT_TITLES]), rows)}`;
  }).join("\n");
}

function plotOf(
  curves: readonly Curve[],
  y: Plot["y"],
  value: (point: Curve["points"][number]) => number,
): Plot {
  const [{ axis }] = curves;
  const places = new Set(curves.flatMap(({ points }) => points.map(({ at }) => at)));
  return {
    title: y.title,
    x: { title: axis, ticks: [...places].map((at) => ({ at, label: count(at) })) },
    y,
    curves: curves.map(({ name, points }) => ({
      name,
      points: points.map((point) => ({ x: point.at, y: value(point), isMarked: true })),
    })),
  };
}

function tickWord(tick: number): string {
  return tick >= 1 ? count(tick) : String(tick);
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
