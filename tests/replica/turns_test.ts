import { assert, assertEquals } from "@std/assert";
import { TICK_MS, TURN_MS_MAX } from "../../lib/limits.ts";
import { Turns } from "../../lib/replica/turns.ts";

/** Keeps the event loop busy. */
function work(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

Deno.test("much work that is asked at once is done in order, and the timer comes in between", async () => {
  const turns = new Turns(performance.now());
  const done: number[] = [];
  let ticks = 0;
  const timer = setInterval(() => {
    ticks++;
    turns.tick(performance.now());
  }, TICK_MS);
  try {
    await Promise.all(Array.from({ length: 40 }, async (_, i) => {
      const turn = turns.next(performance.now());
      if (turn !== null) await turn;
      work(TURN_MS_MAX / 2);
      done.push(i);
    }));
  } finally {
    clearInterval(timer);
  }
  assertEquals(done, Array.from({ length: 40 }, (_, i) => i));
  assert(ticks >= 5, `the timer came ${ticks} times`);
});

Deno.test("time is given at once until the timer is overdue, and again after it", async () => {
  const turns = new Turns(0);
  assertEquals(turns.next(0), null);
  const due = TICK_MS + TURN_MS_MAX;
  assertEquals(turns.next(due), null);
  const later = turns.next(due + 1);
  assert(later !== null);
  // Not before who waits already.
  const last = turns.next(0);
  assert(last !== null);
  turns.tick(due + 2);
  await Promise.all([later, last]);
  assertEquals(turns.next(due + 2), null);
});
