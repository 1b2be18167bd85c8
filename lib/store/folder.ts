/**
 * A replica's folder: who may use it, and whether it is what it should be. Everything is
 * checked before anything is written.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { ensureDir } from "@std/fs/ensure-dir";
import { FolderError, reason } from "../errors.ts";
import { fullDisk, isFull } from "./disk.ts";

/** The format of the folder; one that is not known is refused. */
export const FORMAT_VERSION = 3;

/** SQLite's `application_id` of a kvdist store: "kvdi". */
export const APPLICATION_ID = 0x6b766469;

/** A folder that this process alone uses. */
export interface Folder {
  /** Where it is. */
  readonly path: string;
  /** The store's file in it. */
  readonly file: string;
  /** Lets others use it. Idempotent. */
  release(): void;
}

/**
 * Whether the folder holds a store of any kind, good or bad. An empty file is none.
 *
 * @throws {FolderError} if that cannot be seen
 */
export async function holdsStore(path: string): Promise<boolean> {
  try {
    const { size } = await Deno.stat(storeFile(path));
    return size > 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw unusable(path, "Cannot look into", error);
  }
}

/**
 * Takes the folder, made when missing, for this process alone.
 *
 * The lock is SQLite's own on a file of its own: the system frees it when the process ends in
 * whatever way, and Deno before 2.7 has no lock that fails instead of waiting.
 *
 * @throws {FolderError} if it cannot be made, another process uses it, or it is none of ours
 */
export async function takeFolder(path: string): Promise<Folder> {
  try {
    await ensureDir(path);
  } catch (error) {
    throw unusable(path, "Cannot make", error);
  }
  const release = lock(path);
  try {
    await checkFormat(path);
  } catch (error) {
    release();
    throw error;
  }
  return { path, file: storeFile(path), release };
}

function storeFile(path: string): string {
  return `${path}/store.db`;
}

function lock(path: string): () => void {
  try {
    const db = new DatabaseSync(`${path}/lock`);
    try {
      db.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    } catch (error) {
      db.close();
      throw error;
    }
    let held = true;
    return () => {
      if (held) db.close();
      held = false;
    };
  } catch (error) {
    if (/locked|busy/.test(reason(error))) {
      throw new FolderError(
        `The folder ${path} is in use by another process: stop that one, or choose another --data`,
        { cause: error },
      );
    }
    if (isFull(error)) throw fullDisk(path, error);
    throw unusable(path, "Cannot write to", refusal(path) ?? error);
  }
}

/** What the system says to a write; SQLite tells only that there was something. */
function refusal(path: string): unknown {
  try {
    Deno.openSync(`${path}/lock`, { write: true, create: true }).close();
    return null;
  } catch (error) {
    return error;
  }
}

/** Looks at the file's header, where SQLite keeps whose file it is, without opening it. */
async function checkFormat(path: string): Promise<void> {
  const header = await readHeader(path);
  // None yet; what is not in one piece here was never a store of ours.
  if (header.length === 0) return;
  const damaged = header.length < 100 ||
    new TextDecoder().decode(header.subarray(0, 15)) !== "SQLite format 3";
  if (damaged) throw damage(path, "store.db is no database");
  const view = new DataView(header.buffer);
  if (view.getUint32(68) !== APPLICATION_ID) {
    throw new FolderError(
      `The folder ${path} holds a store.db that is none of kvdist's: move it away, or choose another --data`,
    );
  }
  const version = view.getUint32(60);
  if (version !== FORMAT_VERSION) {
    throw new FolderError(
      `The folder ${path} has format ${version}, and this kvdist knows format ${FORMAT_VERSION}: use the kvdist that wrote it`,
    );
  }
}

async function readHeader(path: string): Promise<Uint8Array> {
  try {
    using opened = await Deno.open(storeFile(path));
    const header = new Uint8Array(100);
    let length = 0;
    for (;;) {
      const count = await opened.read(header.subarray(length));
      if (count === null || count === 0) return header.slice(0, length);
      length += count;
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return new Uint8Array();
    throw unusable(path, "Cannot read store.db in", error);
  }
}

/** The error of a folder whose content is not whole. */
export function damage(path: string, what: string, cause?: unknown): FolderError {
  return new FolderError(
    `The folder ${path} is damaged (${what}): nothing was changed; move it away, and the replica is rebuilt from the others`,
    { cause },
  );
}

/** The error of a folder that the system does not let us use. */
function unusable(path: string, what: string, cause: unknown): FolderError {
  const denied = cause instanceof Deno.errors.PermissionDenied &&
    !(cause instanceof Deno.errors.NotCapable);
  return new FolderError(
    `${what} the folder ${path}: ${
      denied ? "permission denied" : reason(cause)
    }: see to that, or choose another --data`,
    { cause },
  );
}
