/** What traces tell: of runs of the simulator, and of one that is known line by line. */

import { assert, assertEquals } from "@std/assert";
import { readTrace } from "../../lib/cli/show/read_trace.ts";
import type { TraceLine } from "../../lib/trace/line.ts";
import type { Story } from "../../lib/trace/story.ts";
import { storyOf } from "../../lib/trace/tell.ts";
import { simulated } from "./lines.ts";

/** Whether all members had acknowledged it; what was carried into a view, or fetched, need not be. */
function isAcknowledged(story: Story, replica: number, place: number): boolean {
  const stay = story.messages[place].stays[replica].at(-1);
  const band = story.bands.findLast((band) =>
    band.replica === replica && band.from <= (stay?.from ?? 0)
  );
  const isOfOneView = band?.state === "live" && (band.to ?? Infinity) > (stay?.to ?? Infinity);
  if (stay === undefined || !isOfOneView) return true;
  return band.members.every((member) => (stay.acknowledged[member] ?? Infinity) <= (stay.to ?? 0));
}

for (const seed of [3, 8, 21, 34, 55, 89]) {
  Deno.test(`a story of a simulated run (seed ${seed}) delivers nothing that lacks an acknowledgement`, () => {
    const { replicas, lines } = simulated(seed);
    const story = storyOf(lines, { replicas, began: 0 });
    let live = 0;
    story.messages.forEach(({ stays, index, delivered, applied }, place) => {
      for (let replica = 0; replica < replicas; replica++) {
        const at = delivered[replica];
        if (at === null) continue;
        assert(index !== null && index > 0);
        assert((applied[replica] ?? Infinity) >= at, "it is applied after it is delivered");
        const stay = stays[replica].at(-1);
        if (stay?.to !== at) continue;
        live++;
        assert(isAcknowledged(story, replica, place), `${place} at ${replica}`);
      }
    });
    if (story.messages.length > 0) assert(live > 0, "something was delivered in a view");
    for (const { sent, received, kind } of story.arrows) {
      if (kind === "other" || received === null) continue;
      assert(sent !== null && sent <= received, "what comes was sent before");
    }
  });
}

Deno.test("an index has one message at all replicas, in the order of Lamport time", () => {
  const { replicas, lines } = simulated(8);
  const { messages } = storyOf(lines, { replicas, began: 0 });
  const ordered = messages.filter(({ index }) => index !== null)
    .sort((a, b) => (a.index ?? 0) - (b.index ?? 0));
  assertEquals(ordered.map(({ index }) => index), ordered.map((_, i) => i + 1));
});

function known(): Story {
  const path = new URL("../show/traces/partition.jsonl", import.meta.url).pathname;
  const trace = readTrace([path]);
  return storyOf(trace.lines, trace);
}

Deno.test("the story of a cut: a stale read, a missing acknowledgement, a change of view", () => {
  const { operations, messages, bands, faults } = known();
  const [cut] = faults;
  assertEquals([cut.fault, cut.replicas], ["cut", [2]]);

  const stale = operations.filter(({ staleBy }) => staleBy !== null);
  assertEquals(stale.map(({ words, answer, replica }) => [words, answer, replica]), [
    ["get x", "old", 2],
  ]);
  assertEquals(operations[stale[0].staleBy ?? -1].words, "set x=new");

  const unknown = operations.find(({ outcome }) => outcome === "info");
  assertEquals([unknown?.words, unknown?.answer], ["set m=1", "no_quorum"]);
  const message = messages[unknown?.message ?? -1];
  // It waits in the first view for those that are cut off, and is ordered in a later one.
  const [waiting, ordered] = message.stays[2];
  assertEquals(waiting.acknowledged.map((at) => at !== null), [false, false, true]);
  assert(ordered.acknowledged.every((at) => at !== null));
  assert((waiting.to ?? 0) > (cut.to ?? Infinity));

  const members = bands.filter(({ replica, state }) => replica === 0 && state === "live")
    .map(({ members }) => members.join(""));
  assertEquals([members[0], members.at(-1)], ["012", "012"]);
  assert(members.includes("01"));
});

Deno.test("a value of a message is what its operation left behind, once for each id", () => {
  const submit = (n: number, op: string, value: unknown, id?: string): TraceLine => ({
    type: "submit",
    ...{ at: n, replica: 0, time: n },
    messages: [{ n, op, key: "c", value, ...(id !== undefined && { id }) }],
  });
  const placed = (type: "deliver" | "apply", n: number): TraceLine => ({
    type,
    ...{ at: 10 + n, replica: 0, time: 10 },
    messages: [[n, 0, n]],
  });
  const lines = [
    submit(1, "add", ["add", "5"], "a"),
    submit(2, "add", ["add", "5"], "a"),
    submit(3, "append", ["append", "!", 100]),
    submit(4, "delete", null),
    submit(5, "nonsense", ["nonsense"]),
    ...[1, 2, 3, 4, 5].flatMap((n) => [placed("deliver", n), placed("apply", n)]),
  ];
  const { messages } = storyOf(lines, { replicas: 1, began: 0 });
  assertEquals(messages.map(({ changes }) => changes), [
    [["c", "5"]],
    [],
    [["c", "5!"]],
    [["c", null]],
    [],
  ]);
});

Deno.test("a replica is down from its last word to its next start, or from its kill", () => {
  const start = (at: number): TraceLine => ({ type: "start", at, replica: 0, time: 0, index: 0 });
  const view: TraceLine = {
    ...{ type: "view", at: 2_000, replica: 0, time: 1 },
    ...{ state: "live", ballot: [1, 0], members: [0] },
  };
  const kill = { type: "fault", fault: "kill", replicas: [0] } as const;
  const states = (lines: readonly TraceLine[]) =>
    storyOf(lines, { replicas: 1, began: 0 }).bands.map(({ state, from, to }) => [state, from, to]);
  assertEquals(states([start(1_000), view, start(9_000)]), [
    ["outside", 1, 2],
    ["live", 2, 2],
    ["down", 2, 9],
    ["outside", 9, null],
  ]);
  assertEquals(
    states([
      start(1_000),
      view,
      { ...kill, at: 5_000, phase: "begin" },
      { ...kill, at: 8_000, phase: "end" },
      start(9_000),
    ]),
    [["outside", 1, 2], ["live", 2, 5], ["down", 5, 9], ["outside", 9, null]],
  );
});
