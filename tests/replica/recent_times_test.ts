import { assertEquals } from "@std/assert";
import { RECENT_MS, RECENT_TIMES_MAX } from "../../lib/limits.ts";
import { RecentTimes } from "../../lib/replica/recent_times.ts";

Deno.test("without a time there is no 99th percentile", () => {
  assertEquals(new RecentTimes().p99(0), null);
});

Deno.test("99 of 100 did not take longer, in whatever order they came", () => {
  const times = new RecentTimes();
  times.add(7, 0);
  assertEquals(times.p99(0), 7);
  const hundred = Array.from({ length: 100 }, (_, i) => (i * 37) % 100 + 1);
  const all = new RecentTimes();
  for (const ms of hundred) all.add(ms, 0);
  assertEquals(all.p99(0), 99);
  // As numbers: 9 is less than 10.
  const few = new RecentTimes();
  for (const ms of [9, 10, 100]) few.add(ms, 0);
  assertEquals(few.p99(0), 100);
});

Deno.test("what is older than a while does not count", () => {
  const times = new RecentTimes();
  times.add(500, 1_000);
  times.add(2, 30_000);
  assertEquals(times.p99(1_000 + RECENT_MS), 500);
  assertEquals(times.p99(1_001 + RECENT_MS), 2);
  assertEquals(times.p99(30_001 + RECENT_MS), null);
});

Deno.test("of very many the latest count", () => {
  const times = new RecentTimes();
  for (let i = 0; i < RECENT_TIMES_MAX; i++) times.add(1_000, 0);
  for (let i = 0; i < RECENT_TIMES_MAX; i++) times.add(1, 0);
  assertEquals(times.p99(0), 1);
});
