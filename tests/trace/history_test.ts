/** Traces as histories, judged. */

import { assert, assertEquals } from "@std/assert";
import { judge } from "../../lib/check/judge.ts";
import { historyOf } from "../../lib/check/reader.ts";
import type { Guarantee } from "../../lib/check/verdict.ts";
import { historyLinesOf, JUDGED_TYPES } from "../../lib/trace/history.ts";
import type { AnswerLine, InvokeLine, TraceLine } from "../../lib/trace/line.ts";
import { toldText } from "../../lib/trace/told.ts";
import { simulated } from "./lines.ts";

let process = 0;

/** A request and its answer, as a server tells them. */
function told(
  at: number,
  asked: Partial<InvokeLine>,
  answered: Partial<AnswerLine> = {},
): TraceLine[] {
  const own = process++;
  return [
    {
      ...{ type: "invoke", process: own, at, op: "get", key: "x", level: "sequential" },
      ...{ replica: 0, client: own },
      ...asked,
    },
    { type: "ok", process: own, at: at + 5, ...answered },
  ];
}

/** A `set x` that becomes message n of replica 0, at that index. */
function written(at: number, n: number, value: string): TraceLine[] {
  const facts = { replica: 0, time: at } as const;
  return [
    { type: "submit", at, ...facts, messages: [{ n, op: "set", key: "x", value }] },
    { type: "deliver", at: at + 1, ...facts, messages: [[n, 0, n]] },
  ];
}

function verdicts(lines: TraceLine[], only: readonly Guarantee[]) {
  const sorted = lines.sort((a, b) => ("at" in a ? a.at : 1e9) - ("at" in b ? b.at : 1e9));
  const found = judge(historyOf(historyLinesOf({ lines: sorted, replicas: 3 })), { only });
  return only.map((guarantee) => found[guarantee]?.verdict);
}

const set = (value: string) => ({ op: "set", value });

Deno.test("what servers tell is judged by the order that they deliver in", () => {
  const good = [
    ...written(10, 1, "a"),
    ...told(9, set("a"), { origin: 0, n: 1 }),
    ...told(20, {}, { value: "a" }),
  ];
  assertEquals(verdicts(good, ["sequential", "present"]), ["ok", "ok"]);
  const old = [...good, ...told(40, { level: "linearizable" }, { value: null })];
  assertEquals(verdicts(old, ["linearizable"]), ["illegal"]);
  const invented = [...good, ...told(40, {}, { value: "never written" })];
  assertEquals(verdicts(invented, ["present"]), ["illegal"]);
});

Deno.test("where lines cannot be read, nothing is found to be right or wrong", () => {
  const lost = told(20, {}, { value: "of a write whose lines are lost" });
  assertEquals(verdicts(lost, ["present"]), ["illegal"]);
  const found = judge(historyOf(historyLinesOf({ lines: lost, replicas: 3, unread: 1 })));
  const words = Object.values(found).map(({ verdict }) => verdict);
  assert(words.includes("unknown") && !words.includes("illegal"), words.join());
});

Deno.test("a write that its server never answered was asked for all the same", () => {
  const lines = [...written(10, 1, "a"), ...told(20, {}, { value: "a" })];
  assertEquals(verdicts(lines, ["present"]), ["ok"]);
});

Deno.test("of a write that was tried at two replicas, the first try counts though nobody answered it", () => {
  const retry = { ...set("a"), id: "w", replica: 1, level: "linearizable" } as const;
  const tries = [[0, 10], [1, 31]].map(([replica, at]): TraceLine => ({
    ...{ type: "submit", at, replica, time: at },
    messages: [{ n: 1, op: "set", key: "x", value: "a", id: "w" }],
  }));
  const lines = [
    ...tries,
    { type: "deliver", at: 12, replica: 1, time: 12, messages: [[1, 0, 1]] } as const,
    ...told(20, { replica: 1, level: "linearizable" }, { value: "a" }),
    ...told(30, retry, { origin: 1, n: 1 }),
    { type: "deliver", at: 32, replica: 1, time: 32, messages: [[2, 1, 1]] } as const,
  ];
  assertEquals(verdicts(lines, ["linearizable", "present"]), ["ok", "ok"]);
});

Deno.test("what simulated clients asked and were told holds what each asked for", () => {
  let judged = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const found = judge(historyOf(historyLinesOf(simulated(seed))));
    for (const [guarantee, verdict] of Object.entries(found)) {
      assert(verdict.verdict !== "illegal", `seed ${seed}: ${guarantee}`);
      if (verdict.verdict === "ok") judged += verdict.judged;
    }
  }
  assert(judged > 10_000, `${judged} judged`);
});

