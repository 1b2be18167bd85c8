/**
 * How long something took lately: the last so many times, not older than a minute.
 *
 * @module
 */

import { RECENT_MS, RECENT_TIMES_MAX } from "../limits.ts";

/** A window of measured times, in milliseconds. */
export class RecentTimes {
  readonly #times = new Float64Array(RECENT_TIMES_MAX);
  readonly #at = new Float64Array(RECENT_TIMES_MAX).fill(-Infinity);
  #next = 0;

  /** Something took so long, and ended now. */
  add(ms: number, now: number): void {
    this.#times[this.#next] = ms;
    this.#at[this.#next] = now;
    this.#next = (this.#next + 1) % RECENT_TIMES_MAX;
  }

  /** What 99 of 100 did not exceed, or null if there was nothing lately. */
  p99(now: number): number | null {
    const recent = this.#times.filter((_, i) => now - this.#at[i] <= RECENT_MS).sort();
    return recent.length === 0 ? null : recent[Math.ceil(recent.length * 0.99) - 1];
  }
}
