/**
 * The moments of a trace, by the clock of this process.
 *
 * @module
 */

/** Microseconds since 1970 of a moment of `performance.now()`; now, if none is given. */
export function epochUs(ms: number = performance.now()): number {
  return Math.round((performance.timeOrigin + ms) * 1000);
}
