/**
 * A gate that can be closed for a while, for who would come through.
 *
 * @module
 */

/** Open unless somebody closes it. */
export class Gate {
  #closed = 0;
  #opened = Promise.withResolvers<void>();

  /** It is open. */
  constructor() {
    this.#opened.resolve();
  }

  /** Whether anybody has closed it. */
  get isClosed(): boolean {
    return this.#closed > 0;
  }

  /** Resolves when nobody keeps it closed. */
  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  /** Closes it until what it gives back is called. */
  close(): () => void {
    if (this.#closed++ === 0) this.#opened = Promise.withResolvers();
    let mine = true;
    return () => {
      if (mine && --this.#closed === 0) this.#opened.resolve();
      mine = false;
    };
  }
}
