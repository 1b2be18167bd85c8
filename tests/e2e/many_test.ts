import { assert, assertEquals } from "@std/assert";
import { type Client, connect } from "../../lib/client/mod.ts";
import { Cluster, type ClusterOptions } from "../../lib/replica/cluster.ts";
import { REQUESTS_IN_FLIGHT_MAX } from "../../lib/limits.ts";
import { FrameReader, FrameWriter } from "../../lib/wire/frame.ts";
import { concat } from "./raw.ts";
import { command } from "./resp.ts";
import { Clients, until } from "./until.ts";

const CONNECTIONS = 1_000;

/** Generous: they all knock at once, on a machine that may be busy. */
const CONNECT_MS_MAX = 60_000;

/** A cluster in this process, in memory; it is gone afterwards. */
async function withCluster(
  options: Partial<ClusterOptions>,
  use: (cluster: Cluster) => Promise<void>,
): Promise<void> {
  const cluster = await Cluster.start({
    replicas: 3,
    consistency: "sequential",
    host: "127.0.0.1",
    port: 0,
    peerPort: 0,
    data: null,
    store: "memory",
    fsync: "never",
    requestTimeoutMs: 60_000,
    applyDelayMs: 0,
    ...options,
  });
  try {
    await use(cluster);
  } finally {
    await cluster.stop();
  }
}

Deno.test("1,000 connections on one replica are all served", () =>
  withCluster({}, async ({ replicas }) => {
    const { client: address } = replicas[1];
    const clients = await Promise.all(
      Array.from({ length: CONNECTIONS }, () => connect(address, { timeoutMs: CONNECT_MS_MAX })),
    );
    try {
      for (const round of ["1", "2"]) {
        await Promise.all(clients.map((client, i) => client.set(`key ${i}`, round)));
        const read = await Promise.all(clients.map((client, i) => client.get(`key ${i}`)));
        assertEquals(read, Array(CONNECTIONS).fill(round));
      }
      assertEquals((await clients[0].status()).clients, CONNECTIONS);
    } finally {
      for (const client of clients) client.close();
    }
    using all = await Clients.connect(replicas);
    await until("the replica has let them go", async () => {
      return (await all.all[1].status()).clients === 1;
    });
    await all.settled();
    for (const held of await all.dumps()) assertEquals(held.size, CONNECTIONS);
  }));

/** Sets and gets as others do, one at a time. */
async function workNormally(client: Client, name: string, step: () => Promise<void> | void) {
  for (let i = 0; i < 50; i++) {
    await client.set(name, `${i}`);
    assertEquals(await client.get(name), `${i}`);
    await step();
  }
}

const LARGE = "v".repeat(1024 * 1024);

Deno.test("a client that asks for much and reads nothing is read no further, and holds up nobody", () =>
  withCluster({}, async (cluster) => {
    const { replicas } = cluster;
    using clients = await Clients.connect(replicas);
    await clients.all[0].set("large", LARGE);
    using stuck = await dial(replicas[0].client);
    // A request as long as requests with a key can be; nobody waits for so many of them.
    const request = frameOf(["get", "large", { id: "i".repeat(100) }]);
    const requests = new Uint8Array(request.length * 1_000);
    for (let at = 0; at < requests.length; at += request.length) requests.set(request, at);
    const bytesMax = 64 * 1024 * 1024;
    let sent = 0;
    const sending = (async () => {
      try {
        while (sent < bytesMax) sent += await stuck.write(requests.subarray(sent % request.length));
      } catch {
        // The replica has ended while it waited.
      }
    })();

    await Promise.all(clients.all.map((client, i) => workNormally(client, `key ${i}`, () => {})));
    let before = -1;
    await until("the replica reads it no further", () => {
      const still = sent === before;
      before = sent;
      return still || sent >= bytesMax;
    });
    assert(sent < bytesMax, "the replica takes requests without end");
    await Promise.all(clients.all.map((client, i) => workNormally(client, `key ${i}`, () => {})));

    await cluster.stop();
    await sending;
  }));

Deno.test("a client that reads slowly gets everything, and holds up nobody", () =>
  withCluster({}, async ({ replicas }) => {
    const answers = 24;
    using clients = await Clients.connect(replicas);
    await clients.all[0].set("large", LARGE);
    using slow = await dial(replicas[0].client);
    const request = frameOf(["get", "large"]);
    for (let i = 0; i < answers; i++) await slow.write(request);

    const reader = new FrameReader(8 * 1024 * 1024);
    let got = 0;
    const little = new Uint8Array(16 * 1024);
    const readSome = async () => {
      const count = await slow.read(little);
      assert(count !== null, "the replica has closed the connection");
      reader.push(little.subarray(0, count));
      for (let frame = reader.next(); frame !== null; frame = reader.next()) {
        assert(frame.length > LARGE.length, "an answer is whole");
        got++;
      }
    };
    // It reads a little only after each answer that another client got.
    await Promise.all([
      workNormally(clients.all[0], "mine", readSome),
      ...clients.all.slice(1).map((client, i) => workNormally(client, `key ${i}`, () => {})),
    ]);
    assert(got < answers, "it is slow");
    while (got < answers) await readSome();
  }));

