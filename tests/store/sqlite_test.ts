/**
 * What only a store on disk promises: design section 6.
 */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { FolderError } from "../../lib/errors.ts";
import { InvariantError } from "../../lib/invariant.ts";
import type { Entry, Operation } from "../../lib/order/message.ts";
import { emptyDurable } from "../../lib/order/step.ts";
import { holdsStore, takeFolder } from "../../lib/store/folder.ts";
import type { SqliteStore } from "../../lib/store/sqlite.ts";
import { encodeHead } from "../../lib/store/log_line.ts";
import { RecordBuffer } from "../../lib/store/log_record.ts";
import { inFolder, open, outbox, SELF } from "./stores.ts";

function entry(index: number, operation: Operation): Entry {
  return { index, message: { origin: 0, n: index * 10, time: index * 100, operation } };
}

const A = entry(1, { type: "set", key: "a", value: "1", bytes: 1, id: "r" });
const B = entry(2, { type: "set", key: "b", value: "2", bytes: 1 });
const VIEW = {
  ballot: { round: 4, id: 2 },
  members: [0, 1, 2],
  cluster: "c",
  identities: ["i0", "i1", "i2"],
};

/** Puts something of everything into it. */
function fill(store: SqliteStore): void {
  const pending = [{ ...B.message, n: 30, time: 300 }];
  const left = [{ n: 7, operation: B.message.operation }];
  store.commit({
    writes: [
      { type: "promised", ballot: VIEW.ballot },
      { type: "installed", view: VIEW, pending, outbox: left, n: 8 },
    ],
    deliver: [A, B],
    apply: [A],
  }, true);
}

/** All that can be seen of it. */
function everything(store: SqliteStore): unknown {
  const { keys, applied } = store;
  const appliedN = [...store.appliedN];
  return {
    ...store.load(),
    keys,
    applied,
    appliedN,
    log: store.read(1, 99),
    all: store.scan(""),
  };
}

/** The content of each file in the folder. */
function files(path: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { name, isDirectory } of Deno.readDirSync(path)) {
    if (isDirectory) Object.assign(found, files(`${path}/${name}`));
    else found[name] = new TextDecoder("latin1").decode(Deno.readFileSync(`${path}/${name}`));
  }
  return found;
}

Deno.test("reopened, a store is what it was, however its fsync is set", async () => {
  for (const fsync of ["always", "interval", "never"] as const) {
    await inFolder(async (path) => {
      let store = await open(path, fsync);
      fill(store);
      await store.forceLater();
      // What was delivered is applied at a start.
      store.commit({ writes: [], deliver: [], apply: [B] }, false);
      const before = everything(store);
      store.close();
      store = await open(path, fsync);
      assertEquals(everything(store), before);
      // It goes on where it was.
      assertEquals([store.get("b"), store.applied, store.keys], ["2", 2, 2]);
      // A request id is remembered.
      const again = entry(3, { type: "set", key: "a", value: "9", bytes: 1, id: "r" });
      store.commit({ writes: [], deliver: [again], apply: [again] }, false);
      assertEquals(store.get("a"), "1");
      store.close();
    });
  }
});

Deno.test("each folder has an identity of its own, and keeps it", async () => {
  await inFolder(async (path) => {
    const identities: string[] = [];
    for (const folder of [path, path, `${path}-other`]) {
      const store = await open(folder);
      identities.push(store.load().identity);
      store.close();
    }
    assertEquals(identities[0], identities[1]);
    assert(identities[0] !== identities[2]);
  });
});

Deno.test("a commit that fails is not on disk, and none follows it", async () => {
  await inFolder(async (path) => {
    let store = await open(path);
    fill(store);
    store.commit({ writes: [], deliver: [], apply: [B] }, true);
    const before = everything(store);
    const fails = [
      { deliver: [entry(3, B.message.operation), entry(5, B.message.operation)], apply: [] },
      { deliver: [], apply: [entry(4, B.message.operation)] },
    ];
    for (const { deliver, apply } of fails) {
      const writes = [
        { type: "promised", ballot: { round: 9, id: 0 } },
        outbox(B.message.operation, 99),
      ] as const;
      assertThrows(() => store.commit({ writes, deliver, apply }, true), InvariantError);
      assertThrows(() => store.commit({ writes, deliver: [], apply: [] }, true), InvariantError);
      store.close();
      store = await open(path);
      assertEquals(everything(store), before);
    }
    store.commit({ writes: [], deliver: [entry(3, A.message.operation)], apply: [] }, true);
    assertEquals([store.keys, store.load().position.index], [2, 3]);
    store.close();
  });
});

Deno.test("a folder is used by one at a time, and free again after its end", async () => {
  await inFolder(async (path) => {
    const store = await open(path);
    const taken = await assertRejects(() => takeFolder(path), FolderError);
    assertEquals(
      taken.message,
      `The folder ${path} is in use by another process: stop that one, or choose another --data`,
    );
    fill(store);
    store.close();
    const folder = await takeFolder(path);
    await assertRejects(() => takeFolder(path), FolderError, "is in use");
    folder.release();
    (await takeFolder(path)).release();
  });
});

Deno.test("the folder is made when missing, and said if it cannot be", async () => {
  await inFolder(async (path) => {
    assertEquals(await holdsStore(path), false);
    const store = await open(path);
    assertEquals(await holdsStore(path), true);
    store.close();
    await Deno.writeTextFile(`${path}/file`, "");
    await assertRejects(() => takeFolder(`${path}/file`), FolderError, "Cannot make the folder");
    await assertRejects(() => takeFolder(`${path}/file/1`), FolderError, "Cannot make the folder");
  });
});

