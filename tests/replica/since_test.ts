import { assertEquals } from "@std/assert";
import { Since } from "../../lib/replica/since.ts";

/** Lets something happen at times of its own; the clock is the system's again afterwards. */
function withClock(use: (at: (ms: number) => void) => void): void {
  const { now } = Date;
  try {
    use((ms) => Date.now = () => ms);
  } finally {
    Date.now = now;
  }
}

const iso = (ms: number) => new Date(ms).toISOString();

Deno.test("since when something holds is kept as long as it does, and begins anew after that", () =>
  withClock((at) => {
    const since = new Since();
    at(1_000);
    since.update([2]);
    at(5_000);
    since.update([1, 2]);
    at(6_000);
    assertEquals([since.of(1), since.of(2)], [iso(5_000), iso(1_000)]);
    since.update([1]);
    at(9_000);
    since.update([1, 2]);
    assertEquals([since.of(1), since.of(2)], [iso(5_000), iso(9_000)]);
  }));

Deno.test("what was not noted yet holds since now", () =>
  withClock((at) => {
    const since = new Since();
    at(7_000);
    assertEquals(since.of(3), iso(7_000));
  }));
