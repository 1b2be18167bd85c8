import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { page } from "../../../bench/peers/chart.ts";
import { type Report, reportLines } from "../../../bench/peers/report.ts";

const REPORT: Report = {
  begun: "2026-11-22T22:00:00.000Z",
  machine: { cores: 2, processor: "CPU", system: "linux", deno: "2.9.6", disk: "ext4", load: 0 },
  rounds: 1,
  durationMs: 2000,
  warmUpMs: 10_000,
  repetitions: 30,
  keys: 10_000,
  valueBytes: 64,
  pinnings: [false],
  participants: ["kvdist-always", "zookeeper", "redis-3-aof-wait"].map((id) => ({
    id,
    name: `<${id}>`,
    version: "1",
    promise: "kept",
    settings: "none",
  })),
  absentees: [{ name: "etcd ×3", why: "not installed; apt-get install etcd-server installs it" }],
  measurements: [["kvdist-always", 900, 0.5], ["zookeeper", 1000, 0.2], [
    "redis-3-aof-wait",
    300,
    0.95,
  ]]
    .map(([system, perSecond, coreShare]) => ({
      system: String(system),
      work: "write-50",
      round: 0,
      isPinned: false,
      perSecond: Number(perSecond),
      p50Ms: 1,
      p99Ms: 2,
      pairsMs: null,
      coreShare: Number(coreShare),
      failures: system === "zookeeper" ? 3 : 0,
      failure: system === "zookeeper" ? "it broke" : "",
    })),
  curves: [],
};

Deno.test("the report says where kvdist loses, what failed, and what is missing", () => {
  const lines = reportLines(REPORT, 150);
  const row = (...words: readonly string[]) => {
    const found = lines.find((line) => words.every((word) => line.includes(word)));
    assert(found !== undefined, `${words.join(" … ")} in\n${lines.join("\n")}`);
    return found;
  };
  assertStringIncludes(row("0.90x", "<zookeeper>"), "MISSED, behind");
  assertStringIncludes(row("3.00x", "<redis-3-aof-wait>"), "met");
  assertStringIncludes(row("3.00x", "<redis-3-aof-wait>"), "3.00x *");
  assertStringIncludes(row("95.0 %"), "*");
  row("! <zookeeper>", "3 answers failed", "it broke");
  row("not measured: etcd ×3", "apt-get install etcd-server");
  row("Beside <zookeeper>", "a majority has it on disk");
  assertEquals(lines.filter((line) => line.includes("50.0 % *")).length, 0);
});

Deno.test("the page holds the same, with nothing from elsewhere and no markup from names", () => {
  const html = page(REPORT);
  assertStringIncludes(html, "MISSED, behind");
  assertStringIncludes(html, "3.00x *");
  assertStringIncludes(html, "&lt;kvdist-always&gt;");
  assert(!html.includes("<kvdist-always>"));
  assert(!/\b(?:src|href)=|url\(|@import|NaN|Infinity|undefined/.test(html));
});

Deno.test("the report doubts itself where others were at work", () => {
  const [busy] = reportLines({ ...REPORT, machine: { ...REPORT.machine, load: 0.6 } }, 500);
  assertStringIncludes(busy, "OTHERS ARE AT WORK");
  assertEquals(reportLines(REPORT, 500)[0].includes("OTHERS"), false);
});
