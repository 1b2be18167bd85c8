/**
 * What a store on disk says of itself: what it keeps once, under a name each, and how far it is.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { invariant } from "../invariant.ts";
import type { Position } from "../order/message.ts";
import { parseJson } from "../wire/json.ts";

/** What stands under this name. */
export function readProtocol(db: DatabaseSync, name: string): unknown {
  const value = column(db.prepare("SELECT value FROM protocol WHERE name = ?"), name);
  invariant(typeof value === "string", `the store knows its ${name}`);
  return parseJson(value);
}

/** The place of the entry with this index: in the log, or where the last snapshot ends. */
export function positionAt(db: DatabaseSync, index: number): Position {
  const base = readProtocol(db, "base") as Position;
  if (index === base.index) return base;
  const row = db.prepare("SELECT time, origin FROM log WHERE idx = ?").get(index);
  invariant(row !== undefined, "the log holds what was applied last");
  return { index, time: Number(row.time), id: Number(row.origin) };
}

/** By origin: the highest `n` delivered, or applied. */
export function readCounts(db: DatabaseSync, which: "delivered" | "applied"): number[] {
  const counts: number[] = Array(Number(readProtocol(db, "replicas"))).fill(0);
  for (const row of db.prepare("SELECT * FROM origins").all()) {
    counts[Number(row.origin)] = Number(row[which]);
  }
  return counts;
}

/** The index of the newest request id up to this one that is forgotten; 0 if none is. */
export function newestForgotten(db: DatabaseSync, until: number): number {
  const kept = column(db.prepare("SELECT max(idx) AS value FROM requests WHERE idx <= ?"), until);
  return Math.max(Number(kept ?? 0), Number(readProtocol(db, "forgotten")));
}

/** The column `value` of the first row; undefined if there is none. */
export function column(statement: StatementSync, ...parameters: (string | number)[]): unknown {
  return statement.get(...parameters)?.value;
}
