/**
 * What the messages of a trace did to the keys: each with the values that it left behind.
 *
 * @module
 */

import { carryOut, type Keys } from "../store/apply.ts";
import { decodeContent } from "../wire/operation.ts";
import type { Submitted } from "./line.ts";

/** A key that a message gave another value; null: none. */
export type Change = readonly [key: string, value: string | null];

/** Keys that note what changes them. */
class NotedKeys implements Keys {
  readonly #values = new Map<string, string>();
  #changes: Change[] = [];

  /** What has changed since this was asked last. */
  take(): Change[] {
    const changes = this.#changes;
    this.#changes = [];
    return changes;
  }

  get(key: string): string | undefined {
    return this.#values.get(key);
  }

  has(key: string): boolean {
    return this.#values.has(key);
  }

  set(key: string, value: string): void {
    this.#values.set(key, value);
    this.#changes.push([key, value]);
  }

  delete(key: string): void {
    this.#values.delete(key);
    this.#changes.push([key, null]);
  }

  clear(): void {
    for (const key of this.#values.keys()) this.#changes.push([key, null]);
    this.#values.clear();
  }
}

/**
 * By message, in the total order: what it changed. A message whose id another bore before, or that
 * nobody can tell the operation of, changed nothing as far as is known.
 */
export function replay(ordered: readonly (Submitted | null)[]): Change[][] {
  const keys = new NotedKeys();
  const ids = new Set<string>();
  return ordered.map((submitted) => {
    if (submitted === null) return [];
    const { key, value, id } = submitted;
    if (id !== undefined && ids.has(id)) return [];
    if (id !== undefined) ids.add(id);
    const operation = decodeContent(key, value);
    if (operation !== null) carryOut(operation, keys);
    return keys.take();
  });
}
