/** The search for an order, against the verdicts of others and against trying all orders. */

import { assert, assertEquals } from "@std/assert";
import type { RegisterAction, RegisterOperation } from "../../lib/check/register.ts";
import { searchOrder } from "../../lib/check/search.ts";
import { Random } from "../../lib/chaos/random.ts";
import { someOrderFits } from "./brute_force.ts";
import { readEtcd, readKv } from "./shared_histories.ts";

const SHARED = new URL("../../../shared/histories/", import.meta.url);
const STEPS = 5_000_000;

const exists = (() => {
  try {
    return Deno.statSync(SHARED).isDirectory;
  } catch {
    return false;
  }
})();

Deno.test({
  name: `the histories of others get their known verdicts${exists ? "" : " (skipped: not here)"}`,
  ignore: !exists,
  fn() {
    const lines = Deno.readTextFileSync(new URL("verdicts.txt", SHARED)).trim().split("\n");
    assertEquals(lines.length, 55);
    for (const line of lines) {
      const [file, verdict] = line.split(" ");
      const text = Deno.readTextFileSync(new URL(file, SHARED));
      const keys = file.startsWith("etcd/") ? readEtcd(text) : readKv(text);
      const found = [...keys.values()].map((operations) =>
        searchOrder(operations, { steps: STEPS }).type
      );
      assert(!found.includes("unknown"), file);
      assertEquals(found.includes("illegal") ? "illegal" : "ok", verdict, file);
    }
  },
});

function randomAction(random: Random, values: readonly string[]): RegisterAction {
  const value = () => random.chance(0.2) ? null : random.pick(values);
  switch (random.int(0, 9)) {
    case 0:
      return { type: "append", text: random.pick(values) };
    case 1:
    case 2:
      return { type: "cas", from: value(), to: value(), swapped: random.chance(0.6) };
    case 3:
    case 4:
    case 5:
      return { type: "write", value: value() };
    default:
      return { type: "read", value: value() };
  }
}

/** Few operations of few processes, each answered at random. */
function randomOperations(random: Random): RegisterOperation[] {
  const values = random.pick([["1"], ["1", "2"], ["1", "2", "3"]]);
  const processes = random.int(1, 4);
  const count = random.int(1, 7);
  const free = Array(processes).fill(0);
  const times = new Set<number>();
  const timeFrom = (from: number): number => {
    const time = from + random.next() * 10;
    times.add(time);
    return time;
  };
  return Array.from({ length: count }, () => {
    const process = random.int(0, processes - 1);
    const begin = timeFrom(free[process]);
    const end = timeFrom(begin);
    free[process] = end;
    const isUnknown = random.chance(0.15);
    const action = randomAction(random, values);
    if (!isUnknown) return { action, begin, end };
    free[process] = begin;
    return {
      action: action.type === "cas" ? { ...action, swapped: null } : action,
      begin,
      end: Infinity,
    };
  });
}

Deno.test("the search agrees with trying every order", () => {
  const random = new Random(1);
  let fits = 0;
  const runs = 20_000;
  for (let run = 0; run < runs; run++) {
    const operations = randomOperations(random);
    const wanted = someOrderFits(operations);
    if (wanted) fits++;
    assertEquals(
      searchOrder(operations, { steps: STEPS }).type,
      wanted ? "ok" : "illegal",
      `run ${run}: ${JSON.stringify(operations)}`,
    );
  }
  assert(fits > runs / 5 && fits < runs * 4 / 5, `${fits} of ${runs} fit`);
});

Deno.test("a search that costs too much gives up", () => {
  const operations = randomOperations(new Random(3)).concat(
    Array.from({ length: 12 }, (_, i) => (
      { action: { type: "append", text: `${i}` }, begin: i, end: 1_000 + i } as const
    )),
  );
  assertEquals(searchOrder(operations, { steps: 1_000 }), { type: "unknown" });
});
