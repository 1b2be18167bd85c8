import { assert, assertEquals } from "@std/assert";
import { PREPARE_SCAN_MS } from "../../lib/limits.ts";
import { ScanPreparation } from "../../lib/replica/scan_preparation.ts";

/** Keeps the event loop busy. */
function busy(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

Deno.test("what takes long is done bit by bit, and timers come in between", async () => {
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  let left = 20;
  const preparation = new ScanPreparation(
    () => {
      if (left > 0) busy(PREPARE_SCAN_MS / 2);
      return left === 0 || --left === 0;
    },
    resolve,
    () => {},
  );
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  assertEquals([preparation.isReady(), left], [false, 19]);
  // Asked again, it is begun no second time.
  assertEquals([preparation.isReady(), left], [false, 19]);
  await ready;
  clearInterval(timer);
  assert(ticks >= 5, `timers came ${ticks} times`);
  assertEquals([preparation.isReady(), left], [true, 0]);
});

Deno.test("one that fails says so, and one that is closed does nothing more", async () => {
  const { promise: failed, resolve } = Promise.withResolvers<unknown>();
  let parts = 0;
  const failing = new ScanPreparation(
    () => {
      if (++parts > 1) throw new RangeError("no");
      return false;
    },
    () => {},
    resolve,
  );
  assertEquals(failing.isReady(), false);
  assert(await failed instanceof RangeError);
  let done = 0;
  const closed = new ScanPreparation(() => ++done > 5, () => done = -1, () => done = -1);
  assertEquals(closed.isReady(), false);
  closed.close();
  await new Promise((resolve) => setTimeout(resolve, PREPARE_SCAN_MS));
  assertEquals(done, 1);
});
