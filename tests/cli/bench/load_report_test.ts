import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Latency } from "../../../lib/cli/bench/latency.ts";
import type { LoadResult, LoadSettings } from "../../../lib/cli/bench/load.ts";
import { loadForm, loadLines, loadPage } from "../../../lib/cli/bench/load_report.ts";
import type { Place } from "../../../lib/cli/bench/place.ts";
import { STATUS } from "../../client/fake_server.ts";
import { assertGolden } from "../../golden.ts";
import { assertWellFormed } from "../../show/html/well_formed.ts";

const PLACE: Place = {
  targets: ["127.0.0.1:9889", "127.0.0.1:9890"],
  own: true,
  status: { ...STATUS, store: "sqlite", fsync: "always" },
};

const SETTINGS: LoadSettings = {
  targets: PLACE.targets,
  clients: 50,
  pipeline: 1,
  mix: "mixed",
  valueBytes: 64,
  keys: 10_000,
  warmUpMs: 1000,
  durationMs: 5000,
  consistency: "sequential",
};

function latency(...ms: number[]) {
  const made = new Latency();
  for (const one of ms) made.record(one);
  return made.snapshot();
}

const RESULT: LoadResult = {
  elapsedMs: 5000,
  complete: true,
  reads: latency(0.2, 0.3, 0.4, 3),
  writes: latency(1, 2, 12),
  missing: 0,
  errors: {},
  coreShare: 0.317,
  perSecond: [1, 2],
};

const DRAWN = { isPlain: false };

Deno.test("loadLines: figures of all, reads and writes, pictures, what else matters", async () => {
  const lines = loadLines(PLACE, SETTINGS, RESULT, DRAWN);
  await assertGolden(lines, "golden/load.txt", import.meta.url);
});

Deno.test("loadLines: one kind is one row; errors, missing keys and an early end are said", () => {
  const lines = loadLines({ ...PLACE, own: false }, { ...SETTINGS, mix: "read" }, {
    ...RESULT,
    writes: latency(),
    complete: false,
    missing: 2,
    errors: { timeout: 3, connection: 1200 },
    coreShare: null,
  }, { isPlain: true });
  assertEquals(lines.slice(5, 12), [
    "       answers    rate    mean",
    "─────  ───────  ──────  ──────",
    "reads        4  0.80/s  975 µs",
    "",
    "       answers     p50  p90  p99  p99.9  p99.99      max",
    "─────  ───────  ──────  ───  ───  ─────  ──────  ───────",
    "reads        4  301 µs    –    –      –       –  3.00 ms",
  ]);
  assertEquals(lines.slice(3, 4), ["Stopped early: what follows was measured until then."]);
  assertEquals(lines.slice(-3), [
    "errors: timeout 3, connection 1,200",
    "reads of a missing key: 2",
    "making the load took a share of a core that this Deno does not tell",
  ]);
  assert(lines.slice(0, 3).join(" ").includes("at 127.0.0.1:9889, 127.0.0.1:9890"));
});

Deno.test("loadLines: nothing was measured", () => {
  const lines = loadLines(PLACE, SETTINGS, {
    ...RESULT,
    reads: latency(),
    writes: latency(),
    complete: false,
  }, DRAWN);
  assertEquals(lines.slice(3, 7), [
    "Stopped early: what follows was measured until then.",
    "",
    "No request was answered while it was measured.",
    "",
  ]);
});

Deno.test("loadForm gives every figure once, in milliseconds", () => {
  const form = JSON.parse(JSON.stringify(loadForm(PLACE, SETTINGS, RESULT)));
  assertEquals(form.bench, "load");
  assertEquals(form.targets, []);
  assertEquals(form.reads, {
    answers: 4,
    perSecond: 0.8,
    meanMs: 0.975,
    p50Ms: 0.301,
    p90Ms: 3,
    p99Ms: 3,
    "p99.9Ms": 3,
    "p99.99Ms": 3,
    maxMs: 3,
    histogram: [
      { from: 0.2, to: 0.5, count: 3 },
      { from: 0.5, to: 1, count: 0 },
      { from: 1, to: 2, count: 0 },
      { from: 2, to: 5, count: 1 },
    ],
  });
  assertEquals([form.clients, form.elapsedMs, form.coreShare], [50, 5000, 0.317]);
  assertEquals(form.all.histogram[0], { from: 0.2, to: 0.5, count: 3 });
});

Deno.test("loadPage says what the lines say, with a picture of reads, of writes, and of both", () => {
  const html = loadPage(PLACE, SETTINGS, { ...RESULT, missing: 2 });
  assertWellFormed(html);
  assertEquals(html.match(/<svg /g)?.length, 3);
  assertStringIncludes(
    html,
    "50 clients, 1 request of each under way; sequential reads and writes",
  );
  assertStringIncludes(html, "reads of a missing key: 2");
  assertStringIncludes(html, "making the load took 31.7 % of a core");
});

Deno.test("loadPage: nothing was measured", () => {
  const none = { ...RESULT, reads: latency(), writes: latency(), complete: false };
  const html = loadPage({ ...PLACE, own: false, targets: ["<i>:1"] }, SETTINGS, none);
  assertWellFormed(html);
  assertStringIncludes(html, "No request was answered while it was measured.");
  assertStringIncludes(html, "Stopped early: what follows was measured until then.");
  assertStringIncludes(html, "at &lt;i&gt;:1;");
  assert(!html.includes("<svg"));
});
