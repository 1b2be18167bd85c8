import { assert, assertEquals } from "@std/assert";
import { histogramLines } from "../../lib/show/histogram.ts";
import { displayWidth } from "../../lib/show/text.ts";

Deno.test("histogramLines: range, bar, count, share", () => {
  const lines = histogramLines(
    [
      { from: 0.5, to: 1, count: 30 },
      { from: 1, to: 2, count: 12_000 },
      { from: 2, to: 5, count: 0 },
      { from: 5, to: 10, count: 1 },
    ],
    60,
  );
  assertEquals(lines, [
    " 500 µs … 1.00 ms  ▏                             30    0.2 %",
    "1.00 ms … 2.00 ms  ████████████████████████  12,000   99.7 %",
    "2.00 ms … 5.00 ms                                 0    0.0 %",
    "5.00 ms … 10.0 ms  ▏                              1    0.0 %",
  ]);
  assert(lines.every((line) => displayWidth(line) <= 60));
  assertEquals(histogramLines([]), []);
});
