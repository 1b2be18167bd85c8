/**
 * What operations do to the keys. Pure, and the same at every replica: it depends on nothing but
 * the operation and what is there.
 *
 * @module
 */

import { byteLength, bytesOf, textOf } from "../bytes.ts";
import { unreachable } from "../invariant.ts";
import { type Failure, type Operation, type Result, STORED } from "../order/operation.ts";

/** The keys of a store, as operations see and change them. */
export interface Keys {
  /** The value of a key. */
  get(key: string): string | undefined;
  /** Whether the key has a value. */
  has(key: string): boolean;
  /** Gives the key a value. */
  set(key: string, value: string): void;
  /** Takes its value away, if it has one. */
  delete(key: string): void;
  /** Takes all values away. */
  clear(): void;
}

const UNCHANGED: Result = { type: "unchanged" };

/** The numbers of `add` have 64 bits, as Redis' have. */
const NUMBER_MAX = 2n ** 63n - 1n;
const NUMBER_MIN = -(2n ** 63n);

/** Carries the operation out; gives what it gives. */
export function carryOut(operation: Operation, keys: Keys): Result {
  const { key } = operation;
  switch (operation.type) {
    case "set":
      keys.set(key, operation.value);
      return STORED;
    case "delete":
      keys.delete(key);
      return STORED;
    case "fence":
      return STORED;
    case "clear":
      keys.clear();
      return STORED;
    case "put": {
      const { when, previous } = operation;
      const before = previous ? keys.get(key) : undefined;
      const holds = when === "always" || keys.has(key) === (when === "present");
      if (holds) keys.set(key, operation.value);
      if (previous) return { type: "value", value: before ?? null };
      return holds ? STORED : UNCHANGED;
    }
    case "cas":
      if ((keys.get(key) ?? null) !== operation.expected) return UNCHANGED;
      setOrDelete(keys, key, operation.value);
      return STORED;
    case "add":
      return add(keys, key, operation.by);
    case "append": {
      const value = (keys.get(key) ?? "") + operation.value;
      // Two parts that are no UTF-8 may be so together.
      const joined = value.isWellFormed() ? value : textOf(bytesOf(value));
      const bytes = byteLength(joined);
      if (bytes > operation.bytesMax) return failed("too_large");
      keys.set(key, joined);
      return { type: "number", number: String(bytes) };
    }
    case "take": {
      const value = keys.get(key) ?? null;
      if (value !== null) keys.delete(key);
      return { type: "value", value };
    }
    case "rename": {
      const { to, when } = operation;
      const value = keys.get(key);
      if (value === undefined) return failed("no_key");
      if (when === "absent" && keys.has(to)) return UNCHANGED;
      keys.delete(key);
      keys.set(to, value);
      return STORED;
    }
    case "several": {
      let deleted = 0;
      for (const [name, value] of operation.pairs) {
        if (value === null && keys.has(name)) deleted++;
        setOrDelete(keys, name, value);
      }
      return { type: "number", number: String(deleted) };
    }
    default:
      return unreachable(operation);
  }
}

function add(keys: Keys, key: string, by: string): Result {
  const before = keys.get(key) ?? "0";
  if (!/^(?:0|-?[1-9]\d{0,18})$/.test(before)) return failed("not_a_number");
  const sum = BigInt(before) + BigInt(by);
  if (BigInt(before) > NUMBER_MAX || BigInt(before) < NUMBER_MIN) return failed("not_a_number");
  if (sum > NUMBER_MAX || sum < NUMBER_MIN) return failed("out_of_range");
  keys.set(key, String(sum));
  return { type: "number", number: String(sum) };
}

function setOrDelete(keys: Keys, key: string, value: string | null): void {
  if (value === null) keys.delete(key);
  else keys.set(key, value);
}

function failed(reason: Failure): Result {
  return { type: "failed", reason };
}
