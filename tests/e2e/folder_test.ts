/**
 * Folders as they may be found at a start: what can be repaired is, and what cannot is refused in
 * one line that names the folder and a remedy, and stays as it was.
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { kvdist, type Outcome } from "../cli/program.ts";
import { type Server, startServer } from "./server.ts";
import { Clients } from "./until.ts";

const KEYS = 40;

/** Long enough for a value to fill pages of its own. */
const VALUE_CHARACTERS = 3_000;

/** Side files of SQLite and the lock hold nothing of their own when nobody uses the folder. */
const SIDE_FILE = /\/(?:lock|lock-journal|store\.db-wal|store\.db-shm)$/;

/** A folder for a test, gone afterwards. */
class Place implements Disposable {
  readonly root = Deno.makeTempDirSync({ prefix: "kvdist-folder-" });
  /** For `--data`. */
  readonly data = `${this.root}/data`;

  /** A replica's folder. */
  folder(id: number): string {
    return `${this.data}/${id}`;
  }

  /** A replica's store. */
  store(id: number): string {
    return `${this.folder(id)}/store.db`;
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.root, { recursive: true });
  }
}

function copyFolder(from: string, to: string): void {
  Deno.mkdirSync(to, { recursive: true });
  for (const { name, isDirectory } of Deno.readDirSync(from)) {
    if (isDirectory) copyFolder(`${from}/${name}`, `${to}/${name}`);
    else Deno.copyFileSync(`${from}/${name}`, `${to}/${name}`);
  }
}

function replaceFolder(from: string, to: string): void {
  Deno.removeSync(to, { recursive: true });
  copyFolder(from, to);
}

/** Each file with its hash; of side files nothing. */
async function contents(path: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const { name, isDirectory } of Deno.readDirSync(path)) {
    const inner = `${path}/${name}`;
    if (SIDE_FILE.test(inner)) continue;
    if (isDirectory) {
      for (const [file, hash] of await contents(inner)) found.set(file, hash);
    } else {
      const hash = await crypto.subtle.digest("SHA-256", Deno.readFileSync(inner));
      found.set(inner, new Uint8Array(hash).join(" "));
    }
  }
  return new Map([...found].sort());
}

const value = (i: number, round: number) => `${round}.${i} `.padEnd(VALUE_CHARACTERS, "v");

/** Sets all keys, at all replicas. */
async function fill(server: Server, round: number): Promise<void> {
  using clients = await Clients.connect(server.replicas);
  const { all } = clients;
  await Promise.all(
    Array.from({ length: KEYS }, (_, i) => all[i % all.length].set(`key ${i}`, value(i, round))),
  );
}

/** Every replica holds all keys as they were set in this round. */
async function holdsAll(server: Server, round: number): Promise<void> {
  using clients = await Clients.connect(server.replicas);
  await clients.settled();
  const expected = new Map(
    Array.from({ length: KEYS }, (_, i) => [`key ${i}`, value(i, round)] as const),
  );
  for (const held of await clients.dumps()) {
    assertEquals(new Map([...held].sort()), new Map([...expected].sort()));
  }
}

/** Makes the folders of three replicas that hold all keys of round 1, and were stopped. */
async function makeData(data: string): Promise<void> {
  await using server = await startServer({ data });
  await fill(server, 1);
  // Who lists all keys has them brought from the log into the store's tables.
  await holdsAll(server, 1);
  assertEquals(await server.stop(), 0);
}

async function serve(data: string, ...args: string[]): Promise<Outcome> {
  const flags = ["--port", "0", "--peer-port", "0", "--data", data];
  return await kvdist(["serve", ...flags, ...args], { permissions: ["--allow-all"] });
}

/** A start ends with 1 and one line that has all these words; no folder is changed. */
async function isRefused(place: Place, words: readonly string[], ...args: string[]): Promise<void> {
  const before = await contents(place.root);
  const { code, stdout, stderr } = await serve(place.data, ...args);
  assertMatch(stderr, /^kvdist serve: [^\n]+\n$/, "one line");
  for (const word of words) assertStringIncludes(stderr, word);
  assertEquals([code, stdout], [1, ""]);
  assertEquals(await contents(place.root), before, "nothing has changed");
}

