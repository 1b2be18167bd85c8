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

/** What comes after thousands, for {@linkcode compact}. */
const SCALES = ["M", "G", "T", "P", "E"];

/**
 * A number in that many cells, at least seven: as {@linkcode count} writes it if there is room, else
 * with three digits and their scale.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { compact } from "./quantity.ts";
 *
 * assertEquals([0, 0.524, 12.34, 1234.5].map((n) => compact(n)), ["0", "0.52", "12.3", "1,235"]);
 * assertEquals(compact(1_234_567), "1.23M");
 * assertEquals(compact(1_234_567, 9), "1,234,567");
 * ```
 */
export function compact(n: number, cells = 7): string {
  const whole = Number.isInteger(n) || n >= 999.5 ? count(n) : digits(n);
  if (whole.length <= cells) return whole;
  let scaled = n / 1e6;
  let scale = 0;
  while (scaled >= 999.5 && scale < SCALES.length - 1) {
    scaled /= 1000;
    scale++;
  }
  return `${digits(scaled)}${SCALES[scale]}`;
}

/**
 * A time in at most six cells: `850 ms`, `12.3 s`, `5m30s`, `23h59m`, `12d4h`, `365d`. Only zero is
 * told as `0`.
 */
export function span(ms: number): string {
  if (ms === 0) return "0";
  if (ms < 999.5) return `${Math.max(1, Math.round(ms))} ms`;
  if (ms < 59_950) return duration(ms);
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (hours === 0) return `${minutes}m${seconds % 60}s`;
  const days = Math.floor(hours / 24);
  if (days === 0) return `${hours}h${minutes % 60}m`;
  return days < 100 ? `${days}d${hours % 24}h` : `${days}d`;
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
