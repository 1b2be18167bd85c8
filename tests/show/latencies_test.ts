import { assertEquals } from "@std/assert";
import { latencyLines } from "../../lib/show/latencies.ts";
import { assertGolden } from "../golden.ts";
import { tailed } from "./series.ts";

const SERIES = [tailed("eventual", 20_000, 0.2), tailed("sequential", 500, 1)];
const OPTIONS = { unit: "pair", isPlain: false };

Deno.test("latencyLines: histograms, curve and table of two levels at 80 columns", async () => {
  await assertGolden(latencyLines(SERIES, OPTIONS), "golden/two_levels.txt", import.meta.url);
});

Deno.test("latencyLines: few latencies", async () => {
  const few = [tailed("reads", 1, 0), tailed("writes", 7, 3)];
  await assertGolden(
    latencyLines(few, { ...OPTIONS, unit: "answer" }),
    "golden/few_latencies.txt",
    import.meta.url,
  );
});

Deno.test("latencyLines: plain is only the table", () => {
  assertEquals(latencyLines(SERIES, { ...OPTIONS, isPlain: true }), [
    "             pairs      p50      p90      p99   p99.9  p99.99     max",
    "──────────  ──────  ───────  ───────  ───────  ──────  ──────  ──────",
    "eventual    20,000   401 µs  2.00 ms  20.0 ms  191 ms  1.34 s  4.00 s",
    "sequential     500  2.00 ms  9.86 ms  83.5 ms       –       –  500 ms",
  ]);
});
