/**
 * Values that were read of late, so that a read of what is asked for often needs no disk.
 *
 * @module
 */

import { MESSAGE_OVERHEAD_BYTES } from "../limits.ts";

/** A bounded map: the half of it that was used least lately is dropped at once. */
export class ReadCache {
  readonly #bytesMax: number;
  #young = new Map<string, string>();
  #youngBytes = 0;
  #old = new Map<string, string>();

  /** An empty one of so many bytes. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** The value of a key, if it is here. */
  get(key: string): string | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  /** Keeps a value. */
  set(key: string, value: string): void {
    // What is set again counts again: then it is dropped a little too early.
    this.#young.set(key, value);
    this.#youngBytes += MESSAGE_OVERHEAD_BYTES + key.length + value.length;
    if (this.#youngBytes <= this.#bytesMax / 2) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#youngBytes = 0;
  }

  /** Drops a value. */
  delete(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }

  /** Drops all. */
  clear(): void {
    this.#young = new Map();
    this.#youngBytes = 0;
    this.#old = new Map();
  }
}
