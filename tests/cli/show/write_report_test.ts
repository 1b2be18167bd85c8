/** Pages of traces, however much there is to draw. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { judge } from "../../../lib/check/judge.ts";
import type { HistoryEvent } from "../../../lib/check/history.ts";
import { historyOf } from "../../../lib/check/reader.ts";
import { brokenAtUs, reportVerdicts } from "../../../lib/cli/show/verdicts.ts";
import { writeReport } from "../../../lib/cli/show/write_report.ts";
import type { Trace } from "../../../lib/cli/show/read_trace.ts";
import { REPORT_BYTES_MAX, SHOW_LINES_MAX } from "../../../lib/limits.ts";
import type { TraceLine } from "../../../lib/trace/line.ts";
import { storyOf } from "../../../lib/trace/tell.ts";

function written(trace: Trace): { readonly page: string; readonly shown: Trace } {
  const path = Deno.makeTempFileSync();
  try {
    const shown = writeReport(path, trace, "large");
    return { page: Deno.readTextFileSync(path), shown };
  } finally {
    Deno.removeSync(path);
  }
}

/** Writes of long keys and values, ten in a line, that all replicas queue, acknowledge and apply. */
function many(replicas: number, count: number, text: string): Trace {
  const ids = Array.from({ length: replicas }, (_, id) => id);
  const lines: TraceLine[] = [];
  for (let turn = 0; lines.length < count; turn++) {
    const at = 1_000_000 + turn * 1_000;
    const facts = { at, replica: 0, time: 10 * turn } as const;
    const numbers = Array.from({ length: 10 }, (_, i) => turn * 10 + i + 1);
    const messages = numbers.map((n) => [n, n] as const);
    const placed = numbers.map((n) => [n, 0, n] as const);
    lines.push(
      {
        type: "submit",
        ...facts,
        messages: numbers.map((n) => ({ n, op: "set", key: `${n}${text}`, value: `${n}${text}` })),
      },
      { type: "broadcast", ...facts, to: ids.slice(1), messages },
      ...ids.slice(1).map((replica): TraceLine => ({
        ...{ type: "receive", ...facts, replica, from: 0, of: "broadcast", messages },
      })),
      ...ids.flatMap((replica): TraceLine[] => [
        { type: "deliver", ...facts, replica, messages: placed },
        { type: "apply", ...facts, replica, messages: placed },
      ]),
    );
  }
  return { replicas, began: 1_000_000, lines: lines.slice(0, count), before: 0, leftOut: 0 };
}

Deno.test("a page stays small, with long keys and values and many replicas, and says what is left out", () => {
  for (const [replicas, text] of [[9, "x".repeat(256)], [3, "日本語".repeat(80)]] as const) {
    const trace = many(replicas, SHOW_LINES_MAX, text);
    const { page, shown } = written(trace);
    const bytes = new TextEncoder().encode(page).length;
    assert(bytes <= REPORT_BYTES_MAX, `${bytes} bytes`);
    assert(bytes > REPORT_BYTES_MAX / 2, `${bytes} bytes: too little is shown`);
    assertEquals(shown.lines.length + shown.leftOut, trace.lines.length);
    assertMatch(page, /Only the first [\d,]+ lines are shown/);
    const start: TraceLine = { type: "start", at: trace.began, replica: 0, time: 0, index: 0 };
    const window = { ...trace, began: trace.began - 2_000_000, lines: [start, ...trace.lines] };
    assertMatch(
      written({ ...window, before: 1 }).page,
      /Only the first [\d,]+ lines from 2,000 ms on are shown/,
    );
  }
});

Deno.test("a trace with nothing in it, or one line, is a page too", () => {
  const empty = { replicas: 1, began: 0, lines: [], before: 0, leftOut: 0 };
  assertMatch(written(empty).page, /1 replica, 0 lines of a trace in simulated time\./);
  const real = { ...empty, began: 1_795_943_109_225_707 };
  assertMatch(written(real).page, /of a trace that began at 2026-11-29T/);
  const line: TraceLine = { type: "start", at: 86_400_000_000, replica: 0, time: 0, index: 0 };
  assertMatch(written({ ...empty, lines: [line] }).page, /1 replica, 1 line /);
});

Deno.test("what is known of a run is told though only a part of it is shown, at the operation that breaks it", () => {
  const [first, last] = [1_795_943_109_000_000, 1_795_943_112_000_000];
  const facts = { key: "x", level: "linearizable", replica: 0 } as const;
  const reading = (at: number): HistoryEvent[] => [
    { type: "invoke", process: 2, at, op: "get", ...facts },
    { type: "ok", process: 2, at: at + 400, value: null },
  ];
  const read = reading(last + 500);
  const history = historyOf([
    { history: 1, replicas: 1 },
    { type: "invoke", process: 1, at: 0, op: "set", value: "1", id: "a", ...facts },
    { type: "ok", process: 1, at: 800 },
    ...reading(last + 500 - first),
  ]);
  const known = { history, verdicts: judge(history), beganUs: first };
  assertEquals(brokenAtUs(known), last + 500);
  const trace = { replicas: 1, began: first, lines: read, before: 0, leftOut: 2 };
  const [verdict] = reportVerdicts(trace, storyOf(read, trace), known);
  assertEquals([verdict.guarantee, verdict.verdict, verdict.operations], [
    ...["linearizable", "illegal"],
    [0],
  ]);
  assertMatch(verdict.words, /^set x "1" → ok \(replica 0\); then get x → nothing/);
  const [unknown] = reportVerdicts(trace, storyOf(read, trace));
  assertEquals(unknown.verdict, "unknown");
});
