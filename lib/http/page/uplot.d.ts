/**
 * What the live page uses of uPlot, whose own types say more: https://github.com/leeoniya/uPlot
 *
 * @module
 */

/** Times across, then the values of each line; null where there is none. */
export type Values = readonly (readonly (number | null)[])[];

/** A line; the first stands for the times. */
export interface Series {
  readonly label: string;
  /** Words for a value; `index` is null if the cursor is at none. */
  readonly value: (
    plot: uPlot,
    value: number | null,
    series: number,
    index: number | null,
  ) => string;
  readonly stroke?: () => string;
  readonly width?: number;
  readonly dash?: readonly number[];
  readonly points?: {
    readonly show: boolean;
    readonly size: number;
    readonly fill: () => string;
    /** Which points are drawn all the same. */
    readonly filter: (plot: uPlot, series: number) => readonly number[];
  };
}

/** Lines and words at a side. */
export interface Axis {
  readonly stroke: () => string;
  readonly font: string;
  readonly grid: {
    readonly stroke?: () => string;
    readonly width?: number;
    readonly show?: boolean;
  };
  readonly ticks: { readonly show: boolean };
  /** In pixels: what it takes from the picture, and how far its words are apart at least. */
  readonly size: number;
  readonly space: number;
  readonly splits?: (plot: uPlot, axis: number, from: number, to: number) => number[];
  readonly filter?: (plot: uPlot, splits: (number | null)[]) => (number | null)[];
  readonly values: string | ((plot: uPlot, splits: (number | null)[]) => string[]);
}

/** How values become places. */
export interface Scale {
  /** 1: linear; 4: logarithmic beyond `asinh`, linear around 0. */
  readonly distr?: 1 | 4;
  readonly asinh?: number;
  readonly range: (plot: uPlot, least: number | null, most: number | null) => [number, number];
}

/** What a chart is made from. */
export interface Options {
  readonly width: number;
  readonly height: number;
  /** Beyond the axes: top, right, bottom, left. */
  readonly padding: readonly [number, number, number, number];
  /** What the times count in, in milliseconds. */
  readonly ms: 1;
  readonly series: readonly Series[];
  readonly axes: readonly Axis[];
  readonly scales: { readonly x: Scale; readonly y: Scale };
  readonly cursor: {
    readonly y: boolean;
    readonly drag: { readonly x: boolean; readonly y: boolean };
    readonly sync: { readonly key: string };
    readonly bind: { readonly click: () => null; readonly dblclick: () => null };
  };
  readonly legend: {
    readonly markers: {
      readonly width: number;
      readonly fill: (plot: uPlot, series: number) => string;
    };
  };
}

/** A chart. */
export default class uPlot {
  constructor(options: Options, values: Values, place: object);
  readonly width: number;
  readonly data: Values;
  readonly ctx: { readonly canvas: { setAttribute(name: string, value: string): void } };
  readonly cursor: { readonly idx: number | null };
  setData(values: Values): void;
  setSize(size: { readonly width: number; readonly height: number }): void;
  setCursor(place: { left: number; top: number }, tell: boolean, publish: boolean): void;
  valToPos(value: number, scale: "x" | "y"): number;
  redraw(rebuild: boolean): void;
  destroy(): void;
}
