/**
 * How much of the disk a folder takes.
 *
 * @module
 */

/** Bytes of all files in the folder, as long as they are; null if that cannot be told. */
export async function folderBytes(path: string): Promise<number | null> {
  try {
    let bytes = 0;
    for await (const { name, isDirectory } of Deno.readDir(path)) {
      const inner = `${path}/${name}`;
      bytes += await (isDirectory ? folderBytes(inner) : fileBytes(inner)) ?? 0;
    }
    return bytes;
  } catch {
    // It is not there, or may not be read: whoever watches it is told by its replica.
    return null;
  }
}

/** A segment of a log may go while others are counted. */
async function fileBytes(path: string): Promise<number> {
  try {
    return (await Deno.stat(path)).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}
