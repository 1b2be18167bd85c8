import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { TURN_MS_MAX } from "../../lib/limits.ts";
import { Turns } from "../../lib/replica/turns.ts";

/** Keeps the event loop busy. */
function busy(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

Deno.test("much work that is asked at once is done in order, and timers come in between", async () => {
  const turns = new Turns();
  const done: number[] = [];
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  try {
    await Promise.all(Array.from({ length: 40 }, async (_, i) => {
      await turns.run(() => {
        busy(TURN_MS_MAX / 4);
        done.push(i);
      });
    }));
  } finally {
    clearInterval(timer);
  }
  assertEquals(done, Array.from({ length: 40 }, (_, i) => i));
  assert(ticks >= 5, `timers came ${ticks} times`);
});

Deno.test("who is let go works together with all who waited, before anything that they begin", async () => {
  const turns = new Turns();
  turns.run(() => busy(TURN_MS_MAX));
  const seen: string[] = [];
  await Promise.all([1, 2, 3].map(async (i) => {
    await turns.run(() => {
      seen.push(`work ${i}`);
      queueMicrotask(() => seen.push(`end ${i}`));
    });
  }));
  assertEquals(seen, ["work 1", "work 2", "work 3", "end 1", "end 2", "end 3"]);
});

Deno.test("time counts only while there is work; what fails tells who asked, and counts too", async () => {
  const turns = new Turns();
  busy(TURN_MS_MAX);
  assertEquals(turns.run(() => 7), 7);
  const fail = () => {
    busy(TURN_MS_MAX);
    throw new RangeError("no");
  };
  // The clock is read once for four of them.
  for (let i = 0; i < 4; i++) assertThrows(() => turns.run(fail), RangeError);
  const later = turns.run(fail);
  assert(later instanceof Promise);
  await assertRejects(() => later, RangeError);
  assertEquals(await turns.run(() => 8), 8);
});
