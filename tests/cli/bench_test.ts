import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { displayWidth } from "../../lib/show/text.ts";
import { FakeServer } from "../client/fake_server.ts";
import { denoArguments, kvdist, type RunOptions, spawn } from "./program.ts";

/** What `scripts/kvdist bench` allows; with `store: memory` nothing is written. */
const OPTIONS: RunOptions = {
  permissions: ["--allow-net", "--allow-read", "--allow-env=KVDIST_*,NO_COLOR,TMPDIR"],
};

const MEMORY = ["--store", "memory"];

Deno.test("bench: the paper's pairs on real replicas", async () => {
  const { code, stdout, stderr } = await kvdist(
    ["bench", "--pairs", "20", "--rounds", "2", "--json", ...MEMORY],
    OPTIONS,
  );
  assertEquals([code, stderr], [0, ""]);
  const { runs, eventual, sequential, ratio, ...rest } = JSON.parse(stdout);
  assertEquals(rest, {
    bench: "pairs",
    pairs: 20,
    rounds: 2,
    key: "x",
    replicas: 3,
    store: "memory",
    fsync: rest.fsync,
    targets: [],
    paper: {
      pairs: 100,
      eventual: { elapsedMs: 544, lastRead: 27 },
      sequential: { elapsedMs: 2068 },
      ratio: 3.8,
    },
  });
  assertEquals(
    runs.map(({ level }: { level: string }) => level),
    ["eventual", "sequential", "sequential", "eventual"],
    "the levels in turn",
  );
  // What sequential promises: each read sees the write before it.
  assertEquals(sequential.ownReads, { median: 20, min: 20, max: 20 });
  assertEquals(sequential.lastRead, { median: 20, min: 20, max: 20 });
  assert(eventual.lastRead.max <= 20);
  assert(eventual.settledMs.min > 0);
  assertEquals(ratio, sequential.elapsedMs.median / eventual.elapsedMs.median);
});

Deno.test("bench: the table fits 80 columns", async () => {
  const { code, stdout } = await kvdist(
    ["bench", "--pairs", "5", "--rounds", "1", ...MEMORY],
    OPTIONS,
  );
  assertEquals(code, 0);
  const lines = stdout.trimEnd().split("\n");
  assert(lines.every((line) => displayWidth(line) <= 80), stdout);
  assertStringIncludes(lines[0], "5 pairs of set and get by one client; 3 replicas, memory");
  assert(lines.some((line) => /^ +eventual +sequential +paper: ev\. +seq\.$/.test(line)), stdout);
  assert(lines.some((line) => /^reads of one's own write .* 100\.0 %$/.test(line)), stdout);
});

Deno.test("bench --target: only those named are asked", async () => {
  using server = new FakeServer();
  const { code, stdout } = await kvdist(
    ["bench", "--target", server.address, "--pairs", "3", "--rounds", "1", "--key", "k", "--json"],
    OPTIONS,
  );
  assertEquals(code, 0);
  const { targets, sequential } = JSON.parse(stdout);
  assertEquals([targets, sequential.ownReads.median], [[server.address], 3]);
  assertEquals([...server.held], [["k", "3"]]);
});

Deno.test("bench load: real replicas, from a worker", async () => {
  const { code, stdout, stderr } = await kvdist(
    [
      ..."bench load --clients 6 --pipeline 2 --keys 50 --duration 500ms --warm-up 50ms".split(" "),
      "--json",
      ...MEMORY,
    ],
    OPTIONS,
  );
  assertEquals([code, stderr], [0, ""]);
  const form = JSON.parse(stdout);
  assertEquals([form.bench, form.complete, form.errors, form.missing], ["load", true, {}, 0]);
  assertEquals([form.clients, form.pipeline, form.consistency], [6, 2, "sequential"]);
  assert(form.reads.answers > 0 && form.writes.answers > 0);
  assertEquals(form.all.answers, form.reads.answers + form.writes.answers);
  assert(form.all.p50Ms <= form.all.p99Ms && form.all.p99Ms <= form.all.maxMs);
});

Deno.test("bench load: Ctrl-C prints what there is, and exits with 130", async () => {
  using server = new FakeServer();
  const child = spawn(
    ["bench", "load", "--target", server.address, "--duration", "1h", "--warm-up", "0s"],
    OPTIONS,
  );
  child.stdin.close();
  const text = new Response(child.stdout).text();
  // It measures when all keys are set and it goes on asking.
  let asked = 0;
  while (asked < 3) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    if (server.held.size === 10_000 && server.clients === 50) asked++;
  }
  child.kill("SIGINT");
  await child.stderr.cancel();
  assertEquals((await child.status).code, 130);
  assertStringIncludes(await text, "Stopped early: what follows was measured until then.");
});

Deno.test("bench load: too few file descriptors is one line that says what to do", async () => {
  const { permissions = [] } = OPTIONS;
  const command = new Deno.Command("sh", {
    args: [
      "-c",
      'ulimit -n 400 && exec "$0" "$@"',
      Deno.execPath(),
      ...denoArguments(permissions),
      ..."bench load --clients 500".split(" "),
      ...MEMORY,
    ],
  });
  const { code, stdout, stderr } = await command.output();
  assertEquals([code, stdout.length], [1, 0]);
  assertEquals(
    new TextDecoder().decode(stderr),
    "kvdist bench: too few file descriptors for 500 clients: about 1064 are needed; " +
      "raise the limit with ulimit -n 1064, or ask for fewer --clients\n",
  );
});

Deno.test("bench: wrong use is one line with exit 2, a failure with exit 1", async () => {
  const wrong: [string, number, string][] = [
    ["bench --pairs 0", 2, "--pairs must be from 1 to 1000000, and is 0"],
    ["bench --rounds many", 2, '--rounds must be a whole number, and is "many"'],
    ["bench fast", 2, "bench takes no fast"],
    ["bench --json load", 2, "bench takes no load; load stands right behind bench"],
    ["bench --target nowhere", 2, '"nowhere" is no address'],
    ["bench --target :1 --store memory", 2, "--store is for replicas of its own"],
    ["bench load --mix most", 2, '--mix must be one of read, write, mixed, and is "most"'],
    ["bench load --consistency strong", 2, "--consistency must be one of"],
    ["bench load --duration 5", 2, "--duration needs a unit: 5ms or 5s?"],
    ["bench load --target 127.0.0.1:1", 1, "cannot connect to 127.0.0.1:1: connection refused"],
  ];
  await Promise.all(wrong.map(async ([words, exit, text]) => {
    const { code, stdout, stderr } = await kvdist(words.split(" "), OPTIONS);
    assertEquals([code, stdout, stderr.split("\n").length], [exit, "", 2], stderr);
    assert(stderr.startsWith(`kvdist bench: `), stderr);
    assertStringIncludes(stderr, text);
  }));
});
