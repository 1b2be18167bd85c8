/**
 * Reads the log of a store that another process uses, or that nobody uses any more: for tools
 * that look at what replicas have delivered.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { existsSync } from "@std/fs/exists";
import { reason } from "../errors.ts";
import { invariant } from "../invariant.ts";

/** What a replica has delivered at one place of the total order. */
export interface LogRow {
  /** The place, from 1 on. */
  readonly index: number;
  /** The replica that a client gave it to … */
  readonly origin: number;
  /** … and its number there. */
  readonly n: number;
  /** Its Lamport time. */
  readonly time: number;
  /** What it does. */
  readonly operation: LoggedOperation;
}

/** What a log says of an operation. */
export type LoggedOperation =
  | {
    readonly type: "set";
    readonly key: string;
    readonly value: string;
    readonly id?: string;
    readonly eventual?: true;
  }
  | {
    readonly type: "delete";
    readonly key: string;
    readonly id?: string;
    readonly eventual?: true;
  }
  | { readonly type: "fence"; readonly id: string };

/**
 * The rows of the log behind an index, at most so many; none if the folder holds no log. In
 * write-ahead mode this neither waits for the replica nor keeps it waiting.
 */
export function readLog(folder: string, after: number, limit: number): LogRow[] {
  return reading(folder, (db) =>
    db.prepare("SELECT * FROM log WHERE idx > ? ORDER BY idx LIMIT ?")
      .all(after, limit)
      .map(logRow), []);
}

/** The request ids of own messages that the replica holds and has not delivered. */
export function readUndelivered(folder: string, self: number): (string | undefined)[] {
  return reading(folder, (db) =>
    db.prepare("SELECT request FROM pending WHERE origin = ?")
      .all(self)
      .map(({ request }) => optionalText(request)), []);
}

function reading<T>(folder: string, read: (db: DatabaseSync) => T, nothing: T): T {
  const file = `${folder}/store.db`;
  if (!existsSync(file)) return nothing;
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    return read(db);
  } catch (error) {
    // The replica is just opening or closing it: there is another time.
    if (/locked|busy/.test(reason(error))) return nothing;
    throw error;
  } finally {
    db.close();
  }
}

function logRow(row: Record<string, unknown>): LogRow {
  const [index, origin, n, time] = [row.idx, row.origin, row.n, row.time].map(Number);
  return { index, origin, n, time, operation: logged(row) };
}

function logged(row: Record<string, unknown>): LoggedOperation {
  const key = text(row.key);
  const id = optionalText(row.request);
  // No client can name an empty key.
  if (key === "") {
    invariant(id !== undefined, "a fence bears the id that it holds back");
    return { type: "fence", id };
  }
  const named = {
    key,
    ...(id !== undefined && { id }),
    ...(row.eventual === 1 && { eventual: true as const }),
  };
  return row.value === null
    ? { type: "delete", ...named }
    : { type: "set", value: text(row.value), ...named };
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

function text(bytes: unknown): string {
  invariant(bytes instanceof Uint8Array, "texts are kept as bytes");
  return decoder.decode(bytes);
}

function optionalText(bytes: unknown): string | undefined {
  return bytes === null || bytes === undefined ? undefined : text(bytes);
}
