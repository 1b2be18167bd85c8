/**
 * Numbers that look random and follow from a seed: the same seed gives the same faults.
 *
 * @module
 */

import { invariant } from "../invariant.ts";

/** Seeds are below this: 32 bits. */
export const SEEDS = 2 ** 32;

/** A generator of its own for each use (mulberry32), so that none disturbs another's numbers. */
export class Random {
  #state: number;

  /** The same seed gives the same numbers. */
  constructor(seed: number) {
    // Neighbouring seeds must not begin alike.
    this.#state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) >>> 0;
    for (let i = 0; i < 4; i++) this.next();
  }

  /** In [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / SEEDS;
  }

  /** A whole number from `min` to `max`, both included. */
  int(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  /**
   * A whole number from `min` to `max`, each order of magnitude as likely as another: among
   * milliseconds, quick successions are as frequent as long waits.
   */
  scaled(min: number, max: number): number {
    return Math.round(min * (max / min) ** this.next());
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** One of these. */
  pick<const T>(of: readonly T[]): T {
    invariant(of.length > 0, "there is something to pick from");
    return of[this.int(0, of.length - 1)];
  }

  /** All of these in another order. */
  shuffled<T>(of: readonly T[]): T[] {
    const all = [...of];
    for (let i = all.length - 1; i > 0; i--) {
      const j = this.int(0, i);
      [all[i], all[j]] = [all[j], all[i]];
    }
    return all;
  }
}
