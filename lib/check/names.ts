/**
 * Texts as numbers, so that columns can hold them.
 *
 * @module
 */

/** Each text gets a number, the first one 0. */
export class Names {
  readonly #numbers = new Map<string, number>();
  readonly #texts: string[] = [];

  /** How many different texts there are. */
  get count(): number {
    return this.#texts.length;
  }

  /** The text's number: its own from now on. */
  number(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.#texts.length);
    return this.#texts.push(text) - 1;
  }

  /** The text's number, or undefined if it has none. */
  find(text: string): number | undefined {
    return this.#numbers.get(text);
  }

  /** The text with this number. */
  text(number: number): string {
    return this.#texts[number];
  }
}
