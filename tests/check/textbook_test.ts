/** Each guarantee by histories as they stand in textbooks, each with a twin that breaks it. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { judge } from "../../lib/check/judge.ts";
import type { Guarantee } from "../../lib/check/verdict.ts";
import { told, verdictOn } from "./told.ts";

interface Example {
  readonly name: string;
  readonly guarantee: Guarantee;
  readonly keeps: string;
  readonly breaks: string;
  /** What the violation says. */
  readonly text: string;
}

const EXAMPLES: readonly Example[] = [
  {
    name: "a read sees the write that was over before it began",
    guarantee: "linearizable",
    keeps: `
      0 set x 1 → ok
      1 get x linearizable → 1`,
    breaks: `
      0 set x 1 → ok
      1 get x linearizable → null`,
    text: 'x was never deleted, and held "1" before the get of lines 4–5 began',
  },
  {
    name: "a read under way with a write may see it or not, but not go back",
    guarantee: "linearizable",
    keeps: `
      0 set x 1 → ok
      0 set x 2
      1 get x linearizable → 1
      1 get x linearizable → 2
      0 ok`,
    breaks: `
      0 set x 1 → ok
      0 set x 2
      1 get x linearizable → 2
      2 get x linearizable → 1
      0 ok`,
    text:
      'x held "1" before "2", since the set of lines 2–3 was over before the get of lines 5–6 ' +
      'began; and "2" before "1", since the get of lines 5–6 was over before the get of lines 7–8',
  },
  {
    name: "a write of unknown outcome may happen at any later time, but not before it began",
    guarantee: "linearizable",
    keeps: `
      0 set x 1 → info
      1 get x linearizable → null
      1 set x 2 → ok
      1 get x linearizable → 1`,
    breaks: `
      1 get x linearizable → 1
      0 set x 1 → info`,
    text: "before the set of lines 4–5 began to write it",
  },
  {
    name: "a write of unknown outcome that was seen has happened",
    guarantee: "linearizable",
    keeps: `
      0 set x 1 → info
      1 get x linearizable → 1
      2 get x linearizable → 1`,
    breaks: `
      0 set x 1 → info
      1 get x linearizable → 1
      2 get x linearizable → null`,
    text: 'x was never deleted, and held "1" before',
  },
  {
    name: "a write that failed did not happen",
    guarantee: "linearizable",
    keeps: `
      0 set x 1 → fail
      1 get x linearizable → null`,
    breaks: `
      0 set x 1 → fail
      1 get x linearizable → 1`,
    text: "the set of lines 2–3 was answered fail: it certainly did not happen",
  },
  {
    name: "an eventual write may come at any time, a sequential one before its answer",
    guarantee: "linearizable",
    keeps: `
      0 set x 1 eventual → ok
      1 get x linearizable → null
      2 set x 2 → ok
      1 get x linearizable → 1
      1 get x linearizable → 1`,
    breaks: `
      0 set x 1 → ok
      1 set x 2 → ok
      1 get x linearizable → 1`,
    text: '"2" before "1"',
  },
  {
    name: "reads below linearizable may be old",
    guarantee: "linearizable",
    keeps: `
      0 set x 1 → ok
      1 get x sequential → null
      1 get x eventual → null
      1 get x linearizable → 1`,
    breaks: `
      0 set x 1 → ok
      1 get x sequential → null
      1 get x linearizable → null`,
    text: "the set of lines 2–3 was over by then",
  },
  {
    name: "what a key holds again it was given again",
    guarantee: "linearizable",
    keeps: `
      0 set x 1 → ok
      0 set x 2 → ok
      0 set x 1 → ok
      1 get x linearizable → 1`,
    breaks: `
      0 set x 1 → ok
      0 set x 1 → ok
      0 set x 2 → ok
      1 get x linearizable → 1`,
    text: "x",
  },
  {
    name: "a deleted key is not there, and one that is there was not deleted last",
    guarantee: "linearizable",
    keeps: `
      0 set x 1 → ok
      0 delete x → ok
      1 get x linearizable → null`,
    breaks: `
      0 set x 1 → ok
      0 delete x → ok
      1 get x linearizable → 1`,
    text: "x",
  },
  {
    name: "tries of one write happen once",
    guarantee: "linearizable",
    keeps: `
      0 set x 1 #a → info
      1 set x 2 → ok
      0 set x 1 #a → ok
      1 get x linearizable → 1`,
    breaks: `
      0 set x 1 #a → info
      1 get x linearizable → 1
      1 set x 2 → ok
      0 set x 1 #a → ok
      1 get x linearizable → 1`,
    text: '"2" before "1"',
  },
  {
    name: "what was answered once has happened, also if it is tried again",
    guarantee: "linearizable",
    keeps: `
      0 set x 1 #a → info
      1 get x linearizable → null
      0 set x 1 #a → ok`,
    breaks: `
      0 set x 1 #a → ok
      1 get x linearizable → null
      0 set x 1 #a → ok`,
    text: 'x was never deleted, and held "1" before the get of lines 4–5 began',
  },
  {
    name: "a write that was answered and lost is missed",
    guarantee: "linearizable",
    keeps: `
      0 delete x → ok
      0 set x 1 → info
      1 get x linearizable → null
      order delete x`,
    breaks: `
      0 delete x → ok
      0 set x 1 → ok
      1 get x linearizable → null
      order delete x`,
    text: "x: no order of these operations explains what was read",
  },
  {
    name: "all see the writes in one order (independent reads of independent writes)",
    guarantee: "sequential",
    keeps: `
      0 set x 1
      1 set y 1
      2 get x sequential@1 → 1
      2 get y sequential@1 → null
      3 get y sequential@2 → null
      3 get x sequential@2 → 1
      0 ok
      1 ok`,
    breaks: `
      0 set x 1
      1 set y 1
      2 get x sequential@1 → 1
      2 get y sequential@1 → null
      3 get y sequential@2 → 1
      3 get x sequential@2 → null
      0 ok
      1 ok`,
    text: "no order of these operations explains what was read",
  },
  {
    name: "one of two clients sees the other's write (store buffering)",
    guarantee: "sequential",
    keeps: `
      0 set x 1 → ok
      1 set y 1 sequential@1 → ok
      0 get y → null
      1 get x sequential@1 → 1`,
    breaks: `
      0 set x 1
      1 set y 1 sequential@1
      0 ok
      1 ok
      0 get y → null
      1 get x sequential@1 → null`,
    text: "no order of these operations explains what was read",
  },
  {
    name: "a read may be old, but not go back",
    guarantee: "sequential",
    keeps: `
      0 set x 1 → ok
      1 get x sequential@1 → null
      1 get x sequential@1 → 1`,
    breaks: `
      0 set x 1 → ok
      1 get x sequential@1 → 1
      1 get x sequential@1 → null`,
    text: "each of these would have to come before the next",
  },
  {
    name: "a client that moves without a token begins anew",
    guarantee: "sequential",
    keeps: `
      0 set x 1 → ok
      0 get x sequential@1 → null`,
    breaks: `
      0 set x 1 session → ok
      0 get x sequential@1 session → null`,
    text: "each of these would have to come before the next",
  },
  {
    name: "answered writes stand in the order of real time, for all clients",
    guarantee: "sequential",
    keeps: `
      0 set x 1 → ok
      1 set x 2 sequential@1 → ok
      2 get x sequential@2 → 1
      2 get x sequential@2 → 2`,
    breaks: `
      0 set x 1 → ok
      1 set x 2 sequential@1 → ok
      2 get x sequential@2 → 2
      2 get x sequential@2 → 1`,
    text: "each of these would have to come before the next",
  },
  {
    name: "the delivered order is the witness",
    guarantee: "sequential",
    keeps: `
      0 set x 1
      1 set x 2
      0 ok
      1 ok
      2 get x sequential@2 → 2
      2 get x sequential@2 → 1
      order set x 2
      order set x 1`,
    breaks: `
      0 set x 1
      1 set x 2
      0 ok
      1 ok
      2 get x sequential@2 → 2
      2 get x sequential@2 → 1
      order set x 1
      order set x 2`,
    text:
      'the get of lines 8–9 read x = "1", which was over at index 2; but its client had come to ' +
      "index 2 by the get of lines 6–7",
  },
  {
    name: "with the order: answered writes stand in the order of real time",
    guarantee: "sequential",
    keeps: `
      0 set x 1 → ok
      1 set y 2 → ok
      order set x 1
      order set y 2`,
    breaks: `
      0 set x 1 → ok
      1 set y 2 → ok
      order set y 2
      order set x 1`,
    text:
      "the set of lines 2–3 was answered before the set of lines 4–5 began, and stands behind it: " +
      "index 2 and index 1",
  },
  {
    name: "with the order: a client's own order",
    guarantee: "sequential",
    keeps: `
      0 set x 1 → ok
      0 set y 2 → info
      order set x 1
      order set y 2`,
    breaks: `
      0 get x → 1
      1 set x 1 → info
      1 set x 2 → info
      0 set y 2 → info
      order set y 2
      order set x 1
      order set x 2`,
    text:
      "the set of lines 8–9 stands at index 1; but before, its client had come to index 2 by the " +
      "get of lines 2–3",
  },
  {
    name: "with the order: what was answered is in it",
    guarantee: "sequential",
    keeps: `
      0 set x 1 → ok
      1 set x 2 → info
      order set x 1`,
    breaks: `
      0 set x 1 → ok
      1 set x 2 → info
      order set x 2`,
    text: "the set of lines 2–3 was answered ok and is not in the total order",
  },
  {
    name: "with the order: only what was written is read",
    guarantee: "sequential",
    keeps: `
      0 set x 1 → ok
      0 get x → 1
      order set x 1`,
    breaks: `
      0 set x 1 → ok
      0 get x → 3
      order set x 1`,
    text: 'the get of lines 4–5 read x = "3", which x never was in the total order',
  },
  {
    name: "requests on one connection are carried out one after the other",
    guarantee: "sequential",
    keeps: `
      0 set x 1 client:7
      1 get x client:7
      0 ok
      1 ok 1`,
    breaks: `
      0 set x 1 client:7
      1 get x client:7
      0 ok
      1 ok null`,
    text: "each of these would have to come before the next",
  },
  {
    name: "requests on one connection, though all are linearizable",
    guarantee: "sequential",
    keeps: `
      0 set x 1 linearizable client:7
      1 get x linearizable client:8
      0 ok
      1 ok null`,
    breaks: `
      0 set x 1 linearizable client:7
      1 get x linearizable client:7
      0 ok
      1 ok null`,
    text: "each of these would have to come before the next",
  },
  {
    name: "with the order: each try of a write may have been the one that was carried out",
    guarantee: "sequential",
    keeps: `
      1 set y 2 → info
      0 set x 1 #a → info
      0 get y → 2
      0 set x 1 #a → ok
      order set x 1 #a
      order set y 2`,
    breaks: `
      1 set y 2 → info
      0 get y → 2
      0 set x 1 #a → info
      0 set x 1 #a → ok
      order set x 1 #a
      order set y 2`,
    text: "stands at index 1; but before, its client had come to index 2 by the get of lines 4–5",
  },
  {
    name: "with the order: an eventual try may have come at any time",
    guarantee: "sequential",
    keeps: `
      1 set y 2 → info
      0 get y → 2
      0 set x 1 eventual #a → info
      0 set x 1 #a → ok
      order set x 1 #a
      order set y 2`,
    breaks: `
      1 set y 2 → info
      0 get y → 2
      0 set x 1 #a → info
      0 get y → 2
      order set x 1 #a
      order set y 2`,
    text: "stands at index 1; but before, its client had come to index 2 by the get of lines 4–5",
  },
  {
    name: "each try of a write may have been the one that was carried out",
    guarantee: "sequential",
    keeps: `
      0 set x 1 #a → info
      1 get x → 1
      1 set y 2 → ok
      0 get y → 2
      0 set x 1 #a → ok`,
    breaks: `
      1 get x → 1
      1 set y 2 → ok
      0 get y → 2
      0 set x 1 #a → ok`,
    text: "each of these would have to come before the next",
  },
  {
    name: "read your writes",
    guarantee: "session",
    keeps: `
      0 set x 1 eventual@0 session → ok
      0 get x eventual@1 session → 1
      order set x 1`,
    breaks: `
      0 set x 1 eventual@0 session → ok
      0 get x eventual@1 session → null
      order set x 1`,
    text:
      "read your writes: the get of lines 4–5 read x = nothing, which was over at index 1; but " +
      "its client had come to index 1 by the set of lines 2–3",
  },
  {
    name: "monotonic reads",
    guarantee: "session",
    keeps: `
      0 set x 1 → ok
      1 get x eventual@1 session → 1
      1 get x eventual@2 session → 1
      order set x 1`,
    breaks: `
      0 set x 1 → ok
      1 get x eventual@1 session → 1
      1 get x eventual@2 session → null
      order set x 1`,
    text: "monotonic reads: the get of lines 6–7",
  },
  {
    name: "monotonic writes",
    guarantee: "session",
    keeps: `
      0 set x 1 eventual@0 session → ok
      0 set y 2 eventual@1 session → ok
      order set x 1
      order set y 2`,
    breaks: `
      0 set x 1 eventual@0 session → ok
      0 set y 2 eventual@1 session → ok
      order set y 2
      order set x 1`,
    text: "monotonic writes: the set of lines 4–5 stands at index 1",
  },
  {
    name: "writes follow reads",
    guarantee: "session",
    keeps: `
      0 set x 1 eventual → ok
      1 get x eventual@1 session → 1
      1 set y 2 eventual@2 session → ok
      order set x 1
      order set y 2`,
    breaks: `
      0 set x 1 eventual → ok
      1 get x eventual@1 session → 1
      1 set y 2 eventual@2 session → ok
      order set y 2
      order set x 1`,
    text: "writes follow reads: the set of lines 6–7 stands at index 1",
  },
  {
    name: "a session without the order, by what follows from the answers",
    guarantee: "session",
    keeps: `
      0 set x 1 eventual@0 session → ok
      0 get x eventual@1 session → 1
      1 set x 2 eventual → ok
      0 get x eventual@1 session → 2`,
    breaks: `
      0 set x 1 eventual@0 session → ok
      1 set x 2 eventual → ok
      0 get x eventual@1 session → 2
      0 get x eventual@2 session → 1
      0 get x eventual@2 session → 2`,
    text: "each of these would have to come before the next",
  },
  {
    name: "without a token nothing is promised to who moves",
    guarantee: "session",
    keeps: `
      0 set x 1 eventual@0 session → ok
      0 get x eventual@1 → null
      0 get x eventual@1 session → 1`,
    breaks: `
      0 set x 1 eventual@0 session → ok
      0 get x eventual@1 → null
      0 get x eventual@1 session → null`,
    text: "each of these would have to come before the next",
  },
  {
    name: "all replicas hold the same at the end",
    guarantee: "convergence",
    keeps: `
      0 set x 1 → ok
      final 0
      final 0 x 1
      final 1
      final 1 x 1
      final 2 x 1`,
    breaks: `
      0 set x 1 → ok
      final 0
      final 0 x 1
      final 1
      final 1 x 1
      final 2`,
    text: 'x is not the same at the end: replica 0 holds "1", replica 2 holds nothing',
  },
  {
    name: "nothing acknowledged is lost",
    guarantee: "present",
    keeps: `
      0 set x 1 eventual → ok
      0 set y 2 → info
      order set x 1`,
    breaks: `
      0 set x 1 eventual → ok
      0 set y 2 → info
      order set y 2`,
    text: "the set of lines 2–3 was answered ok and is not in the total order",
  },
  {
    name: "what failed is not there",
    guarantee: "present",
    keeps: `
      0 set x 1 → fail
      0 set x 2 → ok
      order set x 2`,
    breaks: `
      0 set x 1 → fail
      0 set x 2 → ok
      order set x 1
      order set x 2`,
    text: "the set of lines 2–3 was answered fail and stands in the total order at index 1",
  },
  {
    name: "no write is there twice; what was tried again is carried out once",
    guarantee: "present",
    keeps: `
      0 set x 1 #a → info
      0 set x 1 #a → ok
      1 set x 2 → ok
      order set x 1 #a
      order set x 2
      order set x 1 #a
      final 0
      final 0 x 2`,
    breaks: `
      0 set x 1 → ok
      1 set x 2 → ok
      order set x 1
      order set x 2
      order set x 1`,
    text:
      'index 3 of the total order has set x "1" a second time: the set of lines 2–3 is at index 1',
  },
  {
    name: "what a fence came before is not carried out, unless it was answered before",
    guarantee: "present",
    keeps: `
      0 set x 1 #a → fail
      0 set y 1 eventual #b → ok
      order fence #a
      order fence #b
      order set x 1 #a
      order set y 1 #b eventual
      final 0
      final 0 y 1`,
    breaks: `
      0 set x 1 #a → fail
      0 set y 1 eventual #b → ok
      order fence #b
      order set x 1 #a
      order fence #a
      order set y 1 #b eventual
      final 0
      final 0 y 1`,
    text: "the set of lines 2–3 was answered fail and stands in the total order at index 2",
  },
  {
    name: "the order has only what was asked for",
    guarantee: "present",
    keeps: `
      0 set x 1 #a → ok
      order set x 1 #a`,
    breaks: `
      0 set x 1 #a → ok
      order set x 1 #a
      order set x 2 #b`,
    text: 'index 2 of the total order has set x "2", which nobody asked for',
  },
  {
    name: "an id means one thing",
    guarantee: "present",
    keeps: `
      0 delete x #a → ok
      order delete x #a`,
    breaks: `
      0 delete x #a → ok
      order set x 2 #a`,
    text: "with the id of the delete of lines 2–3, which asked for something else",
  },
  {
    name: "the replicas hold what the order leads to",
    guarantee: "present",
    keeps: `
      0 set x 1 → ok
      0 set x 2 → ok
      0 set y 3 → ok
      0 delete y → ok
      order set x 1
      order set x 2
      order set y 3
      order delete y
      final 1
      final 1 x 2`,
    breaks: `
      0 set x 1 → ok
      0 set x 2 → ok
      order set x 1
      order set x 2
      final 1
      final 1 x 1`,
    text: 'replica 1 holds x = "1" at the end, and the total order leads to "2" at index 2',
  },
  {
    name: "without the order: what was answered is there, or what may have come later",
    guarantee: "present",
    keeps: `
      0 set x 1 → info
      0 set x 2 → ok
      final 0 x 1`,
    breaks: `
      0 set x 1 → ok
      0 set x 2 → ok
      final 0 x 1`,
    text:
      'the set of lines 4–5 was answered ok, and at the end replica 0 holds x = "1", which was ' +
      "before it",
  },
  {
    name: "without the order: what is there was written",
    guarantee: "present",
    keeps: `
      0 set x 1 → info
      0 set y 2 → ok
      final 0 x 1`,
    breaks: `
      0 set x 1 → fail
      0 set y 2 → ok
      final 0 x 1`,
    text: 'replica 0 holds x = "1" at the end, and no write that did not fail says so',
  },
  {
    name: "nobody reads what is not written yet, at any level",
    guarantee: "present",
    keeps: `
      0 set x 1
      1 get x eventual → 1
      0 info`,
    breaks: `
      1 get x eventual → 1
      0 set x 1 → ok`,
    text: 'the get of lines 2–3 read x = "1", before the set of lines 4–5 began to write it',
  },
];

