import { assertEquals } from "@std/assert";
import { sparkline } from "../../lib/show/sparkline.ts";

Deno.test("a sparkline: nothing but zero looks like zero, and the unknown like nothing", () => {
  assertEquals(sparkline([null, 0, 0.001, 1, 50, 99, 100], 100), " ▁▂▂▅██");
  assertEquals(sparkline([0, 0], 0), "▁▁");
  assertEquals(sparkline([], 1), "");
});

Deno.test("a value above the full height has that height", () => {
  assertEquals(sparkline([7, 8], 4), "██");
});
