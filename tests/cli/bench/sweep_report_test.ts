import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { casesOf, type SweepResult } from "../../../lib/cli/bench/sweep.ts";
import { sweepForm, sweepLines, sweepPage } from "../../../lib/cli/bench/sweep_report.ts";
import { assertGolden } from "../../golden.ts";
import { assertWellFormed } from "../../show/html/well_formed.ts";
import { PLAN, resultOf } from "./sweep_results.ts";

const PLACE = { store: "sqlite", fsync: "always" } as const;
const DRAWN = { isPlain: false };

/** The further a level goes, and the more replicas there are, the longer it takes. */
const POINTS = casesOf(PLAN).map((one) => {
  const slow = { eventual: 1, sequential: 1.7, linearizable: 2.4 }[one.level];
  const answers = Math.max(1, Math.round(one.clients ** 0.7 / slow));
  return { ...one, result: resultOf(answers, slow * one.replicas) };
});

const LAST = POINTS[POINTS.length - 1];

const RESULT: SweepResult = {
  points: POINTS.slice(0, -1),
  absentees: [{ ...LAST, why: "too few file descriptors for <50> clients" }],
  complete: true,
};

Deno.test("sweepLines: a table, a picture for each number of replicas, what is missing", async () => {
  const lines = sweepLines(PLACE, PLAN, RESULT, DRAWN);
  await assertGolden(lines, "golden/sweep.txt", import.meta.url);
});

Deno.test("sweepLines: of one number of clients, one picture over the replicas", () => {
  const plan = { ...PLAN, clients: [10] };
  const points = POINTS.filter(({ clients }) => clients === 10);
  const lines = sweepLines(PLACE, plan, { ...RESULT, points, absentees: [] }, DRAWN);
  assertEquals(lines.filter((line) => / over /.test(line)), ["answers a second over replicas"]);
  assert(lines.includes("10 clients:"));
});

Deno.test("sweepLines: plain has no picture; stopped and empty, it says so", () => {
  const plain = sweepLines(PLACE, PLAN, RESULT, { isPlain: true });
  assert(!plain.join("").includes("┤"));
  assertEquals(plain.filter((line) => line.startsWith("linearizable ")).length, 5);
  const empty = sweepLines(PLACE, PLAN, { points: [], absentees: [], complete: false }, DRAWN);
  assertEquals(empty.slice(-3), [
    "Stopped early: 0 of 18 were measured until then.",
    "",
    "Nothing was measured.",
  ]);
});

Deno.test("sweepForm: each combination with all its figures", () => {
  const form = JSON.parse(JSON.stringify(sweepForm(PLACE, PLAN, RESULT)));
  assertEquals([form.bench, form.replicas, form.mix, form.store], [
    "sweep",
    [1, 3],
    "mixed",
    "sqlite",
  ]);
  assertEquals(form.points.length, 17);
  const [{ level, replicas, clients, all }] = form.points;
  assertEquals([level, replicas, clients, all.answers, all.perSecond], [
    "eventual",
    1,
    1,
    1000,
    500,
  ]);
  assertEquals(all.histogram.length, 3);
  assertEquals(form.notMeasured[0].clients, 50);
});

Deno.test("sweepPage: for each number of replicas two pictures and the percentiles", () => {
  const html = sweepPage(PLACE, PLAN, RESULT);
  assertWellFormed(html);
  assertEquals(html.match(/<svg /g)?.length, 6);
  assertEquals(
    html.match(/<polyline /g)?.length,
    3 * 6 - 1,
    "one level is missing at the last place",
  );
  assertStringIncludes(html, "<h3>3 replicas, 50 clients</h3>");
  assertStringIncludes(html, "too few file descriptors for &lt;50&gt; clients");
  const none = sweepPage(PLACE, PLAN, { points: [], absentees: [], complete: false });
  assertWellFormed(none);
  assertStringIncludes(none, "Nothing was measured.");
});
