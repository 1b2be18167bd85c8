/**
 * Linearizable reads that wait for their confirmation: design section 1.
 */

import { assertEquals } from "@std/assert";
import { Reads } from "../../lib/order/reads.ts";

/** At replica 0 of three. */
const ofThree = () => new Reads(0, 2);

Deno.test("1 a read needs a majority, of which its own replica is one", () => {
  const reads = ofThree();
  reads.add(1);
  assertEquals(reads.ask(5), true);
  assertEquals(reads.release(Infinity), null);
  reads.confirm(2, 1);
  assertEquals(reads.release(Infinity), 1);
  assertEquals(reads.release(Infinity), null);
});

Deno.test("1 of five, one other is not enough, and the same one twice is one", () => {
  const reads = new Reads(4, 3);
  reads.add(1);
  reads.ask(5);
  for (let i = 0; i < 3; i++) reads.confirm(2, 1);
  assertEquals(reads.release(Infinity), null);
  reads.confirm(0, 1);
  assertEquals(reads.release(Infinity), 1);
});

Deno.test("1 alone a replica is a majority, and asks nobody", () => {
  const reads = new Reads(0, 1);
  reads.add(1);
  assertEquals(reads.ask(5), false);
  assertEquals(reads.release(Infinity), 1);
});

Deno.test("1 reads that wait together share a question; who comes later needs the next", () => {
  const reads = ofThree();
  reads.add(1);
  reads.add(2);
  assertEquals(reads.ask(5), true);
  reads.add(3);
  // It came after the question was asked: the answer may be older than it.
  assertEquals(reads.ask(6), false);
  reads.confirm(1, 1);
  assertEquals(reads.release(Infinity), 2);
  assertEquals(reads.ask(6), true);
  assertEquals(reads.unanswered(1), 2);
  // A late yes to the first says nothing of the second.
  reads.confirm(2, 1);
  assertEquals(reads.release(Infinity), null);
  reads.confirm(2, 2);
  assertEquals(reads.release(Infinity), 3);
});

Deno.test("1 nothing is asked without a read", () => {
  const reads = ofThree();
  assertEquals([reads.ask(5), reads.unanswered(1)], [false, null]);
});

Deno.test("1 all that was on hand when it was asked must be delivered first, and no more", () => {
  const reads = ofThree();
  reads.add(1);
  reads.ask(5);
  reads.confirm(1, 1);
  // The message to be delivered next was on hand: its time is not past the clock.
  for (const time of [3, 5]) assertEquals(reads.release(time), null);
  assertEquals(reads.release(6), 1);
});

Deno.test("1 confirmed reads are released in order, each with what it waits for", () => {
  const reads = ofThree();
  for (const [read, clock] of [[1, 5], [2, 9], [3, 14]]) {
    reads.add(read);
    reads.ask(clock);
    reads.confirm(1, read);
  }
  assertEquals(reads.release(5), null);
  assertEquals(reads.release(12), 2);
  assertEquals(reads.release(Infinity), 3);
});

Deno.test("1 who has not answered is asked again on a new link, who has is not", () => {
  const reads = new Reads(0, 3);
  reads.add(1);
  reads.ask(5);
  assertEquals([1, 2].map((peer) => reads.unanswered(peer)), [1, 1]);
  reads.confirm(1, 1);
  assertEquals([1, 2].map((peer) => reads.unanswered(peer)), [null, 1]);
});

Deno.test("5.2 when the view ends, what is not released is asked again, with a new number", () => {
  const reads = ofThree();
  reads.add(1);
  reads.ask(5);
  reads.confirm(1, 1);
  assertEquals(reads.release(Infinity), 1);
  reads.add(2);
  reads.ask(6);
  reads.confirm(1, 2);
  // Confirmed, but something on hand is not delivered.
  assertEquals(reads.release(6), null);
  reads.add(3);
  reads.ask(7);
  reads.restart();
  assertEquals(reads.release(Infinity), null);
  assertEquals(reads.ask(20), true);
  // The yes of the old view is late.
  reads.confirm(1, 3);
  assertEquals(reads.release(Infinity), null);
  reads.confirm(1, 4);
  assertEquals(reads.release(Infinity), 3);
  assertEquals(reads.ask(21), false);
});
