/**
 * What no good client sends to `serve --http`: random and cut bytes, too much, too slowly. Nothing
 * of it is carried out, nothing ends, and whoever behaves is served meanwhile. `KVDIST_FUZZ_SEED`
 * chooses the random bytes, and `KVDIST_LONG=1` sends ten times as many requests.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { Random } from "../../lib/chaos/random.ts";
import { ask, exchange, readAnswer, request } from "./http.ts";
import { Bystanders, concat } from "./raw.ts";
import { type Server, startServer } from "./server.ts";
import { until } from "./until.ts";

const LONG = Deno.env.get("KVDIST_LONG") === "1";
const SEED = Number(Deno.env.get("KVDIST_FUZZ_SEED") ?? 1);
const REQUESTS = LONG ? 20_000 : 2_000;
const AT_A_TIME = 20;

async function start(...args: readonly string[]): Promise<Server> {
  return await startServer({ args: ["--store", "memory", "--http", "0", ...args] });
}

/** The server answers, and holds what it held. */
async function checkWell({ http }: Server): Promise<void> {
  assertEquals((await ask(http, request("GET /readyz"))).body, "ready\n");
  assertEquals((await ask(http, request("GET /kv/kept"))).body, "kept");
}

/** … and nothing besides. */
async function checkUnchanged(server: Server): Promise<void> {
  await checkWell(server);
  const { http } = server;
  const { status, body } = await ask(http, request("GET /kv/fuzzed"));
  assertEquals([status, JSON.parse(body).code], [404, "no_key"]);
}

async function keep({ http }: Server): Promise<void> {
  const { status } = await ask(http, request("PUT /kv/kept", { "content-length": "4" }, "kept"));
  assertEquals(status, 204);
}

/** A request that is cut, or has bytes changed, put in or left out. */
function mutated(random: Random): Uint8Array {
  const length = { "content-length": "1000" };
  const bases = [
    request("GET /kv/kept"),
    request("GET /metrics", { accept: "text/plain" }),
    request("GET /status.json", { origin: "http://localhost" }),
    request("PUT /kv/fuzzed", length, "v".repeat(500)),
    request("PUT /kv/fuzzed", { "transfer-encoding": "chunked" }, "100\r\nvvv"),
    request("DELETE /kv/none?replica=1", { "kvdist-session": "0.0.0" }),
    request("PRI *"),
  ];
  const bytes = [...random.pick(bases)];
  for (let changes = random.int(0, 3); changes > 0; changes--) {
    const at = random.int(0, bytes.length - 1);
    const byte = random.int(0, 255);
    const kind = random.int(0, 3);
    if (kind === 0) bytes[at] = byte;
    else if (kind === 1) bytes.splice(at, 1);
    else if (kind === 2) bytes.splice(at, 0, byte);
    else bytes.splice(at);
    if (bytes.length === 0) bytes.push(byte);
  }
  if (random.chance(0.1)) return Uint8Array.from(bytes, () => random.int(0, 255));
  return Uint8Array.from(bytes);
}

/** Sends it, and ends the own side: what is wanting never comes. */
async function throwAt(http: string, bytes: Uint8Array): Promise<void> {
  const { hostname, port } = new URL(`tcp://${http}`);
  using conn = await Deno.connect({ hostname, port: Number(port) });
  try {
    await conn.write(bytes);
    await conn.closeWrite();
    const buffer = new Uint8Array(64 * 1024);
    while (await conn.read(buffer) !== null);
  } catch (error) {
    const isEnded = error instanceof Deno.errors.BrokenPipe ||
      error instanceof Deno.errors.ConnectionReset ||
      error instanceof Deno.errors.NotConnected;
    if (!isEnded) throw error;
  }
}

Deno.test(`random and cut requests change nothing and end nothing (seed ${SEED})`, async () => {
  await using server = await start();
  await keep(server);
  using bystanders = new Bystanders([server.replicas[1].client]);
  await Promise.all(Array.from({ length: AT_A_TIME }, async (_, i) => {
    const random = new Random(SEED * 1_000 + i);
    for (let n = 0; n < REQUESTS / AT_A_TIME; n++) await throwAt(server.http, mutated(random));
  }));
  await bystanders.end();
  await checkWell(server);
  assertEquals(await server.stop(), 0);
});

Deno.test("a body that is cut is not stored", async () => {
  await using server = await start();
  await keep(server);
  const length = { "content-length": "1000" };
  await throwAt(server.http, request("PUT /kv/fuzzed", length, "v".repeat(999)));
  const chunked = { "transfer-encoding": "chunked" };
  await throwAt(server.http, request("PUT /kv/fuzzed", chunked, "5\r\nvvvvv\r\n"));
  await checkUnchanged(server);
});

