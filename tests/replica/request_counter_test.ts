import { assertEquals } from "@std/assert";
import { LATENCY_BOUNDS_MS } from "../../lib/limits.ts";
import { RequestCounter } from "../../lib/replica/request_counter.ts";

const NONE = { ok: 0, failed: 0 };

/** The steps that hold something, as index and count. */
function steps(counts: readonly number[]): [number, number][] {
  return [...counts.entries()].filter(([, count]) => count > 0);
}

Deno.test("answers are counted by kind, level and result", () => {
  const counter = new RequestCounter();
  counter.answered("read", "eventual", true, 0);
  counter.answered("read", "eventual", true, 0);
  counter.answered("read", "linearizable", false, 0);
  counter.answered("write", "sequential", true, 0);
  const { read, write } = counter.counts();
  assertEquals(read.answered, {
    eventual: { ok: 2, failed: 0 },
    sequential: NONE,
    linearizable: { ok: 0, failed: 1 },
  });
  assertEquals(write.answered, {
    eventual: NONE,
    sequential: { ok: 1, failed: 0 },
    linearizable: NONE,
  });
});

Deno.test("how long each took is known at the end of its turn", () => {
  const counter = new RequestCounter();
  for (const began of [100, 100, 90, 100]) counter.answered("write", "sequential", true, began);
  counter.answered("read", "sequential", true, 100);
  assertEquals(steps(counter.counts().write.latencies.counts), []);
  counter.turnEnded(102);
  counter.turnEnded(500);
  const { read, write, boundsMs } = counter.counts();
  assertEquals(boundsMs, LATENCY_BOUNDS_MS);
  const two = LATENCY_BOUNDS_MS.indexOf(2.5);
  const twelve = LATENCY_BOUNDS_MS.indexOf(16);
  assertEquals(steps(write.latencies.counts), [[two, 3], [twelve, 1]]);
  assertEquals(write.latencies.sumMs, 18);
  assertEquals(steps(read.latencies.counts), [[two, 1]]);
});

Deno.test("a step holds what is at most its bound; the last holds what is beyond all", () => {
  const counter = new RequestCounter();
  const last = LATENCY_BOUNDS_MS.length;
  for (const ms of [...LATENCY_BOUNDS_MS, 1e6]) {
    counter.answered("read", "sequential", true, 0);
    counter.turnEnded(ms);
  }
  counter.answered("read", "sequential", true, 0);
  counter.turnEnded(0);
  const { counts } = counter.counts().read.latencies;
  assertEquals(counts, [2, ...Array(last).fill(1)]);
});

Deno.test("the bounds grow", () => {
  assertEquals(LATENCY_BOUNDS_MS, LATENCY_BOUNDS_MS.toSorted((a, b) => a - b));
});
