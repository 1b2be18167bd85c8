/**
 * Looks for a total order that explains what clients saw: for histories without a witness, and
 * small enough. Sequential consistency is not local, so all keys are looked at together.
 *
 * Goes from the beginning of the order on, one operation at a time, and turns back where nothing
 * can follow. Two rules leave out what can make no difference: a read comes as soon as it can,
 * since it changes nothing; and of two ways to the same operations with the same values held, one
 * is enough.
 *
 * @module
 */

import { ORDER_SEARCH_OPERATIONS_MAX } from "../limits.ts";
import type { Chains } from "./clients.ts";
import type { Operations } from "./operations.ts";
import { FAIL, GET, type History, NEVER, NO_VALUE, OK } from "./recorded.ts";
import type { Budget } from "./search.ts";

/** What an order is looked for of. */
export interface OrderQuestion {
  /** The history … */
  readonly history: History;
  /** … and its operations. */
  readonly operations: Operations;
  /** Whose operations follow each other. */
  readonly chains: Chains;
  /** Leaves out operations, given by the rows of their first tries. */
  readonly isKept: (operation: number) => boolean;
}

/** Whether there is an order; null if that would take too long to say. */
export function hasOrder(question: OrderQuestion, budget: Budget): boolean | null {
  return new OrderSearch(itemsOf(question), budget).run();
}

/** An operation that has its place in the order. */
interface Item {
  readonly isWrite: boolean;
  readonly key: number;
  readonly value: number;
  readonly begin: number;
  /** When it was over, for writes that are held to real time; else NEVER. */
  readonly end: number;
  /** What must come before, as places in the list of items. */
  readonly after: readonly number[];
  /** Whether it may also never happen. */
  readonly isOptional: boolean;
}

function itemsOf(question: OrderQuestion): Item[] {
  const { history: { tries }, operations, isKept } = question;
  const read = new Set<string>();
  for (let row = 0; row < tries.count; row++) {
    if (isKept(row) && isJudgedRead(question, row)) {
      read.add(`${tries.key[row]} ${tries.value[row]}`);
    }
  }
  const items: Item[] = [];
  const placeOf = new Map<number, number>();
  const { after, isBound } = followings(question);
  for (let row = 0; row < tries.count; row++) {
    if (tries.operation[row] !== row || !isKept(row)) continue;
    if (operations.outcome[row] === FAIL) continue;
    const isWrite = tries.op[row] !== GET;
    if (!isWrite && !isJudgedRead(question, row)) continue;
    const isOptional = isWrite && !isBound.has(row) && operations.end[row] === NEVER;
    // What nobody read, and nobody follows, can stand behind all others.
    if (isOptional && !read.has(`${tries.key[row]} ${tries.value[row]}`)) continue;
    placeOf.set(row, items.length);
    items.push({
      isWrite,
      key: tries.key[row],
      value: tries.value[row],
      begin: tries.begin[row],
      end: isWrite ? operations.end[row] : NEVER,
      after: (after.get(row) ?? []).flatMap((before) => placeOf.get(before) ?? []),
      isOptional,
    });
  }
  return items;
}

function isJudgedRead({ history: { tries }, chains }: OrderQuestion, row: number): boolean {
  return tries.op[row] === GET && tries.outcome[row] === OK && chains.isJudged(row);
}

/** What each operation follows in its chains, and the writes that others follow. */
function followings({ history: { tries }, operations, chains, isKept }: OrderQuestion) {
  const after = new Map<number, number[]>();
  const isBound = new Set<number>();
  const last: number[] = [];
  const triesOf = Map.groupBy(tries.operation.keys(), (row) => tries.operation[row]);
  for (let row = 0; row < tries.count; row++) {
    const operation = tries.operation[row];
    if (!isKept(operation) || !chains.isJudged(row) || operations.outcome[operation] === FAIL) {
      continue;
    }
    const before = chains.of(row).flatMap((chain) => last[chain] ?? []);
    // Which try took effect is not known: only one that is alone must come after all before it.
    if (triesOf.get(operation)?.length === 1) after.set(operation, before);
    if (tries.outcome[row] !== OK) continue;
    if (tries.op[row] !== GET) isBound.add(operation);
    for (const chain of chains.of(row)) last[chain] = operation;
  }
  return { after, isBound };
}

