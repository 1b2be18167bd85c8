/**
 * A disk that refuses: nothing is half done, nothing is held that is not on it, and the words are
 * an operator's.
 */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { DiskError, FailedError } from "../../lib/errors.ts";
import type { Snapshot } from "../../lib/order/message.ts";
import type { Write } from "../../lib/order/step.ts";
import type { SqliteStore } from "../../lib/store/sqlite.ts";
import type { Commit } from "../../lib/store/store.ts";
import { mountSmallDisk } from "../e2e/mounts.ts";
import {
  apply,
  commit,
  entries,
  fence,
  inFolder,
  inMemory,
  load,
  message,
  open,
  SELF,
  set,
} from "./stores.ts";

const LARGE = "x".repeat(200_000);
const BOUNDS = { logEntriesKept: 4 };

/** All that a store says. */
function everything(store: SqliteStore): unknown {
  const { keys, applied, logFrom, forgotten, appliedN } = store;
  const snapshot = store.snapshot();
  const parts: Snapshot[] = [];
  do parts.push(snapshot.next()); while (!parts[parts.length - 1].last);
  snapshot.close();
  return {
    ...load(store),
    ...{ keys, applied, logFrom, forgotten, appliedN: [...appliedN], parts },
    log: store.read(logFrom, applied + 9),
    all: store.scan(""),
    outcomes: ["r1", "r2", "r3"].map((id) => store.outcome(id)),
  };
}

/** Runs with a switch that lets no database grow: what SQLite does when the disk is full. */
async function withFullDisk(act: (disk: { full: boolean }) => Promise<void>): Promise<void> {
  const disk = { full: false };
  const { exec } = DatabaseSync.prototype;
  DatabaseSync.prototype.exec = function (sql: string): void {
    // The least is what there is.
    const pages = disk.full ? 1 : 2 ** 30;
    if (sql === "BEGIN IMMEDIATE") exec.call(this, `PRAGMA max_page_count = ${pages}`);
    exec.call(this, sql);
  };
  try {
    await act(disk);
  } finally {
    DatabaseSync.prototype.exec = exec;
  }
}

Deno.test("a full disk: a commit fails as a whole, in clear words, and the next may succeed", async () => {
  await withFullDisk((disk) =>
    inFolder(async (path) => {
      const store = await open(path, "always", BOUNDS);
      apply(store, set("a", "1", "r1"), fence("r2"), set("b", "1"));
      commit(store, { writes: [received(message(2, 9, 9))] });
      const from = inMemory();
      for (let i = 0; i < 30; i++) apply(from, set(`k${i}`, LARGE));
      const snapshot = from.snapshot();
      const parts = [snapshot.next()];
      commit(store, { writes: parts });
      while (!parts[parts.length - 1].last) parts.push(snapshot.next());
      const before = everything(store);
      const all = entries(store, ...Array(30).fill(0).map((_, i) => set(`k${i}`, LARGE, `r${i}`)));
      const writes: Write[] = [
        { type: "promised", ballot: { round: 9, id: 0 } },
        received(message(SELF, 99, 99)),
      ];
      const outbox = all.map(({ message: { n, operation } }): Write => {
        return { type: "outbox", numbered: { n, operation } };
      });
      const fails: Partial<Commit>[] = [
        { writes, deliver: all, apply: all },
        { writes: [...writes, ...outbox] },
        { writes: [...writes, ...parts.slice(1)] },
        { writes: [...writes, ...parts] },
      ];
      for (const part of fails) {
        disk.full = true;
        const error = assertThrows(() => commit(store, part), DiskError);
        assertEquals(error.message, `the disk is full: make room for the folder ${path}`);
        assertEquals([error.what, error instanceof FailedError], ["the disk is full", true]);
        disk.full = false;
        assertEquals(everything(store), before);
      }
      // The parts that came before are still staged.
      commit(store, { writes: parts.slice(1) });
      assertEquals([store.keys, store.applied, store.scan("").length], [30, 30, 30]);
      store.close();
    })
  );
});

Deno.test("a store whose disk failed was not stopped well, whatever it could write at the end", async () => {
  await withFullDisk((disk) =>
    inFolder(async (path) => {
      const store = await open(path, "interval", BOUNDS);
      apply(store, set("a", "1"));
      disk.full = true;
      assertThrows(() => apply(store, set("large", LARGE)), DiskError);
      disk.full = false;
      store.close();
      const db = new DatabaseSync(`${path}/store.db`);
      const note = db.prepare("SELECT value FROM protocol WHERE name = 'boot'").get();
      db.close();
      assert(note?.value !== "null");
      const again = await open(path, "interval", BOUNDS);
      assertEquals([again.get("a"), again.applied, again.mayHaveForgotten], ["1", 1, false]);
      again.close();
    })
  );
});

Deno.test("a small disk that is full: opened or used, the words are the same; with room it goes on", async () => {
  await inFolder(async (path) => {
    await using disk = await mountSmallDisk(path, 3);
    if (disk === null) {
      return console.log("skipped: this user may not mount a small disk (needs root and mount)");
    }
    const store = await open(path, "always", BOUNDS);
    const words = `the disk is full: make room for the folder ${path}`;
    let said: unknown;
    for (let i = 0; said === undefined; i++) {
      try {
        apply(store, set(`k${i}`, LARGE.slice(0, 20_000), `r${i}`));
      } catch (error) {
        said = error;
      }
    }
    assert(said instanceof DiskError);
    assertEquals(said.message, words);
    const before = everything(store);
    store.close();
    {
      using _ = disk.fill();
      let opened: SqliteStore | undefined;
      const error = await assertRejects(async () => {
        opened = await open(path, "always", BOUNDS);
        apply(opened, set("k", LARGE));
      }, DiskError);
      assertEquals(error.message, words);
      opened?.close();
    }
    await disk.resize(16);
    const again = await open(path, "always", BOUNDS);
    assertEquals(everything(again), before);
    apply(again, set("k", LARGE));
    again.close();
  });
});

Deno.test("a folder that became read-only, or is gone, is said to be", async () => {
  await inFolder(async (path) => {
    let store = await open(path);
    apply(store, set("a", "1"));
    // As SQLite says it when the file system was mounted anew for reading only.
    const { exec } = DatabaseSync.prototype;
    DatabaseSync.prototype.exec = function (sql: string): void {
      if (sql === "BEGIN IMMEDIATE") exec.call(this, "PRAGMA query_only = 1");
      exec.call(this, sql);
    };
    try {
      const error = assertThrows(() => apply(store, set("a", "2")), DiskError);
      assertEquals(error.message, `the folder is read-only: let ${path} be written to`);
      assertEquals([store.get("a"), store.applied], ["1", 1]);
    } finally {
      DatabaseSync.prototype.exec = exec;
    }
    store.close();
    store = await open(path);
    for (const name of ["store.db", "store.db-wal", "store.db-shm"]) {
      if ([...Deno.readDirSync(path)].some((file) => file.name === name)) {
        Deno.removeSync(`${path}/${name}`);
      }
    }
    const error = assertThrows(() => store.snapshot(), DiskError);
    assertEquals(
      error.message,
      `store.db is gone from the folder ${path}: start the replica again`,
    );
    store.close();
  });
});
