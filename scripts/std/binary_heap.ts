/** Stand-in for `@std/data-structures/binary-heap`: same names, same behaviour. */

type Compare<T> = (a: T, b: T) => number;

function descend<T>(a: T, b: T): number {
  return a > b ? -1 : a < b ? 1 : 0;
}

/**
 * A priority queue: the value that `compare` sorts first comes out first, by default the
 * greatest. Iterating takes the values out.
 */
export class BinaryHeap<T> implements Iterable<T> {
  /** No value sorts before its parent: that of the value at i stands at (i - 1) >> 1. */
  #values: T[] = [];
  #compare: Compare<T>;

  constructor(compare: (a: T, b: T) => number = descend) {
    this.#compare = compare;
  }

  /** The values in no particular order; the heap keeps them. */
  toArray(): T[] {
    return [...this.#values];
  }

  /** A new heap of the collection's values; that of a heap keeps its order unless told otherwise. */
  static from<T>(
    collection: ArrayLike<T> | Iterable<T> | BinaryHeap<T>,
    options?: { compare?: (a: T, b: T) => number },
  ): BinaryHeap<T>;
  /** A new heap of what `map` makes of the collection's values. */
  static from<T, U, V = undefined>(
    collection: ArrayLike<T> | Iterable<T> | BinaryHeap<T>,
    options: { compare?: (a: U, b: U) => number; map: (value: T, index: number) => U; thisArg?: V },
  ): BinaryHeap<U>;
  static from<T, U, V>(
    collection: ArrayLike<T> | Iterable<T> | BinaryHeap<T>,
    options?: {
      compare?: (a: U, b: U) => number;
      map?: (value: T, index: number) => U;
      thisArg?: V;
    },
  ): BinaryHeap<U> {
    const isHeap = collection instanceof BinaryHeap;
    const inherited = isHeap ? collection.#compare as unknown as Compare<U> : undefined;
    const heap = new BinaryHeap<U>(options?.compare ?? inherited);
    const values: ArrayLike<T> | Iterable<T> = isHeap ? collection.#values : collection;
    // Without a map the two types are one: the first signature says so.
    const map = options?.map ?? ((value: T) => value as unknown as U);
    for (const value of Array.from(values, map, options?.thisArg)) heap.push(value);
    return heap;
  }

  /** How many values the heap holds. */
  get length(): number {
    return this.#values.length;
  }

  /** The first value, which stays. */
  peek(): T | undefined {
    return this.#values[0];
  }

  /** Takes out the first value. */
  pop(): T | undefined {
    const first = this.#values[0];
    const last = this.#values.pop();
    if (this.#values.length > 0) this.#sink(last as T);
    return first;
  }

  /** Adds values; returns how many the heap then holds. */
  push(...values: T[]): number {
    for (const value of values) this.#rise(value);
    return this.#values.length;
  }

  /** Drops all values. */
  clear(): void {
    this.#values = [];
  }

  /** Whether the heap holds nothing. */
  isEmpty(): boolean {
    return this.#values.length === 0;
  }

  /** Takes the values out, in order. */
  *drain(): IterableIterator<T> {
    while (this.#values.length > 0) yield this.pop() as T;
  }

  *[Symbol.iterator](): IterableIterator<T> {
    yield* this.drain();
  }

  /** Puts a value in at the end and moves down the parents that it sorts before. */
  #rise(value: T): void {
    const values = this.#values;
    let hole = values.length;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (this.#compare(value, values[parent]) >= 0) break;
      values[hole] = values[parent];
      hole = parent;
    }
    values[hole] = value;
  }

  /** Puts a value in at the top and moves up the children that sort before it. */
  #sink(value: T): void {
    const values = this.#values;
    let hole = 0;
    for (let child = 1; child < values.length; child = 2 * hole + 1) {
      const sibling = child + 1;
      if (sibling < values.length && this.#compare(values[sibling], values[child]) < 0) {
        child = sibling;
      }
      if (this.#compare(values[child], value) >= 0) break;
      values[hole] = values[child];
      hole = child;
    }
    values[hole] = value;
  }
}
