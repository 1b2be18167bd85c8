/**
 * Latencies as pictures in text: a histogram of each series, a curve and a table of all percentiles.
 *
 * @module
 */

import { histogramLines } from "./histogram.ts";
import { percentileColumns, percentilePlot, percentileRows, type Series } from "./percentiles.ts";
import { plotLines, type PlotOptions } from "./plot.ts";
import { counted } from "./quantity.ts";
import { table } from "./table.ts";

/** How it is drawn. */
export interface DrawOptions extends PlotOptions {
  /** Whether there are no pictures. */
  readonly isPlain: boolean;
}

/** The lines, with an empty one between parts; `unit` is what one latency is of, as `answer`. */
export function latencyLines(
  series: readonly Series[],
  options: DrawOptions & { readonly unit: string },
): string[] {
  const { unit, isPlain, width } = options;
  const figures = table(percentileColumns(`${unit}s`), percentileRows(series), { width });
  if (isPlain) return figures;
  const histograms = series.flatMap(({ name, latencies }) => [
    `${name}, ${counted(latencies.count, unit)}`,
    ...histogramLines(latencies.bins(), width),
    "",
  ]);
  return [...histograms, ...plotLines(percentilePlot(series), options), "", ...figures];
}
