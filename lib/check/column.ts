/**
 * Columns of numbers that grow: a history of millions of events would not fit as objects.
 *
 * @module
 */

/** Room for this many numbers at first; it doubles whenever it is used up. */
const ROOM_MIN = 1024;

/** Whole numbers of 32 bits. */
export class IntColumn {
  #room = new Int32Array(ROOM_MIN);
  #length = 0;

  /** How many there are. */
  get length(): number {
    return this.#length;
  }

  /** Adds one at the end. */
  push(value: number): void {
    if (this.#length === this.#room.length) this.#room = grown(this.#room, Int32Array);
    this.#room[this.#length++] = value;
  }

  /** The one at this place. */
  at(index: number): number {
    return this.#room[index];
  }

  /** Puts another in its place. */
  set(index: number, value: number): void {
    this.#room[index] = value;
  }

  /** All of them, not copied: the column takes no more. */
  finish(): Int32Array {
    return this.#room.subarray(0, this.#length);
  }
}

/** Numbers of any size, such as times in microseconds. */
export class FloatColumn {
  #room = new Float64Array(ROOM_MIN);
  #length = 0;

  /** Adds one at the end. */
  push(value: number): void {
    if (this.#length === this.#room.length) this.#room = grown(this.#room, Float64Array);
    this.#room[this.#length++] = value;
  }

  /** Puts another in its place. */
  set(index: number, value: number): void {
    this.#room[index] = value;
  }

  /** All of them, not copied: the column takes no more. */
  finish(): Float64Array {
    return this.#room.subarray(0, this.#length);
  }
}

function grown<T extends Int32Array | Float64Array>(full: T, type: new (length: number) => T): T {
  const room = new type(2 * full.length);
  room.set(full);
  return room;
}
