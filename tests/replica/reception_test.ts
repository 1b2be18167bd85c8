import { assertEquals } from "@std/assert";
import { Reception } from "../../lib/replica/reception.ts";

const lasting = { reason: "another cluster", lasting: true };
const passing = { reason: "here already", lasting: false };

Deno.test("who is refused for good by so many that the rest are no majority is an outcast", () => {
  const three = new Reception(3);
  three.refused(0, lasting);
  assertEquals(three.outcast(), null, "the other two may be right");
  three.refused(2, { ...lasting, reason: "another number" });
  assertEquals(three.outcast(), "refused by replicas 0, 2: another cluster; another number");

  const two = new Reception(2);
  two.refused(0, lasting);
  assertEquals(two.outcast(), "refused by replica 0: another cluster");
});

Deno.test("who was accepted once is never an outcast", () => {
  const reception = new Reception(3);
  reception.accepted(1);
  reception.refused(0, lasting);
  reception.refused(1, lasting);
  reception.refused(2, lasting);
  assertEquals(reception.outcast(), null);
});

Deno.test("what passes by itself makes nobody an outcast", () => {
  const reception = new Reception(3);
  reception.refused(0, passing);
  reception.refused(1, lasting);
  reception.refused(2, lasting);
  reception.refused(2, passing);
  assertEquals(reception.outcast(), null);
});

Deno.test("a refusal is news until it is said again", () => {
  const reception = new Reception(3);
  assertEquals(reception.refused(0, lasting), true);
  assertEquals(reception.refused(0, lasting), false);
  assertEquals(reception.refused(1, lasting), true);
  assertEquals(reception.refused(0, passing), true);
  reception.accepted(0);
  assertEquals(reception.refused(0, passing), true);
});
