/**
 * Killed at each step of whatever a store does to its folder: what was committed is there, what was
 * under way is there as a whole or not at all, and the store goes on.
 */

import { assert, assertEquals, assertGreater } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import type { Snapshot } from "../../lib/order/message.ts";
import type { Commit, Store } from "../../lib/store/store.ts";
import { apply, copyAsKilled, entries, inFolder, inMemory, open, set } from "./stores.ts";

const LONG = Deno.env.get("KVDIST_LONG") === "1";

const BOUNDS = { logEntriesKept: 6, requestIdsKept: 9 };

/** All that a store says. */
function says(store: Store): unknown {
  const { applied, appliedN, forgotten, keys } = store;
  const { identity: _, ...durable } = store.load();
  const outcomes = ["r1", "r2", "r9", "s3"].map((id) => store.outcome(id));
  const known = { applied, appliedN: [...appliedN], forgotten, keys, outcomes };
  return { ...known, ...durable, all: store.scan("") };
}

/** What changes a folder: each is a step at which a process may be killed. */
interface Steps extends Disposable {
  /** How many there were. */
  readonly count: number;
}

/** Calls `before` before each step, and in the middle of each write to a file. */
function watchSteps(before: (step: string) => void): Steps {
  let count = 0;
  let isInside = false;
  const step = (name: string) => {
    if (isInside) return;
    isInside = true;
    count++;
    before(name);
    isInside = false;
  };
  const file = Deno.FsFile.prototype;
  const { writeSync, truncateSync, syncDataSync } = file;
  const { renameSync, removeSync } = Deno;
  const { exec } = DatabaseSync.prototype;
  file.writeSync = function (bytes: Uint8Array): number {
    step("write");
    const half = writeSync.call(this, bytes.subarray(0, Math.ceil(bytes.length / 2)));
    step("write, half done");
    return half;
  };
  file.syncDataSync = function (): void {
    step("sync");
    syncDataSync.call(this);
  };
  file.truncateSync = function (size?: number): void {
    step("truncate");
    truncateSync.call(this, size);
  };
  Deno.renameSync = (from, to) => {
    step("rename");
    renameSync(from, to);
  };
  Deno.removeSync = (path, options) => {
    step("remove");
    removeSync(path, options);
  };
  DatabaseSync.prototype.exec = function (sql: string): void {
    step(sql.trim().slice(0, 20));
    exec.call(this, sql);
  };
  return {
    get count() {
      return count;
    },
    [Symbol.dispose]() {
      Object.assign(file, { writeSync, truncateSync, syncDataSync });
      Object.assign(Deno, { renameSync, removeSync });
      DatabaseSync.prototype.exec = exec;
    },
  };
}

/** The parts of a snapshot of a store that has applied so much, each in a commit of its own. */
function snapshotAt(applied: number): Commit[] {
  const from = inMemory(BOUNDS);
  for (let i = 1; i <= applied; i++) {
    apply(from, set(`from ${i % 7}`, "x".repeat(i % 5 === 0 ? 40_000 : 9), `s${i % 8}`));
  }
  const reader = from.snapshot();
  const parts: Snapshot[] = [];
  do parts.push(reader.next()); while (!parts[parts.length - 1].last);
  return parts.map((part) => ({ writes: [part], deliver: [], apply: [] }));
}

/** What is committed, one after the other; each may depend on what was applied before. */
function* commits(store: Store): Iterable<Commit> {
  const one = (...operations: Parameters<typeof set>[]): Commit => {
    const all = entries(store, ...operations.map((each) => set(...each)));
    const messages = all.map(({ message }) => message);
    const ballot = { round: 1, id: 0 };
    const broadcast = { type: "broadcast", ballot, messages, prev: 0 } as const;
    return { writes: [{ type: "received", broadcast }], deliver: all, apply: all };
  };
  for (let i = 0; i < 14; i++) {
    yield one([`k${i % 5}`, `${i}`, `r${i % 11}`], [`k${i}`, "x".repeat(i * 9)]);
  }
  const clear = entries(store, { type: "clear", key: "" }, set("left", "1", "r9"));
  yield { writes: [], deliver: clear, apply: clear };
  yield one(["k1", "again"], ["k2", "again"]);
  yield* snapshotAt(60);
  for (let i = 0; i < 6; i++) yield one([`k${i % 3}`, `${i}`, `r${i}`]);
  yield* snapshotAt(100);
  yield one(["end", "1"]);
}

for (const segmentBytes of [150, 700, 8_000]) {
  Deno.test(`killed at each step, with segments of ${segmentBytes} bytes`, async () => {
    await inFolder(async (path) => {
      const bounds = { ...BOUNDS, segmentBytes };
      const memory = inMemory(BOUNDS);
      const said: unknown[] = [says(memory)];
      const copies: { readonly at: string; readonly step: string; readonly commit: number }[] = [];
      const store = await open(path, "always", bounds);
      const names = new Set<string>();
      let seen = 0;
      {
        using steps = watchSteps((step) => {
          names.add(step);
          if (!LONG && ++seen % 4 !== 0) return;
          const at = `${path}-${copies.length}`;
          copyAsKilled(path, at);
          copies.push({ at, step, commit: said.length - 1 });
        });
        for (const commit of commits(memory)) {
          store.commit(commit, true);
          memory.commit(commit);
          said.push(says(memory));
        }
        assertGreater(steps.count, 100);
      }
      store.close();
      for (const name of ["write", "write, half done", "sync", "rename", "remove", "COMMIT"]) {
        assert(names.has(name), name);
      }
      let later = 0;
      for (const { at, step, commit } of copies) {
        const killed = await open(at, "never", bounds);
        const found = says(killed);
        const isLater = JSON.stringify(found) === JSON.stringify(said[commit + 1]);
        if (isLater) later++;
        else assertEquals(found, said[commit], `${step} in commit ${commit}`);
        apply(killed, set("after", "1"));
        killed.close();
        const again = await open(at, "never", bounds);
        assertEquals(again.get("after"), "1", `${step} in commit ${commit}`);
        again.close();
        Deno.removeSync(at, { recursive: true });
      }
      assert(later > 5 && later < copies.length, `${later} of ${copies.length}`);
    });
  });
}

Deno.test("killed at each step of its first start, a folder has no store, or a whole one", async () => {
  await inFolder(async (path) => {
    const copies: string[] = [];
    {
      using _ = watchSteps(() => {
        const at = `${path}-${copies.length}`;
        copyAsKilled(path, at);
        copies.push(at);
      });
      const store = await open(path);
      apply(store, set("a", "1"));
      store.close();
    }
    assertGreater(copies.length, 10);
    const values = new Set<string | undefined>();
    for (const at of copies) {
      const store = await open(at);
      values.add(store.get("a"));
      apply(store, set("b", "1"));
      store.close();
      const again = await open(at);
      assertEquals(again.get("b"), "1");
      again.close();
    }
    assertEquals([...values], [undefined, "1"]);
  });
});
