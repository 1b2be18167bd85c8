/**
 * A small disk of its own for a test, where the system allows one.
 *
 * @module
 */

/** A memory file system of so many MiB on this path, gone when disposed of; null if that may not be. */
export async function mountSmallDisk(path: string, mebibytes: number): Promise<SmallDisk | null> {
  await Deno.mkdir(path, { recursive: true });
  const made = await run("mount", "-t", "tmpfs", "-o", `size=${mebibytes}m`, "tmpfs", path);
  return made ? new SmallDisk(path) : null;
}

/** A disk that is soon full. */
export class SmallDisk implements AsyncDisposable {
  /** Where it is. */
  readonly path: string;

  /** Takes over a mounted disk. */
  constructor(path: string) {
    this.path = path;
  }

  /** Lets it hold so many MiB. */
  async resize(mebibytes: number): Promise<void> {
    if (!await run("mount", "-o", `remount,size=${mebibytes}m`, this.path)) {
      throw new Error(`cannot resize ${this.path}`);
    }
  }

  /** Uses up the room that is left, until what this gives back is disposed of. */
  fill(): Disposable {
    const path = `${this.path}/filler`;
    using file = Deno.openSync(path, { write: true, create: true });
    const bytes = new Uint8Array(64 * 1024);
    try {
      for (;;) file.writeSync(bytes);
    } catch {
      // It is full.
    }
    return { [Symbol.dispose]: () => Deno.removeSync(path) };
  }

  /** Takes it away, whoever uses it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await run("umount", "-l", this.path);
  }
}

/** Whether the command was there and did it. */
async function run(command: string, ...args: string[]): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(command, { args, stderr: "null" }).output();
    return success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
