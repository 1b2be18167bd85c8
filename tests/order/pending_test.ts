/** The queue, compared with an oracle that sorts everything each time. */

import { assertEquals } from "@std/assert";
import { compareMessages, type Message } from "../../lib/order/message.ts";
import { Pending } from "../../lib/order/pending.ts";
import { Random } from "../../lib/chaos/random.ts";

/** A message with a timestamp that no other has. */
function stamps(random: Random): () => Message {
  const used = new Set<string>();
  return () => {
    for (;;) {
      const [origin, time] = [random.int(0, 120), random.int(1, 2_000)];
      if (used.has(`${origin} ${time}`)) continue;
      used.add(`${origin} ${time}`);
      return { origin, n: used.size, time, operation: { type: "delete", key: "k" } };
    }
  };
}

Deno.test("the queue does what sorting everything does", () => {
  for (let seed = 1; seed <= 10; seed++) {
    const random = new Random(seed);
    const next = stamps(random);
    const pending = new Pending();
    let oracle: Message[] = [];
    for (let step = 0; step < 2_000; step++) {
      if (random.chance(0.55)) {
        const message = next();
        pending.add(message);
        oracle = [...oracle, message].sort(compareMessages);
      } else if (random.chance(0.01)) {
        oracle = oracle.filter(() => random.chance(0.5));
        // In any order.
        pending.replace(oracle.toReversed());
      } else assertEquals(pending.shift(), oracle.shift());
      assertEquals(pending.head(), oracle[0]);
      assertEquals(pending.length, oracle.length);
      if (step % 101 === 0) assertEquals(pending.all(), oracle);
    }
    assertEquals(pending.all(), oracle);
    for (const message of oracle) assertEquals(pending.shift(), message);
    assertEquals([pending.length, pending.head(), pending.shift()], [0, undefined, undefined]);
  }
});

Deno.test("messages of one time come by their ids, above 100 too", () => {
  const pending = new Pending();
  const ids = [100, 9, 1000, 0, 99, 101];
  ids.forEach((origin, n) =>
    pending.add({ origin, n, time: 7, operation: { type: "delete", key: "k" } })
  );
  assertEquals(pending.all().map(({ origin }) => origin), [0, 9, 99, 100, 101, 1000]);
});

Deno.test("all leaves the queue as it is, and is nobody's view of it", () => {
  const pending = new Pending();
  const next = stamps(new Random(3));
  for (let i = 0; i < 10; i++) pending.add(next());
  const before = pending.all();
  pending.all().length = 0;
  assertEquals(pending.all(), before);
  assertEquals(pending.length, 10);
});
