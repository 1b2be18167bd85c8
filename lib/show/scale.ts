/**
 * Scales of charts: from values to places.
 *
 * @module
 */

/** From values to places. */
export interface Scale {
  /** The values at 1, 2 and 5 times each power of ten that it holds. */
  readonly ticks: readonly number[];
  /** The place of a value, to a tenth. */
  at(value: number): number;
}

/** What a scale is to hold, and where. */
export interface ScaleOptions {
  /** The place of the least. */
  readonly from: number;
  /** The place of the most. */
  readonly to: number;
  /** Further values that have to have a place. */
  readonly atLeast?: readonly number[];
}

const STEPS = [1, 2, 5];

/** Room at either end, in powers of ten. */
const MARGIN = 0.04;

/** A logarithmic scale that holds all values above 0. There must be one. */
export function logScale(values: readonly number[], options: ScaleOptions): Scale {
  const { from, to, atLeast = [] } = options;
  const positive = [...values, ...atLeast].filter((value) => value > 0);
  const low = Math.log10(Math.min(...positive)) - MARGIN;
  const high = Math.log10(Math.max(...positive)) + MARGIN;
  const ticks = ticksFrom(Math.floor(low), Math.ceil(high))
    .filter((tick) => Math.log10(tick) >= low && Math.log10(tick) <= high);
  const place = (value: number) => from + (Math.log10(value) - low) / (high - low) * (to - from);
  return { ticks, at: (value) => Number(place(value).toFixed(1)) };
}

/** The nearest ticks below the least and above the most of all values above 0. */
export function roundBounds(values: readonly number[]): [number, number] {
  const positive = values.filter((value) => value > 0);
  const [least, most] = [Math.min(...positive), Math.max(...positive)];
  const ticks = ticksFrom(Math.floor(Math.log10(least)) - 1, Math.ceil(Math.log10(most)) + 1);
  return [
    ticks.findLast((tick) => tick < least) ?? least,
    ticks.find((tick) => tick > most) ?? most,
  ];
}

/** So few of the ticks that they do not crowd: all, or powers of ten only. */
export function sparse(ticks: readonly number[], most: number): readonly number[] {
  if (ticks.length <= most) return ticks;
  return ticks.filter((tick) => Number.isInteger(Number(Math.log10(tick).toFixed(9))));
}

function ticksFrom(low: number, high: number): number[] {
  const powers = Array.from({ length: high - low + 1 }, (_, i) => low + i);
  return powers.flatMap((power) => STEPS.map((step) => Number(`${step}e${power}`)));
}
