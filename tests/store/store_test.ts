/**
 * One suite for every store: what a replica relies on must hold on disk and in memory alike.
 */

import { assert, assertEquals, assertGreater, assertLessOrEqual, assertThrows } from "@std/assert";
import { InvariantError } from "../../lib/invariant.ts";
import { FETCH_BYTES_MAX, FRAME_BYTES_MAX, VALUE_BYTES_MAX } from "../../lib/limits.ts";
import type { Entry, Operation } from "../../lib/order/message.ts";
import { emptyDurable, type Write } from "../../lib/order/step.ts";
import { type Store, takeEntries } from "../../lib/store/store.ts";
import { byteLength } from "../../lib/bytes.ts";
import { encodePeerMessage } from "../../lib/wire/peer.ts";
import { Random } from "../../lib/chaos/random.ts";
import { anyText } from "../wire/generate.ts";
import {
  apply,
  commit,
  each,
  load,
  message,
  outbox,
  received,
  REPLICAS,
  SELF,
  set,
  VIEW,
} from "./stores.ts";

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
  const numbered = [5, 7, 2 ** 40].map((n) => ({ n, operation: set(`k${n}`, "v") }));
  commit(store, { writes: [{ type: "outbox", numbered }] });
  assertEquals(load(store).outbox, numbered);
  assertEquals([load(store).n, load(store).pending], [2 ** 40, []]);
  commit(store, { writes: [received(message(SELF, 5, 12))] });
  assertEquals(load(store).outbox.map(({ n }) => n), [7, 2 ** 40]);
  assertEquals(load(store).pending, [message(SELF, 5, 12)]);
});

each("n is the highest own number, whatever is submitted again later", (store) => {
  commit(store, { writes: [received(message(SELF, 9, 1))] });
  commit(store, { writes: [received(message(0, 50, 2))] });
  assertEquals(load(store).n, 9);
  commit(store, {
    writes: [{ type: "installed", view: VIEW, pending: [], outbox: [], n: 5 * 2 ** 30 }],
  });
  assertEquals(load(store).n, 5 * 2 ** 30);
  // After a restart, operations left in the outbox are submitted with their old numbers.
  commit(store, { writes: [received(message(SELF, 9, 3))] });
  commit(store, { writes: [outbox(set("k", "v"), 10)] });
  assertEquals(load(store).n, 5 * 2 ** 30);
});

each("an installation replaces queue and outbox", (store) => {
  commit(store, {
    writes: [
      received(message(0, 1, 1)),
      received(message(2, 1, 2)),
      outbox(set("k", "v"), 1),
    ],
  });
  const pending = [message(0, 1, 1), message(SELF, 3, 2 ** 45)];
  const left = [{ n: 4, operation: set("k", "v", "id") }];
  commit(store, { writes: [{ type: "installed", view: VIEW, pending, outbox: left, n: 8 }] });
  assertEquals(load(store), {
    ...emptyDurable("", REPLICAS),
    installed: VIEW,
    n: 8,
    pending,
    outbox: left,
  });
});

each("what is delivered leaves queue and outbox and is in the log", (store) => {
  const [a, b] = [message(0, 4, 10, set("a", "1")), message(SELF, 9, 11, set("b", "2", "id"))];
  commit(store, {
    writes: [received(a), outbox(b.operation, 9)],
  });
  const deliver = [{ index: 1, message: a }, { index: 2, message: b }];
  commit(store, { deliver });
  const { position, deliveredN, ...left } = load(store);
  assertEquals([left.pending, left.outbox], [[], []]);
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

each("the log has no gap", (store) => {
  const at = (index: number) => ({ index, message: message(0, index, index) });
  commit(store, { deliver: [at(1)] });
  assertThrows(() => commit(store, { deliver: [at(3)] }), InvariantError, "the log has no gap");
});

each("the log is applied in its order", (store) => {
  const at = (index: number) => ({ index, message: message(0, index, index) });
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
  const left = operations.map((operation, i) => ({ n: i + 100, operation }));
  const installed: Write = {
    type: "installed",
    view: VIEW,
    pending: messages,
    outbox: left,
    n: 199,
  };
  commit(store, { writes: [installed] });
  assertEquals([load(store).pending, load(store).outbox], [messages, left]);
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

each("a scan is prepared bit by bit, while more is applied", (store) => {
  const keys = new Set<string>();
  const add = (count: number) => {
    const operations = Array.from({ length: count }, () => {
      const key = `k${keys.size}`;
      keys.add(key);
      return set(key, `of ${key}`);
    });
    apply(store, ...operations);
  };
  for (let i = 0; i < 20; i++) add(500);
  let steps = 1;
  for (; !store.prepareScan(); steps++) add(1);
  assertGreater(steps, 3);
  add(1);
  const expected = [...keys].sort().map((key) => [key, `of ${key}`] as const);
  assertEquals(store.scan(""), expected);
  assertEquals(store.prepareScan(), true);
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
    const content = { type: "entries", entries } as const;
    encodePeerMessage({ type: "answer", fetch: 1, content }, (frame) => {
      assertLessOrEqual(byteLength(frame), FRAME_BYTES_MAX);
    });
  }
});
