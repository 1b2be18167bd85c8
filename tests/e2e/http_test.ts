/** `serve --http`, as curl, a load balancer, Prometheus and a page see it. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { connect } from "../../lib/client/mod.ts";
import { type Family, readExposition } from "../http/exposition_grammar.ts";
import { firstLine, kvdist, spawn } from "../cli/program.ts";
import { ask, EventReader, request } from "./http.ts";
import { Processes } from "./processes.ts";
import { type Server, type ServerOptions, startServer } from "./server.ts";
import { until } from "./until.ts";

const MEMORY = ["--store", "memory"];

async function start({ args = [], ...options }: ServerOptions = {}): Promise<Server> {
  return await startServer({ ...options, args: ["--http", "0", ...args] });
}

/** What came of a request: its status, its headers, its whole body. */
async function get(server: { readonly http: string }, path: string, init: RequestInit = {}) {
  const answer = await fetch(`http://${server.http}${path}`, init);
  return {
    status: answer.status,
    headers: answer.headers,
    body: new Uint8Array(await answer.arrayBuffer()),
  };
}

async function text(server: { readonly http: string }, path: string, init?: RequestInit) {
  const { status, body } = await get(server, path, init);
  return [status, new TextDecoder().decode(body)];
}

function put(body: BodyInit, headers: Record<string, string> = {}): RequestInit {
  return { method: "PUT", body, headers };
}

/** The status and the code of what must be an error, told in one line. */
async function failure(server: { readonly http: string }, path: string, init?: RequestInit) {
  const [status, body] = await text(server, path, init);
  assertMatch(String(body), /^\{.*\}\n$/);
  const { code, text: words, maybe } = JSON.parse(String(body));
  assertEquals([typeof words, maybe], ["string", false], String(body));
  return [status, code];
}

