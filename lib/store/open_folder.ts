/**
 * How the store in a folder is looked at, made and opened, and what is said if that fails.
 *
 * @module
 */

import { existsSync } from "@std/fs/exists";
import { reason } from "../errors.ts";
import { emptyDurable } from "../order/step.ts";
import { diskError } from "./disk.ts";
import { damage, type Folder } from "./folder.ts";
import { Log } from "./log.ts";
import { encodeHead } from "./log_line.ts";
import { LogDamage, readSegments, type SegmentContent } from "./read_segments.ts";
import { replay } from "./replay.ts";
import { segmentNumbers } from "./segments.ts";
import { allBounds } from "./state.ts";
import { makeTables, type Owner, Tables } from "./tables.ts";

/** What a store says of itself. */
export interface StoreFacts extends Owner {
  /** The cluster that it belongs to; null before its first view. */
  readonly cluster: string | null;
}

/** What was read when a folder was inspected: nobody else has changed it since. */
const inspected = new WeakMap<Folder, SegmentContent[]>();

/** What the log in the folder says, read once for each time that the folder is taken. */
export function segmentsOf(folder: Folder): readonly SegmentContent[] {
  const known = inspected.get(folder);
  inspected.delete(folder);
  return known ?? readSegments(folder.path, segmentNumbers(folder.path));
}

/**
 * Looks at all of a store, without a write.
 *
 * @throws {FolderError} if it is damaged; the folder is released then
 */
export function inspectFolder(folder: Folder): StoreFacts {
  return guarded(folder, { readOnly: true }, (tables) => {
    const wrong = tables.check();
    if (wrong !== null) throw damage(folder.path, wrong);
    const segments = readSegments(folder.path, segmentNumbers(folder.path));
    const bounds = allBounds({});
    const { state } = replay(segments, tables.place(), { bounds, layers: null });
    tables.close();
    inspected.set(folder, segments);
    const { id, replicas } = segments[segments.length - 1].head;
    return { id, replicas, cluster: state.installed?.cluster ?? null };
  });
}

/**
 * Makes the store if there is none, and gives its tables to `open`.
 *
 * @throws {FolderError} if it is damaged; the folder is released then
 * @throws {DiskError} if the disk refuses it; likewise
 */
export function openFolder<T>(
  folder: Folder,
  owner: Owner,
  open: (tables: Tables) => T,
): T {
  try {
    if (sizeOf(folder.file) === 0) make(folder, owner);
  } catch (error) {
    folder.release();
    throw diskError(error, folder);
  }
  return guarded(folder, {}, open);
}

/** The tables last: what has them is whole, whenever the process is killed. */
function make(folder: Folder, owner: Owner): void {
  const log = Log.create(folder.path);
  try {
    const state = emptyDurable(crypto.randomUUID(), owner.replicas);
    log.add(encodeHead({ type: "head", number: log.nextNumber, fresh: true, ...owner, ...state }));
    log.rotate(state.position.index);
  } finally {
    log.close();
  }
  makeTables(folder, owner.replicas);
}

function sizeOf(path: string): number {
  return existsSync(path) ? Deno.statSync(path).size : 0;
}

/** Opens the tables; if that or what is done with them fails, leaves the folder. */
function guarded<T>(
  folder: Folder,
  options: { readonly readOnly?: boolean },
  act: (tables: Tables) => T,
): T {
  let tables: Tables | undefined;
  try {
    tables = new Tables(folder.file, options);
    return act(tables);
  } catch (error) {
    tables?.close();
    folder.release();
    if (error instanceof LogDamage) throw damage(folder.path, error.message, error);
    // The last is all that Deno 2.4 says of a file that is cut off.
    if (/malformed|not a database|corrupt|failed to prepare/.test(reason(error))) {
      throw damage(folder.path, reason(error), error);
    }
    throw diskError(error, folder);
  }
}
