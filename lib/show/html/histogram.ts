/**
 * Histograms of latencies as pictures of a page, all on one scale.
 *
 * @module
 */

import { type Bin, rangeWord } from "../histogram.ts";
import type { Series } from "../percentiles.ts";
import { count, counted, duration, percent } from "../quantity.ts";
import { logScale, roundBounds, type Scale, sparse } from "../scale.ts";
import { escape, htmlTable } from "./page.ts";

/** Places in a picture, in its own units. */
const PLACES = { width: 480, height: 190, left: 56, right: 24, top: 12, bottom: 26 };

/** More ticks than this crowd. */
const TICKS_MAX = 8;

/** The bounds of ranges: ten to a power of ten, as Renard's preferred numbers. */
const STEPS = [1, 1.25, 1.6, 2, 2.5, 3.15, 4, 5, 6.3, 8];

/** A range begins here where it begins at 0, which has no place on the scale. */
const FROM_MS_MIN = 0.0005;

/** What is not 0 is seen. */
const BAR_HEIGHT_MIN = 1.5;

/** A series with its ranges. */
interface Binned {
  readonly name: string;
  readonly count: number;
  readonly bins: readonly Bin[];
}

/** A picture of each series that has anything, and what they show as one table. */
export function histogramFigures(series: readonly Series[], unit: string): string {
  const shown = series.filter(({ latencies }) => latencies.count > 0)
    .map(({ name, latencies }): Binned => ({
      name,
      count: latencies.count,
      bins: latencies.bins(STEPS),
    }));
  if (shown.length === 0) return "";
  const bounds = shown.flatMap(({ bins }) =>
    bins.flatMap(({ from, to }) => [Math.max(FROM_MS_MIN, from), to])
  );
  const across = logScale(roundBounds(bounds), {
    from: PLACES.left,
    to: PLACES.width - PLACES.right,
  });
  const most = Math.max(
    ...shown.flatMap(({ bins, count }) => bins.map((bin) => bin.count / count)),
  );
  const figures = shown.map((one) => figure(one, { across, most, unit }));
  return `<div class="pictures">
${figures.join("\n")}
</div>
<details><summary>The histogram${shown.length > 1 ? "s" : ""} as a table</summary>
${binTable(shown, unit)}
</details>`;
}

function figure(
  { name, count: total, bins }: Binned,
  { across, most, unit }: { across: Scale; most: number; unit: string },
): string {
  const { width, height } = PLACES;
  const title = `${name}, ${counted(total, unit)}`;
  return `<figure><figcaption>${escape(title)}</figcaption>
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${
    escape(`${title}: how many took how long; the table below has the figures`)
  }">
${[...axesMarkup(across, most), ...barsMarkup(bins, { across, most, total })].join("\n")}
</svg></figure>`;
}

function axesMarkup(across: Scale, most: number): string[] {
  const { width, height, left, right, top, bottom } = PLACES;
  const base = height - bottom;
  return [
    ...sparse(across.ticks, TICKS_MAX).map((tick) =>
      `<line class="grid" x1="${across.at(tick)}" x2="${across.at(tick)}" y1="${top}" y2="${
        base + 5
      }"/><text class="dim" x="${across.at(tick)}" y="${height - 6}" text-anchor="middle">` +
      `${duration(tick)}</text>`
    ),
    `<line class="grid" x1="${left}" x2="${width - right}" y1="${base}" y2="${base}"/>`,
    `<text class="dim" x="${left - 6}" y="${top + 8}" text-anchor="end">${percent(most)}</text>`,
    `<text class="dim" x="${left - 6}" y="${base}" text-anchor="end">0 %</text>`,
  ];
}

function barsMarkup(
  bins: readonly Bin[],
  { across, most, total }: { across: Scale; most: number; total: number },
): string[] {
  const { height, top, bottom } = PLACES;
  const base = height - bottom;
  return bins.filter((bin) => bin.count > 0).map((bin) => {
    const [from, to] = [across.at(Math.max(FROM_MS_MIN, bin.from)), across.at(bin.to)];
    const share = bin.count / total;
    const tall = Math.max(BAR_HEIGHT_MIN, share / most * (base - top));
    const word = `${rangeWord(bin)}: ${count(bin.count)}, ${percent(share)}`;
    return `<rect class="plain" x="${from}" y="${(base - tall).toFixed(1)}" width="${
      (to - from - 1).toFixed(1)
    }" height="${tall.toFixed(1)}"><title>${escape(word)}</title></rect>`;
  });
}

/** A row for each range that holds anything. */
function binTable(shown: readonly Binned[], unit: string): string {
  const ranges = new Map(shown.flatMap(({ bins }) => bins.map((bin) => [bin.from, bin] as const)));
  const rows = [...ranges].toSorted(([a], [b]) => a - b).map(([from, range]) => {
    const counts = shown.map(({ bins }) => bins.find((bin) => bin.from === from)?.count ?? 0);
    const cells = counts.flatMap((n, i) => [count(n), percent(n / shown[i].count)]);
    return { isUsed: counts.some((n) => n > 0), row: [rangeWord(range), ...cells] };
  });
  return htmlTable(
    `How many ${unit}s took how long`,
    [
      { title: "latency", align: "right" },
      ...shown.flatMap(({ name }) =>
        [name, "share"].map((title) => ({ title, align: "right" } as const))
      ),
    ],
    rows.filter(({ isUsed }) => isUsed).map(({ row }) => row),
  );
}
