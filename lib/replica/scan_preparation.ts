/**
 * What must be done before a store's keys can be listed, bit by bit: others have their turns, and
 * timers their time.
 *
 * @module
 */

import { PREPARE_SCAN_MS } from "../limits.ts";

/** Prepares a store for scans. */
export class ScanPreparation {
  readonly #prepare: () => boolean;
  readonly #ready: () => void;
  readonly #failed: (error: unknown) => void;
  #timer: ReturnType<typeof setTimeout> | null = null;

  /**
   * `prepare` does a part of it, and tells whether that was all; `ready` is told when it was, and
   * `failed` once if it cannot be done.
   */
  constructor(prepare: () => boolean, ready: () => void, failed: (error: unknown) => void) {
    this.#prepare = prepare;
    this.#ready = ready;
    this.#failed = failed;
  }

  /** Whether keys can be listed now; if not, it is begun to make it so. */
  isReady(): boolean {
    if (this.#timer !== null) return false;
    if (this.#prepare()) return true;
    this.#goOnLater();
    return false;
  }

  /** Ends it. */
  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #goOnLater(): void {
    this.#timer = setTimeout(() => {
      this.#timer = null;
      try {
        this.#goOn();
      } catch (error) {
        this.#failed(error);
      }
    });
  }

  #goOn(): void {
    const until = performance.now() + PREPARE_SCAN_MS;
    while (performance.now() < until) if (this.#prepare()) return this.#ready();
    this.#goOnLater();
  }
}
