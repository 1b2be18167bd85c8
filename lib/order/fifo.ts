/**
 * A first-in, first-out queue whose `shift` costs the same at any length.
 *
 * @module
 */

/** What is put in last comes out last. Of what came out, at most as much is kept as is in it. */
export class Fifo<T> implements Iterable<T> {
  #items: T[] = [];
  #head = 0;

  /** How many there are. */
  get length(): number {
    return this.#items.length - this.#head;
  }

  /** The one that comes out next. */
  first(): T | undefined {
    return this.#items[this.#head];
  }

  /** Puts one in. */
  push(item: T): void {
    this.#items.push(item);
  }

  /** Takes out the first. */
  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const item = this.#items[this.#head++];
    if (this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** Takes all out. */
  clear(): void {
    this.#items = [];
    this.#head = 0;
  }

  /** From first to last. */
  *[Symbol.iterator](): Iterator<T> {
    for (let i = this.#head; i < this.#items.length; i++) yield this.#items[i];
  }
}