class OrderSearch {
  readonly #items: readonly Item[];
  readonly #budget: Budget;
  readonly #isPlaced: boolean[];
  #requiredLeft: number;
  /** By key: the value that it holds. */
  readonly #held = new Map<number, number>();
  /** By key and value: the reads, and the writes, that have no place yet. */
  readonly #readsLeft = new Map<string, number>();
  readonly #writesLeft = new Map<string, number>();
  readonly #seen = new Set<string>();

  constructor(items: readonly Item[], budget: Budget) {
    this.#items = items;
    this.#budget = budget;
    this.#isPlaced = Array(items.length).fill(false);
    this.#requiredLeft = items.filter(({ isOptional }) => !isOptional).length;
    for (const item of items) {
      add(item.isWrite ? this.#writesLeft : this.#readsLeft, pairOf(item), 1);
    }
  }

  run(): boolean | null {
    if (this.#items.length > ORDER_SEARCH_OPERATIONS_MAX) return null;
    return this.#goOn();
  }

  /** Whether the rest can follow what is placed; undoes all that it did unless it can. */
  #goOn(): boolean | null {
    const reads = this.#placeReads();
    const found = this.#requiredLeft === 0 || this.#placeNext();
    if (found === false) { for (const read of reads.toReversed()) this.#remove(read); }
    return found;
  }

  #placeNext(): boolean | null {
    this.#budget.steps -= this.#items.length;
    if (this.#budget.steps < 0) return null;
    const isNew = this.#seen.size < this.#seen.add(this.#name()).size;
    if (!isNew) return false;
    const firstEnd = this.#firstEnd();
    for (const [at, item] of this.#items.entries()) {
      if (!item.isWrite || !this.#isFree(at) || item.begin > firstEnd) continue;
      if (item.isOptional && !this.#readsLeft.get(pairOf(item))) continue;
      const held = this.#held.get(item.key) ?? NO_VALUE;
      if (held !== item.value && this.#isAwaited(item.key, held)) continue;
      this.#place(at);
      this.#held.set(item.key, item.value);
      const found = this.#goOn();
      if (found !== false) return found;
      this.#held.set(item.key, held);
      this.#remove(at);
    }
    return false;
  }

  /** Whether a read has no place yet that only what is held now can explain. */
  #isAwaited(key: number, held: number): boolean {
    const pair = `${key} ${held}`;
    return (this.#readsLeft.get(pair) ?? 0) > 0 && (this.#writesLeft.get(pair) ?? 0) === 0;
  }

  #placeReads(): number[] {
    const placed: number[] = [];
    for (let before = -1; before < placed.length;) {
      before = placed.length;
      for (const [at, item] of this.#items.entries()) {
        if (item.isWrite || !this.#isFree(at)) continue;
        if ((this.#held.get(item.key) ?? NO_VALUE) !== item.value) continue;
        this.#place(at);
        placed.push(at);
      }
    }
    return placed;
  }

  /** Whether the item has no place yet, and all that it follows has. */
  #isFree(at: number): boolean {
    return !this.#isPlaced[at] && this.#items[at].after.every((before) => this.#isPlaced[before]);
  }

  /** When the first write without a place was over: none that began later can come before it. */
  #firstEnd(): number {
    let first = NEVER;
    for (const [at, { end }] of this.#items.entries()) {
      if (!this.#isPlaced[at] && end < first) first = end;
    }
    return first;
  }

  #place(at: number): void {
    this.#count(at, -1);
    this.#isPlaced[at] = true;
  }

  #remove(at: number): void {
    this.#count(at, 1);
    this.#isPlaced[at] = false;
  }

  #count(at: number, by: number): void {
    const item = this.#items[at];
    if (!item.isOptional) this.#requiredLeft += by;
    add(item.isWrite ? this.#writesLeft : this.#readsLeft, pairOf(item), by);
  }

  #name(): string {
    const held = [...this.#held].sort(([a], [b]) => a - b).join(" ");
    return `${this.#isPlaced.map(Number).join("")} ${held}`;
  }
}

function pairOf({ key, value }: Item): string {
  return `${key} ${value}`;
}

function add(counts: Map<string, number>, name: string, by: number): void {
  counts.set(name, (counts.get(name) ?? 0) + by);
}
