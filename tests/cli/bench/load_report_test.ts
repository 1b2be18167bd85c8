import { assert, assertEquals } from "@std/assert";
import { Latency } from "../../../lib/cli/bench/latency.ts";
import type { LoadResult, LoadSettings } from "../../../lib/cli/bench/load.ts";
import { loadForm, loadLines } from "../../../lib/cli/bench/load_report.ts";
import type { Place } from "../../../lib/cli/bench/place.ts";
import { displayWidth } from "../../../lib/show/text.ts";
import { STATUS } from "../../client/fake_server.ts";

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

Deno.test("loadLines: figures of all, reads and writes, the histogram, what else matters", () => {
  const lines = loadLines(PLACE, SETTINGS, RESULT);
  assertEquals(
    lines,
    [
      "50 clients, 1 request of each under way; sequential reads and writes of 64",
      "bytes, 10,000 keys; 3 replicas, sqlite, fsync always, in this process; 5 s",
      "measured after 1 s of warm-up.",
      "",
      "        answers    rate     mean      p50      p99    p99.9      max",
      "──────  ───────  ──────  ───────  ───────  ───────  ───────  ───────",
      "all           7  1.40/s  2.70 ms  1.00 ms  12.0 ms  12.0 ms  12.0 ms",
      "reads         4  0.80/s   975 µs   301 µs  3.00 ms  3.00 ms  3.00 ms",
      "writes        3  0.60/s  5.00 ms  2.01 ms  12.0 ms  12.0 ms  12.0 ms",
      "",
      "  200 µs … 500 µs  █████████████████████████████████████████████████  3   42.9 %",
      " 500 µs … 1.00 ms                                                     0    0.0 %",
      "1.00 ms … 2.00 ms  ████████████████▍                                  1   14.3 %",
      "2.00 ms … 5.00 ms  ████████████████████████████████▋                  2   28.6 %",
      "5.00 ms … 10.0 ms                                                     0    0.0 %",
      "10.0 ms … 20.0 ms  ████████████████▍                                  1   14.3 %",
      "",
      "errors: none",
      "making the load took 31.7 % of a core",
    ],
  );
  assert(lines.every((line) => displayWidth(line) <= 80));
});

Deno.test("loadLines: one kind is one row; errors, missing keys and an early end are said", () => {
  const lines = loadLines({ ...PLACE, own: false }, { ...SETTINGS, mix: "read" }, {
    ...RESULT,
    writes: latency(),
    complete: false,
    missing: 2,
    errors: { timeout: 3, connection: 1200 },
    coreShare: null,
  });
  assertEquals(lines.filter((line) => /^(all|reads|writes) +\d/.test(line)), [
    "reads        4  0.80/s  975 µs  301 µs  3.00 ms  3.00 ms  3.00 ms",
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
  });
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
    p99Ms: 3,
    "p99.9Ms": 3,
    maxMs: 3,
  });
  assertEquals([form.clients, form.elapsedMs, form.coreShare], [50, 5000, 0.317]);
  assertEquals(form.histogram[0], { from: 0.2, to: 0.5, count: 3 });
});
