/** The smallest part of a history that breaks a guarantee. */

import { assert, assertEquals } from "@std/assert";
import { caseOf } from "../../lib/check/case.ts";
import { encodeLine, type HistoryLine } from "../../lib/check/history.ts";
import { judge } from "../../lib/check/judge.ts";
import { Pieces } from "../../lib/check/part.ts";
import { historyOf } from "../../lib/check/reader.ts";
import { shrink } from "../../lib/check/shrink.ts";
import { smallest } from "../../lib/check/smallest.ts";
import { type Guarantee, GUARANTEES } from "../../lib/check/verdict.ts";
import { Random } from "../../lib/chaos/random.ts";
import { modelHistory, type ModelOptions } from "./model.ts";
import { linesTold, told, verdictOn } from "./told.ts";

function options(seed: number): ModelOptions {
  const random = new Random(seed);
  return {
    seed,
    operations: random.int(20, 60),
    clients: 5,
    keys: 3,
    levels: ["eventual", "sequential", "linearizable"],
    deletes: random.pick([0, 0.2]),
    unknown: 0.1,
    failures: 0.1,
    retries: 0.5,
    sessions: 0.5,
    ids: random.chance(0.8),
    witness: random.chance(0.7),
    values: random.chance(0.2) ? 3 : undefined,
  };
}

Deno.test("no part of a good history is bad", () => {
  const random = new Random(5);
  for (let seed = 1; seed <= 300; seed++) {
    const history = historyOf(modelHistory(options(seed)));
    const pieces = new Pieces(caseOf(history, { steps: 1_000_000 }));
    const some = pieces.all().filter(() => random.chance(0.6));
    const part = historyOf(pieces.linesOf(pieces.closed(some)));
    for (const [guarantee, verdict] of Object.entries(judge(part))) {
      assert(
        verdict.verdict !== "illegal",
        `seed ${seed}, ${guarantee}: ${JSON.stringify(verdict)}`,
      );
    }
  }
});

/** Ways in which a history can be made wrong. */
const TAMPERINGS: Readonly<
  Record<string, (lines: readonly HistoryLine[], random: Random) => readonly HistoryLine[]>
> = {
  "a read shows another value": (lines, random) => {
    const reads = lines.filter((line) => line.type === "ok" && line.value !== undefined);
    if (reads.length === 0) return lines;
    const read = random.pick(reads);
    const value = `${random.int(1, 20)}`;
    return lines.map((line) => line === read && line.type === "ok" ? { ...line, value } : line);
  },
  "a write is lost": (lines, random) => {
    const entries = lines.filter(({ type }) => type === "order");
    if (entries.length === 0) return lines;
    const lost = random.pick(entries);
    if (lost.type !== "order") return lines;
    return lines.filter((line) => line !== lost).map((line) =>
      line.type === "order" && line.index > lost.index ? { ...line, index: line.index - 1 } : line
    );
  },
  "two writes change places": (lines, random) => {
    const entries = lines.filter(({ type }) => type === "order");
    if (entries.length < 2) return lines;
    const [a, b] = [random.pick(entries), random.pick(entries)];
    if (a.type !== "order" || b.type !== "order") return lines;
    return lines.map((line) => {
      if (line === a) return { ...a, index: b.index };
      return line === b ? { ...b, index: a.index } : line;
    });
  },
  "a replica holds something else": (lines, random) => {
    const finals = lines.filter((line) => line.type === "final" && "key" in line);
    if (finals.length === 0) return lines;
    const final = random.pick(finals);
    const value = `${random.int(1, 20)}`;
    return lines.map((line) => line === final && "key" in final ? { ...final, value } : line);
  },
};

for (const [name, tamper] of Object.entries(TAMPERINGS)) {
  Deno.test(`${name}: the smallest part shows it, and nothing can be left out`, () => {
    const random = new Random(3);
    let shown = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const history = historyOf(tamper([...modelHistory(options(seed))], random));
      const verdicts = judge(history);
      for (const guarantee of GUARANTEES) {
        const verdict = verdicts[guarantee];
        if (verdict?.verdict !== "illegal") continue;
        shown++;
        const part = historyOf(shrink(history, guarantee, verdict.violation));
        const where = `seed ${seed}, ${guarantee}: ${verdict.violation.text}`;
        assertEquals(verdictOn(part, guarantee).verdict, "illegal", where);
        assertMinimal(part, guarantee, where);
      }
    }
    assert(shown >= 20, `${shown} were bad`);
  });
}