for (const { name, guarantee, keeps, breaks, text } of EXAMPLES) {
  Deno.test(`${guarantee}: ${name}`, () => {
    const good = verdictOn(told(keeps), guarantee);
    assertEquals(good.verdict, "ok");
    assert(good.judged > 0, "something was judged");
    const bad = verdictOn(told(breaks), guarantee);
    assert(bad.verdict === "illegal", JSON.stringify(bad));
    assertStringIncludes(bad.violation.text, text);
  });
}

Deno.test("what cannot be decided is unknown, and says why", () => {
  const why = (guarantee: Guarantee, text: string) => {
    const verdict = verdictOn(told(text), guarantee);
    assert(verdict.verdict === "unknown", JSON.stringify(verdict));
    return verdict.why;
  };
  const gap = "0 set x 1 → ok\norder set x 1 @2";
  assertEquals(why("present", gap), "the total order has no index 1");
  assertEquals(
    why("present", "0 set x 1 → ok\n1 set x 2 → ok\norder set x 1\norder set x 2 @5"),
    "the total order has no index 2 to 4",
  );
  assertEquals(
    why("present", "0 delete x → ok\n0 delete x → ok\norder delete x\norder delete x"),
    "writes without an id ask for the same, so that their places cannot be told",
  );
  assertEquals(
    why("convergence", "final 0\nfinal 0 x 1\nfinal 1 x 1"),
    "what replica 2 held at the end is not told",
  );
  assertEquals(
    why("convergence", "final 0 x 1\nfinal 1 x 1\nfinal 2 y 1"),
    "some keys are not told of all replicas",
  );
});

