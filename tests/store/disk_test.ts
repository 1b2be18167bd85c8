/**
 * A disk that refuses: nothing is half done, nothing is held that is not on it, and the words are
 * an operator's.
 */

import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { DiskError, FailedError } from "../../lib/errors.ts";
import { InvariantError } from "../../lib/invariant.ts";
import type { Snapshot } from "../../lib/order/message.ts";
import type { Write } from "../../lib/order/step.ts";
import type { SqliteStore } from "../../lib/store/sqlite.ts";
import type { Commit } from "../../lib/store/store.ts";
import { mountSmallDisk } from "../e2e/mounts.ts";
import {
  afterPowerCut,
  apply,
  commit,
  copyAsKilled,
  entries,
  fence,
  inFolder,
  inMemory,
  load,
  message,
  open,
  received,
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

/** A switch that lets no file grow. */
interface FullDisk {
  /** Bytes that are still taken; Infinity while there is room. */
  room: number;
  /** Whether what was half written can be cut off again. */
  canTruncate: boolean;
}

/** Runs with a disk that can be full, for the log and for SQLite. */
async function withFullDisk(act: (disk: FullDisk) => Promise<void>): Promise<void> {
  const disk: FullDisk = { room: Infinity, canTruncate: true };
  const { exec } = DatabaseSync.prototype;
  const { writeSync, truncateSync } = Deno.FsFile.prototype;
  DatabaseSync.prototype.exec = function (sql: string): void {
    // The least is what there is.
    const pages = disk.room < Infinity ? 1 : 2 ** 30;
    if (sql === "BEGIN IMMEDIATE") exec.call(this, `PRAGMA max_page_count = ${pages}`);
    exec.call(this, sql);
  };
  Deno.FsFile.prototype.writeSync = function (bytes: Uint8Array): number {
    if (disk.room === 0) throw new Error("No space left on device (os error 28)");
    const written = writeSync.call(this, bytes.subarray(0, Math.min(disk.room, bytes.length)));
    disk.room -= written;
    return written;
  };
  Deno.FsFile.prototype.truncateSync = function (size?: number): void {
    if (!disk.canTruncate) throw new Error("Input/output error (os error 5)");
    truncateSync.call(this, size);
  };
  try {
    await act(disk);
  } finally {
    DatabaseSync.prototype.exec = exec;
    Object.assign(Deno.FsFile.prototype, { writeSync, truncateSync });
  }
}

for (const canTruncate of [true, false]) {
  const rest = canTruncate ? "is cut off" : "is left, and no part of it counts";
  Deno.test(`a full disk: a commit fails as a whole, in clear words; half a record ${rest}`, async () => {
    await withFullDisk((disk) =>
      inFolder(async (path) => {
        let store = await open(path, "always", BOUNDS);
        apply(store, set("a", "1", "r1"), fence("r2"), set("b", "1"));
        commit(store, { writes: [received(message(2, 9, 9))] });
        const before = everything(store);
        const all = entries(store, ...Array(3).fill(0).map((_, i) => set(`k${i}`, LARGE, `r${i}`)));
        const writes: Write[] = [
          { type: "promised", ballot: { round: 9, id: 0 } },
          received(message(SELF, 99, 99)),
        ];
        const left = all.map(({ message: { n, operation } }) => ({ n, operation }));
        const fails: Partial<Commit>[] = [
          { writes, deliver: all, apply: all },
          { writes: [...writes, { type: "outbox", numbered: left }] },
          { writes },
        ];
        for (const part of fails) {
          for (const room of [0, 1, 11, 30, 60]) {
            // The first commit has noted the machine's run.
            commit(store, {});
            Object.assign(disk, { room, canTruncate });
            const error = assertThrows(() => commit(store, part), DiskError);
            assertEquals(error.message, `the disk is full: make room for the folder ${path}`);
            assertEquals([error.what, error instanceof FailedError], ["the disk is full", true]);
            Object.assign(disk, { room: Infinity, canTruncate: true });
            assertThrows(() => commit(store, {}), InvariantError, "used no more");
            store.close();
            store = await open(path, "always", BOUNDS);
            assertEquals(everything(store), before);
          }
        }
        commit(store, { writes });
        assertEquals(load(store).promised.round, 9);
        store.close();
      })
    );
  });
}

Deno.test("a disk that is full when a segment ends, or the tables are written to, loses nothing", async () => {
  await withFullDisk((disk) =>
    inFolder(async (path) => {
      const bounds = { ...BOUNDS, segmentBytes: 1_000 };
      const memory = inMemory(BOUNDS);
      let store = await open(path, "always", bounds);
      let failures = 0;
      for (let i = 0; i < 200; i++) {
        const all = entries(memory, set(`k${i % 9}`, `${i}`, `r${i}`));
        const next = { writes: [], deliver: all, apply: all };
        // Enough for a record and not for a segment's head, now and then.
        disk.room = i % 3 < 2 ? 200 : Infinity;
        memory.commit(next);
        try {
          store.commit(next, true);
          disk.room = Infinity;
        } catch (error) {
          assert(error instanceof DiskError, String(error));
          failures++;
          disk.room = Infinity;
          store.close();
          store = await open(path, "always", bounds);
          if (store.applied < memory.applied) store.commit(next, true);
        }
        assertEquals([store.applied, store.get(`k${i % 9}`)], [memory.applied, `${i}`]);
      }
      assertEquals([store.scan(""), store.keys], [memory.scan(""), memory.keys]);
      assert(failures > 3, `${failures} failures`);
      store.close();
    })
  );
});

Deno.test("where there is no room for zeros ahead, there may be for records", async () => {
  await withFullDisk((disk) =>
    inFolder(async (path) => {
      let store = await open(path, "always", { ...BOUNDS, aheadBytes: 10_000 });
      apply(store, set("a", "1"));
      for (let i = 0; i < 200; i++) {
        // Half of the zeros are written, and cut off again.
        disk.room = i % 2 === 0 ? 5_000 : Infinity;
        apply(store, set(`k${i % 9}`, `${i} ${"x".repeat(99)}`));
      }
      disk.room = Infinity;
      copyAsKilled(path, `${path}-killed`);
      const before = everything(store);
      store.close();
      store = await open(`${path}-killed`, "always", BOUNDS);
      assertEquals(everything(store), before);
      store.close();
    })
  );
});

Deno.test("forced later, a log is as safe as forced at once, whatever begins meanwhile", async () => {
  await inFolder(async (path) => {
    const store = await open(path, "always", { ...BOUNDS, segmentBytes: 2_000 });
    let forcing = Promise.resolve();
    for (let i = 0; i < 300; i++) {
      const all = entries(store, set(`k${i % 9}`, `${i}`));
      store.commit({ writes: [], deliver: all, apply: all }, false);
      // A new segment is begun now and then while the old one is forced.
      if (i % 7 === 0) {
        await forcing;
        forcing = store.forceLater();
      }
    }
    await forcing;
    await store.forceLater();
    await store.forceLater();
    apply(store, set("last", "1"));
    copyAsKilled(path, `${path}-killed`);
    const before = everything(store);
    // A log that is closed meanwhile has forced everything.
    const all = entries(store, set("end", "1"));
    store.commit({ writes: [], deliver: all, apply: all }, false);
    const last = store.forceLater();
    store.close();
    await last;
    const again = await open(`${path}-killed`, "always", BOUNDS);
    assertEquals(everything(again), before);
    again.close();
  });
});

Deno.test("a disk that fails while a log is forced later is told in clear words", async () => {
  await inFolder(async (path) => {
    const store = await open(path, "always", BOUNDS);
    apply(store, set("a", "1"));
    const { syncData } = Deno.FsFile.prototype;
    Deno.FsFile.prototype.syncData = () =>
      Promise.reject(new Error("No space left on device (os error 28)"));
    try {
      const all = entries(store, set("b", "1"));
      store.commit({ writes: [], deliver: all, apply: all }, false);
      const error = await assertRejects(() => store.forceLater(), DiskError);
      assertEquals(error.message, `the disk is full: make room for the folder ${path}`);
    } finally {
      Deno.FsFile.prototype.syncData = syncData;
    }
    assertThrows(() => commit(store, {}), InvariantError, "used no more");
    store.close();
  });
});

Deno.test("a store whose disk failed was not stopped well, whatever it could write at the end", async () => {
  await withFullDisk((disk) =>
    inFolder(async (path) => {
      const store = await open(path, "interval", BOUNDS);
      apply(store, set("a", "1"));
      disk.room = 5;
      assertThrows(() => apply(store, set("large", LARGE)), DiskError);
      disk.room = Infinity;
      store.close();
      await afterPowerCut(path, `${path}-cut`);
      const cut = await open(`${path}-cut`, "interval", BOUNDS);
      assertEquals(cut.mayHaveForgotten, true);
      cut.close();
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
    let done = 0;
    while (said === undefined) {
      try {
        apply(store, set(`k${done}`, LARGE.slice(0, 20_000), `r${done}`));
        done++;
      } catch (error) {
        said = error;
      }
    }
    assert(said instanceof DiskError);
    assertEquals(said.message, words);
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
    assertEquals([again.applied, again.keys, again.scan("").length], [done, done, done]);
    apply(again, set("k", LARGE));
    again.close();
  });
});

/** Lets the next call of a method fail. */
function failing<T extends object>(of: T, name: keyof T, message: string): Disposable {
  const original = of[name];
  Object.assign(of, {
    [name]: () => {
      throw new Error(message);
    },
  });
  return { [Symbol.dispose]: () => void Object.assign(of, { [name]: original }) };
}

Deno.test("a disk that fails to force what was written is said to fail", async () => {
  await inFolder(async (path) => {
    const store = await open(path);
    apply(store, set("a", "1"));
    {
      using _ = failing(Deno.FsFile.prototype, "syncDataSync", "Input/output error (os error 5)");
      const error = assertThrows(() => apply(store, set("a", "2")), DiskError);
      assertMatch(error.message, /^the disk fails \(Input.*\): see to the disk of the folder /);
    }
    // Whether it is on disk is not known: it must not be forced as if it were.
    assertThrows(() => apply(store, set("a", "3")), InvariantError, "used no more");
    store.close();
  });
});

Deno.test("a folder that became read-only, or is gone, is said to be", async () => {
  await inFolder(async (path) => {
    let store = await open(path);
    apply(store, set("a", "1"));
    {
      using _ = failing(
        Deno.FsFile.prototype,
        "writeSync",
        "Read-only file system (os error 30)",
      );
      const error = assertThrows(() => apply(store, set("a", "2")), DiskError);
      assertEquals(error.message, `the folder is read-only: let ${path} be written to`);
    }
    store.close();
    store = await open(path);
    assertEquals([store.get("a"), store.applied], ["1", 1]);
    apply(store, set("b", "1"));
    const remove = (name: string) => Deno.removeSync(`${path}/${name}`, { recursive: true });
    for (const name of ["store.db", "store.db-wal", "store.db-shm"]) {
      if ([...Deno.readDirSync(path)].some((file) => file.name === name)) remove(name);
    }
    const error = assertThrows(() => store.snapshot(), DiskError);
    assertEquals(
      error.message,
      `store.db is gone from the folder ${path}: start the replica again`,
    );
    store.close();
  });
  await inFolder(async (path) => {
    const store = await open(path, "always", { segmentBytes: 100 });
    apply(store, set("a", "1"));
    Deno.removeSync(`${path}/log`, { recursive: true });
    const error = assertThrows(() => apply(store, set("a", "x".repeat(200))), DiskError);
    assertEquals(error.message, `the log is gone from the folder ${path}: start the replica again`);
    store.close();
  });
});
