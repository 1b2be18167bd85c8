/**
 * Sparklines: how a quantity went, in one line.
 *
 * @module
 */

const STEPS = "▁▂▃▄▅▆▇█";

/**
 * A cell for each value; the full height is `most`. What is not known, null, is left blank. Nothing
 * but zero looks like zero.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { sparkline } from "./sparkline.ts";
 *
 * assertEquals(sparkline([null, 0, 1, 50, 100], 100), " ▁▂▅█");
 * ```
 */
export function sparkline(values: readonly (number | null)[], most: number): string {
  return values.map((value) => value === null ? " " : STEPS[step(value, most)]).join("");
}

function step(value: number, most: number): number {
  if (!(value > 0)) return 0;
  const highest = STEPS.length - 1;
  return Math.max(1, Math.min(highest, Math.round(value / most * highest)));
}
