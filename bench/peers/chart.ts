/**
 * The report as one page that needs nothing else: ratios as bars, growth as curves, all figures as
 * a table.
 *
 * @module
 */

import { count, duration, percent, rate } from "../../lib/show/quantity.ts";
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

const STYLE = `
:root { color-scheme: light dark; --page: #fff; --text: #1b1f24; --dim: #667079; --line: #d5dae0;
  --good: #1a7f4b; --bad: #c0392b; --plain: #4a78a8; --target: #8a5a00; }
@media (prefers-color-scheme: dark) { :root { --page: #14171a; --text: #e6e9ec; --dim: #98a2ab;
  --line: #363d44; --good: #3fb57c; --bad: #ec6a5c; --plain: #78a9dc; --target: #e3a83b; } }
body { background: var(--page); color: var(--text); font: 15px/1.5 system-ui, sans-serif;
  max-width: 1060px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2.5rem; }
p, li { max-width: 80ch; } .dim { color: var(--dim); }
svg { width: 100%; height: auto; font: 12.5px system-ui, sans-serif; }
svg text { fill: var(--text); } svg .dim { fill: var(--dim); }
.grid { stroke: var(--line); } .one { stroke: var(--text); stroke-width: 1.5; }
.spread { stroke: var(--text); stroke-width: 1.5; }
.target { stroke: var(--target); stroke-width: 3; } svg text.target-text { fill: var(--target); }
.good { fill: var(--good); } .bad { fill: var(--bad); } .plain { fill: var(--plain); }
svg text.bad { font-weight: 600; fill: var(--bad); }
.curve { fill: none; stroke-width: 2; } .c0 { stroke: var(--plain); } .c1 { stroke: var(--good); }
.c2 { stroke: var(--target); } .c3 { stroke: var(--bad); }
.l0 { color: var(--plain); } .l1 { color: var(--good); }
.l2 { color: var(--target); } .l3 { color: var(--bad); }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 13.5px; }
th, td { padding: .15rem .7rem .15rem 0; border-bottom: 1px solid var(--line); text-align: left;
  vertical-align: top; } td.number, th.number { text-align: right; }
.scroll { overflow-x: auto; }
`;

/** Places in the chart of ratios, in its own units. */
const RATIO = { width: 1040, bars: 390, barsEnd: 740, words: 752, row: 40, top: 34, bar: 14 };

/** Places in a chart of curves. */
const CURVES = { width: 480, height: 300, left: 70, right: 20, top: 16, bottom: 30 };

/** How many lines a chart can tell apart by colour. */
const CURVE_COLOURS = 4;

/** The page. */
export function page(report: Report): string {
  const { curves } = report;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>kvdist beside its peers</title>
<style>${STYLE}</style>
<h1>${curves.length > 0 ? "How kvdist grows" : "kvdist beside its peers"}</h1>
${conditions(report).map((text) => `<p class="dim">${escape(text)}</p>`).join("\n")}
${partsOf(report).map((part) => partSection(part, report)).join("\n")}
${curveSection(curves)}
${participantSection(report)}
</html>
`;
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
behind. Thin lines: the least and the most of all rounds. <span style="color: var(--target)">▎</span>
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
  return htmlTable(["work", "system", "answers", "p50", "p99", "generator"], rows) +
    `<p class="dim">* The generator took more than 90 % of a core: the system may be faster.</p>`;
}

/** The first two columns are words, the others numbers. */
function htmlTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const kind = (column: number) => column < 2 ? "" : ` class="number"`;
  const head = titles.map((title, i) => `<th${kind(i)}>${escape(title)}</th>`).join("");
  const body = rows.map((row) =>
    `<tr>${row.map((cell, i) => `<td${kind(i)}>${escape(cell)}</td>`).join("")}</tr>`
  );
  return `<div class="scroll"><table><tr>${head}</tr>\n${body.join("\n")}\n</table></div>`;
}

function curveSection(curves: readonly Curve[]): string {
  const axes = [...new Set(curves.map(({ axis }) => axis))];
  return axes.map((axis) => {
    const own = curves.filter((curve) => curve.axis === axis);
    return `<h2>${escape(capital(axis))}</h2>
<p>${own.slice(0, CURVE_COLOURS).map(legend).join(" &nbsp; ")}</p>
<div style="display: flex; flex-wrap: wrap">
${curveChart(own, "answers a second", (point) => point.perSecond)}
${curveChart(own, "p99 in ms", (point) => point.p99Ms)}
</div>
${
      htmlTable(
        [axis, "", ...POINT_TITLES],
        own.flatMap(({ name, points }) =>
          points.map((point) => [count(point.at), name, ...pointInWords(point)])
        ),
      )
    }`;
  }).join("\n");
}

function legend({ name }: Curve, i: number): string {
  return `<span class="l${i}">━ ${escape(name)}</span>`;
}

/** Curves on scales that are both logarithmic: a straight line is a power. */
function curveChart(
  curves: readonly Curve[],
  title: string,
  value: (point: Curve["points"][number]) => number,
): string {
  const { width, height, left, right, top, bottom } = CURVES;
  const points = curves.flatMap((curve) => curve.points);
  const x = logScale(points.map(({ at }) => at), { from: left, to: width - right });
  const y = logScale(points.map(value), { from: height - bottom, to: top });
  const places = [...new Set(points.map(({ at }) => at))].toSorted((a, b) => a - b);
  const axes = [
    ...y.ticks.map((tick) =>
      `<line class="grid" x1="${left}" x2="${width - right}" y1="${y.at(tick)}" y2="${
        y.at(tick)
      }"/>` +
      `<text class="dim" x="${left - 6}" y="${y.at(tick)}" dy="4" text-anchor="end">` +
      `${tick >= 1 ? count(tick) : tick}</text>`
    ),
    ...places.map((place) =>
      `<text class="dim" x="${x.at(place)}" y="${height - bottom + 18}" text-anchor="middle">` +
      `${count(place)}</text>`
    ),
  ];
  const lines = curves.slice(0, CURVE_COLOURS).map(({ name, points }, i) => {
    const path = points.map((point) => `${x.at(point.at)},${y.at(value(point))}`).join(" ");
    return `<polyline class="curve c${i}" points="${path}"><title>${
      escape(name)
    }</title></polyline>`;
  });
  return `<figure style="flex: 1 1 440px; margin: 0"><figcaption class="dim">${escape(title)}
</figcaption><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(title)}">
${[...axes, ...lines].join("\n")}
</svg></figure>`;
}

/** From values to places. */
interface Scale {
  readonly ticks: readonly number[];
  at(value: number): number;
}

/** A logarithmic scale that holds all values, with ticks at 1, 2 and 5 of each power of ten. */
function logScale(
  values: readonly number[],
  { from, to, atLeast = [] }: { from: number; to: number; atLeast?: readonly number[] },
): Scale {
  const positive = [...values, ...atLeast].filter((value) => value > 0);
  const low = Math.log10(Math.min(...positive)) - 0.04;
  const high = Math.log10(Math.max(...positive)) + 0.04;
  const powers = Array.from(
    { length: Math.ceil(high) - Math.floor(low) + 1 },
    (_, i) => Math.floor(low) + i,
  );
  const ticks = powers.flatMap((power) => [1, 2, 5].map((n) => Number(`${n}e${power}`)))
    .filter((tick) => Math.log10(tick) >= low && Math.log10(tick) <= high);
  const place = (value: number) => from + (Math.log10(value) - low) / (high - low) * (to - from);
  return { ticks, at: (value) => Number(place(value).toFixed(1)) };
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
