import { assertEquals } from "@std/assert";
import { violationOf } from "../../lib/check/verdict.ts";
import { verdictLines, violationLines } from "../../lib/show/verdicts.ts";
import { displayWidth } from "../../lib/show/text.ts";
import { told } from "../check/told.ts";

Deno.test("a line for each guarantee that was judged, in their order", () => {
  assertEquals(
    verdictLines({
      convergence: { verdict: "ok", judged: 1 },
      session: { verdict: "unknown", judged: 3, why: "it is too large" },
      linearizable: { verdict: "ok", judged: 1_234 },
      sequential: { verdict: "ok", judged: 0 },
      present: { verdict: "illegal", judged: 7, violation: violationOf("", {}) },
    }, (word) => word.toUpperCase()),
    [
      "guarantee     verdict  judged",
      "────────────  ───────  ────────────────",
      "linearizable  OK       1,234 operations",
      "sequential    OK       nothing to judge",
      "session       UNKNOWN  it is too large",
      "convergence   OK       1 key",
      "present       ILLEGAL  7 operations",
    ],
  );
});

Deno.test("a violation shows all tries of its operations, and its entries", () => {
  const history = told(`
    0 set x 1 #a → info
    0 get y
    1 set x 1 eventual@2 session #a → ok
    order fence #b
    order set x 1 #a`);
  const violation = violationOf("something is wrong", { operations: [0, 1], entries: [0, 1] });
  assertEquals(violationLines(history, violation), [
    "  something is wrong",
    "",
    "  lines  who        what                      how",
    "  ─────  ─────────  ────────────────────────  ────────────────────────────",
    '  2–3    process 0  set x "1" → info timeout  sequential, replica 0',
    "  4      process 0  get y → open              sequential, replica 0",
    '  5–6    process 1  set x "1" → ok            eventual, session, replica 2',
    '  7      the order  fence "b"                 index 1',
    '  8      the order  set x "1"                 index 2',
  ]);
});

Deno.test("of a large violation the first lines are shown", () => {
  const steps = Array.from({ length: 30 }, (_, i) => `0 set x${"y".repeat(i * 4)} ${i} → ok`);
  const history = told(steps.join("\n"));
  const lines = violationLines(history, violationOf("wrong", { operations: [...steps.keys()] }));
  assertEquals(lines.at(-1), "  and 10 more lines");
  for (const line of lines) assertEquals(displayWidth(line) <= 80, true, line);
});

Deno.test("what has no operations is told in its sentence", () => {
  assertEquals(violationLines(told(""), violationOf("wrong", { finals: [0] })), ["  wrong"]);
});
