/**
 * The charts of the live page: what each replica has told in the last minutes, drawn by uPlot.
 *
 * @module
 */

// @ts-types="./uplot.d.ts"
import uPlot from "./uplot/uPlot.esm.js";
import { element, input, made } from "./elements.js";
import { count, time } from "./words.js";

/** The charts go back so far … */
const SHOWN_MS = 300_000;
/** … and at first less, but so far at least. */
const SHOWN_MS_MIN = 30_000;
/** Between two looks further apart than this, nothing is known. */
const GAP_MS = 5_000;

const HEIGHT = 170;
const FONT = "12px system-ui, sans-serif";

/** Twenty lines that differ, some of them by their dashes alone. */
const COLOURS = ["--c0", "--c1", "--c2", "--c3", "--c4"];
const DASHES = [[], [7, 4], [2, 4], [9, 4, 2, 4]];

/**
 * The axis goes up to four times `least` at least, and is linear up to `least`.
 *
 * @typedef {import("./live.js").Replica} Replica
 * @typedef {{ name: string, unit: (value: number) => string, least: number, of: (replica: Replica) => number | null | undefined }} Chart
 */

/** @type {Chart[]} */
const CHARTS = [
  {
    name: "writes a second",
    unit: count,
    least: 1,
    of: ({ activity }) => activity?.write.perSecond,
  },
  { name: "reads a second", unit: count, least: 1, of: ({ activity }) => activity?.read.perSecond },
  { name: "p99 of writes", unit: time, least: 0.1, of: ({ activity }) => activity?.write.p99Ms },
  { name: "staleness", unit: time, least: 0.1, of: ({ status }) => status?.staleness },
];

/** What was told, and when. @type {{ at: number, replicas: Map<number, Replica> }[]} */
const seen = [];

/** The replicas that have a line. @type {number[]} */
let ids = [];

/** @type {{ draw(): void, redraw(): void, remove(): void }[]} */
let charts = [];

/** Takes in what is told now. @param {number} at @param {Replica[]} replicas */
export function showCharts(at, replicas) {
  const last = seen.at(-1)?.at ?? at;
  // The server's clock may have been set back.
  if (last > at) seen.length = 0;
  else if (at - last > GAP_MS) seen.push({ at: (last + at) / 2, replicas: new Map() });
  seen.push({ at, replicas: new Map(replicas.map((replica) => [replica.id, replica])) });
  while (at - seen[0].at > SHOWN_MS) seen.shift();
  const others = replicas.map(({ id }) => id).filter((id) => !ids.includes(id));
  if (others.length === 0) return draw();
  ids = [...ids, ...others];
  makeAgain();
}

function draw() {
  for (const chart of charts) chart.draw();
}

function makeAgain() {
  for (const chart of charts) chart.remove();
  charts = seen.length === 0 ? [] : CHARTS.map(newChart);
}

/** @param {Chart} chart */
function newChart(chart) {
  const { name } = chart;
  const figure = made("figure");
  const place = made("div");
  figure.append(made("figcaption", name), place);
  figure.tabIndex = 0;
  element("charts").append(figure);
  const width = () => Math.max(200, place.clientWidth);
  const plot = new uPlot(options(chart, width()), values(chart), place);
  figure.addEventListener("keydown", (event) => {
    if (moveCursor(plot, event.key)) event.preventDefault();
  });
  const { canvas } = plot.ctx;
  canvas.setAttribute("role", "img");
  const tell = () => {
    const now = ids.map((id) => `${lineName(id)}: ${wordsNow(chart, id)}`);
    canvas.setAttribute("aria-label", `${name}, now ${now.join(", ")}`);
  };
  tell();
  return {
    draw() {
      if (plot.width !== width()) plot.setSize({ width: width(), height: HEIGHT });
      plot.setData(values(chart));
      tell();
    },
    redraw: () => plot.redraw(false),
    remove() {
      plot.destroy();
      figure.remove();
    },
  };
}

/** @param {number} id */
const lineName = (id) => `replica ${id}`;

/** @param {Chart} chart @param {number} id @param {typeof seen[number] | undefined} look */
function valueOf({ of }, id, look) {
  const replica = look?.replicas.get(id);
  return replica === undefined ? null : of(replica) ?? null;
}

/** @param {Chart} chart */
const values = (chart) => [
  seen.map(({ at }) => at),
  ...ids.map((id) => seen.map((look) => valueOf(chart, id, look))),
];

/** @param {Chart} chart @param {number | null} value */
const words = ({ unit }, value) => value === null ? "–" : unit(value);
/** @param {Chart} chart @param {number} id */
const wordsNow = (chart, id) => words(chart, valueOf(chart, id, seen.at(-1)));

