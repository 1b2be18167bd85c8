/**
 * Operations as rows. Texts are kept as bytes: their order is that of UTF-8, and a text could not
 * be read beyond a U+0000.
 *
 * @module
 */

import { invariant } from "../invariant.ts";
import type { Operation, Outcome } from "../order/message.ts";
import { STORED } from "../order/operation.ts";

const encoder = new TextEncoder();
// Without the option a text would lose a U+FEFF that it begins with.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** A row as SQLite gives it. */
export type Row = Record<string, unknown>;

/** What of an operation has a column of its own in `pending` and `log`. */
export interface OperationColumns {
  /** Empty for a fence: no client can name an empty key. */
  readonly key: Uint8Array;
  /** Null for what is no `set`. */
  readonly value: Uint8Array | null;
  /** The request's id. */
  readonly request: Uint8Array | null;
  /** 1 if it was answered before it was ordered. */
  readonly eventual: 1 | null;
  /** The last index at which it is carried out. */
  readonly until: number | null;
}

/** A text as it is kept. */
export function encodeText(text: string): Uint8Array {
  return encoder.encode(text);
}

/** A text as it was. */
export function decodeText(bytes: unknown): string {
  invariant(bytes instanceof Uint8Array, "the store keeps texts as bytes");
  return decoder.decode(bytes);
}

/** An operation as it is kept. */
export function encodeOperation(operation: Operation): OperationColumns {
  return {
    key: encoder.encode(operation.key),
    value: operation.type === "set" ? encoder.encode(operation.value) : null,
    request: operation.id === undefined ? null : encoder.encode(operation.id),
    eventual: operation.type !== "fence" && operation.eventual === true ? 1 : null,
    until: operation.type === "fence" ? null : operation.until ?? null,
  };
}

/** An operation as it was. */
export function decodeOperation({ key, value, request, eventual, until }: Row): Operation {
  const id = request === null ? undefined : decodeText(request);
  const name = decodeText(key);
  if (name === "") {
    invariant(id !== undefined, "a fence names a request");
    return { type: "fence", key: "", id };
  }
  const named = {
    key: name,
    ...(id === undefined ? {} : { id }),
    ...(eventual === null ? {} : { eventual: true as const }),
    ...(until === null ? {} : { until: Number(until) }),
  };
  if (value === null) return { type: "delete", ...named };
  const text = decodeText(value);
  return { type: "set", ...named, value: text, bytes: (value as Uint8Array).length };
}

/** What came of a request's id, as it was. */
export function decodeOutcome({ applied, idx, origin, n }: Row): Outcome {
  return {
    applied: applied === 1,
    index: Number(idx),
    origin: Number(origin),
    n: Number(n),
    result: STORED,
  };
}
