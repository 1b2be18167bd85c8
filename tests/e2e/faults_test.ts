/** `serve --http --allow-faults`: each fault does what it says, and ends. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { readTrace } from "../../lib/cli/show/read_trace.ts";
import { connect, type Status } from "../../lib/client/mod.ts";
import type { FaultUnderWay } from "../../lib/fault.ts";
import { EventReader } from "./http.ts";
import { type Server, startServer } from "./server.ts";
import { until } from "./until.ts";

const ALLOWED = ["--http", "0", "--allow-faults"];
const MEMORY = ["--store", "memory"];

async function ask(server: Server, path: string, init: RequestInit = {}) {
  const answer = await fetch(`http://${server.http}${path}`, init);
  return { status: answer.status, text: await answer.text() };
}

/** Begins a fault. */
async function begin(server: Server, replica: number, query: string): Promise<void> {
  const answer = await ask(server, `/faults/${replica}?${query}`, { method: "POST" });
  assertEquals(answer, { status: 204, text: "" });
}

/** The status and the code of what must be refused, in a line. */
async function refused(server: Server, path: string, method: string) {
  const { status, text } = await ask(server, path, { method });
  assertMatch(text, /^\{.*\}\n$/);
  return [status, JSON.parse(text).code];
}

async function end(server: Server, replica: number): Promise<void> {
  const answer = await ask(server, `/faults/${replica}`, { method: "DELETE" });
  assertEquals(answer, { status: 204, text: "" });
}

interface Told {
  readonly replicas: { readonly up: boolean; readonly status?: Status }[];
  readonly faults: FaultUnderWay[] | null;
}

async function look(server: Server): Promise<Told> {
  return JSON.parse((await ask(server, "/status.json")).text);
}

function isInView(told: Told, replica: number, members: readonly number[]): boolean {
  const { state, view } = told.replicas[replica].status ?? {};
  return state === "live" && view?.members.join() === members.join();
}

async function allLive(server: Server): Promise<void> {
  await until("all are live in one view", async () => {
    const told = await look(server);
    return [0, 1, 2].every((replica) => isInView(told, replica, [0, 1, 2]));
  });
}

Deno.test("without --allow-faults nothing can be done, and that is said", async () => {
  await using server = await startServer({ args: ["--http", "0", ...MEMORY] });
  const no = [403, "unauthorized"];
  assertEquals(await refused(server, "/faults/1?fault=kill", "POST"), no);
  assertEquals(await refused(server, "/faults/1", "DELETE"), no);
  assertMatch(
    (await ask(server, "/faults/1?fault=kill", { method: "POST" })).text,
    /start the server with --allow-faults/,
  );
  assertEquals((await look(server)).faults, null);
  await allLive(server);
});

Deno.test("what is no fault is told in a line, and nothing happens", async () => {
  await using server = await startServer({ args: [...ALLOWED, ...MEMORY] });
  const bad = [400, "bad_request"];
  assertEquals(await refused(server, "/faults/1", "POST"), bad);
  assertEquals(await refused(server, "/faults/1?fault=pause&ms=30001", "POST"), bad);
  assertEquals(await refused(server, "/faults/1?fault=kill", "DELETE"), bad);
  assertEquals(await refused(server, "/faults/1", "DELETE"), bad);
  for (const name of ["", "3", "01", "one", "1/2", "%31"]) {
    const path = `/faults/${name}?fault=kill`;
    assertEquals(await refused(server, path, "POST"), [404, "bad_request"], name);
  }
  assertEquals(await refused(server, "/faults/1", "GET"), [405, "unknown_command"]);
  const headers = { origin: "http://evil.example" };
  const foreign = await ask(server, "/faults/1?fault=kill", { method: "POST", headers });
  assertEquals(foreign.status, 403);
  assertEquals((await look(server)).faults, []);
  await allLive(server);
});

