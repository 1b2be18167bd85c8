/** Stand-in for `@std/fs/exists`: same names, same behaviour. */

/** Options for {@linkcode exists} and {@linkcode existsSync}. */
export interface ExistsOptions {
  /** Whether it must be readable by this user too. @default {false} */
  isReadable?: boolean;
  /** Whether it must be a folder, or a link to one. @default {false} */
  isDirectory?: boolean;
  /** Whether it must be a file, or a link to one. @default {false} */
  isFile?: boolean;
}

/** Tells whether a path is there, and is what the options ask for. */
export async function exists(path: string | URL, options?: ExistsOptions): Promise<boolean> {
  try {
    return isAsAsked(await Deno.stat(path), options);
  } catch (error) {
    return whenStatFails(error, path, options);
  }
}

/** As {@linkcode exists}, at once. */
export function existsSync(path: string | URL, options?: ExistsOptions): boolean {
  try {
    return isAsAsked(Deno.statSync(path), options);
  } catch (error) {
    return whenStatFails(error, path, options);
  }
}

function isAsAsked(info: Deno.FileInfo, options: ExistsOptions = {}): boolean {
  if (options.isDirectory && options.isFile) {
    throw new TypeError(
      "ExistsOptions.options.isDirectory and ExistsOptions.options.isFile must not be true together",
    );
  }
  if (options.isDirectory && !info.isDirectory) return false;
  if (options.isFile && !info.isFile) return false;
  return !options.isReadable || isReadable(info);
}

function isReadable({ mode, uid, gid }: Deno.FileInfo): boolean {
  if (mode === null) return true; // systems without such bits
  if (uid === Deno.uid()) return (mode & 0o400) !== 0;
  if (gid === Deno.gid()) return (mode & 0o040) !== 0;
  return (mode & 0o004) !== 0;
}

function whenStatFails(error: unknown, path: string | URL, options?: ExistsOptions): boolean {
  if (error instanceof Deno.errors.NotFound) return false;
  const refusedBySystem = error instanceof Deno.errors.PermissionDenied &&
    Deno.permissions.querySync({ name: "read", path }).state === "granted";
  // The system would not say what it is, so it is there and cannot be read.
  if (refusedBySystem) return !options?.isReadable;
  throw error;
}