async function metrics(server: { readonly http: string }): Promise<Map<string, Family>> {
  const { status, headers, body } = await get(server, "/metrics");
  assertEquals(status, 200);
  assertEquals(headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  return readExposition(new TextDecoder().decode(body));
}

Deno.test("values go in and out as they are, under any key", async () => {
  await using server = await start({ args: MEMORY });
  const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  for (const key of ["x", "a/b", "a%2Fb%2Fc", "%00%ff%25", "%C3%A4", encodeURIComponent("東 京")]) {
    const stored = await get(server, `/kv/${key}`, put(bytes));
    assertEquals([stored.status, stored.body.length], [204, 0]);
    const { status, headers, body } = await get(server, `/kv/${key}`);
    assertEquals([status, body], [200, bytes]);
    assertEquals(headers.get("content-type"), "application/octet-stream");
    assertEquals(headers.get("x-content-type-options"), "nosniff");
    assertEquals(headers.get("cache-control"), "no-store, no-transform");
    const head = await get(server, `/kv/${key}`, { method: "HEAD" });
    assertEquals([head.status, head.body.length], [200, 0]);
    assertEquals((await get(server, `/kv/${key}`, { method: "DELETE" })).status, 204);
    assertEquals(await failure(server, `/kv/${key}`), [404, "no_key"]);
  }
  assertEquals((await get(server, "/kv/empty", put(""))).status, 204);
  assertEquals(await text(server, "/kv/empty"), [200, ""]);
});

Deno.test("each replica can be asked, and a level chosen", async () => {
  await using server = await start({ args: [...MEMORY, "--consistency", "eventual"] });
  assertEquals((await get(server, "/kv/x?consistency=sequential", put("42"))).status, 204);
  for (const id of [0, 1, 2]) {
    const { status, headers } = await get(server, `/kv/x?replica=${id}&consistency=linearizable`);
    assertEquals([status, headers.get("kvdist-replica")], [200, String(id)]);
    using client = await connect(server.replicas[id].client);
    assertEquals(await client.get("x"), "42");
  }
});

Deno.test("a session reads its own writes at another replica, which lets it wait", async () => {
  const late = ["--consistency", "eventual", "--apply-delay", "2s"];
  await using server = await start({ args: [...MEMORY, ...late] });
  const stored = await get(server, "/kv/x?replica=0", put("42"));
  const session = stored.headers.get("kvdist-session") ?? "";
  assertMatch(session, /^\d+\.\d+\.\d+$/);
  assertEquals(await failure(server, "/kv/x?replica=1"), [404, "no_key"]);
  const headers = { "kvdist-session": session };
  const { status, headers: answered } = await get(server, "/kv/x?replica=1", { headers });
  assertEquals(status, 200);
  // Whoever sends the last one along never goes back.
  const [before, after] = [session, answered.get("kvdist-session") ?? ""].map((token) =>
    token.split(".").map(Number)
  );
  assert(before.every((n, origin) => n <= after[origin]), `${before} and then ${after}`);
});

Deno.test("a write asked twice under one id counts once", async () => {
  await using server = await start({ args: MEMORY });
  const once = { "kvdist-request-id": "once" };
  assertEquals((await get(server, "/kv/x?replica=0", put("1", once))).status, 204);
  assertEquals((await get(server, "/kv/x", put("2"))).status, 204);
  assertEquals((await get(server, "/kv/x?replica=1", put("1", once))).status, 204);
  assertEquals(await text(server, "/kv/x?consistency=linearizable"), [200, "2"]);
});

Deno.test("what is wrong is told as everywhere, with the status that says the same", async () => {
  await using server = await start({ args: [...MEMORY, "--max-value", "1000"] });
  const bad = [400, "bad_request"];
  assertEquals(await failure(server, "/kv/"), bad);
  assertEquals(await failure(server, "/kv/%zz"), bad);
  assertEquals(await failure(server, "/kv/x?consistency=strong"), bad);
  assertEquals(await failure(server, "/kv/x?replica=one"), bad);
  assertEquals(await failure(server, "/kv/x?repilca=1"), bad);
  assertEquals(await failure(server, "/kv/x?replica=1&replica=2"), bad);
  assertEquals(await failure(server, "/metrics?x"), bad);
  assertEquals(await failure(server, "/kv/x", { headers: { "kvdist-session": "mine" } }), bad);
  const id = { "kvdist-request-id": "x".repeat(129) };
  assertEquals(await failure(server, "/kv/x", put("1", id)), bad);
  assertEquals(await failure(server, "/kv/x?replica=3"), [400, "bad_request"]);
  for (const path of ["/kv", "/nothing", "/metrics/", "/Healthz", "/%6bv/x"]) {
    assertEquals(await failure(server, path), [404, "unknown_command"], path);
  }
  const large = [413, "too_large"];
  assertEquals(await failure(server, `/kv/${"k".repeat(1025)}`), large);
  assertEquals(await failure(server, `/kv/${"k".repeat(5000)}`), [414, "too_large"]);
  assertEquals(await failure(server, "/kv/x", put("v".repeat(1001))), large);
  const parts = ReadableStream.from([new Uint8Array(600), new Uint8Array(600)]);
  assertEquals(await failure(server, "/kv/x", put(parts)), large);
  assertEquals((await get(server, "/kv/x", put("v".repeat(1000)))).status, 204);
});

Deno.test("what a path cannot do is told with what it can", async () => {
  await using server = await start({ args: MEMORY });
  for (
    const [path, method, allow] of [
      ["/kv/x", "POST", "GET, HEAD, PUT, DELETE"],
      ["/kv/x", "PATCH", "GET, HEAD, PUT, DELETE"],
      ["/metrics", "PUT", "GET, HEAD"],
      ["/events", "POST", "GET"],
      ["/healthz", "OPTIONS", "GET, HEAD"],
    ]
  ) {
    const { status, headers } = await get(server, path, { method });
    assertEquals([status, headers.get("allow")], [405, allow], `${method} ${path}`);
    assertEquals(headers.get("access-control-allow-origin"), null);
  }
});

Deno.test("the ready line tells a port that was free", async () => {
  const child = spawn(
    ["serve", ...MEMORY, "--port", "0", "--peer-port", "0", "--http", "0"],
    { permissions: ["--allow-all"] },
  );
  try {
    const [, address] = /; (http:\/\/127\.0\.0\.1:\d+)\/$/.exec(await firstLine(child)) ?? [];
    assertEquals(await (await fetch(`${address}/healthz`)).text(), "ok\n");
  } finally {
    child.kill("SIGKILL");
    await Promise.all([child.stdin.close(), child.stderr.cancel(), child.status]);
  }
});

Deno.test("a port in use, and an address without a port, are told in a line", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  const flags = [...MEMORY, "--port", "0", "--peer-port", "0"];
  const permissions = ["--allow-all"];
  const inUse = await kvdist(["serve", ...flags, "--http", String(port)], { permissions });
  assertEquals([inUse.code, inUse.stdout], [1, ""]);
  assertMatch(inUse.stderr, new RegExp(`kvdist serve: port 127.0.0.1:${port} for HTTP is in use`));
  const usage = await kvdist(["serve", ...flags, "--http-host", "0.0.0.0"], { permissions });
  assertEquals([usage.code, usage.stdout], [2, ""]);
  assertMatch(usage.stderr, /^kvdist serve: --http-host 0\.0\.0\.0 needs --http/);
});

