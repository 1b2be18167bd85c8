/**
 * The log is trimmed behind what is applied: disk use follows the keys held, not the writes made.
 */

import {
  assertEquals,
  assertGreater,
  assertLess,
  assertLessOrEqual,
  assertThrows,
} from "@std/assert";
import { InvariantError } from "../../lib/invariant.ts";
import { WAL_BYTES_KEPT } from "../../lib/limits.ts";
import type { Entry } from "../../lib/order/message.ts";
import { readLog } from "../../lib/store/read_log.ts";
import { apply, commit, each, entries, inFolder, inMemory, load, open, set } from "./stores.ts";

each("the last entries that were applied stay, so many as it was told, and few more", (store) => {
  for (let i = 1; i <= 100; i++) {
    apply(store, set("k", String(i)));
    const from = Math.max(1, i - 9);
    assertEquals(store.read(from, i).length, i - from + 1);
    assertLessOrEqual(i - store.logFrom + 1, 10);
  }
  assertThrows(() => store.read(1, 100), InvariantError, "still in the log");
}, { logEntriesKept: 10 });

each("they count by their bytes, too, and the last one stays however large it is", (store) => {
  const value = "x".repeat(10_000);
  for (let i = 1; i <= 60; i++) apply(store, set(`k${i}`, value));
  assertEquals(store.applied - store.logFrom + 1, 9);
  apply(store, set("large", "x".repeat(900_000)));
  assertEquals([store.logFrom, store.read(61, 61).length], [61, 1]);
  assertEquals(load(store).position.index, 61);
  apply(store, set("k", "1"), set("k", "2"));
  assertEquals(store.read(62, 63).length, 2);
}, { logBytesKept: 100_000 });

each("what is not applied stays, however much it is, and goes when it is applied", (store) => {
  apply(store, set("a", "1"));
  const late: Entry[] = [];
  for (let i = 2; i <= 200; i++) {
    const entry = { index: i, message: { ...entries(store, set("k", `${i}`))[0].message, n: i } };
    late.push(entry);
    commit(store, { deliver: [entry] });
  }
  assertEquals([store.applied, store.read(1, 200).length], [1, 200]);
  while (late.length > 0) commit(store, { apply: late.splice(0, 3) });
  assertEquals(store.get("k"), "200");
  assertLessOrEqual(store.applied - store.logFrom + 1, 10);
  assertEquals(store.read(191, 200).length, 10);
}, { logEntriesKept: 10 });

each("what a peer still needs stays, and goes when it needs it no more", (store) => {
  for (let i = 1; i <= 20; i++) apply(store, set("k", String(i)));
  store.keepFrom(18);
  for (let i = 21; i <= 100; i++) apply(store, set("k", String(i)));
  assertEquals([store.logFrom <= 18, store.read(18, 100).length], [true, 83]);
  store.keepFrom(Infinity);
  for (let i = 101; i <= 200; i++) apply(store, set("k", String(i)));
  assertLessOrEqual(store.applied - store.logFrom + 1, 10);
}, { logEntriesKept: 10 });

Deno.test("reopened, it has at least what it had, and goes on trimming", async () => {
  await inFolder(async (path) => {
    const bounds = { logEntriesKept: 1_000, logBytesKept: 20_000, segmentBytes: 2_000 };
    const [store, other] = [await open(path, "never", bounds), inMemory()];
    for (let i = 0; i < 300; i++) for (const s of [store, other]) apply(s, set(`é${i}`, "日本"));
    const { logFrom } = store;
    assertGreater(logFrom, 100);
    store.close();
    const again = await open(path, "never", bounds);
    assertEquals([again.logFrom, load(again)], [logFrom, load(other)]);
    assertEquals(again.read(logFrom, 300), other.read(logFrom, 300));
    for (let i = 0; i < 300; i++) apply(again, set(`é${i}`, "日本"));
    assertLess(again.applied - again.logFrom, 20_000 / 128);
    again.close();
    // As many segments as that takes, and few more.
    assertLess(numbers(path).length, 12);
  });
});

