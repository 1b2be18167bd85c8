import { assert, assertEquals } from "@std/assert";
import { CURVES_MAX, MARKS, type Plot, plotLines } from "../../lib/show/plot.ts";
import { count } from "../../lib/show/quantity.ts";
import { assertGolden } from "../golden.ts";

function plotOf(curves: Readonly<Record<string, readonly (readonly [number, number])[]>>): Plot {
  return {
    title: "Rate",
    x: { title: "clients", ticks: [1, 10, 50].map((at) => ({ at, label: count(at) })) },
    y: { title: "answers a second", label: count },
    curves: Object.entries(curves).map(([name, points]) => ({
      name,
      points: points.map(([x, y]) => ({ x, y, isMarked: true })),
    })),
  };
}

const THREE = plotOf({
  eventual: [[1, 900], [10, 7000], [50, 21_000]],
  sequential: [[1, 400], [10, 3100], [50, 9000]],
  linearizable: [[1, 400], [10, 1500], [50, 2000]],
});

Deno.test("plotLines: three curves at 80 columns", async () => {
  await assertGolden(plotLines(THREE), "golden/three_curves.txt", import.meta.url);
});

Deno.test("plotLines: as wide and as high as asked for", () => {
  const lines = plotLines(THREE, { width: 40, rows: 6 });
  assertEquals(lines.length, 1 + 6 + 2 + 2, "the legend has two lines");
  assert(lines.every((line) => line.length <= 40));
});

Deno.test("plotLines: where two curves have one place, it says so", () => {
  const lines = plotLines(plotOf({ a: [[1, 10], [50, 20]], b: [[1, 10], [50, 90]] }));
  assertEquals(lines.at(-1)?.trim(), "● a   ■ b   ◎ several");
  assertEquals(lines.join("").match(/◎/g)?.length, 2, "in the picture and in the legend");
});

Deno.test("plotLines: one point, none, and values that have no logarithm", () => {
  const one = plotLines(plotOf({ a: [[10, 7]] }));
  assertEquals(one.join("").match(/●/g)?.length, 2);
  assertEquals(plotLines(plotOf({})), []);
  assertEquals(plotLines(plotOf({ a: [] })), []);
  assertEquals(plotLines(plotOf({ a: [[1, 0]] })), []);
  assertEquals(plotLines(plotOf({ a: [[1, 0], [10, 7]] })), one);
});

Deno.test("plotLines: only what can be told apart is drawn, each in its own look", () => {
  const curves = Object.fromEntries(
    Array.from({ length: CURVES_MAX + 1 }, (_, i) => [`c${i}`, [[1, 10 ** i]] as const] as const),
  );
  const painted = new Set<string>();
  const lines = plotLines(plotOf(curves), {
    paint: (text, curve) => {
      painted.add(`${curve}${text}`);
      return `<${text}>`;
    },
  });
  assertEquals([...painted].toSorted(), MARKS.map((mark, i) => `${i}${mark}`));
  assert(lines[lines.length - 1].startsWith("<●> c0   <■> c1"));
});

Deno.test("plotLines: what is of one curve and stands together is painted together", () => {
  const lines = plotLines(plotOf({ a: [[1, 10], [50, 10.001]] }), {
    width: 30,
    paint: (text) => `<${text}>`,
  });
  assertEquals(lines.filter((line) => /<●·+●>/.test(line)).length, 1, lines.join("\n"));
});
