/** The order of keys, kept while they come and go, against sorting all of them each time. */

import { assert, assertEquals } from "@std/assert";
import { bytesOf, compareBytes, textOf } from "../../lib/bytes.ts";
import { Random } from "../../lib/chaos/random.ts";
import type { Operation } from "../../lib/order/operation.ts";
import { carryOut } from "../../lib/store/apply.ts";
import { KeyOrder } from "../../lib/store/key_order.ts";

const UNITS = ["a", "b", "é", "\uffff", "😀", "\udc80", "\udcff", "z"];

function randomKey(random: Random): string {
  return textOf(
    bytesOf(Array.from({ length: random.int(1, 3) }, () => random.pick(UNITS)).join("")),
  );
}

function randomOperation(random: Random): Operation {
  const [key, to] = [randomKey(random), randomKey(random)];
  return random.pick<() => Operation>([
    () => ({ type: "set", key, value: "v", bytes: 1 }),
    () => ({ type: "delete", key }),
    () => ({ type: "rename", key, to, when: "always" }),
    () => ({ type: "several", key: "", pairs: [[key, null], [to, "v"]], bytes: 1 }),
    () => ({ type: "take", key }),
    () => random.chance(0.02) ? { type: "clear", key: "" } : { type: "add", key, by: "1" },
  ])();
}

for (const seed of [1, 2, 3]) {
  Deno.test(`keys stay in the order of their bytes while they come and go (seed ${seed})`, () => {
    const random = new Random(seed);
    const keys = new Map<string, string>();
    for (let i = 0; i < 100; i++) carryOut(randomOperation(random), keys);
    const order = new KeyOrder(keys.keys());
    for (let i = 0; i < 2_000; i++) {
      const operation = randomOperation(random);
      order.note(operation, keys);
      carryOut(operation, keys);
      const first = random.chance(0.2) ? "" : randomKey(random);
      const expected = [...keys.keys()].filter((key) => compareBytes(key, first) >= 0)
        .sort(compareBytes);
      assertEquals([...order.from(first, keys)], expected);
    }
  });
}

Deno.test("an order of which too much is new is old", () => {
  const keys = new Map<string, string>();
  const order = new KeyOrder([]);
  for (let i = 0; i < 1_000; i++) {
    order.note({ type: "set", key: `${i}`, value: "", bytes: 0 }, keys);
    assert(!order.isOld);
  }
  order.note({ type: "set", key: "one more", value: "", bytes: 0 }, keys);
  assert(order.isOld);
});
