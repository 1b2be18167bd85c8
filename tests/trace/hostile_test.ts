/** Traces that were written to break whoever reads them: drawn or refused, in words. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { historyOf } from "../../lib/check/reader.ts";
import { judge } from "../../lib/check/judge.ts";
import { Random } from "../../lib/chaos/random.ts";
import { readTrace } from "../../lib/cli/show/read_trace.ts";
import { HistoryError, UsageError } from "../../lib/errors.ts";
import { HISTORY_LINE_BYTES_MAX } from "../../lib/limits.ts";
import { diagram } from "../../lib/show/diagram.ts";
import { compact } from "../../lib/show/report/compact.ts";
import { decodeTraceLine } from "../../lib/trace/decode.ts";
import { historyLinesOf } from "../../lib/trace/history.ts";
import type { TraceLine } from "../../lib/trace/line.ts";
import { storyOf } from "../../lib/trace/tell.ts";
import { simulated } from "./lines.ts";

/** What drives a terminal, or changes the direction of a line. */
const EVIL_TEXT = "\x1b[2J\x1b]0;x\x07\u009b31m\u202e\u2066\u061c\n\r\t";
const UNSAFE = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

/** Nested too deep for whoever follows it step by step. */
const DEEP: unknown = JSON.parse("[".repeat(50_000) + "]".repeat(50_000));

const VALUES: readonly unknown[] = [
  ...[EVIL_TEXT, "</script><script>", "\ud800", "x".repeat(100_000), "", 0, -1, 1.5, 1e308, null],
  ...[2 ** 53 - 1, 2 ** 53, true, [], {}, [null], { toString: 1 }, DEEP, ["set", DEEP]],
  ...[["several", null], ["several", ["a", {}]], ["rename", { toString: 1 }], ["add", EVIL_TEXT]],
];

/** Lines as any, with some of their fields replaced. */
function mutated(random: Random, lines: readonly TraceLine[], replicas: number): TraceLine[] {
  return lines.flatMap((known) => {
    const line: Record<string, unknown> = { ...known };
    if (random.chance(0.2)) {
      const name = random.pick(Object.keys(line));
      if (name !== "type") line[name] = random.pick(VALUES);
    }
    return [line, ...(random.chance(0.3) ? [extra(random)] : [])];
  }).flatMap((line) => {
    try {
      return [decodeTraceLine(line, replicas)];
    } catch (error) {
      assert(error instanceof HistoryError, String(error));
      return [];
    }
  });
}

function extra(random: Random): Record<string, unknown> {
  const at = random.pick([0, random.int(0, 8_000_000), 2 ** 53 - 1]);
  const facts = { at, replica: 0, time: 1 };
  const value = random.pick(VALUES);
  const n = random.pick([0, 1, 2, 2 ** 53 - 1]);
  const process = random.int(0, 5);
  const op = random.pick(["get", "set", "delete", "several", "rename", "fence", EVIL_TEXT]);
  return random.pick<Record<string, unknown>>([
    { type: "invoke", process, at, op, key: EVIL_TEXT, value, level: "eventual", replica: 0 },
    { type: random.pick(["ok", "fail", "info"]), process, at, code: EVIL_TEXT, origin: 0, n },
    { type: "submit", ...facts, messages: [{ n, op, key: EVIL_TEXT, value, id: EVIL_TEXT }] },
    { type: "deliver", ...facts, messages: [[n, 0, random.int(0, 20)]] },
    { type: "fault", at, fault: EVIL_TEXT, phase: "begin", replicas: [0], ways: [[0, 1]] },
    { type: "suspect", ...facts, peer: 1, reason: EVIL_TEXT },
    { type: "send", ...facts, to: [1, 0], message: EVIL_TEXT },
    { type: "receive", ...facts, from: 1, of: "other", message: EVIL_TEXT },
    { type: "order", index: n, op: "set", key: "a", value: "1" },
  ]);
}

function judged(lines: readonly TraceLine[], replicas: number): void {
  try {
    judge(historyOf(historyLinesOf({ lines, replicas })));
  } catch (error) {
    if (!(error instanceof HistoryError)) throw error;
  }
}

Deno.test("lines of nonsense are drawn, without what drives a terminal, and judged or refused", () => {
  const { replicas, lines } = simulated(5);
  for (let seed = 1; seed <= 40; seed++) {
    const random = new Random(seed);
    const strange = mutated(random, lines.slice(0, 600), replicas)
      .sort((a, b) => ("at" in a ? a.at : 0) - ("at" in b ? b.at : 0));
    const story = storyOf(strange, { replicas, began: 0 });
    for (const line of diagram(story, { details: true })) {
      assert(!UNSAFE.test(line), JSON.stringify(line));
    }
    JSON.stringify(compact({ story, from: 0, verdicts: [] }));
    judged(strange, replicas);
  }
});

function withText(chunks: readonly string[], act: (path: string) => void): void {
  const path = Deno.makeTempFileSync();
  try {
    for (const chunk of chunks) Deno.writeTextFileSync(path, chunk, { append: true });
    act(path);
  } finally {
    Deno.removeSync(path);
  }
}

const HEADER = `{"history":1,"trace":1,"replicas":2,"began":0,"clients":"servers"}\n`;

Deno.test("a line without an end is given up on", () => {
  const long = "x".repeat(1024 * 1024);
  const chunks = Array<string>(HISTORY_LINE_BYTES_MAX / long.length + 2).fill(long);
  withText([HEADER, ...chunks], (path) => {
    assertThrows(() => readTrace([path]), UsageError, "a line is longer than");
  });
  withText(chunks, (path) => {
    assertThrows(() => readTrace([path]), UsageError, "a line is longer than");
  });
});

Deno.test("of a long trace no more is held than is shown, in whatever order it is told", () => {
  const random = new Random(1);
  const ats = Array.from({ length: 1_000 }, () => random.int(0, 100_000));
  const text = ats.map((at) =>
    `{"type":"suspect","at":${at},"replica":0,"time":1,"peer":1,"reason":""}\n`
  );
  withText([HEADER, ...text], (path) => {
    for (const linesMax of [1, 7, 500, 999, 1_000, 2_000]) {
      const { lines, leftOut } = readTrace([path], { linesMax });
      const first = ats.toSorted((a, b) => a - b).slice(0, linesMax);
      assertEquals(lines.map((line) => "at" in line ? line.at : null), first);
      assertEquals(leftOut, ats.length - first.length);
    }
  });
});
