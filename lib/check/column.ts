/**
 * Columns of numbers that grow: a history of millions of events would not fit as objects.
 *
 * @module
 */

/** Room for this many numbers at first; it doubles whenever it is used up. */
const ROOM_MIN = 64;

/** A column for each name, of whole numbers of 32 bits. */
export class IntTable<Name extends string> {
  /** The columns, longer than the table: its rows stand first. Others once a row is added. */
  columns: Readonly<Record<Name, Int32Array>>;
  readonly #names: readonly Name[];
  #room = ROOM_MIN;
  #length = 0;

  /** Makes the table without rows. */
  constructor(names: readonly Name[]) {
    this.#names = names;
    this.columns = columnsOf(names, () => new Int32Array(ROOM_MIN));
  }

  /** How many rows there are. */
  get length(): number {
    return this.#length;
  }

  /** Adds a row of zeros at the end and gives back its place. */
  addRow(): number {
    if (this.#length === this.#room) {
      this.#room *= 2;
      const full = this.columns;
      this.columns = columnsOf(this.#names, (name) => {
        const column = new Int32Array(this.#room);
        column.set(full[name]);
        return column;
      });
    }
    return this.#length++;
  }

  /** The columns at their length, not copied: the table takes no more. */
  finish(): Readonly<Record<Name, Int32Array>> {
    return columnsOf(this.#names, (name) => this.columns[name].subarray(0, this.#length));
  }
}

function columnsOf<Name extends string>(
  names: readonly Name[],
  columnOf: (name: Name) => Int32Array,
): Readonly<Record<Name, Int32Array>> {
  return Object.fromEntries(names.map((name) => [name, columnOf(name)])) as Record<
    Name,
    Int32Array
  >;
}

/** One column, of numbers of any size, such as times in microseconds. */
export class FloatColumn {
  #room = new Float64Array(ROOM_MIN);
  #length = 0;

  /** How many there are. */
  get length(): number {
    return this.#length;
  }

  /** Adds one at the end. */
  push(value: number): void {
    if (this.#length === this.#room.length) {
      const room = new Float64Array(2 * this.#length);
      room.set(this.#room);
      this.#room = room;
    }
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
  finish(): Float64Array {
    return this.#room.subarray(0, this.#length);
  }
}
