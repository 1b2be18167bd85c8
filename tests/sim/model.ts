/**
 * What the keys must be, and what each operation must give, by a second reading of what operations
 * mean: slow, and with nothing of the stores in it. Values are ASCII here.
 *
 * @module
 */

import type { Operation, Result } from "../../lib/order/operation.ts";
import { unreachable } from "../../lib/invariant.ts";

/** A value that a key has from this index on; undefined for none. */
interface Since {
  readonly index: number;
  readonly value: string | undefined;
}

const MAX = 9223372036854775807n;

/** All keys as they were at every index. */
export class Model {
  /** By key, in the order of the index. */
  readonly #history = new Map<string, Since[]>();

  /** The value of a key after the operation at this index; Infinity for the last. */
  value(key: string, index = Infinity): string | undefined {
    const history = this.#history.get(key) ?? [];
    let found: string | undefined;
    for (let low = 0, high = history.length; low < high;) {
      const middle = (low + high) >> 1;
      if (history[middle].index > index) high = middle;
      else {
        found = history[middle].value;
        low = middle + 1;
      }
    }
    return found;
  }

  /** All keys after the operation at this index, with their values. */
  keys(index: number): Map<string, string> {
    const keys = new Map<string, string>();
    for (const key of this.#history.keys()) {
      const value = this.value(key, index);
      if (value !== undefined) keys.set(key, value);
    }
    return keys;
  }

  /** Carries out the operation at this index, which is above all before it. */
  carryOut(operation: Operation, index: number): Result {
    const { key } = operation;
    const before = this.value(key);
    const put = (of: string, value: string | null | undefined) => {
      const history = this.#history.get(of) ?? [];
      this.#history.set(of, history);
      history.push({ index, value: value ?? undefined });
    };
    switch (operation.type) {
      case "fence":
        return { type: "stored" };
      case "set":
        put(key, operation.value);
        return { type: "stored" };
      case "delete":
        put(key, null);
        return { type: "stored" };
      case "clear":
        for (const of of this.#history.keys()) put(of, null);
        return { type: "stored" };
      case "put": {
        const { when } = operation;
        const refused = (when === "absent" && before !== undefined) ||
          (when === "present" && before === undefined);
        if (!refused) put(key, operation.value);
        if (operation.previous) return { type: "value", value: before ?? null };
        return { type: refused ? "unchanged" : "stored" };
      }
      case "cas":
        if (before !== (operation.expected ?? undefined)) return { type: "unchanged" };
        put(key, operation.value);
        return { type: "stored" };
      case "add": {
        if (before !== undefined && !isNumber(before)) {
          return { type: "failed", reason: "not_a_number" };
        }
        const sum = BigInt(before ?? "0") + BigInt(operation.by);
        if (sum > MAX || sum < -MAX - 1n) return { type: "failed", reason: "out_of_range" };
        put(key, `${sum}`);
        return { type: "number", number: `${sum}` };
      }
      case "append": {
        const value = `${before ?? ""}${operation.value}`;
        if (value.length > operation.bytesMax) return { type: "failed", reason: "too_large" };
        put(key, value);
        return { type: "number", number: `${value.length}` };
      }
      case "take":
        put(key, null);
        return { type: "value", value: before ?? null };
      case "rename":
        if (before === undefined) return { type: "failed", reason: "no_key" };
        if (operation.when === "absent" && this.value(operation.to) !== undefined) {
          return { type: "unchanged" };
        }
        put(key, null);
        put(operation.to, before);
        return { type: "stored" };
      case "several": {
        let deleted = 0;
        for (const [of, value] of operation.pairs) {
          if (value === null && this.value(of) !== undefined) deleted++;
          put(of, value);
        }
        return { type: "number", number: `${deleted}` };
      }
      default:
        return unreachable(operation);
    }
  }
}

function isNumber(text: string): boolean {
  if (text.length > 20 || !/^-?\d+$/.test(text)) return false;
  const number = BigInt(text);
  return `${number}` === text && number <= MAX && number >= -MAX - 1n;
}
