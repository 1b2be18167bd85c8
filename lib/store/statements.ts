/**
 * The statements that a store on disk carries out often, prepared once.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { MESSAGE_OVERHEAD_BYTES } from "../limits.ts";

/** What an entry of the log counts for in a bound, in bytes. */
export const LOG_BYTES =
  `${MESSAGE_OVERHEAD_BYTES} + length(key) + coalesce(length(value), 0)` as const;

/** What {@linkcode prepare} prepares. */
export type Statements = ReturnType<typeof prepare>;

/** Prepares all of them. */
// deno-lint-ignore explicit-module-boundary-types
export function prepare(db: DatabaseSync) {
  const put = (table: string, columns: string) =>
    db.prepare(
      `INSERT OR REPLACE INTO ${table} (${columns}) VALUES (${columns.replaceAll(/\w+/g, "?")})`,
    );
  const operation = "key, value, request, eventual";
  return {
    setProtocol: put("protocol", "name, value"),
    putOrigin: put("origins", "origin, delivered, applied"),
    putPending: put("pending", `origin, n, time, ${operation}`),
    deletePending: db.prepare("DELETE FROM pending WHERE origin = ? AND n = ?"),
    coverPending: db.prepare("DELETE FROM pending WHERE origin = ? AND n <= ?"),
    putLog: put("log", `idx, origin, n, time, ${operation}`),
    readLog: db.prepare("SELECT * FROM log WHERE idx = ?"),
    logBytes: db.prepare(
      `SELECT ${LOG_BYTES} AS bytes FROM log WHERE idx >= ? ORDER BY idx LIMIT ?`,
    ),
    trimLog: db.prepare("DELETE FROM log WHERE idx < ?"),
    get: db.prepare("SELECT value FROM keys WHERE key = ?"),
    scan: db.prepare(
      // Each parameter once: Deno 2.4 counts one that is used twice as two.
      "SELECT key, value FROM keys WHERE key >= ? AND key < ? AND key > coalesce(?, x'') " +
        "ORDER BY key LIMIT ?",
    ),
    updateKey: db.prepare("UPDATE keys SET value = ? WHERE key = ?"),
    insertKey: db.prepare("INSERT INTO keys (key, value) VALUES (?, ?)"),
    deleteKey: db.prepare("DELETE FROM keys WHERE key = ?"),
    request: db.prepare("SELECT * FROM requests WHERE id = ?"),
    putRequest: put("requests", "idx, id, origin, n, applied"),
    forgetRequests: db.prepare("DELETE FROM requests WHERE idx <= ?"),
    stageKey: put("staged_keys", "key, value"),
    stageRequest: put("staged_requests", "idx, id, origin, n, applied"),
  };
}
