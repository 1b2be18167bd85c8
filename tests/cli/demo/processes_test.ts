import { assert, assertEquals } from "@std/assert";
import { crash } from "../../../lib/cli/demo/crash.ts";
import { partition } from "../../../lib/cli/demo/partition.ts";
import { DemoRecord } from "../../../lib/cli/demo/record.ts";
import type { Demo } from "../../../lib/cli/demo/scene.ts";
import type { Processes } from "../../../lib/cli/demo/scenery.ts";
import { FakeProcesses, type ProcessFaults } from "./fake_processes.ts";
import { judgements, show, type Shown, verdicts } from "./show.ts";

async function showFake(
  demo: Demo<Processes>,
  faults: ProcessFaults,
  scenes: readonly number[],
): Promise<Shown> {
  const record = new DemoRecord({ replicas: 3, demo: demo.name });
  const processes = new FakeProcesses(record, faults);
  try {
    return await show(demo, scenes, processes, { record });
  } finally {
    await processes.settled();
  }
}

Deno.test("crash: replicas that keep their promises are as predicted", async () => {
  const shown = await showFake(crash, {}, [1, 2, 3, 4]);
  assertEquals(verdicts(shown), Array(4).fill("as predicted"));
  const [killed, , wiped, two] = shown.results.map(({ facts }) => facts);
  assert(Number(killed.readsInGap) > 0);
  assertEquals(wiped.write, "no_quorum");
  assertEquals([two.refused, two.maybe, two.missing], ["no_quorum", false, [1, 2]]);
});

Deno.test("crash: each scene can be shown alone", async () => {
  for (const scene of [2, 4]) {
    assertEquals(verdicts(await showFake(crash, {}, [scene])), ["as predicted"]);
  }
});

Deno.test("crash: a write that a crash takes along is found out", async () => {
  const shown = await showFake(crash, { forgets: true }, [1]);
  assertEquals(verdicts(shown), ["not as predicted"]);
});

Deno.test("crash: where no read was seen to be answered in the gap, nothing is shown", async () => {
  const shown = await showFake(crash, { holdsReads: true }, [1]);
  assertEquals(verdicts(shown), ["inconclusive"]);
});

Deno.test("crash: a replica that comes back without what it has missed is found out", async () => {
  const shown = await showFake(crash, { catchesUpNothing: true }, [2, 3]);
  assertEquals(verdicts(shown), ["not as predicted", "not as predicted"]);
});

Deno.test("crash: a new folder that counts from the start is found out", async () => {
  const shown = await showFake(crash, { countsAtOnce: true }, [3]);
  assertEquals(verdicts(shown), ["not as predicted"]);
});

Deno.test("crash: an accepted write that is lost, or there twice, is found out", async () => {
  for (const outbox of ["dropped", "twice"] as const) {
    assertEquals(verdicts(await showFake(crash, { outbox }, [4])), ["not as predicted"], outbox);
  }
});

Deno.test("crash: a refused write that happens all the same is found out", async () => {
  assertEquals(verdicts(await showFake(crash, { lies: true }, [4])), ["not as predicted"]);
});

Deno.test("partition: replicas that keep their promises are as predicted", async () => {
  const shown = await showFake(partition, {}, [1, 2]);
  assertEquals(verdicts(shown), ["as predicted", "as predicted"]);
  const [cut, heals] = shown.results.map(({ facts }) => facts);
  assertEquals([cut.majority, cut.alone], ["new", "old"]);
  assertEquals([cut.write, cut.maybe], ["no_quorum", false]);
  assertEquals([cut.underWay, cut.underWayMaybe, cut.outcome], ["no_quorum", true, "applied"]);
  assertEquals(heals.held, ["late", "late", "late"]);
  assertEquals(judgements(shown), [
    "sequential ok, linearizable illegal",
    "sequential illegal, linearizable illegal",
  ]);
});

Deno.test("partition: two sides that both write are found out", async () => {
  assertEquals(verdicts(await showFake(partition, { splits: true }, [1])), ["not as predicted"]);
});

Deno.test("partition: a refused write that happens all the same is found out", async () => {
  assertEquals(verdicts(await showFake(partition, { lies: true }, [1])), ["not as predicted"]);
});

Deno.test("partition: a late write that does not come last is found out", async () => {
  const shown = await showFake(partition, { ordersByClock: true }, [2]);
  assertEquals(verdicts(shown), ["not as predicted"]);
});
