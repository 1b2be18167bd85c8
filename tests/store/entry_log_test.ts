/** The end of the log as columns, against an array of all entries. */

import { assertEquals, assertThrows } from "@std/assert";
import { Random } from "../../lib/chaos/random.ts";
import { InvariantError } from "../../lib/invariant.ts";
import type { Entry, Operation } from "../../lib/order/message.ts";
import { EntryLog } from "../../lib/store/entry_log.ts";
import { operationBytes, takeEntries } from "../../lib/store/store.ts";
import { set } from "./stores.ts";

function operation(random: Random): Operation {
  const key = `k${random.int(0, 9)}`;
  return random.pick<() => Operation>([
    () => set(key, "x".repeat(random.int(0, 300))),
    () => set(key, "é", `r${random.int(0, 99)}`),
    () => ({ type: "delete", key }),
    () => ({ type: "fence", key: "", id: "r" }),
    () => ({ type: "rename", key, to: "t", when: "always" }),
    () => ({ ...set(key, "v", "r"), eventual: true }),
  ])();
}

for (const seed of [1, 2, 3]) {
  Deno.test(`a log of columns gives back what was put in (seed ${seed})`, () => {
    const random = new Random(seed);
    // Above 32 bits, too.
    const begin = random.pick([0, 2 ** 31 - 100, 2 ** 40]);
    const log = new EntryLog(begin, { logEntriesKept: 700, logBytesKept: 150_000 });
    let all: Entry[] = [];
    let [end, applied] = [begin, begin];
    for (let step = 0; step < 6_000; step++) {
      // It grows and shrinks by turns.
      if (random.chance(step % 2_000 < 1_000 ? 0.7 : 0.3)) {
        const [origin, n, time] = [random.int(0, 999), 2 ** 52 + step, step];
        const entry = { index: ++end, message: { origin, n, time, operation: operation(random) } };
        log.push(entry);
        all.push(entry);
      } else if (applied < end) {
        log.count(++applied);
        log.trim(applied);
      }
      all = all.filter(({ index }) => index >= log.from);
      if (step % 50 !== 0) continue;
      const kept = all.filter(({ index }) => index <= applied);
      const bytes = (entries: readonly Entry[]) =>
        entries.reduce((sum, { message }) => sum + operationBytes(message.operation), 0);
      // Not more than the bounds, and with one more it would be.
      if (kept.length > 1) assertEquals([kept.length <= 700, bytes(kept) <= 150_000], [true, true]);
      const from = random.int(log.from, end + 1);
      const to = random.int(from - 1, end + 5);
      const expected = all.filter(({ index }) => index >= from && index <= to);
      assertEquals(log.read(from, to), takeEntries(expected));
      assertEquals([log.at(end + 1), log.at(log.from - 1)], [undefined, undefined]);
      assertEquals(log.at(from), all.find(({ index }) => index === from));
    }
    assertThrows(() => log.read(log.from - 1, end), InvariantError, "still in the log");
    assertThrows(() => log.push({ ...all[0], index: end + 2 }), InvariantError, "no gap");
    log.restart(end + 10);
    assertEquals([log.from, log.at(end), log.read(end + 11, end + 20)], [end + 11, undefined, []]);
  });
}