Deno.test("two lengths, or a length and chunks, smuggle nothing in", async () => {
  await using server = await start();
  await keep(server);
  const inside = "PUT /kv/fuzzed HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\n\r\n!";
  const both = { "content-length": String(inside.length), "transfer-encoding": "chunked" };
  const odd: Record<string, string>[] = [
    both,
    { "content-length": "0", "Content-Length": String(inside.length) },
    { "content-length": "-1" },
    { "content-length": "1e3" },
  ];
  for (const headers of odd) {
    const said = await exchange(server.http, request("GET /kv/none", headers, inside));
    const statuses = [...said.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => Number(status));
    assert(statuses.every((status) => status >= 400), `${JSON.stringify(headers)}: ${said}`);
  }
  await checkUnchanged(server);
});

Deno.test("too much is refused, whatever it is too much of", async () => {
  await using server = await start("--max-value", "1000");
  await keep(server);
  const { http } = server;
  const long = (length: number) => request(`GET /kv/${"k".repeat(length)}`);
  assertEquals((await ask(http, long(60_000))).status, 414);
  assert([400, 414].includes((await ask(http, long(100_000))).status));
  const large = request("GET /kv/x", { "kvdist-session": "1".repeat(40_000) });
  assertEquals((await ask(http, large)).status, 431);
  const huge = await exchange(http, request("GET /kv/x", { odd: "x".repeat(2_000_000) }));
  assert(huge === "" || [400, 431].includes(readAnswer(huge).status), huge);
  const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`x-${i}`, "y"]));
  const manyHeaders = await exchange(http, request("GET /kv/x", many));
  assert([400, 431].includes(readAnswer(manyHeaders).status), manyHeaders);
  const announced = request("PUT /kv/fuzzed", { "content-length": "1000000000000" });
  assertEquals((await ask(http, announced)).status, 413);
  const endless = request("PUT /kv/fuzzed", { "transfer-encoding": "chunked" });
  const chunk = new TextEncoder().encode(`400\r\n${"v".repeat(1024)}\r\n`);
  assertEquals((await ask(http, endless, ...Array(1_000).fill(chunk))).status, 413);
  await checkUnchanged(server);
});

Deno.test("hundreds that say nothing, or half a request, hold up nobody", async () => {
  await using server = await start();
  await keep(server);
  const { hostname, port } = new URL(`tcp://${server.http}`);
  const half = request("PUT /kv/fuzzed", { "content-length": "10" }, "half");
  const silent: Deno.TcpConn[] = [];
  try {
    for (let i = 0; i < 300; i++) {
      const conn = await Deno.connect({ hostname, port: Number(port) });
      silent.push(conn);
      if (i % 3 === 1) await conn.write(half.subarray(0, 20));
      if (i % 3 === 2) await conn.write(half);
    }
    await checkWell(server);
  } finally {
    for (const conn of silent) conn.close();
  }
  await checkUnchanged(server);
});

Deno.test("when it has no descriptor left for another connection, it is soon back", async () => {
  const few = ["sh", "-c", 'ulimit -n 100 && exec "$0" "$@"'];
  await using server = await startServer({
    args: ["--store", "memory", "--http", "0"],
    within: few,
  });
  await keep(server);
  const { hostname, port } = new URL(`tcp://${server.http}`);
  const greedy: Deno.TcpConn[] = [];
  try {
    await until("it accepts no more", async () => {
      try {
        greedy.push(await Deno.connect({ hostname, port: Number(port) }));
        return false;
      } catch {
        return true;
      }
    });
  } finally {
    for (const conn of greedy) conn.close();
  }
  await until("it answers", async () => {
    try {
      return (await ask(server.http, request("GET /healthz"))).status === 200;
    } catch {
      return false;
    }
  });
  assertMatch(server.stderr(), /the HTTP server has ended; it is started again.*Too many open/);
  await checkUnchanged(server);
});

Deno.test("whoever reads no answer holds up no other, and not the end", async () => {
  await using server = await start();
  await keep(server);
  const { hostname, port } = new URL(`tcp://${server.http}`);
  const large = "v".repeat(2 ** 20);
  const length = { "content-length": String(large.length) };
  assertEquals((await ask(server.http, request("PUT /kv/large", length, large))).status, 204);
  // More than all buffers on the way hold.
  const again = request("GET /kv/large", { connection: "keep-alive" });
  const requests = [request("GET /events"), concat(Array(40).fill(again))];
  const deaf: Deno.TcpConn[] = [];
  try {
    for (let i = 0; i < 50; i++) {
      const conn = await Deno.connect({ hostname, port: Number(port) });
      deaf.push(conn);
      await conn.write(requests[i % 10 === 0 ? 1 : 0]);
    }
    await checkWell(server);
    assertEquals(await server.stop(), 0);
  } finally {
    for (const conn of deaf) conn.close();
  }
});
