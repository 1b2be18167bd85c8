/**
 * Reads the log of a store that another process uses, or that nobody uses any more: for tools
 * that look at what replicas have delivered.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { existsSync } from "@std/fs/exists";
import { reason } from "../errors.ts";
import type { Entry, Operation } from "../order/message.ts";
import { decodeOperation } from "./rows.ts";

/**
 * The entries behind an index that the log still holds, at most so many; none if the folder holds
 * no store. In write-ahead mode this neither waits for the replica nor keeps it waiting.
 */
export function readLog(folder: string, after: number, limit: number): Entry[] {
  return reading(folder, (db) =>
    db.prepare("SELECT * FROM log WHERE idx > ? ORDER BY idx LIMIT ?")
      .all(after, limit)
      .map((row) => {
        const [index, origin, n, time] = [row.idx, row.origin, row.n, row.time].map(Number);
        return { index, message: { origin, n, time, operation: decodeOperation(row) } };
      }));
}

/** Operations that clients gave to the replica with this id, and that it has not delivered. */
export function readUndelivered(folder: string, self: number): Operation[] {
  return reading(
    folder,
    (db) =>
      db.prepare("SELECT key, value, request, eventual, until FROM pending WHERE origin = ?")
        .all(self)
        .map(decodeOperation),
  );
}

function reading<T>(folder: string, read: (db: DatabaseSync) => T[]): T[] {
  const file = `${folder}/store.db`;
  if (!existsSync(file)) return [];
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    return read(db);
  } catch (error) {
    // The replica is just opening or closing it: there is another time.
    if (/locked|busy/.test(reason(error))) return [];
    throw error;
  } finally {
    db.close();
  }
}
