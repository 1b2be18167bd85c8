/**
 * What must come before what in the total order, as far as it follows from the answers alone:
 * what can be said without a witness, in a time that grows with the history only.
 *
 * An operation comes before the next one of its client's chain; a write before the reads of its
 * value; a write that was answered at `sequential` or above before every write that began later.
 * And who has seen one value of a key and then another tells the order of their writes. If an
 * operation would have to come before itself, no order exists. If none does, one may exist or not.
 *
 * Only values that were written once say whose they are.
 *
 * @module
 */

import type { Chains } from "./clients.ts";
import { IntTable } from "./column.ts";
import type { Case } from "./case.ts";
import { Groups, type Operations } from "./operations.ts";
import type { Pairs } from "./pairs.ts";
import { FAIL, GET, type History, NEVER, NO_VALUE, NONE, OK } from "./recorded.ts";

/** Operations of which each must come before the next, and the last before the first; or null. */
export function circleOf(of: Case, chains: Chains): number[] | null {
  return new Precedence(of, chains).circle();
}

/** A value that several writes have in common. */
const SEVERAL = -2;

class Precedence {
  readonly #history: History;
  readonly #operations: Operations;
  readonly #pairs: Pairs;
  readonly #chains: Chains;
  /** Nodes are the rows of first tries, and above them the moments at which writes were over. */
  readonly #edges = new IntTable(["from", "to"]);
  #nodes: number;
  /** By pair: the write of it, NONE, or SEVERAL. */
  readonly #writeOf: Int32Array;
  readonly #hasDeletes: Uint8Array;

  constructor({ history, operations, pairs }: Case, chains: Chains) {
    this.#history = history;
    this.#operations = operations;
    this.#pairs = pairs;
    this.#writeOf = new Int32Array(pairs.count).fill(NONE);
    this.#chains = chains;
    this.#nodes = history.tries.count;
    this.#hasDeletes = new Uint8Array(history.keys.count);
    this.#findWrites();
    this.#addChains();
    this.#addRealTime();
  }

  /** The shortest circle through some node that is in one. */
  circle(): number[] | null {
    const { from, to } = this.#edges.finish();
    const outgoing = new Groups(from.length, this.#nodes, (edge) => from[edge]);
    const next = (node: number) => outgoing.rows(node);
    const start = nodeInCircle(this.#nodes, next, to);
    if (start === NONE) return null;
    return shortestCircle(start, next, to).filter((node) => node < this.#history.tries.count);
  }

  #before(from: number, to: number): void {
    if (from === to) return;
    const edge = this.#edges.addRow();
    this.#edges.columns.from[edge] = from;
    this.#edges.columns.to[edge] = to;
  }

  /** Whether the row is that of a write which may have happened. */
  #isWrite(row: number): boolean {
    const { tries } = this.#history;
    return tries.op[row] !== GET && tries.operation[row] === row &&
      this.#operations.outcome[row] !== FAIL;
  }

  #findWrites(): void {
    const { tries } = this.#history;
    for (let row = 0; row < tries.count; row++) {
      if (!this.#isWrite(row)) continue;
      const isDelete = tries.value[row] === NO_VALUE;
      if (isDelete) this.#hasDeletes[tries.key[row]] = 1;
      const pair = this.#pairs.ofTry[row];
      // That nothing is there can also be from the beginning.
      this.#writeOf[pair] = this.#writeOf[pair] === NONE && !isDelete ? row : SEVERAL;
    }
  }

  #addChains(): void {
    const { tries } = this.#history;
    const isTriedAgain = new Uint8Array(tries.count);
    for (let row = 0; row < tries.count; row++) {
      if (tries.operation[row] !== row) isTriedAgain[tries.operation[row]] = 1;
    }
    /** By chain: its last operation, and by key the write whose value it has seen last. */
    const last: number[] = [];
    const seen: Map<number, number>[] = [];
    for (let row = 0; row < tries.count; row++) {
      const operation = tries.operation[row];
      if (!this.#chains.isJudged(row) || this.#operations.outcome[operation] === FAIL) continue;
      const isRead = tries.op[row] === GET;
      if (isRead && tries.outcome[row] !== OK) continue;
      for (const chain of this.#chains.of(row)) {
        // Which try took effect is not known: an earlier one owes nothing to what came later.
        if (last[chain] !== undefined && isTriedAgain[operation] === 0) {
          this.#before(last[chain], operation);
        }
        if (tries.outcome[row] !== OK) continue;
        seen[chain] ??= new Map();
        this.#addSeen(row, operation, seen[chain]);
        last[chain] = operation;
      }
    }
  }

  /** What an answered operation says of the values that its client saw, by key. */
  #addSeen(row: number, operation: number, seen: Map<number, number>): void {
    const { tries } = this.#history;
    const key = tries.key[row];
    const before = seen.get(key);
    if (tries.op[row] !== GET) {
      seen.set(key, operation);
      return;
    }
    if (tries.value[row] === NO_VALUE && this.#hasDeletes[key] === 0) {
      // It came before every write of the key.
      if (before !== undefined) this.#before(row, before);
      return;
    }
    const write = this.#writeOf[this.#pairs.ofTry[row]];
    if (write < 0) {
      seen.delete(key);
      return;
    }
    this.#before(write, row);
    if (before !== undefined) this.#before(before, write);
    seen.set(key, write);
  }

