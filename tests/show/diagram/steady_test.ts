/** Long stretches in which the same goes on. */

import { assertEquals } from "@std/assert";
import { Steady } from "../../../lib/show/diagram/steady.ts";

/** What is drawn of numbers; those that can be divided by 1,000 are something else. */
function drawn(from: number, to: number): (string | number)[] {
  const steady = new Steady<string>();
  const shown = Array.from({ length: to - from }, (_, i) => from + i).flatMap((n) =>
    steady.take(`${n}`, n % 1_000 !== 0)
  );
  return [...shown, ...steady.rest()];
}

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `${from + i}`);

Deno.test("of a long stretch the beginning and the end are drawn, and how much is left out", () => {
  assertEquals(drawn(1, 300), [...numbers(1, 61), 224, ...numbers(285, 300)]);
});

Deno.test("a stretch that is hardly longer is drawn in full", () => {
  assertEquals(drawn(1, 76), numbers(1, 76));
  assertEquals(drawn(1, 77), [...numbers(1, 61), 1, ...numbers(62, 77)]);
});

Deno.test("what is something else is drawn with what was just before it, and a stretch begins anew", () => {
  assertEquals(drawn(700, 1_070), [
    ...[...numbers(700, 760), 225, ...numbers(985, 1_000)],
    ...["1000", ...numbers(1_001, 1_070)],
  ]);
});
