import { assert, assertEquals } from "@std/assert";
import { percentileColumns, percentilePlot, percentileRows } from "../../lib/show/percentiles.ts";
import { tailed } from "./series.ts";

const NONE = tailed("none", 0, 1);

Deno.test("percentileRows: a percentile that needs more latencies than there are is a dash", () => {
  assertEquals(
    percentileColumns("answers").map(({ title }) => title),
    ["", "answers", "p50", "p90", "p99", "p99.9", "p99.99", "max"],
  );
  assertEquals(
    percentileRows([tailed("many", 20_000, 1), tailed("few", 99, 1), tailed("one", 1, 3), NONE]),
    [
      ["many", "20,000", "2.01 ms", "10.0 ms", "99.8 ms", "954 ms", "6.68 s", "20.0 s"],
      ["few", "99", "1.98 ms", "9.92 ms", "–", "–", "–", "99.0 ms"],
      ["one", "1", "–", "–", "–", "–", "–", "3.00 ms"],
      ["none", "0", "–", "–", "–", "–", "–", "–"],
    ],
  );
});

Deno.test("percentilePlot: a curve rises from the median to the longest, with a mark at each name", () => {
  const { x: { ticks }, curves: [curve] } = percentilePlot([tailed("a", 20_000, 1)]);
  assertEquals(ticks, [
    { at: 2, label: "p50" },
    { at: 10, label: "p90" },
    { at: 100, label: "p99" },
    { at: 1000, label: "p99.9" },
    { at: 10_000, label: "p99.99" },
    { at: 100_000, label: "max" },
  ]);
  const marked = curve.points.filter(({ isMarked }) => isMarked);
  assertEquals(marked.map(({ x }) => x), ticks.map(({ at }) => at));
  assertEquals(marked.at(-1)?.y, 20_000);
  curve.points.slice(1).forEach((point, i) => {
    assert(point.x > curve.points[i].x && point.y >= curve.points[i].y);
  });
  assertEquals(curve.points[0].x, 2);
});

Deno.test("percentilePlot: who has fewer latencies ends at the same place; who has none is not there", () => {
  const { x: { ticks }, curves } = percentilePlot([tailed("a", 150, 1), tailed("b", 1, 0), NONE]);
  assertEquals(ticks.map(({ label }) => label), ["p50", "p90", "p99", "max"]);
  assertEquals(curves.map(({ name }) => name), ["a", "b"]);
  assertEquals(curves.map(({ points }) => points.at(-1)?.x), [1000, 1000]);
  assertEquals(curves[1].points.length, 1);
  // Less than a microsecond has a place too.
  assertEquals(curves[1].points.at(-1)?.y, 0.001);
  assertEquals(percentilePlot([NONE]).curves, []);
});
