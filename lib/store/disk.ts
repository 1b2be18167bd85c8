/**
 * What a disk that refuses says, in the words of an operator: the only place that knows how
 * SQLite puts it.
 *
 * @module
 */

import { existsSync } from "@std/fs/exists";
import { DiskError, reason } from "../errors.ts";
import type { Folder } from "./folder.ts";

/** The disk's refusal as {@linkcode DiskError}; any other error as it is. */
export function diskError(error: unknown, folder: Pick<Folder, "path" | "file">): unknown {
  const said = reason(error);
  const { path, file } = folder;
  const told = (what: string, remedy: string) => new DiskError(what, remedy, { cause: error });
  if (/disk is full/.test(said)) {
    return told("the disk is full", `make room for the folder ${path}`);
  }
  if (!/readonly database|disk I\/O error|unable to open database|malformed/.test(said)) {
    return error;
  }
  // SQLite notices only that the file is not what it was.
  if (!existsSync(file)) {
    return told(`store.db is gone from the folder ${path}`, "start the replica again");
  }
  if (/malformed/.test(said)) {
    return told(
      `the folder ${path} is damaged (${said})`,
      "move it away, and the replica is rebuilt from the others",
    );
  }
  if (/readonly/.test(said)) {
    return told("the folder is read-only", `let this user write to ${path}`);
  }
  return told(`the disk fails (${said})`, `see to the disk of the folder ${path}`);
}
