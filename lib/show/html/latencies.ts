/**
 * Latencies as a part of a page: a histogram of each series, a curve and a table of all percentiles.
 *
 * @module
 */

import { percentileColumns, percentilePlot, percentileRows, type Series } from "../percentiles.ts";
import { histogramFigures } from "./histogram.ts";
import { htmlTable } from "./page.ts";
import { plotFigure } from "./plot.ts";

/** The markup; `unit` is what one latency is of, such as `answer`. */
export function latencyMarkup(series: readonly Series[], unit: string): string {
  return [
    histogramFigures(series, unit),
    percentileMarkup(series, { unit, caption: "Percentiles" }),
  ].join("\n");
}

/** Only the percentiles: curve, and table with its caption. */
export function percentileMarkup(
  series: readonly Series[],
  { unit, caption }: { readonly unit: string; readonly caption: string },
): string {
  return `<div class="pictures">
${plotFigure(percentilePlot(series))}
${htmlTable(caption, percentileColumns(`${unit}s`), percentileRows(series))}
</div>`;
}