Deno.test("a paused replica does nothing, the others go on without it, and it comes back", async () => {
  await using server = await startServer({ args: [...ALLOWED, ...MEMORY] });
  await begin(server, 2, "fault=pause&ms=30000");
  await using watcher = await EventReader.open(server.http);
  const told: Told = JSON.parse(await watcher.next() ?? "");
  assertEquals(told.faults?.map(({ replica, fault }) => [replica, fault]), [[2, "pause"]]);
  const left = told.faults?.[0].leftMs ?? 0;
  assert(left > 0 && left <= 30_000, String(left));
  assertEquals(told.replicas[2].up, false);
  await until("the others have a view of their own", async () => {
    const told = await look(server);
    return isInView(told, 0, [0, 1]) && isInView(told, 1, [0, 1]);
  });
  using client = await connect(server.replicas[0].client);
  await client.set("x", "42");
  await end(server, 2);
  await allLive(server);
  using back = await connect(server.replicas[2].client);
  assertEquals(await back.get("x"), "42");
  assertEquals((await look(server)).faults, []);
});

Deno.test("two of three cut off: no quorum; each fault ends by itself", async () => {
  await using server = await startServer({ args: [...ALLOWED, ...MEMORY] });
  await begin(server, 0, "fault=cut&ms=300000");
  await begin(server, 1, "fault=cut&ms=300000");
  await until("replica 2 says that it can order nothing", async () => {
    const { status, text } = await ask(server, "/kv/x?replica=2", { method: "PUT", body: "1" });
    return status === 503 && JSON.parse(text).code === "no_quorum";
  });
  const told = await look(server);
  for (const [replica, { status }] of told.replicas.entries()) {
    assertEquals(status?.hears, [], `replica ${replica} hears nobody`);
  }
  // Anew, for a moment: in place of the long one.
  await begin(server, 0, "fault=cut&ms=1");
  await begin(server, 1, "fault=cut&ms=1");
  await allLive(server);
  assertEquals((await look(server)).faults, []);
  using client = await connect(server.replicas[1].client);
  await client.set("x", "42");
});

Deno.test("a late replica gives old values, and waits where it may not", async () => {
  await using server = await startServer({ args: [...ALLOWED, ...MEMORY] });
  using origin = await connect(server.replicas[0].client);
  using late = await connect(server.replicas[2].client);
  await origin.set("x", "old");
  assertEquals(await late.get("x", { consistency: "linearizable" }), "old");
  await begin(server, 2, "fault=delay&ms=300000&by=3000");
  await origin.set("x", "new");
  assertEquals(await late.get("x"), "old");
  assertEquals(await late.get("x", { consistency: "linearizable" }), "new");
  assertEquals((await look(server)).faults?.[0].byMs, 3_000);
  await end(server, 2);
  await late.set("x", "2");
  assertEquals(await late.get("x"), "2");
});

Deno.test("a killed replica is started again with what it held; the trace tells of it", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const trace = `${folder}/run.jsonl`;
    {
      await using server = await startServer({ args: [...ALLOWED, "--trace", trace] });
      {
        using client = await connect(server.replicas[1].client);
        await client.set("x", "42");
      }
      await begin(server, 1, "fault=pause&ms=30000");
      await begin(server, 1, "fault=kill");
      assertEquals((await look(server)).faults, [{ replica: 1, fault: "kill", leftMs: null }]);
      assertEquals(await refused(server, "/faults/1?fault=cut&ms=9", "POST"), [400, "bad_request"]);
      assertEquals(await refused(server, "/faults/1", "DELETE"), [400, "bad_request"]);
      await until("it serves again", async () => (await look(server)).faults?.length === 0);
      await allLive(server);
      using client = await connect(server.replicas[1].client);
      assertEquals(await client.get("x", { consistency: "linearizable" }), "42");
      assertMatch(server.stderr(), /replica 1: has stopped: it was killed, as somebody asked/);
      assertEquals(await server.stop(), 0);
    }
    const faults = readTrace([trace]).lines.flatMap((line) =>
      line.type === "fault" ? [[line.fault, line.phase, ...line.replicas]] : []
    );
    assertEquals(faults, [
      ["pause", "begin", 1],
      ["pause", "end", 1],
      ["kill", "begin", 1],
      ["kill", "end", 1],
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a server stops while faults are under way", async () => {
  await using server = await startServer({ args: ALLOWED });
  await begin(server, 0, "fault=pause&ms=30000");
  await begin(server, 1, "fault=kill");
  await begin(server, 2, "fault=cut&ms=300000");
  assertEquals(await server.stop(), 0, server.stderr());
});
