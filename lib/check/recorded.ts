/**
 * A history in memory: a column for each fact, a row for each try of an operation. Everything
 * that judges works on this form; {@linkcode HistoryReader} makes it of lines.
 *
 * Time is the number of a line: no two events have the same.
 *
 * @module
 */

import { type Consistency, CONSISTENCY_LEVELS } from "../consistency.ts";
import type { HistoryHeader } from "./history.ts";
import type { Names } from "./names.ts";

/** What an operation asks. */
export const OPS = ["get", "set", "delete", "fence"] as const;
/** A read. */
export const GET = 0;
/** A write of a value. */
export const SET = 1;
/** A write of no value. */
export const DELETE = 2;
/** In the total order only: what holds back later tries of its id. */
export const FENCE = 3;

/** What became of a try. */
export const OUTCOMES = ["open", "ok", "fail", "info"] as const;
/** No answer came: like {@linkcode INFO}. */
export const OPEN = 0;
/** It was done. */
export const OK = 1;
/** It was not done and will not be. */
export const FAIL = 2;
/** It may have been done, or may still be. */
export const INFO = 3;

/** The place of a level in this list is its number in a column. */
export const LEVELS: readonly Consistency[] = CONSISTENCY_LEVELS;
/** The number of `eventual`. */
export const EVENTUAL = 0;
/** The number of `sequential`. */
export const SEQUENTIAL = 1;
/** The number of `linearizable`. */
export const LINEARIZABLE = 2;

/** The number of the value of a key that there is not. */
export const NO_VALUE = 0;
/** The number of an id, a code or a try where there is none. */
export const NONE = -1;
/** A time after all others. */
export const NEVER = 2 ** 31 - 1;

/** What is known of a try, as whole numbers. */
export const TRY_COLUMNS = [
  "process",
  /** Whose program order it belongs to: the process, unless that shares a connection. */
  "client",
  "replica",
  /** One of {@linkcode OPS}. */
  "op",
  "key",
  /** Written, or read if the outcome is {@linkcode OK}; {@linkcode NO_VALUE}: no such key. */
  "value",
  /** One of {@linkcode LEVELS}. */
  "level",
  /** 1 with a session token, 0 without. */
  "session",
  /** The request's own name, or {@linkcode NONE}. */
  "id",
  /** One of {@linkcode OUTCOMES}. */
  "outcome",
  /** The error's code, or {@linkcode NONE}. */
  "code",
  /** The line of its invoke. */
  "begin",
  /** The line of its answer, or {@linkcode NEVER}. */
  "end",
  /** The first try of the same operation: itself, unless its id was named before. */
  "operation",
] as const;

/** The tries of operations, in the order in which they began. */
export interface Tries extends Readonly<Record<typeof TRY_COLUMNS[number], Int32Array>> {
  /** How many there are. */
  readonly count: number;
  /** When each began, in microseconds. */
  readonly beginAt: Float64Array;
  /** When each was answered, in microseconds; meaningless without an answer. */
  readonly endAt: Float64Array;
}

/** What is known of a place of the total order. */
export const ORDER_COLUMNS = [
  "index",
  /** One of {@linkcode OPS}. */
  "op",
  "key",
  "value",
  /** The request's own name, or {@linkcode NONE}. */
  "id",
  /** The replica that a client gave it to, or {@linkcode NONE}. */
  "origin",
  /** 1 if no fence holds it back. */
  "eventual",
  /** Where it stands in the file. */
  "line",
] as const;

/** The lines of the total order, in the order of their indexes. */
export interface OrderEntries extends Readonly<Record<typeof ORDER_COLUMNS[number], Int32Array>> {
  /** How many there are. */
  readonly count: number;
}

/** What a replica holds at the end. */
export interface Final {
  /** The line that says that its whole content follows, or 0: then only some keys are known. */
  wholeLine: number;
  /** By key: the value, and the line that says so. */
  readonly held: Map<number, { readonly value: number; readonly line: number }>;
}

/** A history. */
export interface History {
  /** The first line. */
  readonly header: HistoryHeader;
  /** The keys by their numbers. */
  readonly keys: Names;
  /** A value's number is one more than that of its text: see {@linkcode NO_VALUE}. */
  readonly values: Names;
  /** The names of writes by their numbers. */
  readonly ids: Names;
  /** The codes of errors by their numbers. */
  readonly codes: Names;
  /** What was asked and answered. */
  readonly tries: Tries;
  /** What was delivered. */
  readonly order: OrderEntries;
  /** By replica. */
  readonly finals: ReadonlyMap<number, Final>;
  /** How many lines it was read from, the last one included. */
  readonly lines: number;
}

/** The text of a value; null: no such key. */
export function valueText({ values }: History, value: number): string | null {
  return value === NO_VALUE ? null : values.text(value - 1);
}

/** Whether the try asks for a change. */
export function isWrite({ op }: Tries, row: number): boolean {
  return op[row] !== GET;
}
