/**
 * Diagrams of known traces, as they stand in a terminal of 80 columns.
 * `UPDATE_GOLDEN=1 sh scripts/deno test -A tests/show/diagram_test.ts` writes them anew; read the
 * difference before committing it.
 */

import { assert, assertEquals } from "@std/assert";
import { readTrace } from "../../lib/cli/show/read_trace.ts";
import { diagram } from "../../lib/show/diagram.ts";
import { lanesOf } from "../../lib/show/diagram/lanes.ts";
import { displayWidth } from "../../lib/show/text.ts";
import type { TraceLine } from "../../lib/trace/line.ts";
import { storyOf } from "../../lib/trace/tell.ts";
import { simulated } from "../trace/lines.ts";

const FOLDER = new URL("traces/", import.meta.url);
const UPDATE = Deno.env.get("UPDATE_GOLDEN") === "1";

async function isGolden(name: string, lines: readonly string[]): Promise<void> {
  const file = new URL(`${name}.txt`, FOLDER);
  const text = lines.map((line) => `${line}\n`).join("");
  if (UPDATE) await Deno.writeTextFile(file, text);
  else assertEquals(text, await Deno.readTextFile(file));
}

Deno.test("the diagram of a cut, with details", async () => {
  const trace = readTrace([new URL("partition.jsonl", FOLDER).pathname]);
  await isGolden("partition", diagram(storyOf(trace.lines, trace)));
  await isGolden("partition_details", diagram(storyOf(trace.lines, trace), { details: true }));
});

Deno.test("the diagram of faults: lost broadcasts, kills, changes of view", async () => {
  const { replicas, lines } = simulated(4);
  const story = storyOf(lines, { replicas, began: 0 });
  const from = story.marks.find(({ kind }) => kind === "submit")?.at;
  assert(from !== undefined);
  await isGolden("simulated", diagram(story, { from, to: from + 600 }));
});

Deno.test("no diagram is wider than its terminal", () => {
  for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
    const { replicas, lines } = simulated(seed);
    const story = storyOf(lines, { replicas, began: 0 });
    for (const width of [20, 40, 79, 80, 133]) {
      for (const line of diagram(story, { width, details: true }).slice(2)) {
        const cells = displayWidth(line);
        assert(cells <= width, `${cells} cells in ${width}: ${line}`);
      }
    }
  }
});

Deno.test("the times of long traces keep to their cells", () => {
  const ats = [1_234_567, 1_234_567_890, 123_456_789_000, 2 ** 53 - 1];
  const lines = ats.map((at): TraceLine => ({ type: "start", at, replica: 0, time: 0, index: 0 }));
  const drawn = diagram(storyOf(lines, { replicas: 1, began: 0 })).filter((line) => /▲/.test(line));
  assertEquals(drawn.map((line) => line.slice(0, line.indexOf("▲"))), [
    "  1234.57   ",
    "1234567.9   ",
    "123456789   ",
    "  9.0e+12   ",
  ]);
});

Deno.test("more replicas than have room are left out, and that is said", () => {
  const replicas = 12;
  const lines = Array.from({ length: replicas }, (_, replica): TraceLine => ({
    ...{ type: "start", at: replica, replica, time: 0, index: 0 },
  }));
  const drawn = diagram(storyOf(lines, { replicas, began: 0 }));
  assertEquals(lanesOf(80), 7);
  assertEquals(drawn[3], "5 more replicas: no room");
  assertEquals(drawn.filter((line) => line.includes("▲")).length, 7);
});

/** Several characters, which are drawn as one. */
const FAMILY = "\u{1f468}\u200d\u{1f469}\u200d\u{1f467}";

Deno.test("wide characters, controls and halves of characters do not shift the lanes", () => {
  const facts = { at: 0, replica: 0, time: 1 };
  const lines: TraceLine[] = ["日本語", "a\x1b[31mb", "\udc80", "e\u0301x", FAMILY + FAMILY].map((
    value,
    n,
  ) => ({
    type: "submit",
    ...facts,
    messages: [{ n, op: "set", key: "k", value }],
  }));
  const live: TraceLine = {
    ...{ type: "view", ...facts, replica: 1, state: "live", ballot: [1, 0], members: [0, 1] },
  };
  const drawn = diagram(storyOf([live, ...lines], { replicas: 2, began: 0 })).slice(4);
  assertEquals(drawn.map((line) => line.replace(/ *│$/, "")), [
    "     0.00   ■ 0.0 set k=日本語",
    "     0.00   ■ 0.1 set k=a\ufffd[31mb",
    "     0.00   ■ 0.2 set k=\ufffd",
    "     0.00   ■ 0.3 set k=e\u0301x",
    `     0.00   ■ 0.4 set k=${FAMILY}${FAMILY}`,
  ]);
  assertEquals(drawn.map(displayWidth), Array(5).fill(47));
});