/** The files that hold the store when nobody uses it. */
const KEPT = ["store.db", "00000001", "00000002"];

/** A folder with a store in it, spoilt, is refused with these words; then all is as it was. */
function testRefused(name: string, words: string, spoil: (file: string) => void): void {
  Deno.test(`refused, and nothing written: ${name}`, async () => {
    await inFolder(async (path) => {
      const store = await open(path);
      fill(store);
      store.close();
      spoil(`${path}/store.db`);
      const before = files(path);
      const error = await assertRejects(() => open(path), FolderError);
      assert(error.message.includes(words) && error.message.includes(path), error.message);
      const after = files(path);
      for (const name of KEPT) assertEquals(after[name] === before[name], true, name);
      // The lock is free: a second try says the same.
      await assertRejects(() => open(path), FolderError, words);
    });
  });
}

function exec(file: string, sql: string): void {
  const db = new DatabaseSync(file);
  db.exec(`PRAGMA journal_mode = DELETE; ${sql}; PRAGMA journal_mode = WAL`);
  db.close();
}

function overwrite(file: string, change: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array): void {
  Deno.writeFileSync(file, change(Deno.readFileSync(file)));
}

testRefused("another format", "has format 2, and this kvdist knows format 3", (file) => {
  exec(file, "PRAGMA user_version = 2");
});

testRefused("another program's database", "holds a store.db that is none of kvdist's", (file) => {
  exec(file, "PRAGMA application_id = 7");
});

testRefused("a text file", "is damaged (store.db is no database)", (file) => {
  Deno.writeTextFileSync(file, "x=1\n".repeat(100));
});

testRefused("a folder without its log", "is damaged (its log is gone)", (file) => {
  Deno.removeSync(logOf(file), { recursive: true });
});

testRefused("a log that begins too late", "is damaged (", (file) => {
  const head = { ...emptyDurable("i", 3), type: "head", id: SELF, replicas: 3 } as const;
  const position = { index: 7, time: 7, id: 0 };
  rewrite(file, [encodeHead({ ...head, number: 1, fresh: true, position })]);
});

testRefused("a log with a gap between its segments", "segment 2 of its log is missing", (file) => {
  Deno.copyFileSync(`${logOf(file)}/00000001`, `${logOf(file)}/00000003`);
});

testRefused("a segment under another number", "segment 2 of its log has no head", (file) => {
  Deno.renameSync(`${logOf(file)}/00000001`, `${logOf(file)}/00000002`);
});

testRefused("a line that is no form", "is damaged (segment 1 of its log: ", (file) => {
  append(file, '["nonsense"]');
});

testRefused("an entry that does not follow", "is damaged (its log does not lead on: ", (file) => {
  append(file, '["entries",9,[0,99,990,"k",null,0]]');
});

testRefused("what is delivered and was not received", "is damaged (its log does not", (file) => {
  append(file, '["delivered",9,990,0]');
});

function logOf(file: string): string {
  return file.replace(/store\.db$/, "log");
}

function append(file: string, line: string): void {
  const record = new RecordBuffer();
  record.add(line);
  const path = `${logOf(file)}/00000001`;
  Deno.writeFileSync(path, record.finish(0).slice(), { append: true });
}

function rewrite(file: string, lines: readonly string[]): void {
  const record = new RecordBuffer();
  for (const line of lines) record.add(line);
  Deno.writeFileSync(`${logOf(file)}/00000001`, record.finish(0).slice());
}

testRefused(
  "a file that is cut off in its header",
  "is damaged (store.db is no database)",
  (file) => {
    overwrite(file, (bytes) => bytes.slice(0, 60));
  },
);

testRefused("a file that is cut off", "is damaged (", (file) => {
  overwrite(file, (bytes) => bytes.slice(0, 4096 * 3));
});

testRefused("pages that were overwritten", "is damaged (", (file) => {
  overwrite(file, (bytes) => bytes.fill(0xa5, 4096));
});

Deno.test("a start that ended while the store was being made leaves a folder that can be used", async () => {
  await inFolder(async (path) => {
    const { randomUUID } = crypto;
    crypto.randomUUID = () => {
      throw new Error("ended");
    };
    try {
      await assertRejects(() => open(path), Error, "ended");
    } finally {
      crypto.randomUUID = randomUUID;
    }
    const store = await open(path);
    fill(store);
    assertEquals(store.get("a"), "1");
    store.close();
  });
  await inFolder(async (path) => {
    await Deno.mkdir(path, { recursive: true });
    await Deno.writeFile(`${path}/store.db`, new Uint8Array());
    (await open(path)).close();
  });
});

Deno.test("what was committed outlives a process that ends without closing", async () => {
  await inFolder(async (path) => {
    const { code } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", ...importMap(), new URL(import.meta.url).pathname, path],
      stderr: "inherit",
    }).output();
    assertEquals(code, 9);
    const store = await open(path);
    assertEquals([store.get("a"), store.load().position.index], ["1", 2]);
    store.close();
  });
});

function importMap(): string[] {
  const path = Deno.env.get("KVDIST_IMPORT_MAP");
  return path ? [`--import-map=${path}`] : [];
}

// The other process of the test before.
if (import.meta.main && Deno.args.length === 1) {
  fill(await open(Deno.args[0]));
  Deno.exit(9);
}
