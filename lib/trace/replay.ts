/**
 * What the messages of a trace did to the keys: each with the values that it left behind.
 *
 * @module
 */

import { carryOut, type Keys } from "../store/apply.ts";
import { decodeContent } from "../wire/operation.ts";
import type { Submitted } from "./line.ts";
import { hidesPart, toldText } from "./told.ts";

/** A key that a message gave another value; null: none. */
export type Change = readonly [key: string, value: string | null];

/** Keys that note what changes them, and know which of them nobody has told of. */
class NotedKeys implements Keys {
  /** Null: it is known that there is none. */
  readonly #values = new Map<string, string | null>();
  /** What other keys hold: nothing, or nobody knows. */
  #isWhole = true;
  /** What these hold nobody knows, either. */
  readonly #unknown = new Set<string>();
  /** Whether it was asked for what nobody knows. */
  #isGuess = false;
  #changes: Change[] = [];

  /** What has changed since this was asked last; nothing if that depended on what is not known. */
  take(): Change[] {
    const changes = this.#changes;
    this.#changes = [];
    if (!this.#isGuess) return changes;
    this.#isGuess = false;
    for (const [key] of changes) {
      this.#values.delete(key);
      this.#unknown.add(key);
    }
    return [];
  }

  /** Anything may have happened. */
  forget(): void {
    this.#values.clear();
    this.#unknown.clear();
    this.#isWhole = false;
  }

  get(key: string): string | undefined {
    const value = this.#values.get(key);
    const isKnown = this.#isWhole && !this.#unknown.has(key);
    if (value === undefined && !isKnown) this.#isGuess = true;
    return value ?? undefined;
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  set(key: string, value: string): void {
    this.#isGuess ||= hidesPart(value);
    this.#unknown.delete(key);
    this.#values.set(key, value);
    this.#changes.push([key, toldText(value)]);
  }

  delete(key: string): void {
    this.#unknown.delete(key);
    this.#values.set(key, null);
    this.#changes.push([key, null]);
  }

  clear(): void {
    for (const [key, value] of this.#values) if (value !== null) this.#changes.push([key, null]);
    this.#values.clear();
    this.#unknown.clear();
    this.#isWhole = true;
  }
}

/** A message with its place; null if nobody tells its operation. */
export interface Ordered {
  readonly index: number;
  readonly submitted: Submitted | null;
}

/**
 * By message, in the total order: what it changed. A message whose id another bore before, that
 * nobody can tell the operation of, or whose effect depends on what is not told, changed nothing as
 * far as is known.
 */
export function replay(ordered: readonly Ordered[]): Change[][] {
  const keys = new NotedKeys();
  const ids = new Set<string>();
  let last = 0;
  return ordered.map(({ index, submitted }) => {
    if (index > last + 1) keys.forget();
    last = index;
    const operation = submitted === null
      ? null
      : decodeContent(toldText(submitted.key), submitted.value);
    if (submitted === null || operation === null) {
      keys.forget();
      return [];
    }
    const { id } = submitted;
    if (id !== undefined && ids.has(id)) return [];
    if (id !== undefined) ids.add(id);
    carryOut(operation, keys);
    return keys.take();
  });
}
