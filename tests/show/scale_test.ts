import { assert, assertEquals } from "@std/assert";
import { logScale, roundBounds, sparse } from "../../lib/show/scale.ts";

Deno.test("logScale: equal factors are equal distances, whichever way it goes", () => {
  for (const [from, to] of [[0, 300], [300, 0]]) {
    const scale = logScale([1, 1000], { from, to });
    const places = [1, 10, 100, 1000].map((value) => scale.at(value));
    const gaps = places.slice(1).map((place, i) => place - places[i]);
    assert(gaps.every((gap) => Math.abs(gap - gaps[0]) < 0.2), `${places}`);
    assertEquals(Math.sign(gaps[0]), Math.sign(to - from));
    assert(places.every((place) => place > 0 && place < 300));
  }
});

Deno.test("logScale: ticks are 1, 2 and 5 between the least and the most", () => {
  assertEquals(logScale([0.3, 12], { from: 0, to: 1 }).ticks, [0.5, 1, 2, 5, 10]);
  assertEquals(logScale([3], { from: 0, to: 1, atLeast: [1, 10] }).ticks, [1, 2, 5, 10]);
});

Deno.test("logScale: one value alone stands in the middle; what is not above 0 does not count", () => {
  assertEquals(logScale([7, 0, -1], { from: 0, to: 100 }).at(7), 50);
});

Deno.test("roundBounds lie strictly around all values", () => {
  assertEquals(roundBounds([3, 70]), [2, 100]);
  assertEquals(roundBounds([1]), [0.5, 2]);
  assertEquals(roundBounds([0, 100, 500]), [50, 1000]);
  assertEquals(roundBounds([0.0021]), [0.002, 0.005]);
});

Deno.test("sparse keeps all ticks, or powers of ten", () => {
  const ticks = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20];
  assertEquals(sparse(ticks, 9), ticks);
  assertEquals(sparse(ticks, 8), [0.1, 1, 10]);
});
