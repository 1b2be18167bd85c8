import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { describeFault, type Fault, FAULT_KINDS, plan, type Step } from "../../lib/chaos/plan.ts";

function first(count: number, options: Parameters<typeof plan>[0]): Step[] {
  return plan(options).take(count).toArray();
}

const ALL = { seed: 7, replicas: 5, kinds: FAULT_KINDS };

Deno.test("a seed gives the same faults each time, and another seed others", () => {
  assertEquals(first(100, ALL), first(100, ALL));
  assertNotEquals(first(100, ALL), first(100, { ...ALL, seed: 8 }));
});

Deno.test("every kind comes once in each round, and no other kind comes", () => {
  for (const kinds of [FAULT_KINDS, ["kill", "cut"] as const]) {
    const steps = first(kinds.length * 20, { ...ALL, kinds });
    for (let round = 0; round < 20; round++) {
      const some = steps.slice(round * kinds.length, (round + 1) * kinds.length);
      assertEquals(some.map(({ fault }) => fault.kind).sort(), [...kinds].sort());
    }
  }
});

Deno.test("faults name replicas and ways that there are", () => {
  for (const replicas of [2, 3, 5]) {
    for (const { fault } of first(500, { ...ALL, replicas })) {
      const named = namedIn(fault);
      assert(named.length > 0, describeFault(fault));
      assert(named.every((id) => Number.isInteger(id) && id >= 0 && id < replicas));
      if (!("ways" in fault)) continue;
      assert(fault.ways.every(({ from, to }) => from !== to));
      assertEquals(
        new Set(fault.ways.map(({ from, to }) => `${from} ${to}`)).size,
        fault.ways.length,
      );
    }
  }
});

Deno.test("one replica, some, and all at once are killed", () => {
  const counts = first(300, { ...ALL, kinds: ["kill"] })
    .map(({ fault }) => fault.kind === "kill" ? fault.replicas.length : 0);
  assertEquals([...new Set(counts)].sort(), [1, 2, 3, 4, 5]);
  assert(counts.filter((count) => count === 1).length > 100);
  assert(counts.filter((count) => count === 5).length > 30);
});

Deno.test("cuts go one way and both ways, hit one link, one replica, and two halves", () => {
  const seen = new Set(first(300, { ...ALL, kinds: ["cut"] }).map(({ fault }) => shapeOf(fault)));
  for (const shape of ["1 of 20", "2 of 20", "4 of 20", "8 of 20", "12 of 20"]) {
    assert(seen.has(shape), `${shape} is not among ${[...seen].join("; ")}`);
  }
});

Deno.test("two hundred faults come within ten minutes, five within twenty seconds", () => {
  for (let seed = 0; seed < 50; seed++) {
    const times = first(200, { ...ALL, replicas: 3, seed }).map(({ afterMs }) => afterMs);
    assert(times.reduce((sum, ms) => sum + ms, 0) < 500_000);
    assert(times.slice(0, 5).reduce((sum, ms) => sum + ms, 0) < 17_000);
  }
});

Deno.test("a fault is told in a line", () => {
  const ways = [{ from: 0, to: 2 }, { from: 2, to: 0 }, { from: 1, to: 0 }];
  assertEquals(
    describeFault({ kind: "cut", ways, ms: 120, then: "late" }),
    "cut 0↔2 1→0 for 120 ms, then late",
  );
  assertEquals(
    describeFault({ kind: "kill", replicas: [0, 2], ms: 5 }),
    "kill 0, 2 for 5 ms",
  );
});

function namedIn(fault: Fault): number[] {
  switch (fault.kind) {
    case "kill":
    case "pause":
      return [...fault.replicas];
    case "cut":
    case "slow":
      return fault.ways.flatMap(({ from, to }) => [from, to]);
    case "wipe":
      return [fault.replica];
  }
}

function shapeOf(fault: Fault): string {
  return fault.kind === "cut" ? `${fault.ways.length} of 20` : "";
}
