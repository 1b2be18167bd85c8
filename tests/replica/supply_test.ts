/**
 * What peers are sent that lack part of the log: entries, or a snapshot part by part.
 */

import { assert, assertEquals, assertGreater } from "@std/assert";
import { SNAPSHOT_IDLE_MS, SNAPSHOT_PART_MAX } from "../../lib/limits.ts";
import type { Answer, Entry, Snapshot } from "../../lib/order/message.ts";
import { Supply, type Wanted } from "../../lib/replica/supply.ts";
import { MemoryStore } from "../../lib/store/memory.ts";

/** Enough keys for three parts of a snapshot. */
const KEYS = 2 * SNAPSHOT_PART_MAX + 1;

/** A store that has applied this many sets of keys of their own, of origin 0. */
function storeOf(count: number, logEntriesKept: number): MemoryStore {
  const store = new MemoryStore(1, 3, "folder", { logEntriesKept });
  set(store, 1, count);
  return store;
}

/** Applies what has these indexes. */
function set(store: MemoryStore, from: number, to: number): void {
  const deliver: Entry[] = [];
  for (let index = from; index <= to; index++) {
    const operation = { type: "set", key: `k${index}`, value: "v", bytes: 1 } as const;
    deliver.push({ index, message: { origin: 0, n: index, time: index, operation } });
  }
  store.commit({ writes: [], deliver, apply: deliver });
}

function wanted(fetch: number, from: number, part = 0, peer = 2): Wanted {
  return { peer, from, to: KEYS, part, fetch };
}

function indexes({ content }: Answer): number[] {
  assert(content.type === "entries");
  return content.entries.map(({ index }) => index);
}

function partOf({ content }: Answer): Snapshot {
  assert(content.type === "snapshot");
  return content;
}

/** The store with how many of its snapshots are open. */
function counting(store: MemoryStore) {
  const counted = {
    open: 0,
    get logFrom() {
      return store.logFrom;
    },
    read: (from: number, to: number) => store.read(from, to),
    keepFrom: (index: number) => store.keepFrom(index),
    snapshot: () => {
      const reader = store.snapshot();
      let closed = false;
      counted.open++;
      return {
        next: () => reader.next(),
        close: () => {
          if (!closed) counted.open--;
          closed = true;
        },
      };
    },
  };
  return counted;
}

Deno.test("what the log holds is sent as entries, with the number of the fetch", () => {
  const supply = new Supply(storeOf(5, 100));
  const answer = supply.answer({ ...wanted(7, 2), to: 4 }, 0);
  assertEquals([answer.fetch, indexes(answer)], [7, [2, 3, 4]]);
  assertEquals(indexes(supply.answer({ ...wanted(8, 6), to: 9 }, 0)), []);
});

/** All parts from this one on. */
function all(supply: Supply, from: number): Snapshot[] {
  const parts: Snapshot[] = [];
  for (let part = from; parts.at(-1)?.last !== true; part++) {
    parts.push(partOf(supply.answer(wanted(part + 1, 1, part), 0)));
  }
  return parts;
}

Deno.test("what no log holds is sent as a snapshot, part after part, until the last", () => {
  const store = counting(storeOf(KEYS, 10));
  const supply = new Supply(store);
  const parts = all(supply, 0);
  assertGreater(parts.length, 2);
  assertEquals(parts.map(({ part }) => part), parts.map((_, i) => i));
  assertEquals(parts.flatMap(({ keys }) => keys).length, KEYS);
  assertEquals(store.open, 0);
});

Deno.test("all parts are of one place, whatever is applied meanwhile", () => {
  const store = storeOf(KEYS, 10);
  const supply = new Supply(store);
  const first = partOf(supply.answer(wanted(1, 1), 0));
  set(store, KEYS + 1, KEYS + 50);
  const rest = all(supply, 1);
  for (const { position, deliveredN } of rest) {
    assertEquals([position, deliveredN], [first.position, first.deliveredN]);
  }
  assertEquals([first, ...rest].flatMap(({ keys }) => keys).length, KEYS);
});

