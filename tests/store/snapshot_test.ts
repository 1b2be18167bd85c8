/**
 * Snapshots: what one store has applied becomes another's, whatever kinds they are.
 */

import { assert, assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import { InvariantError } from "../../lib/invariant.ts";
import { FRAME_BYTES_MAX, SNAPSHOT_REQUESTS_MAX, VALUE_BYTES_MAX } from "../../lib/limits.ts";
import type { Operation, Snapshot } from "../../lib/order/message.ts";
import { STORED } from "../../lib/order/operation.ts";
import type { SnapshotReader, Store } from "../../lib/store/store.ts";
import { byteLength } from "../../lib/bytes.ts";
import { encodePeerMessage } from "../../lib/wire/peer.ts";
import { Random } from "../../lib/chaos/random.ts";
import { anyText } from "../wire/generate.ts";
import {
  apply,
  commit,
  copyAsKilled,
  each,
  fence,
  inFolder,
  inMemory,
  load,
  message,
  open,
  outbox,
  pour,
  received,
  SELF,
  set,
} from "./stores.ts";

/** All parts of a snapshot. */
function parts(snapshot: SnapshotReader): Snapshot[] {
  const all = [snapshot.next()];
  while (!all[all.length - 1].last) all.push(snapshot.next());
  snapshot.close();
  return all;
}

/** Runs with a store of each kind, one after the other, and an empty one of each kind. */
async function pairs(test: (from: Store, to: Store) => void): Promise<void> {
  for (const kinds of [["memory", "sqlite"], ["sqlite", "memory"], ["sqlite", "sqlite"]]) {
    await inFolder(async (path) => {
      const stores = await Promise.all(
        kinds.map((kind, i) => kind === "memory" ? inMemory() : open(`${path}-${i}`)),
      );
      try {
        test(stores[0], stores[1]);
      } finally {
        for (const store of stores) store.close();
      }
    });
  }
}

each("an empty store's snapshot is one empty part", (store) => {
  const [part, ...others] = parts(store.snapshot());
  assertEquals(others, []);
  assertEquals([part.keys, part.requests, part.last, part.part], [[], [], true, 0]);
  assertEquals(part.position, { index: 0, time: 0, id: 0 });
  assertEquals([part.deliveredN, part.forgotten], [[0, 0, 0], 0]);
});

each("it shows what is applied, not what is only delivered", (store) => {
  apply(store, set("a", "1", "r1"), fence("r2"));
  commit(store, {
    deliver: [{ index: 3, message: message(2, 7, 9, set("a", "2", "r3")) }],
  });
  const [first, second] = parts(store.snapshot());
  assertEquals(first.position, { index: 2, time: 2, id: 0 });
  assertEquals([first.deliveredN, first.keys, first.last], [[2, 0, 0], [["a", "1"]], false]);
  assertEquals([second.position, second.keys, second.last], [first.position, [], true]);
  assertEquals(second.requests, [
    ["r1", { applied: true, index: 1, origin: 0, n: 1, result: STORED }],
    ["r2", { applied: false, index: 2, origin: 0, n: 2, result: STORED }],
  ]);
});

each("what is committed while it is read does not change it", (store) => {
  for (let i = 0; i < 40; i++) apply(store, set(`k${i}`, "x".repeat(100_000), `r${i}`));
  const before = parts(store.snapshot());
  assert(before.length > 3);
  const snapshot = store.snapshot();
  const seen = [snapshot.next()];
  for (let i = 0; !seen[seen.length - 1].last; i++) {
    apply(store, set(`k${i}`, "changed", `r${i}`), set(`new${i}`, "1", `s${i}`));
    apply(store, { type: "delete", key: `k${39 - i}` });
    // Brings what is new into the tables.
    store.scan("", { limit: 1 });
    seen.push(snapshot.next());
  }
  snapshot.close();
  snapshot.close();
  // The two kinds list keys in different orders; each kind in its own.
  assertEquals(seen, before);
});

each("two may be read at a time, of different places", (store) => {
  apply(store, set("a", "1"));
  const one = store.snapshot();
  apply(store, set("a", "2"));
  const two = store.snapshot();
  apply(store, set("a", "3"));
  store.scan("");
  assertEquals(two.next().keys, [["a", "2"]]);
  two.close();
  assertEquals(one.next().keys, [["a", "1"]]);
  one.close();
});

Deno.test("a snapshot takes the place of all that was applied, and of the log", async () => {
  await pairs((from, to) => {
    const random = new Random(21);
    for (let i = 0; i < 60; i++) {
      apply(from, set(anyText(random, 1), anyText(random), anyText(random, 1)));
    }
    apply(from, { type: "delete", key: from.scan("")[0][0] }, set("last", "1"));
    apply(to, set("gone", "1", "old"), set("last", "old"));
    pour(from, to);
    assertEquals(to.scan(""), from.scan(""));
    assertEquals([to.keys, to.applied, to.appliedN], [from.keys, 62, from.appliedN]);
    assertEquals([to.logFrom, to.read(63, 99), to.outcome("old")], [63, [], undefined]);
    assertEquals(load(to).position, load(from).position);
    assertEquals(load(to).deliveredN, load(from).deliveredN);
    assertEquals(parts(to.snapshot())[0].position, load(from).position);
    assertThrows(() => to.read(62, 62), InvariantError, "still in the log");
    // It goes on from there; what is delivered and not applied does not hinder the next snapshot.
    const next = { index: 63, message: message(2, 5, 99, set("next", "1")) };
    commit(to, { deliver: [next] });
    assertEquals(parts(to.snapshot())[0].position.index, 62);
    commit(to, { apply: [next] });
    assertEquals([to.logFrom, to.read(63, 99), to.get("next")], [63, [next], "1"]);
    assertEquals(parts(to.snapshot())[0].position, { index: 63, time: 99, id: 2 });
  });
});

Deno.test("request ids keep their outcomes across a snapshot", async () => {
  await pairs((from, to) => {
    apply(from, set("a", "1", "done"), fence("never"), set("a", "2", "done"));
    pour(from, to);
    for (const id of ["done", "never", "other"]) assertEquals(to.outcome(id), from.outcome(id));
    apply(to, set("a", "9", "done"), set("a", "9", "never"), set("b", "1", "other"));
    assertEquals(to.scan(""), [["a", "1"], ["b", "1"]]);
    assertEquals(to.outcome("other"), { applied: true, index: 6, origin: 0, n: 6, result: STORED });
  });
});

Deno.test("queue and outbox lose what a snapshot covers, and nothing else", async () => {
  await pairs((from, to) => {
    apply(from, set("a", "1"), set("a", "2"), set("a", "3"));
    commit(from, {
      deliver: [{ index: 4, message: message(SELF, 20, 30) }],
      apply: [{ index: 4, message: message(SELF, 20, 30) }],
    });
    const kept = [message(0, 4, 40), message(SELF, 22, 41), message(2, 1, 42)];
    const covered = [message(0, 3, 3), message(SELF, 19, 29)];
    commit(to, {
      writes: [
        ...[...covered, ...kept].map((message) => received(message)),
        outbox(set("k", "v"), 20, 21, 23),
      ],
    });
    pour(from, to);
    assertEquals(load(to).pending, kept);
    assertEquals(load(to).outbox.map(({ n }) => n), [21, 23]);
    assertEquals([load(to).n, load(to).deliveredN], [23, [3, 20, 0]]);
  });
});

each("until the last part has come, the old state is read; a new part 0 begins again", (store) => {
  apply(store, set("old", "1", "r"));
  const from = inMemory();
  for (let i = 0; i < 30; i++) apply(from, set(`k${i}`, "x".repeat(100_000), `s${i}`));
  const all = parts(from.snapshot());
  assert(all.length > 3);
  const half = () => all.slice(0, -1).forEach((part) => commit(store, { writes: [part] }));
  half();
  assertEquals([store.scan(""), store.keys, store.applied], [[["old", "1"]], 1, 1]);
  apply(store, set("old", "2"));
  assertEquals([store.get("old"), store.outcome("r")?.index], ["2", 1]);
  half();
  commit(store, { writes: [all[all.length - 1]] });
  assertEquals([store.keys, store.applied, store.get("old")], [30, 30, undefined]);
});

const WRONG: readonly (readonly [name: string, before: number, part: number, other?: true])[] = [
  ["not the first", 0, 1],
  ["not the next", 1, 2],
  ["the next of another snapshot", 1, 1, true],
];

for (const [name, before, part, other] of WRONG) {
  each(`a part that does not follow the one before is a broken invariant: ${name}`, (store) => {
    const from = inMemory();
    for (let i = 0; i < 30; i++) apply(from, set(`k${i}`, "x".repeat(100_000)));
    const all = parts(from.snapshot());
    apply(from, set("k", "1"));
    const wrong = (other ? parts(from.snapshot()) : all)[part];
    commit(store, { writes: all.slice(0, before) });
    assertThrows(() => commit(store, { writes: [wrong] }), InvariantError, "follow each other");
  });
}

each("a snapshot that leads no further is a broken invariant", (store) => {
  const from = inMemory();
  apply(from, set("a", "1"));
  apply(store, set("b", "1"));
  assertThrows(() => pour(from, store), InvariantError, "leads further");
});

Deno.test("killed between the parts, a store is what it was, and the parts are gone", async () => {
  await inFolder(async (path) => {
    const from = inMemory();
    for (let i = 0; i < 30; i++) apply(from, set(`k${i}`, "x".repeat(100_000), `r${i}`));
    const all = parts(from.snapshot());
    const store = await open(path);
    apply(store, set("old", "1"));
    for (const [i, part] of all.entries()) {
      copyAsKilled(path, `${path}-${i}`);
      commit(store, { writes: [part] });
      const killed = await open(`${path}-${i}`);
      assertEquals([killed.scan(""), killed.applied], [[["old", "1"]], 1]);
      pour(from, killed);
      assertEquals(killed.scan(""), from.scan("").map((pair) => pair));
      killed.close();
    }
    copyAsKilled(path, `${path}-end`);
    const killed = await open(`${path}-end`);
    assertEquals([killed.keys, killed.applied, load(killed)], [30, 30, load(store)]);
    killed.close();
    store.close();
  });
});

Deno.test("a store that is closed closes the snapshots that are read from it", async () => {
  await inFolder(async (path) => {
    const store = await open(path);
    apply(store, set("a", "1"));
    const snapshot = store.snapshot();
    snapshot.next();
    store.close();
    // Nothing holds the write-ahead log any more.
    assertEquals([...Deno.readDirSync(path)].map(({ name }) => name).sort(), [
      "lock",
      "log",
      "store.db",
    ]);
    snapshot.close();
    assertThrows(() => snapshot.next(), InvariantError, "before it is closed");
  });
});

each("a part of a snapshot fits into a frame, whatever JSON makes of its texts", (store) => {
  const worst = (bytes: number, i: number) => `${i}`.padEnd(bytes, "\u0001");
  let i = 0;
  const many = (count: number, operation: () => Operation) =>
    apply(store, ...Array.from({ length: count }, operation));
  many(3, () => set(worst(1024, i++), worst(VALUE_BYTES_MAX, 0), worst(128, i)));
  many(2 * SNAPSHOT_REQUESTS_MAX, () => set(worst(1024, i++), "", worst(128, i)));
  many(20_000, () => set(`${i++}`, ""));
  const all = parts(store.snapshot());
  for (const part of all) {
    encodePeerMessage({ type: "answer", fetch: 1, content: part }, (frame) => {
      assertLessOrEqual(byteLength(frame), FRAME_BYTES_MAX);
    });
  }
  assertEquals(all.flatMap(({ keys }) => keys).length, store.keys);
  assertEquals(all.flatMap(({ requests }) => requests).length, 3 + 2 * SNAPSHOT_REQUESTS_MAX);
});
