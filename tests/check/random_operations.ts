/**
 * Small histories at random, of which about as many keep a guarantee as break it.
 *
 * @module
 */

import { type Consistency, CONSISTENCY_LEVELS } from "../../lib/consistency.ts";
import type { Random } from "../../lib/chaos/random.ts";
import type { SmallOperation } from "./brute_force.ts";

/** What kind of history is wanted. */
export interface SmallOptions {
  readonly operations: number;
  readonly processes: number;
  readonly keys: number;
  readonly levels?: readonly Consistency[];
  /** The share of operations with a session token. */
  readonly sessions?: number;
  /** The share of deletes among writes. */
  readonly deletes?: number;
  /** How many different values are written; by itself each write has its own. */
  readonly values?: number;
}

/** Operations of several processes, answered at random: what is read has mostly been written. */
export function smallHistory(random: Random, options: SmallOptions): SmallOperation[] {
  const { operations, processes, keys, levels = CONSISTENCY_LEVELS } = options;
  const { sessions = 0, deletes = 0, values = Infinity } = options;
  const free: number[] = Array(processes).fill(0);
  const made: SmallOperation[] = [];
  const replicaOf = free.map(() => random.int(0, 1));
  for (let n = 1; n <= operations; n++) {
    const process = random.int(0, processes - 1);
    // No two of the times are the same.
    const begin = free[process] + random.next() * 8;
    const end = begin + random.next() * 8;
    free[process] = end;
    const isWrite = random.chance(0.5);
    const key = `k${random.int(1, keys)}`;
    const written = values === Infinity ? `${n}` : `${random.int(1, values)}`;
    const writes = made.filter((other) => other.isWrite && other.key === key);
    const read = writes.length > 0 && random.chance(0.8) ? random.pick(writes).value : null;
    if (random.chance(0.1)) replicaOf[process] = random.int(0, 1);
    made.push({
      process,
      replica: replicaOf[process],
      level: random.pick(levels),
      session: random.chance(sessions),
      isWrite,
      key,
      value: isWrite ? random.chance(deletes) ? null : written : read,
      begin,
      end,
      outcome: random.chance(0.8) ? "ok" : isWrite && random.chance(0.3) ? "fail" : "info",
    });
  }
  return made.toSorted((a, b) => a.begin - b.begin);
}