Deno.test("what a history has no form for is left out with its keys, and nothing is proven of it", () => {
  const facts = { at: 30, replica: 0, time: 30 } as const;
  const lines: TraceLine[] = [
    ...written(10, 1, "a"),
    ...told(9, set("a"), { origin: 0, n: 1 }),
    { type: "submit", ...facts, messages: [{ n: 2, op: "add", key: "c", value: ["add", "1"] }] },
    { type: "deliver", ...facts, messages: [[2, 0, 2]] },
    ...told(29, { op: "add", key: "c", value: ["add", "1"] }, { origin: 0, n: 2 }),
    ...told(40, { key: "c" }, { value: "1" }),
    ...told(50, {}, { value: "a" }),
  ];
  assertEquals(verdicts([...lines], ["sequential", "present"]), ["ok", "unknown"]);
  const [header, ...rest] = historyLinesOf({ lines, replicas: 3 });
  assertEquals("incomplete" in header, true);
  assertEquals(rest.some((line) => "key" in line && line.key === "c"), false);
});

Deno.test("what is done to many keys leaves out these, long ones too, and no others", () => {
  const long = "k".repeat(1_000);
  const pairs = ["several", ["a", null], [toldText(long), null]];
  const lines: TraceLine[] = [
    ...written(10, 1, "v"),
    ...told(9, set("v"), { origin: 0, n: 1 }),
    ...told(20, { op: "several", key: "", value: pairs }, { origin: 0, n: 2 }),
    ...["x", "a", long, "b"].flatMap((key, i) => told(30 + 10 * i, { key }, { value: "v" })),
  ];
  const [, ...rest] = historyLinesOf({ lines, replicas: 3 });
  const asked = rest.flatMap((line) => line.type === "invoke" ? [`${line.op} ${line.key}`] : []);
  assertEquals(asked, ["set x", "get x", "get b"]);
  // It may have been done to any key.
  const [, ...none] = historyLinesOf({
    lines: [...lines, ...told(90, { op: "clear", key: "", value: ["clear"] })],
    replicas: 3,
  });
  assertEquals(none.filter((line) => line.type === "invoke"), []);
});

Deno.test("bytes that are no text are told apart, and judged", () => {
  const [key, value] = ["\udcff", "\udc80\r\n"];
  const facts = { replica: 0, time: 1 } as const;
  const lines: TraceLine[] = [
    ...told(9, { ...set(value), key, id: "\udcff" }, { origin: 0, n: 1 }),
    { type: "submit", at: 10, ...facts, messages: [{ n: 1, op: "set", key, value, id: key }] },
    { type: "deliver", at: 11, ...facts, messages: [[1, 0, 1]] },
    ...told(20, { key }, { value }),
  ];
  assertEquals(verdicts(lines, ["sequential", "present"]), ["ok", "ok"]);
  const other = told(30, { key, level: "linearizable" }, { value: "\udc81\r\n" });
  assertEquals(verdicts([...lines, ...other], ["present"]), ["illegal"]);
});

Deno.test("a trace of which only a part is told proves nothing is missing", () => {
  const sample: TraceLine = { type: "sample", at: 1, replica: 0, time: 1, every: 4 };
  const lines = [
    sample,
    ...written(10, 4, "a"),
    ...told(9, set("a"), { origin: 0, n: 4 }),
    // Of a write that is not told.
    ...told(20, { level: "linearizable" }, { value: "b" }),
  ];
  const found = verdicts(lines, ["linearizable", "sequential", "present"]);
  assertEquals(found, ["ok", "ok", "unknown"]);
});

Deno.test("what was there before the trace began, or is lost, is nobody's mistake", () => {
  const start: TraceLine = { type: "start", at: 1, replica: 0, time: 1, index: 5 };
  const only = ["linearizable", "sequential", "present"] as const;
  const unknown = ["ok", "ok", "unknown"] as const;
  const asked = { level: "linearizable" } as const;
  assertEquals(verdicts([start, ...told(20, asked, { value: "old" })], only), [...unknown]);
  // Of a replica that was killed before it had told of the message.
  const [, delivered] = written(10, 1, "a");
  const read = told(20, asked, { value: "a" });
  assertEquals(verdicts([delivered, ...read], only), [...unknown]);
  // It went on in the same file.
  const again: TraceLine = { ...start, at: 30, index: 1 };
  assertEquals(verdicts([...written(10, 1, "a"), ...read, again], only), ["ok", "ok", "ok"]);
});

Deno.test("a message that one clock delivers before another has submitted it is in the order", () => {
  const [submitted, delivered] = written(10, 1, "a");
  const lines = [
    { ...submitted, at: 11 },
    { ...delivered, at: 10 },
    ...told(20, {}, { value: "a" }),
  ];
  assertEquals(verdicts(lines, ["sequential", "present"]), ["ok", "ok"]);
});

Deno.test("lines of other types change nothing in what is judged", () => {
  for (const seed of [3, 8, 21]) {
    const { replicas, lines } = simulated(seed);
    const judged = lines.filter(({ type }) => JUDGED_TYPES.has(type));
    assert(judged.length < lines.length);
    assertEquals(
      historyLinesOf({ lines: judged, replicas }),
      historyLinesOf({ lines, replicas }),
    );
  }
});
