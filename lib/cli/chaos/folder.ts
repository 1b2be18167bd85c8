/**
 * Where the replicas of a run have their folders.
 *
 * @module
 */

import { UsageError } from "../../errors.ts";

/** A folder of a run. */
export interface RunFolder {
  readonly path: string;
  readonly isTemporary: boolean;
  /** Deletes it if it is temporary. */
  remove(): Promise<void>;
}

/**
 * The folder that was named, made when missing, or a temporary one.
 *
 * @throws {UsageError} if there is something in it: a history must know all that was written
 */
export async function runFolder(named: string | undefined): Promise<RunFolder> {
  if (named === undefined) {
    const path = await Deno.makeTempDir({ prefix: "kvdist-chaos-" });
    return { path, isTemporary: true, remove: () => Deno.remove(path, { recursive: true }) };
  }
  await Deno.mkdir(named, { recursive: true });
  for await (const { name } of Deno.readDir(named)) {
    throw new UsageError(
      `--data ${named} is not empty (${name}): chaos begins with empty replicas`,
    );
  }
  return { path: await Deno.realPath(named), isTemporary: false, remove: () => Promise.resolve() };
}
