/**
 * Counts the requests that a replica answers, and how long they took.
 *
 * @module
 */

import { type Consistency, CONSISTENCY_LEVELS } from "../consistency.ts";
import { LATENCY_BOUNDS_MS } from "../limits.ts";
import {
  type KindCounts,
  REQUEST_KINDS,
  type RequestCounts,
  type RequestKind,
} from "../wire/request_counts.ts";

const LEVEL: Readonly<Record<Consistency, number>> = {
  eventual: 0,
  sequential: 1,
  linearizable: 2,
};

/** What was answered since the replica started. */
export class RequestCounter {
  readonly #kinds = { read: new KindCounter(), write: new KindCounter() };

  /** A request that came at `began` is answered; how long it took is known at the turn's end. */
  answered(kind: RequestKind, level: Consistency, ok: boolean, began: number): void {
    this.#kinds[kind].answered(LEVEL[level], ok, began);
  }

  /** The answers of a turn leave now. */
  turnEnded(now: number): void {
    for (const kind of REQUEST_KINDS) this.#kinds[kind].turnEnded(now);
  }

  /** What was answered so far. */
  counts(): RequestCounts {
    const { read, write } = this.#kinds;
    return { boundsMs: LATENCY_BOUNDS_MS, read: read.counts(), write: write.counts() };
  }
}

class KindCounter {
  /** By level: how many failed, and how many did not. */
  readonly #answered = new Float64Array(2 * CONSISTENCY_LEVELS.length);
  readonly #latencies = new Float64Array(LATENCY_BOUNDS_MS.length + 1);
  #sumMs = 0;
  // What this turn has answered: what came in one turn has one time.
  #began: number[] = [];
  #times: number[] = [];

  answered(level: number, ok: boolean, began: number): void {
    this.#answered[2 * level + (ok ? 1 : 0)]++;
    const last = this.#began.length - 1;
    if (last >= 0 && this.#began[last] === began) {
      this.#times[last]++;
    } else {
      this.#began.push(began);
      this.#times.push(1);
    }
  }

  turnEnded(now: number): void {
    if (this.#began.length === 0) return;
    for (let i = 0; i < this.#began.length; i++) this.#add(now - this.#began[i], this.#times[i]);
    this.#began.length = this.#times.length = 0;
  }

  counts(): KindCounts {
    const answered = (level: Consistency) => {
      const at = 2 * LEVEL[level];
      return { ok: this.#answered[at + 1], failed: this.#answered[at] };
    };
    return {
      answered: {
        eventual: answered("eventual"),
        sequential: answered("sequential"),
        linearizable: answered("linearizable"),
      },
      latencies: { counts: [...this.#latencies], sumMs: this.#sumMs },
    };
  }

  #add(ms: number, times: number): void {
    let step = 0;
    while (step < LATENCY_BOUNDS_MS.length && ms > LATENCY_BOUNDS_MS[step]) step++;
    this.#latencies[step] += times;
    this.#sumMs += ms * times;
  }
}