/** Whether leaving out any piece leaves nothing wrong. */
function assertMinimal(part: ReturnType<typeof historyOf>, guarantee: Guarantee, where: string) {
  const pieces = new Pieces(caseOf(part, { steps: 1_000_000 }));
  const all = pieces.all();
  if (all.length === 1) return;
  for (const piece of all) {
    const fewer = pieces.closed(all.filter((other) => other !== piece));
    const { verdict } = verdictOn(historyOf(pieces.linesOf(fewer)), guarantee);
    assert(verdict !== "illegal", `${where}: piece ${piece} of ${all.length} can be left out`);
  }
}

Deno.test("a stale read among many others: three operations are left", () => {
  const noise = (process: number, key: string) =>
    Array.from({ length: 50 }, (_, i) => `${process} set ${key} ${key}${i} → ok`).join("\n");
  const history = told(`
    ${noise(1, "y")}
    0 set x 1 → ok
    ${noise(2, "z")}
    0 set x 2 → ok
    ${noise(3, "x")}
    4 get x linearizable@2 → 1
    ${noise(3, "y")}`);
  const verdict = verdictOn(history, "linearizable");
  assert(verdict.verdict === "illegal");
  const lines = shrink(history, "linearizable", verdict.violation);
  const invokes = lines.flatMap((line) => line.type === "invoke" ? [`${line.op} ${line.key}`] : []);
  assertEquals(invokes, ["set x", "set x", "get x"]);
  // Told as the whole was: only `at` says when it was.
  assertEquals(lines[0], { history: 1, replicas: 3, part: true });
  assertEquals(lines.at(-1), {
    type: "ok",
    process: 4,
    at: lines.at(-1)?.type === "ok" ? 100 + 2 + 100 + 2 + 100 + 1 : NaN,
    value: "1",
  });
});

Deno.test("a part is told as the whole was", () => {
  const lines = linesTold(`
    0 set x 1 sequential@2 session #a → info
    3 set x 1 eventual@1 client:9 #a → ok
    1 delete x linearizable #b → fail
    1 get x → null
    1 get x eventual → 1
    2 set y 5
    order fence #b
    order set x 1 #a eventual
    order set y 5
    final 0 x 1
    final 1 x null
    final 1 y 5
    final 2 y 5`);
  const pieces = new Pieces(caseOf(historyOf(lines), { steps: 0 }));
  const [header, ...rest] = pieces.linesOf(pieces.all());
  assertEquals(header, { history: 1, replicas: 3, part: true });
  // Which field comes first makes no difference; nor does a field without a value.
  const told = (all: readonly HistoryLine[]) =>
    all.map((line) => Object.fromEntries(Object.entries(JSON.parse(encodeLine(line))).sort()));
  assertEquals(told(rest), told(lines.slice(1)));
});

Deno.test("what is not known stays unknown in a part", () => {
  const history = told("0 set x 1 → ok\n0 set y 2 → ok\norder set y 2 @3");
  const pieces = new Pieces(caseOf(history, { steps: 0 }));
  const part = historyOf(pieces.linesOf([0]));
  assertEquals(part.header.incomplete, "the total order has no index 1 to 2");
  for (const  of of[history, part]) assertEquals(verdictOn(of, "present").verdict, "unknown");
});

Deno.test("smallest: what is wrong with few of many is found in few tries", () => {
  const parts = Array.from({ length: 1_000 }, (_, i) => i);
  let tries = 0;
  const found = smallest(parts, {
    isBad: (some) => {
      tries++;
      return [13, 14, 700].every((one) => some.includes(one));
    },
    closed: (some) => some,
    workMax: Infinity,
  });
  assertEquals(found, [13, 14, 700]);
  assert(tries < 200, `${tries} tries`);
  const given = smallest(parts, { isBad: () => true, closed: (some) => some, workMax: 0 });
  assertEquals(given.length, 1_000, "nothing may be tried");
});
