/**
 * What came of a request's id: applied once, held back by a fence, remembered for a while.
 */

import { assertEquals } from "@std/assert";
import type { Operation } from "../../lib/order/message.ts";
import { STORED } from "../../lib/order/operation.ts";
import { apply, each, fence, inFolder, load, open, received, set } from "./stores.ts";

function eventual(key: string, value: string, id: string): Operation {
  return { type: "set", key, value, bytes: value.length, id, eventual: true };
}

each("a fence holds back what comes after it, and says so", (store) => {
  apply(store, fence("r"), set("a", "1", "r"), { type: "delete", key: "a", id: "r" });
  assertEquals([store.get("a"), store.keys], [undefined, 0]);
  assertEquals(store.outcome("r"), { applied: false, index: 1, origin: 0, n: 1, result: STORED });
  apply(store, fence("r"));
  assertEquals(store.outcome("r")?.index, 1);
});

each("a fence changes nothing of what was applied before it", (store) => {
  apply(store, set("a", "1", "r"), fence("r"), set("a", "2", "r"));
  assertEquals([store.get("a"), store.outcome("r")], ["1", {
    applied: true,
    index: 1,
    origin: 0,
    n: 1,
    result: STORED,
  }]);
});

each(
  "no fence holds back what was answered before it was ordered; that is applied once",
  (store) => {
    apply(store, fence("r"), eventual("a", "1", "r"), eventual("a", "2", "r"), set("a", "3", "r"));
    assertEquals([store.get("a"), store.outcome("r")?.index], ["1", 2]);
    apply(store, fence("r"));
    assertEquals(store.outcome("r"), { applied: true, index: 2, origin: 0, n: 2, result: STORED });
  },
);

each(
  "what has waited for longer than its id counts is not carried out, and leaves no trace",
  (store) => {
    const late: Operation = { type: "set", key: "a", value: "1", bytes: 1, id: "r", until: 2 };
    apply(store, set("b", "1"), set("b", "2"), late, {
      type: "delete",
      key: "b",
      id: "s",
      until: 3,
    });
    assertEquals([store.get("a"), store.get("b"), store.outcome("r")], [undefined, "2", undefined]);
    apply(store, { ...late, until: 5 });
    assertEquals([store.get("a"), store.outcome("r")?.index], ["1", 5]);
  },
);

each("an id that is unknown has no outcome; forgotten is 0 before anything is", (store) => {
  apply(store, set("a", "1", "r"), set("a", "2"));
  assertEquals([store.outcome("x"), store.outcome(""), store.forgotten], [undefined, undefined, 0]);
});

each("an id is forgotten after so many applied entries, whatever they are", (store) => {
  apply(store, set("a", "1", "r1"), set("a", "2", "r2"), set("b", "1"));
  for (let i = 4; i <= 10; i++) apply(store, set("b", `${i}`));
  assertEquals([store.outcome("r1")?.index, store.forgotten], [1, 0]);
  apply(store, set("b", "11"));
  assertEquals([store.outcome("r1"), store.outcome("r2")?.index], [undefined, 2]);
  assertEquals(store.forgotten, 1);
  for (let i = 12; i <= 20; i++) apply(store, set("b", `${i}`));
  assertEquals([store.outcome("r2"), store.forgotten], [undefined, 2]);
  // What is forgotten is applied again, and what was forgotten stays so.
  apply(store, set("a", "9", "r1"), set("a", "8", "r1"));
  assertEquals([store.get("a"), store.outcome("r1")?.index, store.forgotten], ["9", 21, 2]);
}, { requestIdsKept: 10 });

each("a later outcome takes the place of an earlier one, also in what is forgotten", (store) => {
  apply(store, fence("r"), eventual("a", "1", "r"));
  for (let i = 3; i <= 11; i++) apply(store, set("b", `${i}`));
  assertEquals([store.outcome("r")?.index, store.forgotten], [2, 0]);
  apply(store, set("b", "12"));
  assertEquals([store.outcome("r"), store.forgotten], [undefined, 2]);
}, { requestIdsKept: 10 });

each("fences and what is eventual come back from queue, outbox and log as they went", (store) => {
  const operations: Operation[] = [
    fence("f"),
    eventual("a", "1", "r"),
    { type: "delete", key: "a", id: "s", eventual: true },
    { type: "delete", key: "a", id: "t", until: 1_000_000 },
    set("a", "", "u"),
  ];
  const pending = operations.map((operation, i) => ({ origin: 2, n: i + 1, time: i, operation }));
  const numbered = operations.map((operation, i) => ({ n: i + 1, operation }));
  store.commit({
    writes: [
      received(...pending),
      { type: "outbox", numbered },
    ],
    deliver: [],
    apply: [],
  }, true);
  assertEquals([load(store).pending, load(store).outbox], [pending, numbered]);
  apply(store, ...operations);
  assertEquals(store.read(1, 9).map(({ message }) => message.operation), operations);
});

Deno.test("ids are remembered and forgotten across a restart", async () => {
  await inFolder(async (path) => {
    let store = await open(path, "never", { requestIdsKept: 1_500 });
    apply(store, set("a", "1", "first"), fence("second"));
    for (let i = 0; i < 15; i++) apply(store, ...Array(100).fill(set("b", "1")));
    assertEquals([store.outcome("first"), store.outcome("second")], [undefined, undefined]);
    store.close();
    store = await open(path, "never", { requestIdsKept: 1_500 });
    assertEquals([store.applied, store.forgotten], [1_502, 2]);
    for (let i = 0; i < 20; i++) apply(store, ...Array(100).fill(set("b", "1")));
    apply(store, set("a", "2", "third"));
    store.close();
    store = await open(path, "never", { requestIdsKept: 1_500 });
    assertEquals([store.forgotten, store.outcome("third")?.index], [2, 3_503]);
    store.close();
  });
});
