import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ensureDir, ensureDirSync } from "@std/fs/ensure-dir";
import { exists, existsSync } from "@std/fs/exists";

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** By the system's own program, since Deno makes links only for those who may write everywhere. */
async function link(target: string, path: string): Promise<void> {
  const { success } = await new Deno.Command("ln", { args: ["-s", target, path] }).output();
  assertEquals(success, true);
}

Deno.test("ensureDir makes a folder and those above, and leaves it be the next time", () =>
  withFolder(async (folder) => {
    const inner = `${folder}/a/b`;
    await ensureDir(inner);
    await Deno.writeTextFile(`${inner}/kept`, "");
    await ensureDir(inner);
    ensureDirSync(inner);
    await ensureDir(new URL(`file://${inner}`));
    assertEquals(await exists(`${inner}/kept`), true);
    ensureDirSync(`${folder}/c/d`);
    assertEquals(existsSync(`${folder}/c/d`), true);
  }));

Deno.test("ensureDir makes one folder from many sides at once", () =>
  withFolder(async (folder) => {
    await Promise.all(Array.from({ length: 20 }, () => ensureDir(`${folder}/a/b/c`)));
    assertEquals(await exists(`${folder}/a/b/c`, { isDirectory: true }), true);
  }));

Deno.test("ensureDir takes a link to a folder for one", () =>
  withFolder(async (folder) => {
    await Deno.mkdir(`${folder}/real`);
    await link(`${folder}/real`, `${folder}/link`);
    await ensureDir(`${folder}/link`);
    ensureDirSync(`${folder}/link`);
  }));

Deno.test("ensureDir fails where a file is", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    const message = "Failed to ensure directory exists: expected 'dir', got 'file'";
    await assertRejects(() => ensureDir(`${folder}/file`), Error, message);
    assertThrows(() => ensureDirSync(`${folder}/file`), Error, message);
  }));

Deno.test("exists tells what is there", () =>
  withFolder(async (folder) => {
    const file = `${folder}/file`;
    await Deno.writeTextFile(file, "");
    await link(file, `${folder}/link`);
    for (const path of [file, `${folder}/link`, new URL(`file://${file}`)]) {
      assertEquals(await exists(path), true);
      assertEquals(await exists(path, { isFile: true }), true);
      assertEquals(await exists(path, { isDirectory: true }), false);
      assertEquals(await exists(path, { isReadable: true, isFile: true }), true);
      assertEquals(existsSync(path, { isFile: true }), true);
      assertEquals(existsSync(path, { isDirectory: true }), false);
    }
    assertEquals(await exists(folder, { isDirectory: true, isReadable: true }), true);
    assertEquals(await exists(folder, { isFile: true }), false);
    assertEquals(await exists(`${folder}/nothing`), false);
    assertEquals(existsSync(`${folder}/nothing`, { isReadable: true }), false);
  }));

Deno.test("exists knows what its user may not read", () =>
  withFolder(async (folder) => {
    const file = `${folder}/file`;
    await Deno.writeTextFile(file, "");
    await Deno.chmod(file, 0o000);
    assertEquals(await exists(file), true);
    assertEquals(await exists(file, { isReadable: true }), false);
    assertEquals(existsSync(file, { isReadable: true }), false);
  }));

Deno.test("exists: nothing is a file and a folder", async () => {
  const both = { isDirectory: true, isFile: true };
  await assertRejects(() => exists(".", both), TypeError, "must not be true together");
  assertThrows(() => existsSync(".", both), TypeError, "must not be true together");
});
