/**
 * What a seed decides before its run begins: how many replicas, how slow everything is, and
 * which faults come how often. Gentle schedules miss mistakes; so many seeds get a harsh one.
 *
 * @module
 */

import type { Random } from "../../lib/chaos/random.ts";

/** Times are in virtual milliseconds. */
export interface Profile {
  readonly replicas: number;
  readonly suspectAfterMs: number;
  readonly tickMs: number;
  /** How many own messages are in the queue at once. */
  readonly queueMax: number;
  /** Log entries that a disk keeps: who lacks more is sent a snapshot. */
  readonly logKept: number;
  /** How many entries a replica may lack when it is taken into a view. */
  readonly joinLagMax: number;
  /** Faults and load last this long; then everything is healed. */
  readonly faultsMs: number;
  readonly latencyMs: number;
  readonly writeMs: number;
  readonly syncMs: number;
  /** The probability that a disk write hangs, and for how long. */
  readonly hang: number;
  readonly hangMs: number;
  /** Mean pauses between faults of each kind; Infinity for none. */
  readonly crashEveryMs: number;
  readonly massCrashEveryMs: number;
  readonly breakEveryMs: number;
  readonly stallEveryMs: number;
  readonly cutEveryMs: number;
  /** As with `--fsync interval`: a power cut undoes what was said to be safe, and that is known. */
  readonly forgets: boolean;
  /** Of the crashes: how many are power cuts, and how many lose the folder. */
  readonly power: number;
  readonly wipe: number;
  /** How long a crashed replica stays away at most. */
  readonly awayMs: number;
  /** The probability of a crash right after a promise, a disk write, an `installed`, a `start`. */
  readonly crashAfterPromise: number;
  readonly crashAfterWrite: number;
  readonly crashAfterInstalled: number;
  readonly crashAfterStart: number;
  /** Crashes that the run may have. */
  readonly crashesMax: number;
  /** The mean pause between writes, and how many of them are `eventual`. */
  readonly writeEveryMs: number;
  readonly eventual: number;
  /** How many of the writes do more than set a key. */
  readonly changes: number;
  /** How many of the writes bear an id, by which they are tried again or ruled out. */
  readonly named: number;
  /** The mean pause between reads, and how many of them are `linearizable`. */
  readonly readEveryMs: number;
  readonly linearizable: number;
  /** Replicas that take writes. */
  readonly writers: readonly number[];
  /** No writes in the last part of each of these periods. */
  readonly quietEveryMs: number;
}

/** The profile that this generator's seed gives. */
export function drawProfile(random: Random): Profile {
  const replicas = random.pick([3, 3, 3, 3, 4, 5, 5, 7]);
  const harsh = random.chance(0.6);
  const ids = Array.from({ length: replicas }, (_, id) => id);
  const some = ids.filter(() => random.chance(0.7));
  const latencyMs = random.pick([2, 5, 20, 80, 200]);
  return {
    replicas,
    // Below a few delays everybody suspects everybody, and nothing can be demanded.
    suspectAfterMs: Math.max(random.pick([250, 600, 1000, 3000]), latencyMs * 4 + 200),
    tickMs: random.int(20, 60),
    // Few at a time take long to order where all is slow.
    queueMax: latencyMs > 20 ? 4096 : random.pick([5, 20, 4096, 4096]),
    logKept: random.pick([Infinity, 100, 20, 3]),
    joinLagMax: random.pick([5000, 40, 5]),
    faultsMs: random.int(3000, 12000),
    latencyMs,
    writeMs: random.pick([0, 1, 5]),
    syncMs: random.pick([1, 5, 30, 100]),
    hang: random.pick([0, 0, 0.002, 0.01]),
    hangMs: random.pick([300, 1500, 4000]),
    crashEveryMs: random.pick(harsh ? [300, 800, 2000] : [3000, 10000, Infinity]),
    massCrashEveryMs: random.pick(harsh ? [1000, 2500, 6000] : [6000, Infinity]),
    breakEveryMs: random.pick([100, 500, 2000, Infinity]),
    stallEveryMs: random.pick([200, 1000, Infinity]),
    cutEveryMs: random.pick([1500, 4000, Infinity]),
    forgets: random.chance(0.2),
    power: random.pick([0, 0.5, 1]),
    wipe: random.pick([0, 0, 0.15, 0.4]),
    awayMs: random.pick([50, 400, 400, 3000]),
    crashAfterPromise: random.pick([0, 0, 0.05, 0.3]),
    crashAfterWrite: random.pick([0, 0, 0.001, 0.01]),
    crashAfterInstalled: random.pick([0, 0, 0.1, 0.4]),
    crashAfterStart: random.pick([0, 0, 0.2, 0.6]),
    crashesMax: random.int(2, 60),
    writeEveryMs: random.pick([5, 20, 60, 200]),
    eventual: random.pick([0, 0.3, 0.5, 1]),
    changes: random.pick([0, 0.5, 0.9]),
    named: random.pick([0, 0.2, 0.6]),
    readEveryMs: random.pick([5, 20, 50]),
    linearizable: random.pick([0.2, 0.5, 0.9]),
    writers: some.length === 0 ? ids : some,
    quietEveryMs: random.pick([1000, 3000, Infinity]),
  };
}
