import { assertEquals } from "@std/assert";
import { STALENESS_MARKS_MAX } from "../../lib/limits.ts";
import { Staleness } from "../../lib/replica/staleness.ts";

Deno.test("what lacks nothing is not stale, however long nothing comes", () => {
  const staleness = new Staleness();
  staleness.note(0, true, 0);
  assertEquals(staleness.of(0, 5_000), 0);
  staleness.note(7, true, 6_000);
  assertEquals(staleness.of(7, 9_000), 0);
});

Deno.test("its age is that of the first entry that it lacks", () => {
  const staleness = new Staleness();
  staleness.note(3, true, 100);
  staleness.note(5, true, 200);
  staleness.note(5, true, 300);
  assertEquals(staleness.of(2, 400), 300);
  assertEquals(staleness.of(3, 400), 200);
  assertEquals(staleness.of(4, 500), 300);
  assertEquals(staleness.of(5, 600), 0);
});

Deno.test("out of a working view it learns of nothing, and is as old as that", () => {
  const staleness = new Staleness();
  staleness.note(3, false, 100);
  staleness.note(3, false, 200);
  assertEquals(staleness.of(3, 1_100), 1_000);
  staleness.note(9, true, 1_200);
  assertEquals(staleness.of(3, 1_300), 100);
  assertEquals(staleness.of(9, 1_300), 0);
});

Deno.test("of very many marks the first are kept", () => {
  const staleness = new Staleness();
  for (let i = 1; i <= 2 * STALENESS_MARKS_MAX; i++) staleness.note(i, true, i);
  assertEquals(staleness.of(0, 20_000), 19_999);
  assertEquals(staleness.of(STALENESS_MARKS_MAX, 20_000), 0);
});
