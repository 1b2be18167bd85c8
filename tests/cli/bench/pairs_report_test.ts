import { assertEquals, assertStringIncludes } from "@std/assert";
import { Latency } from "../../../lib/cli/bench/latency.ts";
import type { Level, Run } from "../../../lib/cli/bench/pairs.ts";
import {
  pairsForm,
  pairsLines,
  type PairsMeasured,
  pairsPage,
} from "../../../lib/cli/bench/pairs_report.ts";
import type { Place } from "../../../lib/cli/bench/place.ts";
import { STATUS } from "../../client/fake_server.ts";
import { assertGolden } from "../../golden.ts";
import { assertWellFormed } from "../../show/html/well_formed.ts";

const PLACE: Place = {
  targets: ["127.0.0.1:9889"],
  own: true,
  status: { ...STATUS, store: "sqlite", fsync: "always" },
};

const ASKED = { pairs: 100, rounds: 2, key: "x" };

function made(level: Level, elapsedMs: number, ownReads: number): Run {
  return { level, elapsedMs, ownReads, lastRead: ownReads, settledMs: 3 };
}

/** Two hundred pairs; each tenth takes three times as long, the last one twenty times. */
function latency(ms: number): Latency {
  const latency = new Latency();
  for (let i = 1; i <= 200; i++) latency.record(i === 200 ? ms * 20 : i % 10 === 0 ? ms * 3 : ms);
  return latency;
}

const MEASURED: PairsMeasured = {
  runs: [
    made("eventual", 220, 40),
    made("sequential", 350, 100),
    made("sequential", 360, 100),
    made("eventual", 230, 44),
  ],
  latencies: { eventual: latency(1.9), sequential: latency(3.2) },
};

Deno.test("pairsLines: the table, then how long a pair took in either level", async () => {
  const lines = pairsLines(PLACE, ASKED, MEASURED, { isPlain: false });
  await assertGolden(lines, "golden/pairs.txt", import.meta.url);
});

Deno.test("pairsForm: buckets and percentiles of either level", () => {
  const form = JSON.parse(JSON.stringify(pairsForm(PLACE, ASKED, MEASURED)));
  assertEquals(form.eventual.elapsedMs, { median: 225, min: 220, max: 230 });
  assertEquals(form.sequential.pair.maxMs, 64);
  assertEquals(form.sequential.pair.histogram, [
    { from: 2, to: 5, count: 180 },
    { from: 5, to: 10, count: 19 },
    { from: 10, to: 20, count: 0 },
    { from: 20, to: 50, count: 0 },
    { from: 50, to: 100, count: 1 },
  ]);
  assertEquals(form.runs, MEASURED.runs);
});

Deno.test("pairsPage holds the same", () => {
  const html = pairsPage({ ...PLACE, own: false, targets: ["<host>:1"] }, ASKED, MEASURED);
  assertWellFormed(html);
  assertStringIncludes(html, "at &lt;host&gt;:1");
  assertStringIncludes(html, "<figcaption>sequential, 200 pairs</figcaption>");
  assertStringIncludes(html, "<caption>Percentiles</caption>");
  assertStringIncludes(html, "2,068");
});