Deno.test("status.json tells of every replica, and on disk how much that takes", async () => {
  await using server = await start();
  assertEquals((await get(server, "/kv/x", put("42"))).status, 204);
  await until("all have applied it", async () => {
    const [status, body] = await text(server, "/status.json");
    assertEquals(status, 200);
    const { time, replicas } = JSON.parse(String(body));
    assert(Math.abs(Date.parse(time) - Date.now()) < 60_000);
    for (const [id, replica] of replicas.entries()) {
      assertEquals([replica.id, replica.up, replica.status.id], [id, true, id]);
      assertEquals(replica.client, server.replicas[id].client);
      assert(replica.diskBytes > 1_000);
    }
    return replicas.every(({ status }: { status: { keys: number } }) => status.keys === 1);
  });
});

Deno.test("metrics follow Prometheus's grammar, and count what was asked", async () => {
  await using server = await start();
  for (let i = 0; i < 5; i++) await get(server, `/kv/k${i}?replica=1`, put("v"));
  for (let i = 0; i < 3; i++) await get(server, "/kv/k0?replica=1&consistency=eventual");
  const families = await metrics(server);
  const of = (name: string, labels: Record<string, string>) => {
    const found = families.get(name)?.samples.filter((sample) =>
      Object.entries(labels).every(([label, value]) => sample.labels[label] === value)
    );
    assertEquals(found?.length, 1, name);
    return found?.[0].value;
  };
  const replica = "1";
  const ok = { replica, result: "ok" };
  const name = "kvdist_requests_total";
  assertEquals(of(name, { ...ok, kind: "write", level: "sequential" }), 5);
  assertEquals(of(name, { ...ok, kind: "read", level: "eventual" }), 3);
  assertEquals(of("kvdist_up", { replica }), 1);
  assertEquals(of("kvdist_ready", { replica }), 1);
  assertEquals(of("kvdist_keys", { replica }), 5);
  assertEquals(of("kvdist_view_members", { replica }), 3);
  const durations = families.get("kvdist_request_duration_seconds")?.samples ?? [];
  const counts = durations.filter(({ name, labels }) =>
    name.endsWith("_count") && labels.replica === replica
  );
  assertEquals(counts.map(({ labels, value }) => [labels.kind, value]), [["read", 3], [
    "write",
    5,
  ]]);
  assert((of("kvdist_disk_bytes", { replica }) ?? 0) > 1_000);
});

Deno.test("a hundred watchers are told the same, and are let go when the server stops", async () => {
  await using server = await start({ args: MEMORY });
  const watchers = await Promise.all(
    Array.from({ length: 100 }, () => EventReader.open(server.http)),
  );
  try {
    const writing = new AbortController();
    const load = writeUntil(server, writing.signal);
    const busy = await Promise.all(watchers.map(async (watcher) => {
      for (;;) {
        const event = await watcher.next();
        assert(event !== null);
        const { replicas } = JSON.parse(event);
        if (replicas[0].activity?.write.perSecond > 0) return event;
      }
    }));
    writing.abort();
    assertEquals(new Set(busy).size, 1, "all see the same");
    const { replicas } = JSON.parse(busy[0]);
    for (const { up, status, activity } of replicas) {
      assertEquals([up, status.requests], [true, undefined]);
      for (const name of ["lag", "pending", "outbox", "staleness"]) {
        assertEquals(typeof status[name], "number", name);
      }
      assertEquals(activity.write.failedPerSecond, 0);
    }
    assert(replicas[0].activity.write.p50Ms <= replicas[0].activity.write.p99Ms);
    await load;
    assertEquals(await server.stop(), 0);
    for (const watcher of watchers) {
      while (await watcher.next() !== null);
    }
  } finally {
    for (const watcher of watchers) await watcher[Symbol.asyncDispose]();
  }
});

async function writeUntil(server: Server, signal: AbortSignal): Promise<void> {
  using client = await connect(server.replicas[0].client);
  while (!signal.aborted) await client.set("x", "42");
}

