import { assertEquals } from "@std/assert";
import { Fifo } from "../../lib/order/fifo.ts";
import { Random } from "../../lib/chaos/random.ts";

Deno.test("a fifo does what an array does", () => {
  const random = new Random(22);
  const fifo = new Fifo<number>();
  const oracle: number[] = [];
  for (let step = 0; step < 20_000; step++) {
    // It grows and shrinks by turns.
    const grows = step % 4000 < 2000 ? 0.7 : 0.3;
    if (random.chance(grows)) {
      fifo.push(step);
      oracle.push(step);
    } else if (random.chance(0.001)) {
      fifo.clear();
      oracle.length = 0;
    } else assertEquals(fifo.shift(), oracle.shift());
    assertEquals(fifo.length, oracle.length);
    assertEquals(fifo.first(), oracle[0]);
    if (step % 97 === 0) assertEquals([...fifo], oracle);
  }
});

Deno.test("an empty fifo has no first, and can be used again", () => {
  const fifo = new Fifo<string>();
  assertEquals([fifo.first(), fifo.shift(), fifo.length, [...fifo].length], [
    undefined,
    undefined,
    0,
    0,
  ]);
  fifo.push("a");
  assertEquals([fifo.shift(), fifo.shift()], ["a", undefined]);
  fifo.push("b");
  assertEquals([...fifo], ["b"]);
});

Deno.test("shift costs the same at any length", () => {
  const fifo = new Fifo<number>();
  // With an array's shift of this length, this takes minutes.
  for (let i = 0; i < 300_000; i++) fifo.push(i);
  let sum = 0;
  for (let i = 0; i < 300_000; i++) sum += fifo.shift() ?? 0;
  assertEquals(sum, 300_000 * 299_999 / 2);
});