/** Data as `makeData` leaves it, made once. */
let made: Promise<Place> | undefined;

async function makeTemplate(): Promise<Place> {
  const place = new Place();
  globalThis.addEventListener("unload", () => place[Symbol.dispose]());
  await makeData(place.data);
  return place;
}

/** A place with a copy of the data. */
async function filled(): Promise<Place> {
  made ??= makeTemplate();
  const { data } = await made;
  const place = new Place();
  copyFolder(data, place.data);
  return place;
}

// What can be repaired

Deno.test("folders are made when missing, with those above them", async () => {
  using place = new Place();
  const data = `${place.root}/not/there yet/дані`;
  {
    await using server = await startServer({ data });
    await fill(server, 1);
    assertEquals(await server.stop(), 0);
  }
  await using server = await startServer({ data });
  await holdsAll(server, 1);
});

for (const id of [0, 1, 2]) {
  Deno.test(`the folder of replica ${id} is missing: it is rebuilt, and a line says so`, async () => {
    using place = await filled();
    Deno.removeSync(place.folder(id), { recursive: true });
    {
      await using server = await startServer({ data: place.data });
      await holdsAll(server, 1);
      assertMatch(server.stderr(), new RegExp(`replica ${id}: .*(rebuil|repair)`));
      await fill(server, 2);
      assertEquals(await server.stop(), 0);
    }
    await using server = await startServer({ data: place.data });
    await holdsAll(server, 2);
  });
}

const GONE: readonly (readonly [name: string, remove: (place: Place) => void])[] = [
  ["only the store in a folder", (place) => Deno.removeSync(place.store(1))],
  ["all but an empty store", (place) => Deno.truncateSync(place.store(1))],
  ["a store whose log is still there", (place) => {
    Deno.removeSync(place.store(1));
    Deno.copyFileSync(`${place.store(2)}-wal`, `${place.store(1)}-wal`);
  }],
  ["a store, and there is one that was being made", (place) => {
    Deno.removeSync(place.store(1));
    Deno.writeTextFileSync(`${place.folder(1)}/store.new`, "half");
    Deno.writeTextFileSync(`${place.folder(1)}/store.new-wal`, "half");
  }],
];

for (const [name, remove] of GONE) {
  Deno.test(`what is missing is rebuilt: ${name}`, async () => {
    using place = new Place();
    {
      await using server = await startServer({ data: place.data });
      await fill(server, 1);
      await server.kill();
    }
    remove(place);
    {
      await using server = await startServer({ data: place.data });
      await holdsAll(server, 1);
      assertMatch(server.stderr(), /replica 1: .*rebuilt/);
      await server.kill();
    }
    await using server = await startServer({ data: place.data });
    await holdsAll(server, 1);
  });
}

Deno.test("a folder is older than the others: it is brought up to date, and a line says so", async () => {
  using place = await filled();
  copyFolder(place.folder(1), `${place.root}/older`);
  {
    await using server = await startServer({ data: place.data });
    await fill(server, 2);
    await server.kill();
  }
  replaceFolder(`${place.root}/older`, place.folder(1));
  {
    await using server = await startServer({ data: place.data });
    await holdsAll(server, 2);
    assertMatch(server.stderr(), /replica 1: .*repair/);
    await fill(server, 3);
    await server.kill();
  }
  await using server = await startServer({ data: place.data });
  await holdsAll(server, 3);
});

Deno.test("each folder is from another time: all hold what the latest does", async () => {
  using place = await filled();
  copyFolder(place.folder(2), `${place.root}/oldest`);
  for (const round of [2, 3]) {
    await using server = await startServer({ data: place.data });
    await fill(server, round);
    assertEquals(await server.stop(), 0);
    if (round === 2) copyFolder(place.folder(0), `${place.root}/older`);
  }
  replaceFolder(`${place.root}/oldest`, place.folder(2));
  replaceFolder(`${place.root}/older`, place.folder(0));
  await using server = await startServer({ data: place.data });
  await holdsAll(server, 3);
});

