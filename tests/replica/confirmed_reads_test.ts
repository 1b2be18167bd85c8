/**
 * Linearizable reads are answered when they are confirmed and what they must see is applied.
 */

import { assert, assertEquals } from "@std/assert";
import { ConfirmedReads } from "../../lib/replica/confirmed_reads.ts";

Deno.test("reads are numbered as they come", () => {
  const reads = new ConfirmedReads();
  assertEquals([reads.next(), reads.next(), reads.next()], [1, 2, 3]);
});

Deno.test("a read is ready when it is confirmed and all up to its place is applied", () => {
  const reads = new ConfirmedReads();
  const read = reads.next();
  assert(!reads.isReady(read, 100), "nobody has confirmed it");
  reads.add({ read, index: 7 });
  // Delivered is not enough.
  assert(!reads.isReady(read, 6));
  assert(reads.isReady(read, 7));
  assert(reads.isReady(read, 8));
});

Deno.test("one confirmation is for all that came before, and for none that came later", () => {
  const reads = new ConfirmedReads();
  for (let i = 0; i < 4; i++) reads.next();
  reads.add({ read: 3, index: 0 });
  assertEquals([1, 2, 3, 4].map((read) => reads.isReady(read, 0)), [true, true, true, false]);
});

Deno.test("each confirmation has a place of its own", () => {
  const reads = new ConfirmedReads();
  for (let i = 0; i < 3; i++) reads.next();
  reads.add({ read: 1, index: 5 });
  reads.add({ read: 2, index: 9 });
  reads.add({ read: 3, index: 9 });
  const ready = (applied: number) => [1, 2, 3].filter((read) => reads.isReady(read, applied));
  assertEquals([4, 5, 8, 9].map(ready), [[], [1], [1], [1, 2, 3]]);
});

Deno.test("news are told once", () => {
  const reads = new ConfirmedReads();
  assertEquals(reads.news(), false);
  reads.add({ read: reads.next(), index: 0 });
  assertEquals([reads.news(), reads.news()], [true, false]);
});