for (const protocol of ["frames", "Redis's protocol"]) {
  Deno.test(`clients of ${protocol} that ask for much and are gone hold up nobody`, () =>
    // Their writes are under way for so long that the answers find nobody any more.
    withCluster({ applyDelayMs: 200 }, async ({ replicas: [{ client: address }] }) => {
      const request = protocol === "frames"
        ? frameOf(["set", "x", "1", 1])
        : command("SET", "x", "1");
      const requests = concat(Array(4 * REQUESTS_IN_FLIGHT_MAX).fill(request));
      using bystander = await connect(address);
      for (let i = 0; i < 5; i++) {
        using gone = await dial(address);
        for (let sent = 0; sent < requests.length;) {
          sent += await gone.write(requests.subarray(sent));
        }
        assertEquals(await bystander.get("y"), undefined);
      }
      await until("the replica has let them go", async () => {
        return (await bystander.status()).clients === 1;
      });
    }));
}

function frameOf(message: unknown): Uint8Array {
  const writer = new FrameWriter();
  writer.add(JSON.stringify(message));
  return writer.take().slice();
}

async function dial(address: string): Promise<Deno.TcpConn> {
  const [hostname, port] = address.split(":");
  return await Deno.connect({ hostname, port: Number(port) });
}

Deno.test("16 replicas form a view, order writes and agree", () =>
  withCluster({ replicas: 16 }, async ({ replicas }) => {
    using clients = await Clients.connect(replicas);
    const { all } = clients;
    const writesEach = 10;
    await Promise.all(all.map(async (client, id) => {
      for (let i = 0; i < writesEach; i++) {
        await Promise.all([client.set("shared", `${id}.${i}`), client.set(`${id}.${i}`, `${i}`)]);
        assertEquals(await client.get(`${id}.${i}`), `${i}`);
      }
    }));
    await clients.settled();
    const dumps = await clients.dumps();
    assertEquals(dumps[0].size, all.length * writesEach + 1);
    for (const held of dumps) assertEquals(held, dumps[0]);
    for (const status of await Promise.all(all.map((client) => client.status()))) {
      assertEquals(status.state, "live");
      assertEquals(status.view?.members, replicas.map(({ id }) => id));
      assertEquals(status.delivered, 2 * all.length * writesEach);
    }
  }));

const APPLY_DELAY_MS = 300;

Deno.test("apply delays overlap: ten writes at once take about one delay", () =>
  withCluster(
    { applyDelayMs: APPLY_DELAY_MS },
    (cluster) =>
      withCluster({ applyDelayMs: APPLY_DELAY_MS, replicas: 1 }, async (clock) => {
        const addresses = Array.from({ length: 10 }, (_, i) => cluster.replicas[i % 3]);
        using clients = await Clients.connect(addresses);
        using ticking = await Clients.connect(clock.replicas);
        // A clock that is as slow as this machine is now: each tick is a write that takes a delay.
        let ticks = 0;
        const stop = new AbortController();
        const tick = (async () => {
          for (; !stop.signal.aborted; ticks++) await ticking.all[0].set("tick", `${ticks}`);
        })();
        const began = performance.now();
        await Promise.all(clients.all.map((client, i) => client.set("x", `${i}`)));
        assert(performance.now() - began >= APPLY_DELAY_MS - 1, "a delay is a delay");
        assert(ticks < 5, `one after the other they would take ten ticks; it took ${ticks}`);
        stop.abort();
        await tick;

        await clients.settled();
        const held = await clients.dumps();
        for (const one of held) assertEquals(one, held[0]);
      }),
  ));

Deno.test("an apply delay keeps the order and holds up no read", () =>
  withCluster({ applyDelayMs: 1_000 }, async (cluster) => {
    using clients = await Clients.connect(cluster.replicas);
    const [writer, second, third] = clients.all;
    using reader = await connect(cluster.replicas[0].client);
    const stored: number[] = [];
    const writes = Array.from(
      { length: 10 },
      (_, i) => writer.set("x", `${i}`).then(() => stored.push(i)),
    );
    for (const client of [reader, second, third]) {
      assertEquals(await client.get("x"), undefined);
    }
    assertEquals(stored, [], "the reads were answered first");

    // Whoever looks meanwhile sees the writes in their order.
    const seen: number[] = [];
    await until("the second replica has applied the last write", async () => {
      const value = await second.get("x");
      if (value !== undefined) seen.push(Number(value));
      return value === "9";
    });
    assertEquals(seen, seen.toSorted((a, b) => a - b));
    await Promise.all(writes);
    assertEquals(stored, stored.toSorted((a, b) => a - b));
    assertEquals(await reader.get("x"), "9");
  }));
