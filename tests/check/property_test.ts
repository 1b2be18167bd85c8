/** The checker against definitions tried in every way, and against stores that keep their word. */

import { assert, assertEquals } from "@std/assert";
import type { Discipline } from "../../lib/check/clients.ts";
import type { HistoryLine, Invoke } from "../../lib/check/history.ts";
import { judge } from "../../lib/check/judge.ts";
import { historyOf } from "../../lib/check/reader.ts";
import type { RegisterOperation } from "../../lib/check/register.ts";
import { searchOrder } from "../../lib/check/search.ts";
import type { Guarantee } from "../../lib/check/verdict.ts";
import { Random } from "../../lib/chaos/random.ts";
import {
  fitsOrder,
  linesOf,
  type SmallOperation,
  someOrderFits,
  someTotalOrderFits,
} from "./brute_force.ts";
import { modelHistory, type ModelOptions } from "./model.ts";
import { smallHistory, type SmallOptions } from "./random_operations.ts";
import { verdictOn } from "./told.ts";

const LONG = Deno.env.get("KVDIST_LONG") === "1";

/** Compares two ways to a verdict on many histories; both verdicts must be well represented. */
function compare(
  runs: number,
  one: (random: Random) => { wanted: boolean; found: boolean; shown: unknown },
): void {
  const random = new Random(1);
  let good = 0;
  for (let run = 0; run < runs; run++) {
    const { wanted, found, shown } = one(random);
    if (wanted) good++;
    assertEquals(found, wanted, `run ${run}: ${JSON.stringify(shown, null, 1)}`);
  }
  assert(good > runs * 0.15 && good < runs * 0.85, `${good} of ${runs} are good`);
}

function isOk(lines: readonly HistoryLine[], guarantee: Guarantee): boolean {
  const { verdict } = verdictOn(historyOf(lines), guarantee);
  assert(verdict !== "unknown");
  return verdict === "ok";
}

/** What counts for linearizability, as operations of one register. */
function registerOperations(operations: readonly SmallOperation[]): RegisterOperation[] {
  return operations.flatMap(({ isWrite, value, level, begin, end, outcome }) => {
    if (outcome === "fail") return [];
    if (!isWrite && (outcome !== "ok" || level !== "linearizable")) return [];
    const isOver = outcome === "ok" && (!isWrite || level !== "eventual");
    const action = isWrite ? { type: "write", value } as const : { type: "read", value } as const;
    return [{ action, begin, end: isOver ? end : Infinity }];
  });
}

Deno.test("values written once: the zones agree with the search and with trying everything", () => {
  compare(LONG ? 100_000 : 10_000, (random) => {
    const operations = smallHistory(random, {
      operations: random.int(2, 9),
      processes: random.int(2, 4),
      keys: 1,
      levels: ["linearizable", "linearizable", "linearizable", "sequential", "eventual"],
    });
    const register = registerOperations(operations);
    const wanted = searchOrder(register, { steps: 1_000_000 }).type === "ok";
    if (register.length <= 6) assertEquals(someOrderFits(register), wanted);
    return { wanted, found: isOk(linesOf(operations), "linearizable"), shown: operations };
  });
});

Deno.test("values written again, and deletes: the verdict agrees with the search", () => {
  compare(LONG ? 50_000 : 5_000, (random) => {
    const operations = smallHistory(random, {
      operations: random.int(2, 9),
      processes: random.int(2, 4),
      keys: 1,
      deletes: 0.3,
      values: 3,
      levels: ["linearizable", "linearizable", "linearizable", "sequential", "eventual"],
    });
    const wanted = searchOrder(registerOperations(operations), { steps: 1_000_000 }).type === "ok";
    return { wanted, found: isOk(linesOf(operations), "linearizable"), shown: operations };
  });
});

const SMALL: SmallOptions = {
  operations: 6,
  processes: 2,
  keys: 2,
  levels: ["eventual", "sequential", "sequential", "linearizable"],
};

/** The writes that may have happened, in some order in which each can have been delivered. */
function someOrder(random: Random, operations: readonly SmallOperation[]): SmallOperation[] {
  const writes = operations.filter(({ isWrite, outcome }) =>
    isWrite && (outcome === "ok" || (outcome === "info" && random.chance(0.5)))
  );
  // Mostly by time, so that it often fits.
  const time = new Map(writes.map((write) => [write, write.begin + random.next() * 8]));
  return writes.toSorted((a, b) => (time.get(a) ?? 0) - (time.get(b) ?? 0));
}

