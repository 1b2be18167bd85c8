/**
 * A number for each key with each of its values: what a read saw and the writes that it may have
 * seen have the same one.
 *
 * @module
 */

import { type History, NONE } from "./recorded.ts";

/** Numbers all pairs of a history, from 0 on. */
export class Pairs {
  /** By try. */
  readonly ofTry: Int32Array;
  /** By entry of the total order; NONE of a fence. */
  readonly ofEntry: Int32Array;
  /** How many there are. */
  count = 0;
  /** Key, value and number plus one, where the hash says or behind; number 0 means room. */
  readonly #table: Int32Array;

  /** Numbers the pairs of this history. */
  constructor({ tries, order }: History) {
    let places = 2;
    while (places < 2 * (tries.count + order.count)) places *= 2;
    this.#table = new Int32Array(4 * places);
    this.ofTry = tries.key.map((key, row) => this.#number(key, tries.value[row]));
    this.ofEntry = order.key.map((key, row) =>
      key === NONE ? NONE : this.#number(key, order.value[row])
    );
  }

  /** The pair's number, or NONE if nothing in the history has it. */
  find(key: number, value: number): number {
    return this.#table[this.#place(key, value) + 2] - 1;
  }

  #number(key: number, value: number): number {
    const table = this.#table;
    const place = this.#place(key, value);
    if (table[place + 2] === 0) {
      table[place] = key;
      table[place + 1] = value;
      table[place + 2] = ++this.count;
    }
    return table[place + 2] - 1;
  }

  /** Where the table has the pair, or has room for it. */
  #place(key: number, value: number): number {
    const table = this.#table;
    const mask = table.length - 4;
    let hash = Math.imul(key, 0x9e3779b1) ^ Math.imul(value, 0x85ebca6b);
    hash ^= hash >>> 15;
    let place = 4 * hash & mask;
    while (table[place + 2] > 0 && (table[place] !== key || table[place + 1] !== value)) {
      place = (place + 4) & mask;
    }
    return place;
  }
}
