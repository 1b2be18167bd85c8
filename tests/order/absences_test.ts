/**
 * Who comes and goes waits: design section 5, "One that comes and goes waits twice as long each
 * time before it is taken back".
 */

import { assert, assertEquals } from "@std/assert";
import { REJOIN_FORGET_MS, REJOIN_WAIT_MS_MAX, REJOIN_WAIT_MS_MIN } from "../../lib/limits.ts";
import { Absences } from "../../lib/order/absences.ts";

/** How long replica 1 has to wait when it is left out at this time. */
function waitAfter(absences: Absences, now: number): number {
  absences.leftOut(1, now);
  let wait = 0;
  while (!absences.mayJoin(1, now + wait)) wait += REJOIN_WAIT_MS_MIN;
  // It is this long and no less.
  assert(wait === 0 || !absences.mayJoin(1, now + wait - 1));
  return wait;
}

Deno.test("5 who was never left out joins at once, and so does who was for the first time", () => {
  const absences = new Absences(3);
  assert([0, 1, 2].every((id) => absences.mayJoin(id, 0)));
  absences.takenIn(1, 0);
  assertEquals(waitAfter(absences, 10), 0);
});

Deno.test("5 each further absence doubles the wait, up to a bound, for that replica alone", () => {
  const absences = new Absences(3);
  const waits: number[] = [];
  for (let now = 0; waits.length < 9; now += REJOIN_FORGET_MS / 2) {
    absences.takenIn(1, now);
    waits.push(waitAfter(absences, now + 1));
  }
  const doubled = Array.from({ length: 8 }, (_, i) => REJOIN_WAIT_MS_MIN * 2 ** i);
  assertEquals(waits, [0, ...doubled.map((wait) => Math.min(wait, REJOIN_WAIT_MS_MAX))]);
  assert(absences.mayJoin(0, 0) && absences.mayJoin(2, 0));
});

Deno.test("5 who has been a member long enough has come to stay: its absences are forgotten", () => {
  const absences = new Absences(3);
  const after = (member: number) => {
    let now = 0;
    for (let i = 0; i < 3; i++) {
      absences.takenIn(1, now);
      absences.leftOut(1, ++now);
    }
    absences.takenIn(1, now);
    // Views with it that follow each other are one membership.
    absences.takenIn(1, now + member / 2);
    return waitAfter(absences, now + member);
  };
  assertEquals(after(REJOIN_FORGET_MS - 1), REJOIN_WAIT_MS_MIN * 4);
  assertEquals(after(REJOIN_FORGET_MS), 0);
});

Deno.test("5 time outside is no membership", () => {
  const absences = new Absences(3);
  absences.takenIn(1, 0);
  absences.leftOut(1, 1);
  assertEquals(waitAfter(absences, 10 * REJOIN_FORGET_MS), REJOIN_WAIT_MS_MIN);
});