  /** A chain of moments, so that it takes an edge or two for each write. */
  #addRealTime(): void {
    const { tries } = this.#history;
    const { end } = this.#operations;
    const writes = Int32Array.from(tries.op, (_, row) => row).filter((row) => this.#isWrite(row));
    const answered = writes.filter((row) => end[row] !== NEVER).sort((a, b) => end[a] - end[b]);
    let moment: number = NONE;
    let next = 0;
    for (const row of writes) {
      for (; next < answered.length && end[answered[next]] < tries.begin[row]; next++) {
        const later = this.#nodes++;
        if (moment !== NONE) this.#before(moment, later);
        this.#before(answered[next], later);
        moment = later;
      }
      if (moment !== NONE) this.#before(moment, row);
    }
  }
}

const UNSEEN = 0;
const OPEN = 1;
const DONE = 2;

/** Goes along the edges depth first; a node that is open and met again is in a circle. */
function nodeInCircle(
  nodes: number,
  next: (node: number) => Int32Array,
  to: Int32Array,
): number {
  const states = new Uint8Array(nodes);
  const followed = new Int32Array(nodes);
  for (let start = 0; start < nodes; start++) {
    if (states[start] !== UNSEEN) continue;
    const path = [start];
    states[start] = OPEN;
    for (let node = path.at(-1); node !== undefined; node = path.at(-1)) {
      const edges = next(node);
      if (followed[node] === edges.length) {
        states[node] = DONE;
        path.pop();
        continue;
      }
      const other = to[edges[followed[node]++]];
      if (states[other] === OPEN) return other;
      if (states[other] === DONE) continue;
      states[other] = OPEN;
      path.push(other);
    }
  }
  return NONE;
}

/** The shortest way from a node back to itself; there is one. */
function shortestCircle(
  start: number,
  next: (node: number) => Int32Array,
  to: Int32Array,
): number[] {
  const before = new Map<number, number>();
  const queue = [start];
  for (const node of queue) {
    for (const edge of next(node)) {
      const other = to[edge];
      if (before.has(other)) continue;
      before.set(other, node);
      queue.push(other);
      if (other === start) return wayBack(start, before);
    }
  }
  return [];
}

function wayBack(start: number, before: ReadonlyMap<number, number>): number[] {
  const circle: number[] = [];
  for (let node = start;;) {
    circle.unshift(node);
    node = before.get(node) ?? start;
    if (node === start) return circle;
  }
}
