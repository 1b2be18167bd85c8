/**
 * What only a store on disk promises: design section 6.
 */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { FolderError } from "../../lib/errors.ts";
import { InvariantError } from "../../lib/invariant.ts";
import type { Entry, Operation } from "../../lib/order/message.ts";
import { holdsStore, takeFolder } from "../../lib/store/folder.ts";
import type { SqliteStore } from "../../lib/store/sqlite.ts";
import { inFolder, open, outbox } from "./stores.ts";

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
  for (const { name } of Deno.readDirSync(path)) {
    found[name] = new TextDecoder("latin1").decode(Deno.readFileSync(`${path}/${name}`));
  }
  return found;
}

Deno.test("reopened, a store is what it was, however its fsync is set", async () => {
  for (const fsync of ["always", "interval", "never"] as const) {
    await inFolder(async (path) => {
      let store = await open(path, fsync);
      fill(store);
      store.force();
      const before = everything(store);
      store.close();
      store = await open(path, fsync);
      assertEquals(everything(store), before);
      // It goes on where it was.
      store.commit({ writes: [], deliver: [], apply: [B] }, false);
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

Deno.test("a commit that fails changes nothing, and the next is taken", async () => {
  await inFolder(async (path) => {
    const store = await open(path);
    fill(store);
    const before = everything(store);
    const fails = [
      { deliver: [entry(3, B.message.operation), entry(5, B.message.operation)], apply: [] },
      { deliver: [], apply: [B, A] },
    ];
    for (const { deliver, apply } of fails) {
      const writes = [
        { type: "promised", ballot: { round: 9, id: 0 } },
        outbox(B.message.operation, 99),
      ] as const;
      assertThrows(() => store.commit({ writes, deliver, apply }, true), InvariantError);
      assertEquals(everything(store), before);
    }
    store.commit({ writes: [], deliver: [entry(3, A.message.operation)], apply: [B] }, true);
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
      assertEquals(files(path)["store.db"] === before["store.db"], true);
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

testRefused("another format", "has format 3, and this kvdist knows format 2", (file) => {
  exec(file, "PRAGMA user_version = 3");
});

testRefused("another program's database", "holds a store.db that is none of kvdist's", (file) => {
  exec(file, "PRAGMA application_id = 7");
});

testRefused("a text file", "is damaged (store.db is no database)", (file) => {
  Deno.writeTextFileSync(file, "x=1\n".repeat(100));
});

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