Deno.test("segments stay as long as a peer needs their entries, or the tables lack them", async () => {
  await inFolder(async (path) => {
    const store = await open(path, "never", { logEntriesKept: 10, segmentBytes: 500 });
    store.keepFrom(1);
    for (let i = 1; i <= 60; i++) apply(store, set(`k${i}`, "v"));
    assertGreater(numbers(path).length, 5);
    assertEquals(readLog(path, 0, 1_000).length, 60);
    store.keepFrom(Infinity);
    for (let i = 61; i <= 80; i++) apply(store, set(`k${i}`, "v"));
    assertLess(numbers(path).length, 4);
    // What is delivered and not applied is in no table.
    const late: Entry[] = [];
    for (let i = 81; i <= 140; i++) {
      const entry = { index: i, message: { ...entries(store, set("k", `${i}`))[0].message, n: i } };
      late.push(entry);
      commit(store, { deliver: [entry] });
    }
    assertGreater(numbers(path).length, 5);
    store.close();
    const again = await open(path, "never", { logEntriesKept: 10, segmentBytes: 500 });
    assertEquals([again.applied, again.get("k"), again.keys], [140, "140", 81]);
    again.close();
  });
});

function numbers(path: string): string[] {
  return [...Deno.readDirSync(`${path}/log`)].map(({ name }) => name);
}

Deno.test("300,000 writes to 1,000 keys take no more disk than 30,000", async () => {
  await inFolder(async (path) => {
    const store = await open(path, "never", {
      logEntriesKept: 1_000,
      requestIdsKept: 1_000,
      segmentBytes: 200_000,
    });
    const value = "v".repeat(100);
    const sizes: number[] = [];
    const log = () =>
      numbers(path).reduce((sum, name) => sum + Deno.statSync(`${path}/log/${name}`).size, 0);
    let [writeAhead, logBytes] = [0, 0];
    for (let batch = 0; batch < 300; batch++) {
      apply(
        store,
        ...Array.from({ length: 1_000 }, (_, i) => {
          return set(`key-${i}`, value, i % 10 === 0 ? `${batch}-${i}` : undefined);
        }),
      );
      if (batch % 30 !== 29) continue;
      sizes.push(Deno.statSync(`${path}/store.db`).size);
      logBytes = Math.max(logBytes, log());
      writeAhead = Math.max(writeAhead, Deno.statSync(`${path}/store.db-wal`).size);
    }
    assertEquals([store.keys, store.applied], [1_000, 300_000]);
    assertLessOrEqual(sizes[sizes.length - 1], sizes[0] * 1.1, `${sizes}`);
    assertLess(sizes[0], 2_000_000);
    assertLess(writeAhead, WAL_BYTES_KEPT);
    assertLess(logBytes, 2_000_000);
    store.close();
  });
});

Deno.test("the write-ahead log that a snapshot holds is given back when it is closed", async () => {
  await inFolder(async (path) => {
    const store = await open(path, "never", { logEntriesKept: 100, segmentBytes: 500_000 });
    const writeAhead = () => Deno.statSync(`${path}/store.db-wal`).size;
    let written = 0;
    const write = (times: number) => {
      for (let i = 0; i < times; i++) {
        // Each another one: pages that are what they were are not written.
        const value = `${written++} `.padEnd(4_000, "v");
        apply(store, ...Array.from({ length: 100 }, (_, k) => set(`key-${k}`, value)));
      }
    };
    write(10);
    const snapshot = store.snapshot();
    while (writeAhead() < 1.5 * WAL_BYTES_KEPT) write(1);
    snapshot.close();
    write(10);
    assertLessOrEqual(writeAhead(), WAL_BYTES_KEPT + 32);
    store.close();
  });
});

Deno.test("who reads the log from outside sees whole entries, and a gap at most, while it is trimmed", async () => {
  await inFolder(async (path) => {
    const store = await open(path, "always", { logEntriesKept: 20, segmentBytes: 2_000 });
    let seen = 0;
    let gaps = 0;
    for (let i = 1; i <= 300; i++) {
      apply(store, set(`k${i}`, `${i}`));
      // Sometimes in time, sometimes too late.
      if (i % (i < 200 ? 7 : 100) !== 0) continue;
      for (const { index, message } of readLog(path, seen, 1_000)) {
        if (index !== seen + 1) gaps++;
        assertEquals(message.operation, set(`k${index}`, `${index}`));
        seen = index;
      }
      assertEquals(seen, i);
    }
    assertEquals(gaps, 1);
    store.close();
  });
});
