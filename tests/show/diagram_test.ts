/**
 * Diagrams of known traces, as they stand in a terminal of 80 columns.
 * `UPDATE_GOLDEN=1 sh scripts/deno test -A tests/show/diagram_test.ts` writes them anew; read the
 * difference before committing it.
 */

import { assert, assertEquals } from "@std/assert";
import { readTrace } from "../../lib/cli/show/read_trace.ts";
import { Random } from "../../lib/chaos/random.ts";
import { Diagram, diagram, type DiagramOptions } from "../../lib/show/diagram.ts";
import { lanesOf } from "../../lib/show/diagram/lanes.ts";
import type { Consistency } from "../../lib/consistency.ts";
import { displayWidth } from "../../lib/show/text.ts";
import type { TraceLine } from "../../lib/trace/line.ts";
import { storyOf, StoryTeller } from "../../lib/trace/tell.ts";
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
      for (const line of diagram(story, { width, details: true })) {
        const cells = displayWidth(line);
        assert(cells <= width, `${cells} cells in ${width}: ${line}`);
      }
    }
  }
});

/** A trace in the order of time. */
interface Told {
  readonly replicas: number;
  readonly began: number;
  readonly lines: readonly TraceLine[];
}

/** The diagram of a trace that comes piece by piece. */
function grown({ replicas, began, lines }: Told, options: DiagramOptions, random: Random) {
  const teller = new StoryTeller(replicas, began);
  const drawing = new Diagram(replicas, options);
  const drawn = drawing.head();
  const { lasts } = storyOf(lines, { replicas, began });
  const pieceMs = random.pick([30, 100, 1000]);
  let taken = 0;
  for (let toldMs = 0; toldMs < lasts;) {
    toldMs = Math.min(lasts, toldMs + random.int(1, 2 * pieceMs) / 2);
    for (; taken < lines.length; taken++) {
      const line = lines[taken];
      if ("at" in line && line.at > began + toldMs * 1000) break;
      teller.take(line);
    }
    drawn.push(...drawing.settled(teller.story(), toldMs));
  }
  const pieces = drawn.length;
  // The last moment in milliseconds may be a hair before that of the last line.
  for (const line of lines.slice(taken)) teller.take(line);
  drawn.push(...drawing.rest(teller.story()));
  return { drawn, pieces };
}

/** A read may be known to be old only when what it missed gets its place in the order. */
function unmarked(row: string): string {
  return row.replace(" (stale)", " ".repeat(" (stale)".length)).trimEnd();
}

Deno.test("a diagram that grows by any pieces is the whole diagram", () => {
  const partition = readTrace([new URL("partition.jsonl", FOLDER).pathname]);
  const traces = [1, 3, 4, 7].map((seed) => ({ ...simulated(seed), began: 0 }));
  let [before, all] = [0, 0];
  for (const [seed, trace] of [partition, ...traces].entries()) {
    const random = new Random(seed);
    for (let time = 0; time < 4; time++) {
      const options = { details: random.pick([true, false]), from: random.pick([0, 700]) };
      const { drawn, pieces } = grown(trace, options, random);
      const whole = diagram(storyOf(trace.lines, trace), options);
      assertEquals(drawn.map(unmarked), whole.map(unmarked));
      before += pieces;
      all += whole.length;
    }
  }
  assert(before > all / 2, `only ${before} of ${all} lines were drawn before the end`);
});

const LIVE = [0, 1, 2].map((replica): TraceLine => ({
  ...{ type: "view", at: 0, replica, time: 0, state: "live", ballot: [1, 0], members: [0, 1, 2] },
}));

function broadcast(at: number, n: number): TraceLine {
  return { type: "broadcast", at, replica: 0, time: n, messages: [[n, n]], to: [1] };
}

Deno.test("what has not come is drawn where it was sent, and what it means is said once", () => {
  const lines: TraceLine[] = [
    ...LIVE,
    broadcast(1_000, 1),
    broadcast(2_000, 2),
    broadcast(3_000, 3),
    ...([[2, 5_000], [3, 300_000]] as const).map(([n, at]): TraceLine => ({
      ...{ type: "receive", at, replica: 1, time: n, from: 0, of: "broadcast", messages: [[n, n]] },
    })),
    broadcast(301_000, 4),
    broadcast(302_000, 5),
  ];
  const story = storyOf(lines, { replicas: 3, began: 0 });
  assertEquals(diagram(story).slice(6), [
    "     1.00   ├─0.1─────────────────✕                     │",
    "          ✕ nothing tells that it came within 200 ms; ○ where it comes later",
    "     3.00   ├─0.3─────────────────✕                     │",
    "     5.00   ├─0.2────────────────▶○                     │",
    " ⋮ 295 ms   │                     │                     │",
    "   300.00   ├─0.3────────────────▶○                     │",
    "   301.00   ├─0.4─────────────────…                     │",
    "          … still under way where this ends",
    "   302.00   ├─0.5─────────────────…                     │",
  ]);
  assertEquals(
    new Diagram(3).rest(story, 600).at(-1),
    "   302.00   ├─0.5─────────────────✕                     │",
  );
});

