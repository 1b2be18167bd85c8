/**
 * The tables of a store on disk, and how a new one is made.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { existsSync } from "@std/fs/exists";
import { START } from "../order/message.ts";
import { APPLICATION_ID, type Folder, FORMAT_VERSION } from "./folder.ts";

/** Who a store belongs to. */
export interface Owner {
  /** The replica's id. */
  readonly id: number;
  /** How many replicas are configured. */
  readonly replicas: number;
}

/** The keys, and what came of request ids: what a snapshot replaces as a whole. */
const APPLIED = (prefix: string) => `
  CREATE TABLE ${prefix}keys (key BLOB PRIMARY KEY, value BLOB NOT NULL);
  CREATE TABLE ${prefix}requests (
    idx INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, origin INTEGER NOT NULL, n INTEGER NOT NULL,
    applied INTEGER NOT NULL
  );
`;

const SCHEMA = `
  CREATE TABLE protocol (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE origins (
    origin INTEGER PRIMARY KEY, delivered INTEGER NOT NULL, applied INTEGER NOT NULL
  );
  -- A message without a time waits in the outbox; with one it is in the queue.
  CREATE TABLE pending (
    origin INTEGER, n INTEGER, time INTEGER, key BLOB NOT NULL, value BLOB, request BLOB,
    eventual INTEGER, until INTEGER, PRIMARY KEY (origin, n)
  ) WITHOUT ROWID;
  CREATE TABLE log (
    idx INTEGER PRIMARY KEY, origin INTEGER NOT NULL, n INTEGER NOT NULL, time INTEGER NOT NULL,
    key BLOB NOT NULL, value BLOB, request BLOB, eventual INTEGER, until INTEGER
  );
  ${APPLIED("")}
  -- The parts of a snapshot that have come so far.
  ${APPLIED("staged_")}
`;

/**
 * Puts what is staged into the place of what was applied. Tables change their names, nothing is
 * copied: a million keys take no longer than a thousand.
 */
export const UNSTAGE = `
  DROP TABLE keys;
  ALTER TABLE staged_keys RENAME TO keys;
  DROP TABLE requests;
  ALTER TABLE staged_requests RENAME TO requests;
  ${APPLIED("staged_")}
`;

/** What SQLite keeps beside a database's file. */
const SIDE_FILES = ["-wal", "-shm", "-journal"];

/**
 * Makes the store under another name, so that under its own it is whole from the first moment on,
 * whenever the process is killed.
 */
export function makeIfNone(folder: Folder, owner: Owner): void {
  if (sizeOf(folder.file) > 0) return;
  const making = `${folder.path}/store.new`;
  const leftOver = ["", ...SIDE_FILES].map((suffix) => `${making}${suffix}`);
  // A log of a store that is gone would be taken for the new one's.
  const strange = SIDE_FILES.map((suffix) => `${folder.file}${suffix}`);
  for (const path of [...leftOver, ...strange]) {
    if (existsSync(path)) Deno.removeSync(path);
  }
  create(making, owner);
  Deno.renameSync(making, folder.file);
}

function sizeOf(path: string): number {
  return existsSync(path) ? Deno.statSync(path).size : 0;
}

function create(path: string, owner: Owner): void {
  const db = new DatabaseSync(path);
  try {
    fill(db, owner);
  } finally {
    db.close();
  }
}

function fill(db: DatabaseSync, { id, replicas }: Owner): void {
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; BEGIN IMMEDIATE");
  db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FORMAT_VERSION}`);
  db.exec(SCHEMA);
  const set = db.prepare("INSERT INTO protocol VALUES (?, ?)");
  const values = {
    id,
    replicas,
    identity: crypto.randomUUID(),
    former: null,
    promised: { round: 0, id: 0 },
    installed: null,
    n: 0,
    applied: 0,
    base: START,
    forgotten: 0,
    boot: null,
  };
  for (const [name, value] of Object.entries(values)) set.run(name, JSON.stringify(value));
  db.exec("COMMIT");
}
