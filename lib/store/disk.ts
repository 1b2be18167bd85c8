/**
 * What a disk that refuses says, in the words of an operator: the only place that knows how
 * SQLite puts it.
 *
 * @module
 */

import { existsSync } from "@std/fs/exists";
import { DiskError, reason } from "../errors.ts";
import type { Folder } from "./folder.ts";

/** What SQLite says of a disk that is full, and of a file that it cannot use for any reason. */
const FULL = /disk is full/;
const REFUSED = /readonly database|disk I\/O error|unable to open database|malformed/;

/** The disk's refusal as {@linkcode DiskError}; any other error as it is. */
export function diskError(error: unknown, { path, file }: Folder): unknown {
  const said = reason(error);
  const told = (what: string, remedy: string) => new DiskError(what, remedy, { cause: error });
  const full = () => told("the disk is full", `make room for the folder ${path}`);
  if (FULL.test(said)) return full();
  if (!REFUSED.test(said)) return error;
  if (!existsSync(file)) {
    return told(`store.db is gone from the folder ${path}`, "start the replica again");
  }
  if (/malformed/.test(said)) {
    return told(
      `the folder ${path} is damaged (${said})`,
      "move it away, and the replica is rebuilt from the others",
    );
  }
  // SQLite does not tell why; the system does.
  const refusal = refusalOfWrite(path);
  if (/os error 28|No space/.test(refusal)) return full();
  if (/readonly/.test(said) || /Read-only|denied/.test(refusal)) {
    return told("the folder is read-only", `let ${path} be written to`);
  }
  return told(`the disk fails (${refusal || said})`, `see to the disk of the folder ${path}`);
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
