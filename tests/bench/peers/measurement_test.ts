import { assertEquals } from "@std/assert";
import {
  compare,
  figuresOf,
  isAtLeastAsGood,
  look,
  type Measurement,
} from "../../../bench/peers/measurement.ts";
import type { Comparison } from "../../../bench/peers/targets.ts";

function measured(system: string, round: number, rest: Partial<Measurement> = {}): Measurement {
  return {
    system,
    work: "write-50",
    round,
    isPinned: false,
    perSecond: 100,
    p50Ms: 1,
    p99Ms: 2,
    pairsMs: null,
    coreShare: 0.5,
    failures: 0,
    failure: "",
    ...rest,
  };
}

const RATE: Comparison = { work: "write-50", figure: "rate", kvdist: "k", peer: "p", target: 2 };

Deno.test("ratios are computed within a round, not from medians", () => {
  const compared = compare([
    measured("k", 0, { perSecond: 100 }),
    measured("p", 0, { perSecond: 50 }),
    measured("k", 1, { perSecond: 10 }),
    measured("p", 1, { perSecond: 4 }),
    measured("k", 2, { perSecond: 1000 }),
    measured("p", 2, { perSecond: 100 }),
  ], RATE);
  assertEquals(compared?.ratio, { median: 2.5, min: 2, max: 10 });
  assertEquals(compared?.kvdist.median, 100);
  assertEquals(compared?.peer, { median: 50, min: 4, max: 100 });
});

Deno.test("a round that one of the two lacks does not count, nor one pinned otherwise", () => {
  assertEquals(compare([measured("k", 0), measured("p", 1)], RATE), null);
  assertEquals(compare([measured("k", 0), measured("p", 0, { isPinned: true })], RATE), null);
  assertEquals(compare([measured("k", 0), measured("p", 0, { work: "read-50" })], RATE), null);
});

Deno.test("a rate meets its target from there up, and its aim likewise", () => {
  const verdict = (perSecond: number, rest: Partial<Comparison> = {}) =>
    compare([measured("k", 0, { perSecond }), measured("p", 0)], { ...RATE, ...rest })?.verdict;
  assertEquals(verdict(199), "missed");
  assertEquals(verdict(200), "met");
  assertEquals(verdict(200, { aim: 3 }), "met");
  assertEquals(verdict(300, { aim: 3 }), "aim");
  assertEquals(verdict(300, { target: undefined }), "none");
});

Deno.test("of a time less is better", () => {
  const times = { ...RATE, work: "pairs", figure: "time", target: 0.8, aim: 0.6 } as const;
  const verdict = (pairsMs: number) => {
    const rest = { work: "pairs", pairsMs } as const;
    return compare([measured("k", 0, rest), measured("p", 0, { ...rest, pairsMs: 100 })], times);
  };
  assertEquals(verdict(81)?.verdict, "missed");
  assertEquals(verdict(80)?.verdict, "met");
  assertEquals(verdict(60)?.verdict, "aim");
  assertEquals([verdict(101)?.isBehind, verdict(100)?.isBehind], [true, false]);
  assertEquals(isAtLeastAsGood(0.5, 1, "p50"), true);
  assertEquals(isAtLeastAsGood(0.5, 1, "rate"), false);
});

Deno.test("a target may be met by who is behind all the same, and that is said", () => {
  const compared = compare([measured("k", 0, { perSecond: 95 }), measured("p", 0)], {
    ...RATE,
    target: 0.9,
  });
  assertEquals([compared?.verdict, compared?.isBehind], ["met", true]);
});

Deno.test("a comparison is marked where either generator was at its limit", () => {
  const isMarked = (kvdist: number, peer: number) =>
    compare([
      measured("k", 0, { coreShare: kvdist }),
      measured("p", 0, { coreShare: peer }),
    ], RATE)?.isGeneratorBound;
  assertEquals(isMarked(0.9, 0.9), false);
  assertEquals(isMarked(0.91, 0.5), true);
  assertEquals(isMarked(0.5, 0.91), true);
});

Deno.test("figures are medians of what was measured, and failures add up", () => {
  const figures = figuresOf(
    [
      measured("k", 0, { perSecond: 3, failures: 1 }),
      measured("k", 1, { perSecond: 1, p50Ms: null, failures: 2 }),
      measured("p", 1, { perSecond: 9 }),
    ],
    "k",
    "write-50",
  );
  assertEquals(figures?.perSecond, { median: 2, min: 1, max: 3 });
  assertEquals(figures?.p50Ms, { median: 1, min: 1, max: 1 });
  assertEquals(figures?.pairsMs, null);
  assertEquals(figures?.failures, 3);
  assertEquals(figuresOf([], "k", "write-50"), null);
});

Deno.test("an aim without a peer is reached by the median", () => {
  const all = [90, 100, 300].map((perSecond, round) => measured("k", round, { perSecond }));
  const aim = { work: "write-50", kvdist: "k", perSecond: 100 } as const;
  assertEquals(look(all, aim)?.isReached, true);
  assertEquals(look(all, { ...aim, perSecond: 101 })?.isReached, false);
  assertEquals(look([], aim), null);
});