/** Of the theme that is now. @param {string} name */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);

/** @param {Chart} chart @param {number} width @returns {import("./uplot.d.ts").Options} */
function options(chart, width) {
  const { least } = chart;
  return {
    width,
    height: HEIGHT,
    // A time below the right edge has room for its other half.
    padding: [8, 30, 0, 0],
    ms: 1,
    series: [
      { label: "at", value: (_, at) => at === null ? "now" : clock(at) },
      ...ids.map((id, line) => series(chart, id, line)),
    ],
    axes: [
      { ...axis(20, 80), grid: { show: false }, values: "{HH}:{mm}:{ss}" },
      {
        ...axis(62, 30),
        grid: { stroke: () => colour("--line"), width: 1 },
        ...(isLogarithmic() && { splits: (_plot, _axis, _from, to) => powers(least, to) }),
        filter: (_, marks) => marks,
        values: (_, marks) => marks.map((mark) => mark === null ? "" : chart.unit(mark)),
      },
    ],
    scales: {
      x: { range: shown },
      y: {
        distr: isLogarithmic() ? 4 : 1,
        asinh: least,
        range: (_, _least, most) => [0, 1.1 * Math.max(4 * least, most ?? 0)],
      },
    },
    cursor: {
      y: false,
      // No part is chosen by the mouse, and no line taken away: what comes would undo it.
      drag: { x: false, y: false },
      bind: { click: () => null, dblclick: () => null },
      // In all charts at once.
      sync: { key: "kvdist" },
    },
    legend: { markers: { width: 0, fill: (_, line) => sample(line - 1) } },
  };
}

const isLogarithmic = () => input("log").checked;

/** 0, and powers of ten from there on; the first of many stands too near to 0. @param {number} least @param {number} to */
function powers(least, to) {
  const all = [];
  for (let power = least; power <= to; power *= 10) all.push(power);
  return [0, ...all.slice(all.length > 3 ? 1 : 0)];
}

/** @param {Chart} chart @param {number} id @param {number} line @returns {import("./uplot.d.ts").Series} */
function series(chart, id, line) {
  const stroke = () => colour(COLOURS[line % COLOURS.length]);
  return {
    label: lineName(id),
    value: (_plot, value, _line, index) =>
      index === null ? wordsNow(chart, id) : words(chart, value),
    stroke,
    width: 2,
    dash: DASHES[line % DASHES.length],
    points: { show: false, size: 5, fill: stroke, filter: lonely },
  };
}

/** @param {number} size @param {number} space */
const axis = (size, space) => ({
  stroke: () => colour("--dim"),
  font: FONT,
  ticks: { show: false },
  size,
  space,
});

/** @returns {[number, number]} */
function shown() {
  const now = seen[seen.length - 1].at;
  return [Math.min(seen[0].at, now - SHOWN_MS_MIN), now];
}

/** What has no neighbour is no line, and would not be seen. @param {uPlot} plot @param {number} line */
function lonely({ data }, line) {
  const own = data[line];
  /** @param {number} i */
  const isThere = (i) => (own[i] ?? null) !== null;
  return own.flatMap((_, i) => isThere(i) && !isThere(i - 1) && !isThere(i + 1) ? [i] : []);
}

/** @param {number} at */
const clock = (at) => new Date(at).toLocaleTimeString("en-GB");

/** A line's colour and dashes, as a background. @param {number} line */
function sample(line) {
  const dashes = DASHES[line % DASHES.length];
  const own = `var(${COLOURS[line % COLOURS.length]})`;
  let end = 0;
  const parts = dashes.map((length, i) =>
    `${i % 2 === 0 ? own : "transparent"} ${end}px ${end += length}px`
  );
  return parts.length === 0 ? own : `repeating-linear-gradient(90deg, ${parts.join(", ")})`;
}

/** Where a key leads from a look, which is after the last while there is no cursor. @type {Record<string, (index: number) => number>} */
const KEYS = {
  ArrowLeft: (index) => Math.max(0, index - 1),
  ArrowRight: (index) => index + 1,
  Home: () => 0,
  End: () => Infinity,
  Escape: () => Infinity,
};

/** Whether the key was meant for the cursor. @param {uPlot} plot @param {string} key */
function moveCursor(plot, key) {
  if (!Object.hasOwn(KEYS, key)) return false;
  const at = plot.data[0][KEYS[key](plot.cursor.idx ?? seen.length)] ?? null;
  const left = at === null ? -10 : plot.valToPos(at, "x");
  plot.setCursor({ left, top: 0 }, true, true);
  return true;
}

input("log").addEventListener("change", makeAgain);
addEventListener("resize", draw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const chart of charts) chart.redraw();
});
