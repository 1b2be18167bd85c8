/**
 * What a disk that refuses says, in the words of an operator: the only place that knows how
 * SQLite and the system put it.
 *
 * @module
 */

import { existsSync } from "@std/fs/exists";
import { DiskError, reason } from "../errors.ts";
import { logFolder } from "./segments.ts";

/** What SQLite or the system says of a disk that is full, or of a quota that is used up, … */
const FULL = /disk is full|os error (?:28|122)\b/;

/** … and of a file that cannot be used, for whatever reason. */
const REFUSED = /readonly database|disk I\/O error|unable to open database|malformed|os error \d/;

/** The disk's refusal as {@linkcode DiskError}; any other error as it is. */
export function diskError(
  error: unknown,
  { path, file }: { readonly path: string; readonly file: string },
): unknown {
  const said = reason(error);
  if (FULL.test(said)) return fullDisk(path, error);
  if (!REFUSED.test(said)) return error;
  // SQLite does not tell why; the system does.
  const refusal = refusalOfWrite(path);
  if (FULL.test(refusal)) return fullDisk(path, error);
  const told = (what: string, remedy: string) => new DiskError(what, remedy, { cause: error });
  if (!existsSync(file)) {
    return told(`store.db is gone from the folder ${path}`, "start the replica again");
  }
  if (!existsSync(logFolder(path))) {
    return told(`the log is gone from the folder ${path}`, "start the replica again");
  }
  if (/malformed/.test(said)) {
    return told(
      `the folder ${path} is damaged (${said})`,
      "move it away, and the replica is rebuilt from the others",
    );
  }
  if (/readonly|os error 30\b/.test(said) || /os error (?:13|30)\b/.test(refusal)) {
    return told("the folder is read-only", `let ${path} be written to`);
  }
  return told(`the disk fails (${refusal || said})`, `see to the disk of the folder ${path}`);
}

/** Whether that is what is said of a disk without room. */
export function isFull(error: unknown): boolean {
  return FULL.test(reason(error));
}

/** The error of a disk without room. */
export function fullDisk(path: string, cause: unknown): DiskError {
  return new DiskError("the disk is full", `make room for the folder ${path}`, { cause });
}

/** What the system says when a page is written to a new file there; empty if it can be. */
function refusalOfWrite(path: string): string {
  let probe: string | undefined;
  try {
    probe = Deno.makeTempFileSync({ dir: path, prefix: "probe-" });
    Deno.writeFileSync(probe, new Uint8Array(4096));
    return "";
  } catch (error) {
    return reason(error);
  } finally {
    if (probe !== undefined) Deno.removeSync(probe);
  }
}