Deno.test("a part of a history may leave out places of the order", () => {
  const lines = "0 set x 1 → ok\norder set x 1 @17";
  const { header, ...rest } = told(lines);
  assertEquals(verdictOn({ header, ...rest }, "present").verdict, "unknown");
  assertEquals(verdictOn({ header: { ...header, part: true }, ...rest }, "present").verdict, "ok");
});

Deno.test("what asks for nothing is judged as nothing", () => {
  const history = told("0 set x 1 eventual → ok\n0 get x eventual → null");
  for (const guarantee of ["linearizable", "sequential", "session", "convergence"] as const) {
    assertEquals(verdictOn(history, guarantee), { verdict: "ok", judged: 0 });
  }
});

Deno.test("where a search would cost too much, the order decides, or nothing does", () => {
  const writes = `
    0 set x 1 → ok
    0 delete x → ok
    0 set x 2 → ok`;
  const order = "order set x 1\norder delete x\norder set x 2";
  const verdict = (text: string) =>
    judge(told(text), { only: ["linearizable"], steps: 0 }).linearizable;
  const deleted = `${writes}\n0 delete x #b → ok\n2 get x linearizable → null`;
  assertEquals(verdict(`${deleted}\n${order}\norder delete x #b`), { verdict: "ok", judged: 5 });
  const stale = verdict(`${writes}\n2 get x linearizable → null\n${order}`);
  assert(stale?.verdict === "illegal");
  assertEquals(stale.violation, {
    text: "x: these operations do not fit the total order in real time",
    operations: [2, 3],
    entries: [2],
    finals: [],
  });
  assertEquals(verdict(`${writes}\n2 get x linearizable → null`), {
    verdict: "unknown",
    judged: 4,
    why: "x has values that were written twice, and too many ways to order them",
  });
});

Deno.test("of several broken keys one is shown, and how many there are", () => {
  const broken = (key: string) => `0 set ${key} 1 → ok\n1 get ${key} linearizable → null\n`;
  const verdict = verdictOn(told(broken("x") + broken("y") + broken("z")), "linearizable");
  assert(verdict.verdict === "illegal");
  assertEquals(verdict.judged, 6);
  assertStringIncludes(verdict.violation.text, " (one of 3 keys that are not)");
});
