/** Stand-in for `@std/fs/ensure-dir`: same names, same behaviour. */

/** Makes a folder, and those above it, unless it is there; an `Error` if a file is in its place. */
export async function ensureDir(dir: string | URL): Promise<void> {
  try {
    await Deno.mkdir(dir, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    mustBeFolder(await Deno.stat(dir));
  }
}

/** As {@linkcode ensureDir}, at once. */
export function ensureDirSync(dir: string | URL): void {
  try {
    Deno.mkdirSync(dir, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    mustBeFolder(Deno.statSync(dir));
  }
}

function mustBeFolder(info: Deno.FileInfo): void {
  if (info.isDirectory) return;
  const found = info.isFile ? "file" : "other";
  throw new Error(`Failed to ensure directory exists: expected 'dir', got '${found}'`);
}
