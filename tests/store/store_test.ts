/**
 * One suite for every store: what a replica relies on must hold on disk and in memory alike.
 */

import { assert, assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import { InvariantError } from "../../lib/invariant.ts";
import { FETCH_BYTES_MAX, FRAME_BYTES_MAX, VALUE_BYTES_MAX } from "../../lib/limits.ts";
import type { Entry, Message, Operation, View } from "../../lib/order/message.ts";
import { type Durable, emptyDurable, type Write } from "../../lib/order/step.ts";
import { compareCodePoints, MemoryStore } from "../../lib/store/memory.ts";
import { takeFolder } from "../../lib/store/folder.ts";
import { SqliteStore } from "../../lib/store/sqlite.ts";
import { type Commit, type Store, takeEntries } from "../../lib/store/store.ts";
import { utf8Length } from "../../lib/wire/json.ts";
import { encodePeerMessage } from "../../lib/wire/peer.ts";
import { Random } from "../sim/random.ts";
import { anyText } from "../wire/generate.ts";

/** The replica whose store it is, of three. */
const SELF = 1;
const REPLICAS = 3;

const VIEW: View = {
  ballot: { round: 4, id: 2 },
  members: [0, 1, 2],
  cluster: "c",
  identities: ["i0", null, "i2"],
};

type Opened = { store: Store; close: () => Promise<void> };

const KINDS: Record<string, () => Promise<Opened>> = {
  memory() {
    const store = new MemoryStore(SELF, REPLICAS, "identity");
    return Promise.resolve({ store, close: () => Promise.resolve(store.close()) });
  },
  async sqlite() {
    const path = await Deno.makeTempDir({ prefix: "kvdist-store-" });
    const folder = await takeFolder(path);
    const store = SqliteStore.open(folder, { id: SELF, replicas: REPLICAS }, "always");
    const close = () => {
      store.close();
      return Deno.remove(path, { recursive: true });
    };
    return { store, close };
  },
};

/** A test that each kind of store must pass. */
function each(name: string, test: (store: Store) => void): void {
  for (const [kind, open] of Object.entries(KINDS)) {
    Deno.test(`${kind}: ${name}`, async () => {
      const { store, close } = await open();
      try {
        test(store);
      } finally {
        await close();
      }
    });
  }
}

function set(key: string, value: string, id?: string): Operation {
  const named = id === undefined ? {} : { id };
  return { type: "set", key, value, bytes: utf8Length(value), ...named };
}

function commit(store: Store, part: Partial<Commit>): void {
  store.commit({ writes: [], deliver: [], apply: [], ...part }, true);
}

/** Delivers and applies these operations of replica 0, after what was applied. */
function apply(store: Store, ...operations: Operation[]): void {
  const entries = operations.map((operation, i): Entry => {
    const index = store.applied + i + 1;
    return { index, message: { origin: 0, n: index, time: index, operation } };
  });
  commit(store, { deliver: entries, apply: entries });
}

/** What the core goes on from; the identity is each folder's own, the queue has no order. */
function load(store: Store): Durable {
  const { pending, ...durable } = store.load();
  const sorted = pending.toSorted((a, b) => a.origin - b.origin || a.n - b.n);
  return { ...durable, pending: sorted, identity: "" };
}

const message = (origin: number, n: number, time: number, operation = set("k", "v")): Message => ({
  origin,
  n,
  time,
  operation,
});

each("a new one is empty and has an identity", (store) => {
  assertEquals(load(store), emptyDurable("", REPLICAS));
  assert(store.load().identity.length > 0);
  assertEquals([store.keys, store.applied, [...store.appliedN]], [0, 0, [0, 0, 0]]);
  assertEquals([store.get("x"), store.scan(""), store.read(1, 10)], [undefined, [], []]);
});

each("a promise stays; the later one counts", (store) => {
  commit(store, { writes: [{ type: "promised", ballot: { round: 3, id: 0 } }] });
  commit(store, { writes: [{ type: "promised", ballot: { round: 4, id: 2 } }] });
  assertEquals(load(store).promised, { round: 4, id: 2 });
});

each("own operations wait in the outbox until they are stamped, in the order of n", (store) => {
  const writes: Write[] = [7, 5, 2 ** 40].map((n) => ({
    type: "outbox",
    numbered: { n, operation: set(`k${n}`, "v") },
  }));
  commit(store, { writes });
  assertEquals(load(store).outbox.map(({ n }) => n), [5, 7, 2 ** 40]);
  assertEquals([load(store).n, load(store).pending], [2 ** 40, []]);
  commit(store, { writes: [{ type: "received", message: message(SELF, 7, 12) }] });
  assertEquals(load(store).outbox.map(({ n }) => n), [5, 2 ** 40]);
  assertEquals(load(store).pending, [message(SELF, 7, 12)]);
});

each("n is the highest own number, whatever is submitted again later", (store) => {
  commit(store, { writes: [{ type: "received", message: message(SELF, 9, 1) }] });
  commit(store, { writes: [{ type: "received", message: message(0, 50, 2) }] });
  assertEquals(load(store).n, 9);
  commit(store, {
    writes: [{ type: "installed", view: VIEW, pending: [], outbox: [], n: 5 * 2 ** 30 }],
  });
  assertEquals(load(store).n, 5 * 2 ** 30);
  // After a restart, operations left in the outbox are submitted with their old numbers.
  commit(store, { writes: [{ type: "received", message: message(SELF, 9, 3) }] });
  commit(store, { writes: [{ type: "outbox", numbered: { n: 10, operation: set("k", "v") } }] });
  assertEquals(load(store).n, 5 * 2 ** 30);
});

each("an installation replaces queue and outbox", (store) => {
  commit(store, {
    writes: [
      { type: "received", message: message(0, 1, 1) },
      { type: "received", message: message(2, 1, 2) },
      { type: "outbox", numbered: { n: 1, operation: set("k", "v") } },
    ],
  });
  const pending = [message(0, 1, 1), message(SELF, 3, 2 ** 45)];
  const outbox = [{ n: 4, operation: set("k", "v", "id") }];
  commit(store, { writes: [{ type: "installed", view: VIEW, pending, outbox, n: 8 }] });
  assertEquals(load(store), {
    ...emptyDurable("", REPLICAS),
    installed: VIEW,
    n: 8,
    pending,
    outbox,
  });
});

each("what is delivered leaves queue and outbox and is in the log", (store) => {
  const [a, b] = [message(0, 4, 10, set("a", "1")), message(SELF, 9, 11, set("b", "2", "id"))];
  commit(store, {
    writes: [{ type: "received", message: a }, {
      type: "outbox",
      numbered: { n: 9, operation: b.operation },
    }],
  });
  const deliver = [{ index: 1, message: a }, { index: 2, message: b }];
  commit(store, { deliver });
  const { pending, outbox, position, deliveredN } = load(store);
  assertEquals([pending, outbox], [[], []]);
  assertEquals(position, { index: 2, time: 11, id: SELF });
  assertEquals(deliveredN, [4, 9, 0]);
  assertEquals(store.read(1, 2), deliver);
});

each("delivered is not applied: the keys change when it is", (store) => {
  const entry = { index: 1, message: message(2, 6, 10, set("a", "1")) };
  commit(store, { deliver: [entry] });
  assertEquals([store.get("a"), store.applied, [...store.appliedN]], [undefined, 0, [0, 0, 0]]);
  commit(store, { apply: [entry] });
  assertEquals([store.get("a"), store.applied, [...store.appliedN]], ["1", 1, [0, 0, 6]]);
});

each("the log has no gap, and is applied in its order", (store) => {
  const at = (index: number) => ({ index, message: message(0, index, index) });
  assertThrows(() => commit(store, { deliver: [at(2)] }), InvariantError, "the log has no gap");
  commit(store, { deliver: [at(1), at(2)] });
  assertThrows(() => commit(store, { apply: [at(2)] }), InvariantError, "in the order");
});

each("set, overwrite, delete; keys are counted", (store) => {
  apply(store, set("a", "1"), set("b", "2"), set("a", "3"));
  assertEquals([store.get("a"), store.get("b"), store.keys], ["3", "2", 2]);
  apply(store, { type: "delete", key: "a" }, { type: "delete", key: "never" });
  assertEquals([store.get("a"), store.keys], [undefined, 1]);
  apply(store, set("a", ""), { type: "delete", key: "b" });
  assertEquals([store.get("a"), store.get("b"), store.keys], ["", undefined, 1]);
});

each("texts come back as they went: empty, U+0000, a byte order mark, any length", (store) => {
  const texts = ["", "\0", "a\0b", "\ufeff", "\ufeffx\ufeff", "é", "日本", "😀", "\uffff", "'; --"];
  texts.forEach((text) => apply(store, set(`k${text}`, text)));
  for (const text of texts) assertEquals(store.get(`k${text}`), text, JSON.stringify(text));
  apply(store, set("\ufeff", "mark"), set("\ufeff\0", "both"));
  assertEquals([store.get("\ufeff"), store.get("\ufeff\0"), store.get("")], [
    "mark",
    "both",
    undefined,
  ]);
  const large = "x".repeat(VALUE_BYTES_MAX);
  apply(store, set("large", large));
  assert(store.get("large") === large);
});

each("queue, outbox and log give every text back as it went", (store) => {
  const random = new Random(11);
  const operations = Array.from(
    { length: 50 },
    (_, i): Operation =>
      i % 3 === 0
        ? { type: "delete", key: anyText(random, 1), id: anyText(random, 1) }
        : set(anyText(random, 1), anyText(random), i % 2 === 0 ? anyText(random, 1) : undefined),
  );
  const messages = operations.map((operation, i) => message(0, i + 1, i + 1, operation));
  const entries = messages.map((message, i) => ({ index: i + 1, message }));
  const outbox = operations.map((operation, i) => ({ n: i + 1, operation }));
  commit(store, { writes: [{ type: "installed", view: VIEW, pending: messages, outbox, n: 99 }] });
  assertEquals([load(store).pending, load(store).outbox], [messages, outbox]);
  commit(store, { deliver: entries });
  assertEquals(store.read(1, 50), entries);
});

each("a request id is applied once, whatever comes with it", (store) => {
  apply(store, set("a", "1", "r1"), set("b", "1"));
  apply(store, set("a", "2", "r1"), { type: "delete", key: "b", id: "r1" });
  assertEquals([store.get("a"), store.get("b"), store.applied], ["1", "1", 4]);
  apply(store, { type: "delete", key: "a", id: "r2" }, set("a", "3", "r2"), set("a", "4", "r3"));
  assertEquals(store.get("a"), "4");
  // Names that only begin alike are different.
  apply(store, set("c", "1", "n"), set("c", "2", "n\0"), set("c", "3", "n\0x"));
  apply(store, set("d", "1", "m"), set("d", "2", "\ufeffm"));
  assertEquals([store.get("c"), store.get("d")], ["3", "2"]);
});

/** In the order of their UTF-8 bytes, which is not that of UTF-16. */
const KEYS = ["a", "a\0", "a/", "a/1", "a/2", "a/é", "b", "é", "日", "\ud7ff", "\ue000", "\uffff"]
  .concat(["\u{10000}", "😀", "\u{10ffff}"]);

each("scan lists keys in the order of their UTF-8 bytes", (store) => {
  apply(store, ...KEYS.toReversed().map((key) => set(key, `of ${key}`)));
  assertEquals(store.scan(""), KEYS.map((key) => [key, `of ${key}`] as const));
});

each("scan: prefix, after, limit", (store) => {
  apply(store, ...KEYS.map((key) => set(key, "v")));
  const keys = (...[prefix, page]: Parameters<Store["scan"]>) =>
    store.scan(prefix, page).map(([key]) => key);
  assertEquals(keys("a/"), ["a/", "a/1", "a/2", "a/é"]);
  assertEquals(keys("a/", { after: "a/1" }), ["a/2", "a/é"]);
  assertEquals(keys("a/", { after: "a/1", limit: 1 }), ["a/2"]);
  assertEquals(keys("a/", { after: "A", limit: 2 }), ["a/", "a/1"]);
  assertEquals(keys("a/", { after: "a/é" }), []);
  assertEquals(keys("a/", { after: "z" }), []);
  assertEquals(keys("", { limit: 0 }), []);
  assertEquals(keys("", { after: "a/zz", limit: 1 }), ["a/é"]);
  assertEquals(keys("😀"), ["😀"]);
  assertEquals(keys("\uffff", { after: "\uffff" }), []);
  assertEquals(keys("nothing"), []);
});

each("scan by pages lists every key once, though keys come and go", (store) => {
  apply(store, ...KEYS.map((key) => set(key, "v")));
  const seen: string[] = [];
  let after: string | undefined;
  for (;;) {
    const page = store.scan("", { after, limit: 4 });
    for (const [key] of page) seen.push(key);
    if (page.length < 4) break;
    after = page[3][0];
    apply(store, { type: "delete", key: after });
  }
  assertEquals(seen, KEYS);
});

each("read: a part of the log, as many bytes as one answer bears, at least one entry", (store) => {
  const value = "x".repeat(FETCH_BYTES_MAX / 4);
  for (let i = 0; i < 8; i++) apply(store, set(`k${i}`, value));
  assertEquals(store.read(1, 8).map(({ index }) => index), [1, 2, 3]);
  assertEquals(store.read(7, 8).map(({ index }) => index), [7, 8]);
  assertEquals(store.read(8, 100).map(({ index }) => index), [8]);
  assertEquals(store.read(9, 100), []);
  assertEquals(store.read(5, 4), []);
  apply(store, set("k", "x".repeat(VALUE_BYTES_MAX)), set("k", "1"));
  assertEquals(store.read(9, 10).map(({ index }) => index), [9]);
  // A read that stopped half-way holds up nothing that follows.
  apply(store, set("after", "1"));
  assertEquals(store.read(1, 8).length, 3);
  assertEquals(store.get("after"), "1");
});

/** What a core might commit, at random: queue, outbox, log and keys of a few texts. */
function* commits(random: Random, count: number): Generator<Commit> {
  const names = Array.from({ length: 6 }, () => anyText(random, 1, 4));
  const numbers = [0, 0, 0];
  let index = 0;
  let waiting: Entry[] = [];
  const operation = (): Operation => {
    const id = random.chance(0.2) ? { id: random.pick(names) } : {};
    const key = random.pick(names);
    if (random.chance(0.25)) return { type: "delete", key, ...id };
    return { ...set(key, anyText(random)), ...id };
  };
  for (let i = 0; i < count; i++) {
    const writes: Write[] = [];
    const deliver: Entry[] = [];
    for (let k = random.int(0, 4); k > 0; k--) {
      const origin = random.int(0, REPLICAS - 1);
      const n = numbers[origin] += random.int(1, 3);
      const next = message(origin, n, n * 3 + random.int(0, 2), operation());
      if (origin === SELF && random.chance(0.3)) {
        writes.push({ type: "outbox", numbered: { n, operation: next.operation } });
        continue;
      }
      writes.push({ type: "received", message: next });
      if (random.chance(0.7)) deliver.push({ index: ++index, message: next });
    }
    if (random.chance(0.1)) {
      const ballot = { round: i + 1, id: random.int(0, 2) };
      writes.push({ type: "promised", ballot });
      if (random.chance(0.5)) {
        const outbox = [{ n: ++numbers[SELF], operation: operation() }];
        const pending = [message(0, ++numbers[0], i, operation())];
        const n = random.int(0, numbers[SELF] + 5);
        writes.unshift({ type: "installed", view: { ...VIEW, ballot }, pending, outbox, n });
      }
    }
    waiting.push(...deliver);
    const apply = waiting.slice(0, random.int(0, waiting.length));
    waiting = waiting.slice(apply.length);
    yield { writes, deliver, apply };
  }
}

Deno.test("random commits leave both stores with the same", async () => {
  const { store: sqlite, close } = await KINDS.sqlite();
  const { store: memory } = await KINDS.memory();
  try {
    let i = 0;
    for (const next of commits(new Random(12), 400)) {
      for (const store of [sqlite, memory]) store.commit(next, i % 2 === 0);
      if (i++ % 5 !== 0) continue;
      assertEquals(load(sqlite), load(memory));
      assertEquals(sqlite.scan(""), memory.scan(""));
      assertEquals([sqlite.keys, sqlite.applied], [memory.keys, memory.applied]);
      assertEquals(sqlite.appliedN, memory.appliedN);
    }
    assert(memory.applied > 200 && memory.keys > 0, "too little was done");
    assertEquals(sqlite.read(1, 1_000), memory.read(1, 1_000));
  } finally {
    await close();
  }
});

Deno.test("a memory store keeps at least the entries that it was told to", () => {
  const store = new MemoryStore(SELF, REPLICAS, "i", { logEntriesKept: 10 });
  for (let i = 1; i <= 100; i++) {
    apply(store, set("k", String(i)));
    const from = Math.max(1, i - 9);
    assertEquals(store.read(from, i).length, i - from + 1);
  }
  assertThrows(() => store.read(1, 100), InvariantError, "still in the log");
});

Deno.test("compareCodePoints is the order of UTF-8 bytes", () => {
  const bytes = (text: string) => [...new TextEncoder().encode(text)];
  const compareBytes = (a: number[], b: number[]): number => {
    const at = a.findIndex((byte, i) => byte !== b[i]);
    return at === -1 ? a.length - b.length : at >= b.length ? 1 : a[at] - b[at];
  };
  const random = new Random(13);
  for (let run = 0; run < 5_000; run++) {
    const [a, b] = [anyText(random, 0, 3), anyText(random, 0, 3)];
    const expected = Math.sign(compareBytes(bytes(a), bytes(b)));
    assertEquals(Math.sign(compareCodePoints(a, b)), expected, JSON.stringify([a, b]));
  }
});

Deno.test("an answer to a fetch fits into a frame, whatever JSON makes of its texts", () => {
  const worst = (bytes: number) => "\u0001".repeat(bytes);
  const kinds: Operation[] = [
    set(worst(1024), worst(VALUE_BYTES_MAX), worst(128)),
    set("k", "", worst(128)),
    set(worst(1024), "", worst(128)),
    set("k", worst(3000)),
  ];
  for (const operation of kinds) {
    const many = Array.from({ length: 10_000 }, (_, i): Entry => ({
      index: i + 1,
      message: message(999, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, operation),
    }));
    const entries = takeEntries(many);
    assert(entries.length >= 1 && entries.length < many.length);
    encodePeerMessage({ type: "entries", entries }, (frame) => {
      assertLessOrEqual(utf8Length(frame), FRAME_BYTES_MAX);
    });
  }
});