Deno.test("a damaged folder is moved away, as the line says: then it is rebuilt", async () => {
  using place = await filled();
  Deno.truncateSync(place.store(1), 5_000);
  await isRefused(place, [place.folder(1), "damaged", "move it away"]);
  Deno.renameSync(place.folder(1), `${place.root}/damaged`);
  await using server = await startServer({ data: place.data });
  await holdsAll(server, 1);
});

// What is refused

Deno.test("two of three folders are missing; only the operator may go on without", async () => {
  using place = await filled();
  Deno.removeSync(place.folder(0), { recursive: true });
  Deno.removeSync(place.folder(2), { recursive: true });
  const words = [place.folder(0), place.folder(2), "missing", "put them back"];
  await isRefused(place, [...words, "--force-new-cluster"]);
  {
    await using server = await startServer({ data: place.data, args: ["--force-new-cluster"] });
    await holdsAll(server, 1);
    assertMatch(server.stderr(), /goes on without a majority of the folders.* may be lost/);
    assertEquals(await server.stop(), 0);
  }
  await using server = await startServer({ data: place.data });
  await holdsAll(server, 1);
});

Deno.test("two of three stores are empty files", async () => {
  using place = await filled();
  Deno.truncateSync(place.store(1));
  Deno.truncateSync(place.store(2));
  await isRefused(place, [place.folder(1), place.folder(2), "missing", "put them back"]);
});

Deno.test("a folder of another cluster", async () => {
  using place = await filled();
  await makeData(`${place.root}/other`);
  replaceFolder(`${place.root}/other/2`, place.folder(2));
  await isRefused(place, [place.folder(2), "another cluster", "put the right one back"]);
});

Deno.test("the folders of two replicas are swapped", async () => {
  using place = await filled();
  Deno.renameSync(place.folder(1), `${place.root}/moved`);
  Deno.renameSync(place.folder(2), place.folder(1));
  Deno.renameSync(`${place.root}/moved`, place.folder(2));
  await isRefused(place, [place.folder(1), "replica 2", "put it back"]);
});

Deno.test("another number of replicas", async () => {
  using place = await filled();
  for (const replicas of ["2", "5"]) {
    const words = [place.folder(0), "3 replicas", "--replicas 3", "--data"];
    await isRefused(place, words, "--replicas", replicas);
  }
});

Deno.test("a format that this program does not know", async () => {
  using place = await filled();
  const db = new DatabaseSync(place.store(2));
  db.exec("PRAGMA user_version = 99");
  db.close();
  await isRefused(place, [place.folder(2), "format 99", "use the kvdist that wrote it"]);
});

Deno.test("a database of another program", async () => {
  using place = await filled();
  Deno.removeSync(place.store(0));
  const db = new DatabaseSync(place.store(0));
  db.exec("CREATE TABLE t (x)");
  db.close();
  await isRefused(place, [place.folder(0), "none of kvdist's", "move it away", "--data"]);
});

const DAMAGES: readonly (readonly [name: string, damage: (file: string) => void])[] = [
  ["a text in place of the store", (file) => Deno.writeTextFileSync(file, "hello\n".repeat(100))],
  ["a store that ends in its first page", (file) => Deno.truncateSync(file, 60)],
  ["a store that ends in a page", (file) => Deno.truncateSync(file, 50_001)],
  ["a store that ends after some pages", (file) => Deno.truncateSync(file, 10 * 4096)],
  ["zeros in place of the second page", (file) => overwrite(file, 4096, new Uint8Array(4096))],
  ["zeros in place of half the store", (file) => {
    overwrite(file, 8 * 4096, new Uint8Array(Deno.statSync(file).size - 8 * 4096));
  }],
  ["noise in the first page", (file) => overwrite(file, 100, new Uint8Array(3_000).fill(0xa7))],
  ["no log", (file) => Deno.removeSync(logOf(file), { recursive: true })],
  ["a log without its first segment", (file) => {
    Deno.renameSync(`${logOf(file)}/00000001`, `${logOf(file)}/00000002`);
  }],
  ["zeros in the log", (file) => {
    overwrite(`${logOf(file)}/00000001`, 5_000, new Uint8Array(100));
  }],
];

