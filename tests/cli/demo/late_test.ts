import { assertEquals } from "@std/assert";
import { linearizableDemo } from "../../../lib/cli/demo/linearizable.ts";
import { move } from "../../../lib/cli/demo/move.ts";
import { DemoRecord } from "../../../lib/cli/demo/record.ts";
import type { Demo } from "../../../lib/cli/demo/scene.ts";
import type { Threads } from "../../../lib/cli/demo/scenery.ts";
import { FakeThreads, type ThreadFaults } from "./fake_threads.ts";
import { judgements, show, type Shown, verdicts } from "./show.ts";

async function showLate(
  demo: Demo<Threads>,
  faults: ThreadFaults,
  scenes: readonly number[],
  delayMs = 300,
): Promise<Shown> {
  const threads = new FakeThreads(faults);
  const record = new DemoRecord({ replicas: 3, demo: demo.name });
  try {
    return await show(demo, scenes, threads, { delayMs, record });
  } finally {
    await threads.settled();
  }
}

const ALL = [1, 2, 3];
const AS_PREDICTED = ["as predicted", "as predicted", "as predicted"];

Deno.test("linearizable: a replica that waits for what it has received is as predicted", async () => {
  const shown = await showLate(linearizableDemo, {}, ALL);
  assertEquals(verdicts(shown), AS_PREDICTED);
  assertEquals(shown.results.map(({ facts }) => facts.read), ["0", "42", "42"]);
  assertEquals(judgements(shown), [
    "sequential ok, linearizable illegal",
    "sequential ok, linearizable ok",
    "sequential ok, linearizable ok",
  ]);
});

Deno.test("linearizable: an answer from what is applied is found out", async () => {
  const shown = await showLate(linearizableDemo, { confirmsNothing: true }, [2]);
  assertEquals(verdicts(shown), ["not as predicted"]);
  assertEquals(judgements(shown), ["sequential ok, linearizable illegal"]);
});

Deno.test("linearizable: a replica that is not late is found out", async () => {
  const shown = await showLate(linearizableDemo, { hasteMs: 60_000 }, ALL);
  assertEquals(verdicts(shown), ["not as predicted", "not as predicted", "not as predicted"]);
});

Deno.test("linearizable: a read that comes too late says nothing", async () => {
  const shown = await showLate(linearizableDemo, { lateReads: 100 }, [1], 10);
  assertEquals(verdicts(shown), ["inconclusive"]);
});

Deno.test("move: replicas that heed tokens are as predicted", async () => {
  const shown = await showLate(move, {}, ALL);
  assertEquals(verdicts(shown), AS_PREDICTED);
  assertEquals(judgements(shown), [
    "session illegal, sequential ok, linearizable illegal",
    "session ok, sequential ok, linearizable ok",
    "session ok, sequential ok, linearizable ok",
  ]);
  assertEquals(shown.results[2].facts.answer, "timeout");
  assertEquals(shown.results[2].facts.again, "42");
});

Deno.test("move: a replica that ignores tokens is found out", async () => {
  const shown = await showLate(move, { ignoresTokens: true }, [2, 3]);
  assertEquals(verdicts(shown), ["not as predicted", "not as predicted"]);
  assertEquals(shown.results.map(({ judged }) => judged[0].verdict), ["illegal", "illegal"]);
});

Deno.test("move: a timeout that does not say what is lacking is found out", async () => {
  assertEquals(verdicts(await showLate(move, { namesNothing: true }, [3])), ["not as predicted"]);
});

Deno.test("move: a read that comes too late says nothing", async () => {
  assertEquals(verdicts(await showLate(move, { lateReads: 100 }, [1], 10)), ["inconclusive"]);
});
