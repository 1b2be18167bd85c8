/**
 * Curves as a picture of a page.
 *
 * @module
 */

import { type Curve, drawn, MARKS, type Plot, type Point } from "../plot.ts";
import { logScale, roundBounds, type Scale, sparse } from "../scale.ts";
import { escape } from "./page.ts";

/** Places in the picture, in its own units. */
const PLACES = { width: 480, height: 300, left: 70, right: 20, top: 12, bottom: 48 };

/** More ticks upwards than this crowd. */
const TICKS_MAX = 12;

/** Outlines of {@linkcode MARKS} around 0. */
const OUTLINES: Readonly<Record<typeof MARKS[number], string>> = {
  "●": "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0z",
  "■": "M-4 -4h8v8h-8z",
  "▲": "M0 -5.5l5 9h-10z",
  "◆": "M0 -5.5l5.5 5.5l-5.5 5.5l-5.5 -5.5z",
};

/** The picture with its legend; an empty text if there is no point. */
export function plotFigure(plot: Plot): string {
  const { title, x, y } = plot;
  const curves = drawn(plot);
  const points = curves.flatMap((curve) => curve.points);
  if (points.length === 0) return "";
  const { width, height, left, right, top, bottom } = PLACES;
  const values = points.map((point) => point.y);
  const across = logScale([...points.map((point) => point.x), ...x.ticks.map(({ at }) => at)], {
    from: left,
    to: width - right,
  });
  const upwards = logScale(values, {
    from: height - bottom,
    to: top,
    atLeast: roundBounds(values),
  });
  const lines = curves.map((curve, i) => curveMarkup(curve, i, { plot, across, upwards }));
  const label = `${title}: ${y.title} over ${x.title}; ${names(curves)}`;
  return `<figure><figcaption>${escape(title)}</figcaption>
${legend(curves)}
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(label)}">
${[...axesMarkup(plot, { across, upwards }), ...lines].join("\n")}
</svg></figure>`;
}

function axesMarkup(
  { x, y }: Plot,
  { across, upwards }: { across: Scale; upwards: Scale },
): string[] {
  const { width, height, left, right, bottom } = PLACES;
  const base = height - bottom;
  return [
    ...sparse(upwards.ticks, TICKS_MAX).map((tick) => {
      const at = upwards.at(tick);
      return `<line class="grid" x1="${left}" x2="${width - right}" y1="${at}" y2="${at}"/>` +
        `<text class="dim" x="${left - 6}" y="${at}" dy="4" text-anchor="end">` +
        `${escape(y.label(tick))}</text>`;
    }),
    ...x.ticks.map(({ at, label }) => {
      const place = across.at(at);
      return `<line class="grid" x1="${place}" x2="${place}" y1="${base}" y2="${base + 5}"/>` +
        `<text class="dim" x="${place}" y="${base + 18}" text-anchor="middle">` +
        `${escape(label)}</text>`;
    }),
    `<text class="dim" x="${(left + width - right) / 2}" y="${height - 8}" text-anchor="middle">` +
    `${escape(x.title)}</text>`,
  ];
}

/** The line, and on its marks what they stand for. */
function curveMarkup(
  { name, points }: Curve,
  number: number,
  { plot, across, upwards }: { plot: Plot; across: Scale; upwards: Scale },
): string {
  const place = ({ x, y }: Point) => [across.at(x), upwards.at(y)] as const;
  const word = ({ x, y }: Point) => {
    const label = plot.x.ticks.find(({ at }) => at === x)?.label ?? String(x);
    return `${name}, ${label}: ${plot.y.label(y)}`;
  };
  const marks = points.filter(({ isMarked }) => isMarked).map((point) =>
    `<path class="mark" d="${OUTLINES[MARKS[number]]}" transform="translate(${
      place(point).join(" ")
    })"><title>${escape(word(point))}</title></path>`
  );
  return `<g class="c${number}"><polyline class="curve" points="${
    points.map((point) => place(point).join(",")).join(" ")
  }"/>${marks.join("")}</g>`;
}

function legend(curves: readonly Curve[]): string {
  const items = curves.map(({ name }, i) =>
    `<li class="c${i}"><span aria-hidden="true">${MARKS[i]}</span> ${escape(name)}</li>`
  );
  return `<ul class="legend">${items.join("")}</ul>`;
}

function names(curves: readonly Curve[]): string {
  return curves.map(({ name }) => name).join(", ");
}