function logOf(store: string): string {
  return store.replace(/store\.db$/, "log");
}

function overwrite(path: string, at: number, bytes: Uint8Array): void {
  using file = Deno.openSync(path, { write: true });
  file.seekSync(at, Deno.SeekMode.Start);
  assertEquals(file.writeSync(bytes), bytes.length);
}

for (const [name, damage] of DAMAGES) {
  Deno.test(`damage: ${name}`, async () => {
    using place = await filled();
    damage(place.store(1));
    await isRefused(place, [place.folder(1), "damaged", "move it away"]);
  });
}

Deno.test("damage after a crash: the store is not even tidied up", async () => {
  using place = new Place();
  {
    await using server = await startServer({ data: place.data });
    await fill(server, 1);
    await server.kill();
  }
  overwrite(place.store(1), 0, new Uint8Array(100));
  const log = Deno.readFileSync(`${place.store(0)}-wal`);
  await isRefused(place, [place.folder(1), "damaged", "move it away"]);
  assertEquals(Deno.readFileSync(`${place.store(0)}-wal`), log);
});

Deno.test("the folders are in use by another process, which is not disturbed", async () => {
  using place = new Place();
  await using server = await startServer({ data: place.data });
  await fill(server, 1);
  const { code, stdout, stderr } = await serve(place.data);
  assertMatch(
    stderr,
    /^kvdist serve: The folder .*\/data\/\d is in use by another process: .*--data\n$/,
  );
  assertEquals([code, stdout], [1, ""]);
  await fill(server, 2);
  assertEquals(await server.stop(), 0);
  await using again = await startServer({ data: place.data });
  await holdsAll(again, 2);
});

Deno.test("a file in place of a folder", async () => {
  using place = await filled();
  Deno.removeSync(place.folder(1), { recursive: true });
  Deno.writeTextFileSync(place.folder(1), "a file");
  await isRefused(place, [place.folder(1), "--data"]);

  using other = new Place();
  Deno.writeTextFileSync(other.data, "a file");
  await isRefused(other, [`${other.data}/`, "--data"]);
});

Deno.test("a folder in place of the store", async () => {
  using place = await filled();
  Deno.removeSync(place.store(1));
  Deno.mkdirSync(place.store(1));
  await isRefused(place, [place.folder(1), "store.db", "--data"]);
});

Deno.test("a folder that this user may not use", async () => {
  using place = await filled();
  Deno.chmodSync(place.folder(1), 0o000);
  try {
    // Whom the system refuses nothing needs a folder that refuses everybody.
    if (Deno.uid() === 0) return await cannotBeMade("/proc/kvdist");
    await isRefusedTo(place);
  } finally {
    Deno.chmodSync(place.folder(1), 0o700);
  }
});

async function cannotBeMade(data: string): Promise<void> {
  const { code, stdout, stderr } = await serve(data);
  assertMatch(stderr, /^kvdist serve: [^\n]*folder \/proc\/kvdist\/\d[^\n]*--data\n$/);
  assertEquals([code, stdout], [1, ""]);
}

async function isRefusedTo(place: Place): Promise<void> {
  const { code, stdout, stderr } = await serve(place.data);
  assertMatch(stderr, /^kvdist serve: [^\n]+permission denied[^\n]+\n$/);
  assertStringIncludes(stderr, place.folder(1));
  assertEquals([code, stdout], [1, ""]);
}

Deno.test("a port is in use: no folder is made", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  using place = new Place();
  for (const flag of ["--port", "--peer-port"]) {
    await isRefused(place, [`127.0.0.1:${port}`, "in use", flag], flag, String(port));
    assert(![...Deno.readDirSync(place.root)].length, "nothing was made");
  }
});
