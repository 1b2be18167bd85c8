/**
 * The files of the log on disk: `log/<number>`, one after the other.
 *
 * A segment is made under another name and gets its own when its head is on disk, and all of the
 * segment before it: so whatever has a number begins well, and only the last may end torn.
 *
 * @module
 */

/** The folder of the log. */
export function logFolder(path: string): string {
  return `${path}/log`;
}

/** The file of a segment. */
export function segmentFile(path: string, number: number): string {
  return `${logFolder(path)}/${String(number).padStart(8, "0")}`;
}

/** The file of a segment that has no number yet. */
export function newSegmentFile(path: string): string {
  return `${logFolder(path)}/new`;
}

/** The numbers of the segments, ascending. */
export function segmentNumbers(path: string): number[] {
  const numbers: number[] = [];
  try {
    for (const { name } of Deno.readDirSync(logFolder(path))) {
      if (/^\d{8,}$/.test(name)) numbers.push(Number(name));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return numbers.sort((a, b) => a - b);
}

/** Writes all of it. */
export function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}

/** Makes sure that the folder's entries are on disk. */
export function syncFolder(path: string): void {
  using folder = Deno.openSync(path, { read: true });
  folder.syncSync();
}