Deno.test("a part that is not the next begins anew: with the log if it reaches back, else at 0", () => {
  const store = counting(storeOf(KEYS, 10));
  const supply = new Supply(store);
  supply.answer(wanted(1, 1), 0);
  // It asks again for the part that was lost with its link: that one is read.
  assertEquals(partOf(supply.answer(wanted(2, 1, 0), 0)).part, 0);
  assertEquals(partOf(supply.answer(wanted(3, 1, 2), 0)).part, 0);
  assertEquals(partOf(supply.answer(wanted(4, 1, 1), 0)).part, 1);
  assertEquals(store.open, 1);
  assertEquals(indexes(supply.answer(wanted(5, KEYS, 0), 0)), [KEYS]);
  assertEquals(store.open, 0);
});

Deno.test("what a peer still needs of the log is kept, also while it is sent a snapshot", () => {
  const store = storeOf(KEYS, 10);
  const supply = new Supply(store);
  let answer = partOf(supply.answer(wanted(1, 1), 0));
  for (let fetch = 2; !answer.last; fetch++) {
    set(store, store.applied + 1, store.applied + 100);
    answer = partOf(supply.answer(wanted(fetch, 1, answer.part + 1), 0));
  }
  set(store, store.applied + 1, store.applied + 100);
  const next = indexes(supply.answer({ ...wanted(99, KEYS + 1), to: store.applied }, 0));
  assertEquals([next[0], next.at(-1)], [KEYS + 1, store.applied]);
  // Another that needs less does not shorten what this one needs; nobody, and it is trimmed.
  supply.answer(wanted(1, store.applied, 0, 0), 0);
  set(store, store.applied + 1, store.applied + 100);
  assertEquals(store.logFrom <= KEYS + 1, true);
  for (const peer of [0, 2]) supply.drop(peer);
  set(store, store.applied + 1, store.applied + 1);
  assertEquals(store.applied - store.logFrom + 1, 10);
});

Deno.test("the log is trimmed when a peer has long not asked: what comes next is a snapshot", () => {
  const store = storeOf(30, 30);
  const supply = new Supply(store);
  assertEquals(indexes(supply.answer({ ...wanted(1, 1), to: 5 }, 0)).length, 5);
  supply.dropIdle(SNAPSHOT_IDLE_MS + 1);
  set(store, 31, 100);
  assertGreater(store.logFrom, 6);
  const { position, part, last } = partOf(supply.answer({ ...wanted(2, 6), to: 30 }, 0));
  assertEquals([position.index, part, last], [100, 0, true]);
});

Deno.test("each peer has a snapshot of its own, which ends with its link", () => {
  const store = counting(storeOf(KEYS, 10));
  const supply = new Supply(store);
  supply.answer(wanted(1, 1, 0, 0), 0);
  supply.answer(wanted(1, 1, 0, 2), 0);
  assertEquals(store.open, 2);
  supply.drop(0);
  assertEquals(store.open, 1);
  // Who comes back and asks for the second part gets the first of another.
  assertEquals(partOf(supply.answer(wanted(2, 1, 1, 0), 0)).part, 0);
  assertEquals(partOf(supply.answer(wanted(2, 1, 1, 2), 0)).part, 1);
  supply.close();
  assertEquals(store.open, 0);
  supply.drop(0);
});

Deno.test("a snapshot of which nobody asks for a part is ended after a while, not before", () => {
  const store = counting(storeOf(KEYS, 10));
  const supply = new Supply(store);
  supply.answer(wanted(1, 1), 0);
  supply.answer(wanted(2, 1, 1), 5_000);
  supply.dropIdle(5_000 + SNAPSHOT_IDLE_MS);
  assertEquals(store.open, 1);
  supply.dropIdle(5_000 + SNAPSHOT_IDLE_MS + 1);
  assertEquals(store.open, 0);
});
