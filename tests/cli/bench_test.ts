import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { displayWidth } from "../../lib/show/text.ts";
import { FakeServer } from "../client/fake_server.ts";
import { assertWellFormed } from "../show/html/well_formed.ts";
import { denoArguments, kvdist, type RunOptions, spawn } from "./program.ts";

/** What `scripts/kvdist bench` allows; with `store: memory` nothing is written. */
const OPTIONS: RunOptions = {
  permissions: ["--allow-net", "--allow-read", "--allow-env=KVDIST_*,NO_COLOR,TMPDIR"],
};

/** The same, and a folder that it may write to. */
function writing(folder: string): RunOptions {
  return { permissions: [...OPTIONS.permissions ?? [], `--allow-write=${folder}`] };
}

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
  for (const { pair } of [eventual, sequential]) {
    const counts = pair.histogram.map(({ count }: { count: number }) => count);
    assertEquals(
      counts.reduce((sum: number, count: number) => sum + count),
      40,
      "two rounds of 20",
    );
    assert(pair.p50Ms <= pair.p90Ms && pair["p99.99Ms"] <= pair.maxMs);
  }
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
  assert(lines.includes("sequential, 5 pairs"), stdout);
  assert(lines.includes("latency over percentile"), stdout);
});

Deno.test("bench --html --plain: pictures go to the page only", async () => {
  const folder = await Deno.makeTempDir();
  const file = `${folder}/levels.html`;
  const { code, stdout, stderr } = await kvdist(
    ["bench", "--pairs", "5", "--rounds", "1", "--plain", "--html", file, ...MEMORY],
    writing(folder),
  );
  assertEquals([code, stderr], [0, ""]);
  assert(!/[█┤]/.test(stdout), stdout);
  const html = await Deno.readTextFile(file);
  assertWellFormed(html);
  assertEquals(html.match(/<svg /g)?.length, 3, "two histograms and the curves");
  assertStringIncludes(html, "<figcaption>eventual, 5 pairs</figcaption>");
});

Deno.test("bench --html: the page is written when nobody reads the figures, too", async () => {
  const folder = await Deno.makeTempDir();
  const file = `${folder}/levels.html`;
  const args = ["bench", "--pairs", "5", "--rounds", "1", "--html", file, ...MEMORY];
  const child = spawn(args, writing(folder));
  await Promise.all([child.stdin.close(), child.stdout.cancel()]);
  assertEquals(await new Response(child.stderr).text(), "");
  assertEquals((await child.status).code, 0);
  assertWellFormed(await Deno.readTextFile(file));
});

Deno.test("bench sweep: a table, curves, JSON and a page of real replicas", async () => {
  const folder = await Deno.makeTempDir();
  const file = `${folder}/sweep.html`;
  const args =
    "bench sweep --levels eventual,linearizable --replicas 3,1 --clients 1,4 --keys 20 " +
    "--duration 100ms --warm-up 0s";
  const run = (more: readonly string[]) =>
    kvdist([...args.split(" "), ...MEMORY, ...more], writing(folder));
  const [shown, written] = await Promise.all([run(["--html", file]), run(["--json"])]);

  assertEquals([shown.code, shown.stderr, written.code, written.stderr], [0, "", 0, ""]);
  const lines = shown.stdout.trimEnd().split("\n");
  assert(lines.every((line) => displayWidth(line) <= 80), shown.stdout);
  assertEquals(lines.filter((line) => / over clients$/.test(line)).length, 2, shown.stdout);
  const html = await Deno.readTextFile(file);
  assertWellFormed(html);
  assertEquals(html.match(/<svg /g)?.length, 6);

  const { points, notMeasured, complete } = JSON.parse(written.stdout);
  assertEquals([notMeasured, complete], [[], true]);
  assertEquals(
    points.map((one: Record<string, unknown>) => `${one.replicas} ${one.clients} ${one.level}`),
    [1, 3].flatMap((replicas) =>
      [1, 4].flatMap((clients) =>
        ["eventual", "linearizable"].map((level) => `${replicas} ${clients} ${level}`)
      )
    ),
  );
  for (const { all, errors } of points) {
    assert(all.answers > 0);
    assertEquals(errors, {});
  }
});

Deno.test("bench sweep: Ctrl-C prints what there is, and exits with 130", async () => {
  const folder = await Deno.makeTempDir();
  const file = `${folder}/sweep.html`;
  const args = "bench sweep --levels eventual --replicas 1 --clients 1 --warm-up 0s --duration 1h";
  const { permissions = [] } = writing(folder);
  const child = spawn([...args.split(" "), "--html", file], {
    permissions: [...permissions, "--allow-sys"],
    env: { TMPDIR: folder },
  });
  child.stdin.close();
  const text = new Response(child.stdout).text();
  // The replicas' folder is made before anything is measured, and when signals are heard.
  while ([...Deno.readDirSync(folder)].length === 0) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  child.kill("SIGINT");
  await child.stderr.cancel();
  assertEquals((await child.status).code, 130);
  assertStringIncludes(await text, "Stopped early: 0 of 1 were measured until then.");
  assertWellFormed(await Deno.readTextFile(file));
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
    ["bench --json sweep", 2, "bench takes no sweep; sweep stands right behind bench"],
    ["bench --html /nowhere/at/all.html", 2, "cannot write /nowhere/at/all.html"],
    ["bench sweep fast", 2, "bench sweep takes no fast"],
    ["bench sweep --levels strong", 2, "--levels must be of eventual, sequential, linearizable"],
    ["bench sweep --levels sequentail", 2, "did you mean sequential?"],
    ["bench sweep --replicas 1,33", 2, "--replicas must be whole numbers from 1 to 32"],
    ["bench sweep --clients 1,,5", 2, "--clients must be whole numbers from 1 to 100000"],
    ["bench sweep --target :1", 2, "unknown flag --target"],
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
