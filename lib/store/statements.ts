/**
 * The statements that a store on disk carries out often, prepared once.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { MESSAGE_OVERHEAD_BYTES } from "../limits.ts";

/** What an entry of the log counts for in a bound, in bytes: an expression. */
export const LOG_BYTES =
  `${MESSAGE_OVERHEAD_BYTES} + length(key) + coalesce(length(value), 0)` as const;

const OPERATION = "key, value, request, eventual, until";
const REQUEST = "idx, id, origin, n, applied";

const SQL = {
  setProtocol: put("protocol", "name, value"),
  putOrigin: put("origins", "origin, delivered, applied"),
  putPending: put("pending", `origin, n, time, ${OPERATION}`),
  deletePending: "DELETE FROM pending WHERE origin = ? AND n = ?",
  coverPending: "DELETE FROM pending WHERE origin = ? AND n <= ?",
  putLog: put("log", `idx, origin, n, time, ${OPERATION}`),
  readLog: "SELECT * FROM log WHERE idx >= ? AND idx <= ? ORDER BY idx",
  logBytes: `SELECT ${LOG_BYTES} AS bytes FROM log WHERE idx >= ? ORDER BY idx LIMIT ?`,
  trimLog: "DELETE FROM log WHERE idx < ?",
  get: "SELECT value FROM keys WHERE key = ?",
  // Each parameter once: Deno 2.4 counts one that is used twice as two.
  scan: "SELECT key, value FROM keys WHERE key >= ? AND key < ? AND key > coalesce(?, x'') " +
    "ORDER BY key LIMIT ?",
  updateKey: "UPDATE keys SET value = ? WHERE key = ?",
  insertKey: "INSERT INTO keys (key, value) VALUES (?, ?)",
  deleteKey: "DELETE FROM keys WHERE key = ?",
  request: "SELECT * FROM requests WHERE id = ?",
  putRequest: put("requests", REQUEST),
  forgetRequests: "DELETE FROM requests WHERE idx <= ?",
  stageKey: put("staged_keys", "key, value"),
  stageRequest: put("staged_requests", REQUEST),
};

/** What {@linkcode prepare} prepares. */
export type Statements = Readonly<Record<keyof typeof SQL, StatementSync>>;

/** Prepares all of them. */
export function prepare(db: DatabaseSync): Statements {
  const prepared = Object.entries(SQL).map(([name, sql]) => [name, db.prepare(sql)]);
  return Object.fromEntries(prepared) as Statements;
}

function put(table: string, columns: string): string {
  return `INSERT OR REPLACE INTO ${table} (${columns}) VALUES (${columns.replaceAll(/\w+/g, "?")})`;
}
