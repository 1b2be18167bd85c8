import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { conclude } from "../../lib/chaos/conclusion.ts";
import { HistoryFile } from "../../lib/chaos/history_file.ts";
import { type Judgement, judgeRun } from "../../lib/chaos/judgement.ts";
import type { Asked } from "../../lib/chaos/recorder.ts";
import { Recorder } from "../../lib/chaos/recorder.ts";
import type { RunReport } from "../../lib/chaos/run.ts";
import { encodeLine } from "../../lib/check/history.ts";
import type { FinalContent, FinalValue, HistoryEvent, OrderLine } from "../../lib/check/history.ts";
import { judge } from "../../lib/check/judge.ts";
import { worst } from "../../lib/check/verdict.ts";
import { readHistory } from "../../lib/cli/check/read_history.ts";
import { historyOf } from "../../lib/check/reader.ts";
import { EXITS } from "../../lib/cli/chaos.ts";

/** What a test run looks like when nothing but its history can be wrong. */
const ENOUGH = { writes: 9, reads: 9, failed: 0, unknown: 0 };
const REPORT: RunReport = {
  seed: 1,
  replicas: 3,
  beganUs: 0,
  loadMs: 1_000,
  faults: { kill: 1, pause: 1, cut: 1, slow: 1, wipe: 1 },
  levels: { eventual: ENOUGH, sequential: ENOUGH, linearizable: ENOUGH },
  longestGapMs: 0,
  order: { last: 5, missing: 0, disagreement: null },
  crashes: [],
  convergence: { ms: 1, missing: null },
};
const LEAST = { kinds: ["kill"], faults: 1, operations: 1 } as const;

/** A line behind the header. */
type Line = HistoryEvent | OrderLine | FinalContent | FinalValue;

/** A run in which writes go one after the other, each read by clients of all kinds. */
function recordedLines(rounds: number): Line[] {
  const lines: Line[] = [];
  let ms = 0;
  const recorder = new Recorder((line) => lines.push(line as Line), () => ++ms);
  const [writer, fixed, moving, session] = [1, 2, 3, 4].map(() => recorder.process());
  for (let round = 1; round <= rounds; round++) {
    const [key, id] = [`k${round % 3}`, `o${round}`];
    const ask = (facts: Partial<Asked>): Asked =>
      ({ op: "get", key, level: "sequential", replica: 0, ...facts }) as Asked;
    writer.invoke(ask({ op: "set", value: id, id }));
    writer.ok();
    for (
      const [process, facts] of [
        [fixed, {}],
        [moving, { level: "linearizable", replica: round % 3 }],
        [session, { session: true, replica: round % 3 }],
      ] as const
    ) {
      process.invoke(ask(facts));
      process.ok(id);
    }
    lines.push({ type: "order", index: round, op: "set", key, value: id, id, origin: 0 });
  }
  for (const replica of [0, 1, 2]) {
    lines.push({ type: "final", replica });
    for (let round = rounds - 2; round <= rounds; round++) {
      lines.push({ type: "final", replica, key: `k${round % 3}`, value: `o${round}` });
    }
  }
  return lines;
}

/** Judges the lines as a run does; gives back what is in the smallest part. */
async function judged(
  lines: readonly Line[],
): Promise<{ judgement: Judgement; exit: number; part: string }> {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/history.jsonl`;
    {
      using file = new HistoryFile(path, { replicas: 3 });
      for (const line of lines) file.add(line);
    }
    const judgement = judgeRun(await readHistory(path, () => {}));
    const { conclusion } = conclude(REPORT, judgement.judged, LEAST);
    const { smallest } = judgement;
    const part = smallest === null ? "" : smallest.map(encodeLine).join("");
    if (smallest !== null) assertEquals(worst(judge(historyOf(smallest))), "illegal", part);
    return { judgement, exit: EXITS[conclusion], part };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function wrongIn({ judged }: Judgement): string[] {
  return judged.filter(({ verdict }) => verdict !== "ok").map(({ guarantee }) => guarantee);
}

Deno.test("a history that keeps its word is good", async () => {
  const { judgement, exit, part } = await judged(recordedLines(50));
  assertEquals(wrongIn(judgement), [], JSON.stringify(judgement));
  assertEquals([exit, part], [0, ""]);
});

Deno.test("a stale linearizable read is a violation, and its smallest part shows it", async () => {
  const lines = recordedLines(50);
  const at = lines.findLastIndex((line) => "level" in line && line.level === "linearizable");
  const read = lines[at + 1];
  assert(read.type === "ok" && typeof read.value === "string");
  // What the key held before: it has three rounds of its own for each of its values.
  lines[at + 1] = { ...read, value: `o${Number(read.value.slice(1)) - 3}` };
  const { judgement, exit, part } = await judged(lines);
  assert(wrongIn(judgement).includes("linearizable"));
  assertEquals(exit, 1);
  assert(part.split("\n").length < 12, part);
  assertStringIncludes(part, '"level":"linearizable"');
});

Deno.test("a lost acknowledged write is a violation, and its smallest part shows it", async () => {
  const lines = recordedLines(50).filter((line) => !("process" in line && line.process > 0));
  const lost = lines.findLast((line) => line.type === "order");
  assert(lost?.op === "set");
  const { id, key } = lost;
  const without = lines
    .filter((line) =>
      line !== lost && !("key" in line && line.type === "final" && line.key === key)
    )
    .concat([0, 1, 2].map((replica) => ({ type: "final", replica, key, value: "o47" })));
  const { judgement, exit, part } = await judged(without);
  assert(wrongIn(judgement).includes("acknowledged is present"), JSON.stringify(judgement));
  assertEquals(exit, 1);
  assert(part.split("\n").length < 15, part);
  assertStringIncludes(part, `"id":"${id}"`);
});

Deno.test("replicas that differ in the end are a violation", async () => {
  const lines = recordedLines(50);
  const at = lines.findLastIndex((line) => line.type === "final");
  const final = lines[at];
  assert("value" in final && final.type === "final");
  lines[at] = { ...final, value: null };
  const { judgement, exit } = await judged(lines);
  assert(wrongIn(judgement).includes("all replicas equal"));
  assertEquals(exit, 1);
});

Deno.test("without an order and an end, nothing is called good", async () => {
  const lines = recordedLines(50).filter((line) => "process" in line);
  const { judgement, exit } = await judged(lines);
  assertEquals(exit, 3, JSON.stringify(judgement));
});