Deno.test("what is acknowledged had come by then, though its receiver does not tell", () => {
  const lines: TraceLine[] = [
    ...LIVE,
    broadcast(1_000, 1),
    {
      ...{ type: "receive", at: 2_000, replica: 0, time: 2, from: 1, of: "acknowledge" },
      ...{ covers: [0, 1], stamp: 2 },
    },
  ];
  assertEquals(diagram(storyOf(lines, { replicas: 3, began: 0 }), { to: 2 }).slice(6), [
    "     2.00   ├─0.1────────────────▶◌                     │",
    "          ◌ it had come by then, since it is acknowledged; nothing tells when",
    "     2.00   ○◀╌╌╌╌╌╌╌╌╌╌╌╌ack 0.1╌┤                     │",
  ]);
});

Deno.test("a replica that is paused has another lane, and what it means is said once", () => {
  const fault = (at: number, fault: string, phase: "begin" | "end"): TraceLine => ({
    ...{ type: "fault", at, fault, phase, replicas: [1] },
  });
  const suspect = (at: number): TraceLine => ({
    ...{ type: "suspect", at, replica: 0, time: 0, peer: 1, reason: "silent" },
  });
  const lines = [
    ...LIVE,
    fault(1_000, "pause", "begin"),
    suspect(2_000),
    suspect(100_000),
    fault(101_000, "pause", "end"),
    suspect(102_000),
    fault(103_000, "delay", "begin"),
    suspect(104_000),
    fault(105_000, "pause", "begin"),
    fault(106_000, "kill", "begin"),
    suspect(107_000),
  ];
  assertEquals(diagram(storyOf(lines, { replicas: 3, began: 0 })).slice(6), [
    "     1.00 ══ pause of 1 ═══════════════════════════════════════════════════════",
    "          ║ paused: it does nothing",
    "     2.00   ! suspects 1: silent  ║                     │",
    "  ⋮ 98 ms   │                     ║                     │",
    "   100.00   ! suspects 1: silent  ║                     │",
    "   101.00 ══ end of pause of 1 ════════════════════════════════════════════════",
    "   102.00   ! suspects 1: silent  │                     │",
    "   103.00 ══ delay of 1 ═══════════════════════════════════════════════════════",
    "   104.00   ! suspects 1: silent  │                     │",
    "   105.00 ══ pause of 1 ═══════════════════════════════════════════════════════",
    "   106.00 ══ kill of 1 ════════════════════════════════════════════════════════",
    "   107.00   ! suspects 1: silent                        │",
  ]);
});

Deno.test("a level is said where it changes; reads can be left out; notes stand between", () => {
  const ask = (at: number, op: "get" | "set", level: Consistency): TraceLine => ({
    ...{ type: "invoke", process: at, at, op, key: "x", level, replica: 0 },
    ...(op === "set" && { value: "1" }),
  });
  const lines = [
    ...LIVE,
    ask(1_000, "set", "eventual"),
    ask(2_000, "get", "eventual"),
    ask(3_000, "get", "linearizable"),
    ask(4_000, "set", "eventual"),
  ];
  const story = storyOf(lines, { replicas: 3, began: 0 });
  const drawn = (options: DiagramOptions) =>
    diagram(story, options).flatMap((line) =>
      /»(?! asked)|──(?= )/.test(line) ? line.trimEnd() : []
    )
      .map((line) => line.replace(/( *│)+$/, ""));
  assertEquals(drawn({}), [
    "     1.00   » set x=1 eventual",
    "     2.00   » get x",
    "     3.00   » get x linearizable",
    "     4.00   » set x=1 eventual",
  ]);
  assertEquals(drawn({ from: 1.5 }).at(0), "     0.50   » get x eventual");
  const notes = [{ at: 2.5, words: "that is a thing to be said in more than a line" }];
  const narrow = diagram(story, { reads: false, notes, width: 40 });
  assertEquals(narrow.slice(narrow.findIndex((line) => line.includes("» set"))), [
    "     1.00   » set    │        │",
    "            │ x=1    │        │",
    "            │ event… │        │",
    "     2.50 ── that is a thing to be said",
    "             in more than a line",
    "     4.00   » set    │        │",
    "            │ x=1    │        │",
  ]);
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
