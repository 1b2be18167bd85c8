/**
 * A histogram of latencies whose error is bounded and whose size does not grow.
 *
 * @module
 */

import type { Bin } from "../../show/histogram.ts";

/** Buckets of one octave: what a quantile says is at most 1/128, 0.8 %, too high. */
const PER_OCTAVE = 128;
const PER_OCTAVE_LOG2 = 7;

/** Longer latencies (35 minutes) count as this one; the maximum is exact all the same. */
const MICROS_MAX = 2 ** 31 - 1;

/** The bounds of ranges unless others are asked for: 1, 2, 5, 10, 20 … */
const STEPS = [1, 2, 5];

const BUCKETS = bucketOf(MICROS_MAX) + 1;

/** What a {@linkcode Latency} holds, as it can be posted from a worker. */
export interface LatencySnapshot {
  /** How many fell into each bucket. */
  readonly buckets: Float64Array;
  /** How many there are. */
  readonly count: number;
  /** Their sum in milliseconds. */
  readonly sumMs: number;
  /** The longest in milliseconds. */
  readonly maxMs: number;
}

/**
 * Latencies, counted in buckets that are linear within each octave of microseconds (the idea of
 * HdrHistogram): below 256 µs exact to a microsecond, above it to 0.8 %.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Latency } from "./latency.ts";
 *
 * const latency = new Latency();
 * for (let i = 1; i <= 100; i++) latency.record(i / 1000);
 * assertEquals(latency.quantile(0.99), 0.099);
 * ```
 */
export class Latency {
  readonly #buckets: Float64Array;
  #count: number;
  #sumMs: number;
  #maxMs: number;

  /** Makes an empty histogram, or one that holds what another held. */
  constructor(snapshot?: LatencySnapshot) {
    this.#buckets = snapshot?.buckets.slice() ?? new Float64Array(BUCKETS);
    this.#count = snapshot?.count ?? 0;
    this.#sumMs = snapshot?.sumMs ?? 0;
    this.#maxMs = snapshot?.maxMs ?? 0;
  }

  /** How many were recorded. */
  get count(): number {
    return this.#count;
  }

  /** The longest, exact, in milliseconds; 0 if there is none. */
  get max(): number {
    return this.#maxMs;
  }

  /** The mean, exact, in milliseconds; 0 if there is none. */
  get mean(): number {
    return this.#count === 0 ? 0 : this.#sumMs / this.#count;
  }

  /** Counts one latency, in milliseconds. */
  record(ms: number): void {
    const micros = Math.min(MICROS_MAX, Math.max(0, Math.round(ms * 1000)));
    this.#buckets[bucketOf(micros)]++;
    this.#count++;
    this.#sumMs += ms;
    if (ms > this.#maxMs) this.#maxMs = ms;
  }

  /** Takes in what another histogram holds. */
  add(other: Latency): void {
    other.#buckets.forEach((count, bucket) => this.#buckets[bucket] += count);
    this.#count += other.#count;
    this.#sumMs += other.#sumMs;
    this.#maxMs = Math.max(this.#maxMs, other.#maxMs);
  }

  /**
   * The latency in milliseconds that this share of all did not exceed (nearest rank): the upper
   * end of its bucket, so never too low. 0 if there is none.
   */
  quantile(share: number): number {
    const rank = Math.max(1, Math.ceil(share * this.#count));
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += this.#buckets[bucket];
      if (seen >= rank) return Math.min(this.#maxMs, lastOf(bucket) / 1000);
    }
    return this.#maxMs;
  }

  /**
   * Few ranges for a picture, from the first used to the last: their bounds are these times powers
   * of ten, in microseconds.
   */
  bins(steps: readonly number[] = STEPS): Bin[] {
    const bins: Bin[] = [];
    let bounds = 0;
    let range = { from: 0, to: boundAt(steps, 0), count: 0 };
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      while (firstOf(bucket) >= range.to) {
        if (range.count > 0 || bins.length > 0) bins.push(range);
        range = { from: range.to, to: boundAt(steps, ++bounds), count: 0 };
      }
      range.count += this.#buckets[bucket];
    }
    bins.push(range);
    const last = bins.findLastIndex(({ count }) => count > 0);
    return bins.slice(0, last + 1)
      .map(({ from, to, count }) => ({ from: from / 1000, to: to / 1000, count }));
  }

  /** What it holds, to be posted or written. */
  snapshot(): LatencySnapshot {
    return {
      buckets: this.#buckets.slice(),
      count: this.#count,
      sumMs: this.#sumMs,
      maxMs: this.#maxMs,
    };
  }
}

/** The bucket of a whole number of microseconds, up to {@linkcode MICROS_MAX}. */
function bucketOf(micros: number): number {
  if (micros < 2 * PER_OCTAVE) return micros;
  const shift = 31 - Math.clz32(micros) - PER_OCTAVE_LOG2;
  return shift * PER_OCTAVE + (micros >>> shift);
}

/** The smallest number of microseconds in a bucket. */
function firstOf(bucket: number): number {
  if (bucket < 2 * PER_OCTAVE) return bucket;
  const shift = Math.floor(bucket / PER_OCTAVE) - 1;
  return (bucket - shift * PER_OCTAVE) * 2 ** shift;
}

/** The largest number of microseconds in a bucket. */
function lastOf(bucket: number): number {
  return firstOf(bucket + 1) - 1;
}

/** The bound of that number: the steps, then ten times each, and so on. */
function boundAt(steps: readonly number[], number: number): number {
  return steps[number % steps.length] * 10 ** Math.floor(number / steps.length);
}