for (const discipline of ["sequential", "session"] as const satisfies Discipline[]) {
  const sessions = discipline === "session" ? 0.9 : 0.5;

  Deno.test(`${discipline}: fitting into the order agrees with trying all places`, () => {
    compare(LONG ? 50_000 : 5_000, (random) => {
      const operations = smallHistory(random, {
        ...SMALL,
        sessions,
        operations: random.int(4, 9),
        deletes: random.pick([0, 0.3]),
        values: random.pick([2, 100]),
      });
      const order = someOrder(random, operations);
      const lines = linesOf(operations, order);
      const wanted = fitsOrder(operations, order, discipline);
      return { wanted, found: order.length === 0 ? wanted : isOk(lines, discipline), shown: lines };
    });
  });

  Deno.test(`${discipline}: without an order, agrees with trying all orders`, () => {
    compare(LONG ? 20_000 : 2_000, (random) => {
      const operations = smallHistory(random, {
        ...SMALL,
        sessions,
        operations: random.int(5, 9),
        processes: random.int(1, 3),
        keys: random.int(1, 2),
        deletes: random.pick([0, 0.3]),
        values: random.pick([2, 100]),
      });
      const wanted = someTotalOrderFits(operations, discipline);
      return { wanted, found: isOk(linesOf(operations), discipline), shown: linesOf(operations) };
    });
  });
}

/** What a simulated store is asked to do. */
function modelOptions(seed: number): ModelOptions {
  const random = new Random(seed);
  return {
    seed,
    operations: random.int(20, 120),
    clients: random.int(2, 8),
    keys: random.int(1, 4),
    replicas: random.pick([1, 3, 5]),
    levels: random.pick([
      ["linearizable"],
      ["sequential"],
      ["eventual", "sequential", "linearizable"],
    ]),
    deletes: random.pick([0, 0, 0.3]),
    unknown: random.pick([0, 0.05, 0.2]),
    failures: random.pick([0, 0.1]),
    retries: random.pick([0, 0.7]),
    sessions: random.pick([0, 0.5]),
    values: random.chance(0.2) ? 3 : undefined,
    ids: true,
    witness: random.chance(0.5),
  };
}

const SEEDS = LONG ? 5_000 : 500;

Deno.test("a store that keeps its word is found to", () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const verdicts = judge(historyOf(modelHistory(modelOptions(seed))));
    for (const [guarantee, verdict] of Object.entries(verdicts)) {
      assertEquals(verdict.verdict, "ok", `seed ${seed}: ${guarantee}: ${JSON.stringify(verdict)}`);
    }
  }
});

/**
 * The lines with one linearizable read changed: it shows a value that was replaced before it
 * began, or that is written only after it. Null if no read can be changed so.
 */
function withWrongRead(lines: readonly HistoryLine[], random: Random): HistoryLine[] | null {
  const { writes, reads } = timesOf(lines);
  const changes = reads.flatMap((read) =>
    writes.filter((write) => {
      if (write.key !== read.key || write.value === read.value) return false;
      if (write.begin > read.end) return true;
      return writes.some((other) =>
        other.key === read.key && write.end < other.begin && other.end < read.begin
      );
    }).map((write) => ({ at: read.end, value: write.value }))
  );
  if (changes.length === 0) return null;
  const { at, value } = random.pick(changes);
  return lines.map((line, i) => i === at && line.type === "ok" ? { ...line, value } : line);
}

interface Timed {
  readonly key: string;
  readonly value: string | null;
  readonly begin: number;
  readonly end: number;
}

/** Writes by when they were answered as ordered, and linearizable reads. */
function timesOf(lines: readonly HistoryLine[]): { writes: Timed[]; reads: Timed[] } {
  const writes: Timed[] = [];
  const reads: Timed[] = [];
  const begun = new Map<number, { begin: number; invoke: Invoke }>();
  for (const [i, line] of lines.entries()) {
    if (line.type === "invoke") begun.set(line.process, { begin: i, invoke: line });
    if (line.type !== "ok" && line.type !== "info") continue;
    const open = begun.get(line.process);
    if (open === undefined) continue;
    const { begin, invoke } = open;
    const isOk = line.type === "ok";
    if (invoke.op === "set") {
      const end = isOk && invoke.level !== "eventual" ? i : Infinity;
      writes.push({ key: invoke.key, value: invoke.value, begin, end });
    } else if (isOk && invoke.op === "get" && invoke.level === "linearizable") {
      reads.push({ key: invoke.key, value: line.value ?? null, begin, end: i });
    }
  }
  return { writes, reads };
}

Deno.test("a linearizable history with one read changed is found out", () => {
  const random = new Random(7);
  let changed = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    // What was tried again may count as one write: then a change could be allowed.
    const options = { ...modelOptions(seed), levels: ["linearizable"], retries: 0 } as const;
    const lines = withWrongRead([...modelHistory({ ...options, values: undefined })], random);
    if (lines === null) continue;
    changed++;
    const { verdict } = verdictOn(historyOf(lines), "linearizable");
    assertEquals(verdict, "illegal", `seed ${seed}`);
  }
  assert(changed > SEEDS * 0.7, `${changed} histories had a read to change`);
});
