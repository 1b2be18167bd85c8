/**
 * Quantities in words: durations, counts, rates, shares, as one writes them in a table.
 *
 * @module
 */

/**
 * A duration with three digits and the unit that suits it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { duration } from "./quantity.ts";
 *
 * assertEquals(duration(0.0851), "85.1 µs");
 * assertEquals(duration(5000), "5.00 s");
 * assertEquals(duration(90_000), "1 min 30 s");
 * ```
 */
export function duration(ms: number): string {
  // Compared as it will be rounded, so that 999.6 ms is 1.00 s and not 1000 ms.
  if (ms < 0.9995) return `${digits(ms * 1000)} µs`;
  if (ms < 999.5) return `${digits(ms)} ms`;
  if (ms < 59_950) return `${digits(ms / 1000)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** A duration as a user asked for it: `5 s`, `300 ms`. */
export function roundDuration(ms: number): string {
  if (ms >= 1000 && ms < 60_000) return `${Number((ms / 1000).toFixed(1))} s`;
  return ms < 1000 ? `${Math.round(ms)} ms` : duration(ms);
}

/** The number of milliseconds, where the unit stands elsewhere: `2,068`, `23.1`. */
export function milliseconds(ms: number): string {
  return ms >= 999.5 ? count(ms) : digits(ms);
}

/** A count with its thousands set apart: `12,345`. */
export function count(n: number): string {
  return String(Math.round(n)).replaceAll(/\B(?=(\d{3})+$)/g, ",");
}

/** A rate: `12,345/s`. */
export function rate(perSecond: number): string {
  return perSecond < 10 ? `${digits(perSecond)}/s` : `${count(perSecond)}/s`;
}

/** A share of a whole: `4.2 %`. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** How many times as much: `3.8`. */
export function ratio(of: number, to: number): string {
  return to > 0 ? digits(of / to) : "–";
}

/** A noun with its count: `1 reply`, `2 replies`. */
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** Three significant digits, never in exponent form. */
function digits(n: number): string {
  if (n >= 99.95) return String(Math.round(n));
  return n.toFixed(n >= 9.995 ? 1 : 2);
}
