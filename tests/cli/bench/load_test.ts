import { assert, assertEquals, assertRejects } from "@std/assert";
import { Latency } from "../../../lib/cli/bench/latency.ts";
import { type LoadProgress, type LoadSettings, makeLoad } from "../../../lib/cli/bench/load.ts";
import { ConnectionError } from "../../../lib/errors.ts";
import { FakeServer, type Peer } from "../../client/fake_server.ts";
import type { Request } from "../../../lib/wire/message.ts";

const SETTINGS: Omit<LoadSettings, "targets"> = {
  clients: 4,
  pipeline: 2,
  mix: "mixed",
  valueBytes: 10,
  keys: 20,
  warmUpMs: 20,
  durationMs: 200,
};

/** The load, stopped as soon as `enough` says so; without it after its own time. */
async function load(
  targets: string[],
  settings: Partial<LoadSettings> = {},
  enough?: (progress: LoadProgress) => boolean,
) {
  const stop = new AbortController();
  const phases = new Set<string>();
  const result = await makeLoad({ ...SETTINGS, targets, ...settings }, {
    signal: stop.signal,
    cpuMs: () => null,
    progress: (progress) => {
      phases.add(progress.phase);
      if (enough?.(progress)) stop.abort();
    },
  });
  return {
    ...result,
    reads: new Latency(result.reads),
    writes: new Latency(result.writes),
    phases: [...phases],
  };
}

Deno.test("makeLoad: mixed reads and writes, all clients on all targets", async () => {
  using a = new FakeServer();
  using b = new FakeServer();
  const { reads, writes, missing, errors, complete, elapsedMs, phases } = await load(
    [a.address, b.address],
  );
  assert(complete);
  assert(elapsedMs >= 199, `${elapsedMs}`);
  assert(reads.count > 0 && writes.count > 0);
  assertEquals(errors, {});
  assertEquals(phases, ["connecting", "filling", "warming up", "measuring"]);
  // Keys are set through both, so each fake store holds about half of them.
  const held = new Set([...a.held.keys(), ...b.held.keys()]);
  assertEquals(held.size, 20);
  assert(held.has("bench:0") && held.has("bench:19"));
  assertEquals(new Set(a.held.values()), new Set(["v".repeat(10)]));
  assert(missing <= reads.count);
});

Deno.test("makeLoad: reads find what was set before; writes need no setting", async () => {
  using server = new FakeServer();
  const only = await load([server.address], { mix: "read" });
  assertEquals([only.writes.count, only.missing], [0, 0]);
  assert(only.reads.count > 0);
  const writing = await load([server.address], { mix: "write" });
  assertEquals([writing.reads.count, writing.phases.includes("filling")], [0, false]);
});

Deno.test("makeLoad names the level in each request, and keeps its lanes full", async () => {
  const levels = new Set<unknown>();
  let batchMax = 0;
  using server = new FakeServer({
    batch: (requests: Request[]) => {
      batchMax = Math.max(batchMax, requests.length);
      for (const request of requests) {
        if (request.type === "get") levels.add(request.options.consistency);
      }
    },
  });
  await load([server.address], { mix: "read", clients: 1, pipeline: 5, consistency: "eventual" });
  assertEquals(levels, new Set(["eventual"]));
  assert(batchMax >= 5, `${batchMax}`);
});

Deno.test("makeLoad counts errors by their code and goes on", async () => {
  let asked = 0;
  using server: FakeServer = new FakeServer({
    request: async (request: Request, peer: Peer) => {
      if (asked++ % 3 > 0) {
        for (const reply of server.answer(request)) await peer.reply(reply);
      } else {
        await peer.reply({ type: "error", code: "no_quorum", text: "alone", details: {} });
      }
    },
  });
  const { errors, writes } = await load([server.address], { mix: "write" });
  assertEquals(Object.keys(errors), ["no_quorum"]);
  assert(writes.count > 0);
});

Deno.test("makeLoad connects again where a connection broke", async () => {
  // What is asked before the measuring does not count.
  let isMeasuring = false;
  let asked = 0;
  using server: FakeServer = new FakeServer({
    request: async (request: Request, peer: Peer) => {
      if (isMeasuring && ++asked === 10) peer.close();
      else for (const reply of server.answer(request)) await peer.reply(reply);
    },
  });
  const { errors, writes } = await load(
    [server.address],
    { mix: "write", clients: 1, pipeline: 1, durationMs: 60_000, warmUpMs: 0 },
    ({ phase }) => {
      isMeasuring = phase === "measuring";
      return asked > 20;
    },
  );
  assertEquals(errors, { connection: 1 });
  assert(writes.count > 9);
});

Deno.test("makeLoad gives back what it has when it is stopped", async () => {
  using server = new FakeServer();
  const { complete, reads, elapsedMs } = await load(
    [server.address],
    { mix: "read", durationMs: 60_000 },
    ({ phase, share }) => phase === "measuring" && share > 0,
  );
  assertEquals(complete, false);
  assert(reads.count > 0);
  assert(elapsedMs < 60_000);
});

Deno.test("makeLoad: nobody listens", async () => {
  await assertRejects(() => load(["127.0.0.1:1"]), ConnectionError, "nobody listens there");
});
