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

Deno.test("many keys are sorted bit by bit, while others come, go and come again", () => {
  const random = new Random(4);
  const keys = new Map<string, string>();
  for (let i = 0; i < 30_000; i++) keys.set(`${random.int(0, 1_000_000)}`, "");
  const order = new KeyOrder(keys.keys());
  const operation = (): Operation => {
    const key = random.chance(0.5) ? `${random.int(0, 1_000_000)}` : random.pick([...some]);
    return random.chance(0.4) ? { type: "delete", key } : { type: "set", key, value: "", bytes: 0 };
  };
  const some = [...keys.keys()].slice(0, 1_000);
  let steps = 1;
  for (; !order.advance(); steps++) {
    for (let i = 0; i < 200; i++) {
      const next = operation();
      order.note(next, keys);
      carryOut(next, keys);
    }
  }
  assert(steps > 20, `${steps} steps`);
  assert(order.advance());
  assertEquals([...order.from("", keys)], [...keys.keys()].sort());
});

Deno.test("new keys take their places among the others, and those that are gone are dropped", () => {
  const keys = new Map<string, string>();
  const order = new KeyOrder([]);
  for (let i = 0; i < 5_000; i++) {
    for (const type of ["set", "delete"] as const) {
      if (type === "delete" && i % 10 === 0) continue;
      const operation: Operation = { type, key: `${i}`, value: "", bytes: 0 };
      order.note(operation, keys);
      carryOut(operation, keys);
    }
    if (i % 1_000 === 0) assertEquals([...order.from("", keys)], [...keys.keys()].sort());
  }
  assertEquals([...order.from("", keys)], [...keys.keys()].sort());
});
