/**
 * Whether there is room for a store to go on.
 *
 * @module
 */

import { DiskError, reason } from "../errors.ts";
import { ROOM_BYTES_MIN } from "../limits.ts";

/**
 * Makes sure that the folder can be written to and has some room left: a store that is opened
 * without would stop again at once, and trouble the others each time.
 *
 * @throws {DiskError} if it has not
 */
export function checkRoom(folder: string): void {
  const path = `${folder}/room`;
  try {
    Deno.writeFileSync(path, new Uint8Array(ROOM_BYTES_MIN));
  } catch (error) {
    const options = { cause: error };
    if (/\(os error (?:28|122)\)/.test(reason(error))) {
      throw new DiskError("the disk is full", `make room for the folder ${folder}`, options);
    }
    throw new DiskError(
      `the disk refuses a file (${reason(error)})`,
      `see to the folder ${folder}`,
      options,
    );
  } finally {
    removeIfThere(path);
  }
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // It was not made, or will be overwritten the next time.
  }
}
