/**
 * What is ordered: changes of the store, carried out by every replica at the same place of the
 * total order, and what each of them gives.
 *
 * Keys and values are texts that stand for bytes (`../bytes.ts`).
 *
 * @module
 */

import { byteLength } from "../bytes.ts";

/** What every operation says besides. */
export interface Named {
  /** The key that it changes; empty if it changes several, or none. */
  readonly key: string;
  /** The request's own name: a second operation that bears it changes nothing. */
  readonly id?: string;
  /** Answered before it is ordered: no fence holds it back. Only with an `id`. */
  readonly eventual?: true;
  /** The last index at which it is carried out: behind it its id may be forgotten. */
  readonly until?: number;
}

/** The key has this value from here on. */
export interface Set extends Named {
  /** Tells it from other operations. */
  readonly type: "set";
  /** What the key has from here on. */
  readonly value: string;
  /** The value's length in bytes. */
  readonly bytes: number;
}

/** The key has no value from here on. */
export interface Delete extends Named {
  /** Tells it from other operations. */
  readonly type: "delete";
}

/**
 * From here on no operation with this id is carried out, unless it was answered before it was
 * ordered: whoever asks what came of a request gets an answer that stays true.
 */
export interface Fence extends Named {
  readonly type: "fence";
  readonly key: "";
  readonly id: string;
}

/** What gives more than that it was carried out, changes by what is there, or changes many keys. */
export type Change =
  /** Sets the key, if it is there or is not; gives `unchanged` if not, or what was there before. */
  | Named & {
    readonly type: "put";
    readonly value: string;
    readonly bytes: number;
    readonly when: "always" | "absent" | "present";
    readonly previous: boolean;
  }
  /** Sets or deletes the key, if its value is the expected one; null stands for none. */
  | Named & {
    readonly type: "cas";
    readonly expected: string | null;
    readonly value: string | null;
    readonly bytes: number;
  }
  /** Adds to a decimal number of 64 bits, 0 if there is none; gives the sum. */
  | Named & { readonly type: "add"; readonly by: string }
  /** Adds to the end of the value; gives its length in bytes. */
  | Named & {
    readonly type: "append";
    readonly value: string;
    readonly bytes: number;
    /** The length that the whole value may have. */
    readonly bytesMax: number;
  }
  /** Deletes the key; gives what was there before. */
  | Named & { readonly type: "take" }
  /** Gives the value to another key; gives `unchanged` if that must be absent and is not. */
  | Named & { readonly type: "rename"; readonly to: string; readonly when: "always" | "absent" }
  /** Sets or deletes (null) many keys at once; gives how many were there to be deleted. */
  | Named & {
    readonly type: "several";
    readonly key: "";
    readonly pairs: readonly (readonly [key: string, value: string | null])[];
    readonly bytes: number;
  }
  /** Deletes all keys. */
  | Named & { readonly type: "clear"; readonly key: "" };

/** A change of the store, carried out by every replica at the same place of the total order. */
export type Operation = Set | Delete | Fence | Change;

/** What an operation gives where it is carried out: the same at every replica. */
export type Result =
  /** It was carried out. */
  | { readonly type: "stored" }
  /** Its condition does not hold: it changed nothing. */
  | { readonly type: "unchanged" }
  /** What was there before, or null. */
  | { readonly type: "value"; readonly value: string | null }
  /** A number, in decimal. */
  | { readonly type: "number"; readonly number: string }
  /** It cannot be carried out on what is there: it changed nothing. */
  | { readonly type: "failed"; readonly reason: Failure };

/** Why an operation cannot be carried out on what is there. */
export const FAILURES = ["not_a_number", "out_of_range", "no_key", "too_large"] as const;

/** Why an operation cannot be carried out on what is there. */
export type Failure = typeof FAILURES[number];

/** What most operations give. */
export const STORED: Result = { type: "stored" };

/** Whether it gives nothing but that it was carried out, whatever is there. */
export function givesStored({ type }: Operation): boolean {
  return type === "set" || type === "delete" || type === "clear" || type === "fence";
}

/** Whether what the client is told depends on where in the total order it is carried out. */
export function needsOrder(operation: Operation): boolean {
  switch (operation.type) {
    case "set":
    case "delete":
    case "clear":
    case "several":
      return false;
    default:
      return true;
  }
}

/** The bytes of the values that an operation bears, and of the keys besides its own. */
export function valueBytes(operation: Operation): number {
  if (operation.type === "set") return operation.bytes;
  if (operation.type === "rename") return byteLength(operation.to);
  return "bytes" in operation ? operation.bytes : 0;
}

/** What an operation's form has besides its texts: numbers, quotes, commas. */
const FORM_BYTES = 80;

/** How long an operation's form is at most, if JSON escapes nothing in its texts. */
export function formBytes(operation: Operation): number {
  const { key, id = "" } = operation;
  return FORM_BYTES + key.length + id.length + valueBytes(operation);
}
