import { assert, assertEquals, assertRejects } from "@std/assert";
import { ATTEMPTS_MAX } from "../../../lib/cli/demo/play.ts";
import { DemoRecord } from "../../../lib/cli/demo/record.ts";
import { stale } from "../../../lib/cli/demo/stale.ts";
import { FakeThreads, type ThreadFaults } from "./fake_threads.ts";
import { judgements, show, type Shown, type ShowOptions, verdicts } from "./show.ts";

async function showStale(
  faults: ThreadFaults,
  scenes: readonly number[],
  options: Omit<ShowOptions, "record"> = {},
): Promise<Shown> {
  const threads = new FakeThreads(faults);
  const record = new DemoRecord({ replicas: 3, demo: "stale" });
  try {
    return await show(stale, scenes, threads, { delayMs: 300, ...options, record });
  } finally {
    await threads.settled();
  }
}

Deno.test("stale: replicas that keep their promises are as predicted", async () => {
  const shown = await showStale({}, [1, 2, 3]);
  assertEquals(verdicts(shown), ["as predicted", "as predicted", "as predicted"]);
  assertEquals(shown.results.map(({ facts }) => facts.read), ["0", "42", "0"]);
  const times = /\d+\.\d{3} s|\d[\d.]* (µs|ms|s)\b/g;
  const scene = shown.lines.indexOf("Scene 2 of 3  sequential: a fresh read");
  assertEquals(
    shown.lines.slice(scene + 6, -1).slice(0, 11).map((line) => line.replaceAll(times, "T")),
    [
      "",
      "     T  client → replica 0   set x 42   (sequential)",
      "     T  waiting for the answer: about T",
      "     T  client ← replica 0   STORED       after T",
      "     T  client → replica 0   get x   (sequential)",
      "     T  client ← replica 0   42           after T",
      "",
      "  observed   set took T; get gave 42",
      "  verdict    as predicted",
      "  checker    held to sequential: ok",
      "             held to linearizable: ok",
    ],
  );
});

Deno.test("stale: what no client was promised is not in its history", async () => {
  const shown = await showStale({}, [1, 2, 3]);
  assertEquals(judgements(shown), [
    "sequential illegal, linearizable illegal",
    "sequential ok, linearizable ok",
    "sequential ok, linearizable ok",
  ]);
  const [, { words }] = shown.results[0].judged;
  assertEquals(
    words,
    'set x "0" → ok (replica 0); then set x "42" → ok (replica 0); ' +
      'then get x → "0" (replica 0)',
  );
});

Deno.test("stale: a write that is applied before the delay is over is found out", async () => {
  const hasty = await showStale({ hasteMs: 60_000 }, [1, 2, 3], { delayMs: 500 });
  assertEquals(verdicts(hasty), [
    "not as predicted",
    "not as predicted",
    // Applied before one can look: set is answered first, and says so.
    "not as predicted",
  ]);
});

Deno.test("stale: a sequential write that is answered before it is applied is found out", async () => {
  const shown = await showStale({ answersEarly: true }, [2]);
  assertEquals(verdicts(shown), ["not as predicted"]);
  assertEquals(shown.results[0].facts.read, "0");
});

Deno.test("stale: a write that a replica never gets is not passed over", async () => {
  const stop = new AbortController();
  let holders = 0;
  const told = (line: string) => {
    if (/replica \d holds x=42/.test(line) && ++holders === 2) stop.abort(new Error("enough"));
  };
  const shown = showStale({ deafReplica: 2 }, [1], { told, signal: stop.signal });
  await assertRejects(() => shown, Error, "enough");
});

Deno.test("stale: a machine too slow to look proves nothing, and gets more time", async () => {
  const slow = await showStale({ lateReads: 1 }, [1], { delayMs: 150 });
  assertEquals(verdicts(slow), ["as predicted"]);
  const [{ attempts, delayMs }] = slow.results;
  assert(attempts > 1);
  assertEquals(delayMs, 150 * 2 ** (attempts - 1));
  assert(/inconclusive\n(.*held to.*\n)+ +again +this machine was/.test(slow.lines.join("\n")));

  const slower = await showStale({ lateReads: 100 }, [1, 3], { delayMs: 10 });
  assertEquals(verdicts(slower), ["inconclusive", "inconclusive"]);
  assertEquals(slower.results.map(({ attempts }) => attempts), [ATTEMPTS_MAX, ATTEMPTS_MAX]);
});
