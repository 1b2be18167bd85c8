/**
 * Long stretches in which the same goes on and on: only their beginning and their end are drawn.
 *
 * @module
 */

/** So much of a stretch is drawn where it begins … */
const FIRST = 60;

/** … and so much before something else happens, or nothing more. */
const LAST = 15;

/** Takes all that happens, in order, and gives what is to be drawn: a number stands for so many left out. */
export class Steady<T> {
  #drawn = 0;
  #held: T[] = [];
  #leftOut = 0;

  /** Something happens; `goesOn` if it is like what happens all the time. */
  take(one: T, goesOn: boolean): (T | number)[] {
    if (!goesOn) {
      this.#drawn = 0;
      return [...this.rest(), one];
    }
    if (this.#drawn < FIRST) {
      this.#drawn++;
      return [one];
    }
    this.#held.push(one);
    if (this.#held.length > LAST) {
      this.#held.shift();
      this.#leftOut++;
    }
    return [];
  }

  /** Nothing more happens. */
  rest(): (T | number)[] {
    const rest = this.#leftOut > 0 ? [this.#leftOut, ...this.#held] : this.#held;
    this.#held = [];
    this.#leftOut = 0;
    return rest;
  }
}