Deno.test("a replica that is down is told as such, the port stays, and it comes back", async () => {
  await using server = await start();
  await using watcher = await EventReader.open(server.http);
  assertEquals(await text(server, "/readyz"), [200, "ready\n"]);
  // Somebody looks into a replica's store, and locks it: listing all keys, it stops.
  const intruder = new DatabaseSync(`${server.data}/0/store.db`);
  intruder.exec("BEGIN IMMEDIATE");
  await until("replica 0 stops", async () => {
    await get(server, "/kv/x", put("42"));
    try {
      using client = await connect(server.replicas[0].client);
      await client.dump();
      return false;
    } catch {
      return true;
    }
  });
  assertEquals((await text(server, "/healthz"))[0], 200);
  await until("readyz tells it", async () => {
    const [status, words] = await text(server, "/readyz");
    return status === 503 && /^replica 0: is down: .*refused/.test(String(words));
  });
  const [, body] = await text(server, "/status.json");
  const { replicas } = JSON.parse(String(body));
  assertEquals(replicas.map(({ up }: { up: boolean }) => up), [false, true, true]);
  assertEquals(
    (await metrics(server)).get("kvdist_up")?.samples.map(({ value }) => value),
    [0, 1, 1],
  );
  assertEquals(await failure(server, "/kv/x?replica=0"), [503, "internal"]);
  // Whoever names no replica is answered by another.
  const other = await get(server, "/kv/y", put("1"));
  assert(other.headers.get("kvdist-replica") !== "0");
  assertEquals(other.status, 204);
  for (let told = ""; !told.includes('"up":false');) told = await watcher.next() ?? "ended";

  intruder.exec("ROLLBACK");
  intruder.close();
  await until("it is ready again", async () => (await text(server, "/readyz"))[0] === 200);
  assertEquals(await text(server, "/kv/y?replica=0&consistency=linearizable"), [200, "1"]);
  await until("watchers see it", async () => !(await watcher.next())?.includes('"up":false'));
});

Deno.test("alone of three, it tells what it lacks, and certainly writes nothing", async () => {
  await using processes = await Processes.create({ args: ["--request-timeout", "1s"] });
  const [http] = await Promise.all([
    processes.start(0, "--http", "0"),
    processes.start(1),
    processes.start(2),
  ]);
  const { replicas } = JSON.parse(String((await text(http, "/status.json"))[1]));
  assertEquals(replicas.map(({ id }: { id: number }) => id), [0]);
  await until("it is live", async () => (await text(http, "/readyz"))[0] === 200);
  await Promise.all([processes.kill(1), processes.kill(2)]);
  await until("it misses them", async () => {
    const [status, words] = await text(http, "/readyz");
    return status === 503 && /^replica 0: no majority: of 3 replicas 1, 2/.test(String(words));
  });
  const [status, body] = await text(http, "/kv/x", put("42"));
  const { code, maybe, missing } = JSON.parse(String(body));
  assertEquals([status, code, maybe], [503, "no_quorum", false]);
  assertEquals(missing.map(({ id }: { id: number }) => id), [1, 2]);
  assertEquals((await text(http, "/kv/x?consistency=eventual", put("1")))[0], 204);
  assertEquals((await metrics(http)).get("kvdist_ready")?.samples[0].value, 0);
});

Deno.test("a page of another site can neither read nor write", async () => {
  await using server = await start({ args: MEMORY });
  const { http } = server;
  assertEquals((await get(server, "/kv/x", put("42"))).status, 204);
  const [, port] = http.split(":");
  const good = { host: `localhost:${port}`, origin: `http://localhost:${port}` };
  assertEquals((await ask(http, request("GET /kv/x", good))).body, "42");
  const foreign: Record<string, string>[] = [
    { host: "evil.example" },
    { host: `evil.example:${port}`, origin: `http://evil.example:${port}` },
    { origin: "http://evil.example" },
    { origin: "null" },
    { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" },
  ];
  for (const headers of foreign) {
    for (const path of ["/kv/x", "/status.json", "/metrics", "/events", "/healthz", "/nothing"]) {
      const { status, body } = await ask(http, request(`GET ${path}`, headers));
      assertEquals([status, JSON.parse(body).code], [403, "unauthorized"]);
    }
    const length = { "content-length": "1" };
    const { status } = await ask(http, request("PUT /kv/x", { ...headers, ...length }, "!"));
    assertEquals(status, 403);
  }
  const absolute = await ask(http, request("GET http://evil.example/kv/x", good));
  assertEquals(absolute.status, 403);
  assertEquals(await text(server, "/kv/x"), [200, "42"]);
});
