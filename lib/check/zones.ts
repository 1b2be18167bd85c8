/**
 * Linearizability of one key whose values can be told apart, in the time that sorting takes.
 *
 * A value's *cluster* is its write with all reads of it. They must stand together in the order,
 * the write first. Let `f` be the first answer in a cluster and `s` the last beginning. If f < s,
 * the key certainly held the value from f to s: a *forward zone*. Else the cluster fits wherever a
 * moment between s and f is free: a *backward zone*. The key is linearizable exactly if no read
 * is over before its write begins, no two forward zones overlap, and no backward zone lies
 * within a forward one.
 *
 * A write whose outcome is unknown has no end: if it was read, its reads bound its cluster; if it
 * was not, it fits behind everything else. The value at first, none, was written before all time.
 *
 * Source: P. Gibbons and E. Korach, "Testing Shared Memories", SIAM J. Comput. 26(4), 1997,
 * section 4.
 *
 * @module
 */

import type { Operations } from "./operations.ts";
import { GET, type History, NO_VALUE, NONE } from "./recorded.ts";

/** Why the operations of a key cannot be ordered. */
export type Conflict =
  /** The value was read, and nobody had begun to write it: the write began later, or is none. */
  | { readonly type: "unwritten"; readonly read: number; readonly write: number }
  /**
   * Two values that each must come before the other: `[a, b]` says that operation a was over
   * before b began. {@linkcode NONE} stands for the beginning of time.
   */
  | {
    readonly type: "zones";
    readonly firstThenSecond: readonly [number, number];
    readonly secondThenFirst: readonly [number, number];
  };

/** Before all lines. */
const START = 0;

/** Checks one key after the other: the room that it takes is used again. */
export class Zones {
  readonly #history: History;
  readonly #operations: Operations;
  /** By value: its cluster in the key under check, if the mark says so. */
  readonly #clusterOf: Int32Array;
  readonly #markOf: Int32Array;
  #mark = 0;
  #clusters: Cluster[] = [];

  /** Makes room for the values of this history. */
  constructor(history: History, operations: Operations) {
    this.#history = history;
    this.#operations = operations;
    this.#clusterOf = new Int32Array(history.values.count + 1);
    this.#markOf = new Int32Array(history.values.count + 1);
  }

  /**
   * Checks the reads and writes of a key, given by their rows, ascending.
   *
   * @returns null if they are linearizable; `repeated` if a value that was read was written twice
   */
  check(rows: Int32Array): Conflict | "repeated" | null {
    this.#begin();
    const { op } = this.#history.tries;
    for (const row of rows) {
      if (op[row] !== GET) this.#addWrite(row);
    }
    for (const row of rows) {
      if (op[row] !== GET) continue;
      const conflict = this.#addRead(row);
      if (conflict !== null) return conflict;
    }
    return conflictOf(this.#clusters);
  }

  /** A new key: it begins without a value. */
  #begin(): void {
    this.#mark++;
    this.#clusters = [];
    this.#addCluster(NO_VALUE, newCluster(NONE, START, START));
  }

  #addCluster(value: number, cluster: Cluster): void {
    this.#markOf[value] = this.#mark;
    this.#clusterOf[value] = this.#clusters.push(cluster) - 1;
  }

  #addWrite(row: number): void {
    const { value, begin } = this.#history.tries;
    const end = this.#operations.end[row];
    const cluster = newCluster(row, begin[row], end);
    const twin = this.#find(value[row]);
    if (twin === undefined) return this.#addCluster(value[row], cluster);
    // Which of them is read cannot be told: that matters only if one is.
    twin.isRepeated = true;
    this.#clusters.push(cluster);
  }

  #addRead(row: number): Conflict | "repeated" | null {
    const { value, begin } = this.#history.tries;
    const end = this.#operations.end[row];
    const cluster = this.#find(value[row]);
    if (cluster === undefined) return { type: "unwritten", read: row, write: NONE };
    if (cluster.isRepeated) return "repeated";
    if (end < cluster.writeBegin) return { type: "unwritten", read: row, write: cluster.write };
    if (end < cluster.firstEnd) {
      cluster.firstEnd = end;
      cluster.firstToEnd = row;
    }
    if (begin[row] > cluster.lastBegin) {
      cluster.lastBegin = begin[row];
      cluster.lastToBegin = row;
    }
    return null;
  }

  #find(value: number): Cluster | undefined {
    return this.#markOf[value] === this.#mark ? this.#clusters[this.#clusterOf[value]] : undefined;
  }
}

/** A value's write and reads. */
interface Cluster {
  readonly write: number;
  readonly writeBegin: number;
  /** The first answer, and whose it is. */
  firstEnd: number;
  firstToEnd: number;
  /** The last beginning, and whose it is. */
  lastBegin: number;
  lastToBegin: number;
  /** Whether another write has the same value. */
  isRepeated: boolean;
}

function newCluster(write: number, begin: number, end: number): Cluster {
  return {
    write,
    writeBegin: begin,
    firstEnd: end,
    firstToEnd: write,
    lastBegin: begin,
    lastToBegin: write,
    isRepeated: false,
  };
}

/** Two clusters that cannot both stand together, or null. */
function conflictOf(clusters: readonly Cluster[]): Conflict | null {
  const forward = clusters.filter(({ firstEnd, lastBegin }) => firstEnd < lastBegin)
    .sort((a, b) => a.firstEnd - b.firstEnd);
  for (let i = 1; i < forward.length; i++) {
    const [a, b] = [forward[i - 1], forward[i]];
    if (b.firstEnd < a.lastBegin) return between(a, b);
  }
  for (const cluster of clusters) {
    if (cluster.firstEnd < cluster.lastBegin) continue;
    // The forward zone that begins last before it is the only one that can reach over it.
    const around = forward[countBefore(forward, cluster.lastBegin) - 1];
    if (around !== undefined && cluster.firstEnd < around.lastBegin) {
      return between(around, cluster);
    }
  }
  return null;
}

/** How many of the zones begin before this line. */
function countBefore(forward: readonly Cluster[], line: number): number {
  let from = 0;
  let to = forward.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (forward[middle].firstEnd < line) from = middle + 1;
    else to = middle;
  }
  return from;
}

function between(a: Cluster, b: Cluster): Conflict {
  return {
    type: "zones",
    firstThenSecond: [a.firstToEnd, b.lastToBegin],
    secondThenFirst: [b.firstToEnd, a.lastToBegin],
  };
}
