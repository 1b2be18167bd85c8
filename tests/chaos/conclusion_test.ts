import { assertEquals } from "@std/assert";
import { conclude, type Judged } from "../../lib/chaos/conclusion.ts";
import type { RunReport } from "../../lib/chaos/run.ts";

const ENOUGH = { writes: 100, reads: 100, failed: 3, unknown: 1 };

const REPORT: RunReport = {
  seed: 1,
  replicas: 3,
  beganUs: 0,
  loadMs: 20_000,
  faults: { kill: 2, pause: 1, cut: 1, slow: 1, wipe: 1 },
  levels: { eventual: ENOUGH, sequential: ENOUGH, linearizable: ENOUGH },
  longestGapMs: 900,
  order: { last: 300, missing: 0, disagreement: null },
  crashes: [],
  convergence: { ms: 800, missing: null },
};

const LEAST = { kinds: ["kill", "wipe"], faults: 5, operations: 100 } as const;
const OK: Judged = { guarantee: "sequential", verdict: "ok", words: "600 operations" };

Deno.test("a run in which enough was tried and nothing found is good", () => {
  assertEquals(conclude(REPORT, [OK], LEAST), { conclusion: "good", reasons: [] });
});

Deno.test("a run in which too little was tried is inconclusive, and says what was missing", () => {
  const lacking: [Partial<RunReport>, string][] = [
    [{ faults: { ...REPORT.faults, wipe: 0 } }, "there was no wipe"],
    [
      { faults: { kill: 1, pause: 0, cut: 0, slow: 0, wipe: 1 } },
      "there were 2 faults; 5 are wanted",
    ],
    [
      { levels: { ...REPORT.levels, linearizable: { ...ENOUGH, reads: 99 } } },
      "99 linearizable reads were answered; 100 are wanted",
    ],
    [
      { levels: { ...REPORT.levels, eventual: { ...ENOUGH, writes: 0 } } },
      "0 eventual writes were answered; 100 are wanted",
    ],
    [
      { order: { ...REPORT.order, missing: 4 } },
      "4 places of the total order are not known",
    ],
  ];
  for (const [change, reason] of lacking) {
    assertEquals(conclude({ ...REPORT, ...change }, [OK], LEAST), {
      conclusion: "inconclusive",
      reasons: [reason],
    });
  }
  const unknown: Judged = { guarantee: "sequential", verdict: "unknown", words: "too large" };
  assertEquals(conclude(REPORT, [OK, unknown], LEAST), {
    conclusion: "inconclusive",
    reasons: ["sequential: too large"],
  });
});

Deno.test("nothing judged is inconclusive", () => {
  assertEquals(conclude(REPORT, [], LEAST).conclusion, "inconclusive");
});

Deno.test("whatever was found is a violation, however little was tried", () => {
  const says = { type: "order", index: 7, op: "delete", key: "k" } as const;
  const found: [Partial<RunReport>, string][] = [
    [{ crashes: ["replica 1 ended by itself"] }, "replica 1 ended by itself"],
    [
      { convergence: { ms: 60_000, missing: "replica 2 is outside" } },
      "60 s after all was healed, replica 2 is outside",
    ],
    [
      { order: { ...REPORT.order, disagreement: { index: 7, replica: 1, says } } },
      "replica 1 has delivered something else than another at index 7: " + JSON.stringify(says),
    ],
  ];
  for (const [change, reason] of found) {
    const report = { ...REPORT, ...change, faults: { ...REPORT.faults, wipe: 0 } };
    assertEquals(conclude(report, [OK], LEAST), { conclusion: "violation", reasons: [reason] });
  }
  const illegal: Judged = { guarantee: "linearizable", verdict: "illegal", words: "a stale read" };
  assertEquals(conclude(REPORT, [OK, illegal], LEAST), {
    conclusion: "violation",
    reasons: ["linearizable: a stale read"],
  });
});
