/**
 * What is written and not yet known to be on disk: it is forced there while the replica does
 * other work, and what gathers meanwhile is forced together, next.
 *
 * @module
 */

/** Forces a log to disk, one time after the other. */
export class Forcing<T> {
  readonly #force: () => Promise<void>;
  readonly #forced: (number: number, waiting: readonly T[]) => void;
  readonly #failed: (error: unknown) => void;
  #busy = false;
  /** The number of the last writes that gathered; 0 if there are none. */
  #number = 0;
  #waiting: T[] = [];

  /**
   * `forced` is told the number up to which writes are on disk, and who waits for that; `failed` is
   * told once why the disk refuses: nothing is forced any more then.
   */
  constructor(
    force: () => Promise<void>,
    forced: (number: number, waiting: readonly T[]) => void,
    failed: (error: unknown) => void,
  ) {
    this.#force = force;
    this.#forced = forced;
    this.#failed = failed;
  }

  /** Whether something is on its way to the disk. */
  get busy(): boolean {
    return this.#busy;
  }

  /** Writes up to this number are in the log, and these wait until they are on disk. */
  add(number: number, waiting: readonly T[]): void {
    this.#number = number;
    for (const one of waiting) this.#waiting.push(one);
    if (!this.#busy) this.#run();
  }

  async #run(): Promise<void> {
    this.#busy = true;
    try {
      while (this.#number > 0) {
        const number = this.#number;
        const waiting = this.#waiting;
        this.#number = 0;
        this.#waiting = [];
        await this.#force();
        this.#forced(number, waiting);
      }
    } catch (error) {
      return this.#failed(error);
    }
    this.#busy = false;
  }
}
