import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  decodeGenerated,
  decodeRedisBenchmark,
  isForRedisBenchmark,
} from "../../../bench/peers/measure.ts";
import { FailedError } from "../../../lib/errors.ts";

const CSV =
  `"test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms","max_latency_ms"
"GET","400000.00","0.525","0.120","0.479","0.847","1.223","4.903"
0m0.001s 0m0.002s
0m0.100s 1m0.150s
`;

Deno.test("redis-benchmark's table and its time on processors are read", () => {
  const { perSecond, p50Ms, p99Ms, coreShare } = decodeRedisBenchmark(CSV, 40_000_000);
  assertEquals([perSecond, p50Ms, p99Ms], [400_000, 0.479, 1.223]);
  assertAlmostEquals(coreShare, 60.25 / 100);
});

Deno.test("a redis-benchmark that could not connect has measured nothing", () => {
  const text = "Could not connect to Redis at 127.0.0.1:1\n0m0.0s 0m0.0s\n0m0.0s 0m0.0s\n";
  assertThrows(() => decodeRedisBenchmark(text, 1), FailedError, "Could not connect");
});

Deno.test("the generator's line gives a rate, and of the pairs the median", () => {
  const line = { answers: 500, elapsedMs: 2000, p50Ms: 1, p99Ms: 3, coreShare: 0.2, failures: 1 };
  const measured = decodeGenerated({ ...line, failure: "x", repetitionsMs: [3, 1, 2] });
  assertEquals([measured.perSecond, measured.pairsMs, measured.failure], [250, 2, "x"]);
  assertEquals(decodeGenerated({ ...line, repetitionsMs: [] }).pairsMs, null);
  assertThrows(() => decodeGenerated({ ...line, p50Ms: "1" }), FailedError, "p50Ms");
  assertThrows(() => decodeGenerated([]), FailedError, "no object");
});

Deno.test("redis-benchmark asks where requests are pipelined or clients are many", () => {
  const asks = (clients: number, pipeline: number) =>
    isForRedisBenchmark({ task: "read", clients, pipeline });
  assertEquals([asks(50, 1), asks(64, 1)], [false, false]);
  assertEquals([asks(65, 1), asks(50, 16)], [true, true]);
});
