import { assert, assertEquals } from "@std/assert";
import { TURN_MS_MAX } from "../../lib/limits.ts";
import { Turns } from "../../lib/replica/turns.ts";

/** Keeps the event loop busy. */
function work(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

Deno.test("much work that is asked at once is done in order, and timers come in between", async () => {
  const turns = new Turns();
  const done: number[] = [];
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  try {
    await Promise.all(Array.from({ length: 50 }, async (_, i) => {
      const turn = turns.next();
      if (turn !== null) await turn;
      work(TURN_MS_MAX / 4);
      done.push(i);
    }));
  } finally {
    clearInterval(timer);
  }
  assertEquals(done, Array.from({ length: 50 }, (_, i) => i));
  assert(ticks >= 5, `a timer came ${ticks} times`);
  await new Promise((resolve) => setTimeout(resolve)); // the last turn ends
});

Deno.test("a new turn gives time at once, and one that has lasted too long gives none", async () => {
  const turns = new Turns();
  assertEquals(turns.next(), null);
  work(TURN_MS_MAX);
  const later = turns.next();
  assert(later !== null);
  await later;
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(turns.next(), null);
  await new Promise((resolve) => setTimeout(resolve));
});
