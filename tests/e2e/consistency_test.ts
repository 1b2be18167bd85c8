import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { type Client, connect, type Consistency } from "../../lib/client/mod.ts";
import { Cluster, type ClusterOptions } from "../../lib/replica/cluster.ts";
import { Random } from "../sim/random.ts";
import { Clients } from "./until.ts";
import {
  type History,
  type Operation,
  type Ordered,
  readDeliveryOrder,
  stateAfter,
  violation,
} from "./witness.ts";

const LONG = Deno.env.get("KVDIST_LONG") === "1";

const REPLICAS = 3;
const CLIENTS = 9;
const KEYS = 3;
const OPERATIONS = 120;

/** How many requests a client has under way at most. */
const PIPELINE = 4;

// The checker

let clock = 0;
const write = (id: string, key: string, value: string | null): Operation => ({
  type: "write",
  id,
  key,
  value,
  invoked: clock++,
  answered: clock++,
});
const read = (key: string, value: string | null): Operation => ({
  type: "read",
  key,
  value,
  invoked: clock++,
  answered: clock++,
});
const ordered = ({ id = "", key, value }: Operation): Ordered => ({ id, key, value });

Deno.test("the checker takes what fits the order, and nothing else", () => {
  const a = write("a", "x", "1");
  const b = write("b", "x", "2");
  const c = write("c", "y", "3");
  const d = write("d", "x", null);
  const order = [a, b, c, d].map(ordered);
  const fits = (...histories: History[]) => violation(order, histories) === null;

  assert(fits([a, read("x", "1"), b, read("x", "2"), c, d, read("x", null), read("y", "3")]));
  assert(fits([read("x", null), read("x", "1"), read("x", "2"), read("x", null)]), "another's");
  assert(fits([read("x", "2"), read("x", "2")], [read("x", null), read("y", null)]), "old reads");

  assert(!fits([b, read("x", "1")]), "its own write is not read");
  assert(!fits([a, read("x", null), read("x", "1")]), "its own write is read late");
  assert(!fits([read("x", "2"), read("x", "1")]), "back in time");
  assert(!fits([read("y", "3"), read("x", "1")]), "back in time, with two keys");
  assert(!fits([read("x", "9")]), "a value that nobody wrote");
  assert(!fits([read("x", "2"), a]), "a read of what the order has later than the next write");
  assert(!fits([b, a]), "not the client's own order");
  assert(!fits([write("e", "x", "5")]), "a write that was not delivered");
  assert(!fits([{ ...a, value: "2" }]), "a write delivered with another value");
  assert(violation([...order, ordered(a)], []) !== null, "delivered twice");
});

Deno.test("the checker holds writes to real time", () => {
  const a = write("a", "x", "1");
  const b = write("b", "y", "2");
  const order = [b, a].map(ordered);
  assert(violation(order, [[a], [b]]) !== null);
  assertEquals(violation(order, [[{ ...a, answered: b.invoked + 0.5 }], [b]]), null);
});

// The replicas

/** A cluster in this process with its folder; both are gone afterwards. */
async function withCluster<T>(
  consistency: Consistency,
  use: (cluster: Cluster, data: string) => Promise<T>,
): Promise<T> {
  const data = await Deno.makeTempDir({ prefix: "kvdist-consistency-" });
  const options: ClusterOptions = {
    replicas: REPLICAS,
    consistency,
    host: "127.0.0.1",
    port: 0,
    peerPort: 0,
    data,
    store: "sqlite",
    fsync: "never",
    requestTimeoutMs: 30_000,
    applyDelayMs: 0,
  };
  try {
    const cluster = await Cluster.start(options);
    try {
      return await use(cluster, data);
    } finally {
      await cluster.stop();
    }
  } finally {
    await Deno.remove(data, { recursive: true });
  }
}

/** One client's random work at its replica, recorded. */
async function work(client: Client, name: string, random: Random): Promise<Operation[]> {
  const under: Promise<Operation>[] = [];
  for (let i = 0; i < OPERATIONS; i++) {
    if (under.length >= PIPELINE) await under[under.length - PIPELINE];
    under.push(operate(client, `${name}.${i}`, random));
    // Some wait for their answers before they go on.
    if (random.chance(0.3)) await under.at(-1);
  }
  return await Promise.all(under);
}

async function operate(client: Client, id: string, random: Random): Promise<Operation> {
  const key = `key ${random.int(1, KEYS)}`;
  const invoked = performance.now();
  const done = (type: "write" | "read", value: string | null) => ({
    type,
    ...(type === "write" ? { id } : {}),
    key,
    value,
    invoked,
    answered: performance.now(),
  });
  if (random.chance(0.5)) {
    const value = await client.get(key) ?? null;
    return done("read", value);
  }
  if (random.chance(0.1)) {
    await client.delete(key, { id });
    return done("write", null);
  }
  await client.set(key, id, { id });
  return done("write", id);
}

/** Many clients at work at once, then the delivery order of each replica. */
async function record(consistency: Consistency, seed: number) {
  return await withCluster(consistency, async (cluster, data) => {
    const clients = await Promise.all(
      Array.from({ length: CLIENTS }, (_, i) => connect(cluster.replicas[i % REPLICAS].client)),
    );
    try {
      const histories = await Promise.all(
        clients.map((client, i) => work(client, `c${i}`, new Random(seed * CLIENTS + i))),
      );
      using all = await Clients.connect(cluster.replicas);
      await all.settled();
      const dumps = await all.dumps();
      await cluster.stop();
      const orders = cluster.replicas.map(({ id }) => readDeliveryOrder(`${data}/${id}`));
      return { histories, dumps, orders };
    } finally {
      for (const client of clients) client.close();
    }
  });
}

/** The histories with one read changed: it shows what the client's own write before it replaced. */
function withStaleRead(order: readonly Ordered[], histories: readonly History[]): History[] {
  for (const [client, history] of histories.entries()) {
    for (const [i, read] of history.entries()) {
      if (read.type !== "read") continue;
      const own = history.slice(0, i).findLast(({ type, key }) =>
        type === "write" && key === read.key
      );
      const at = order.findIndex(({ id }) => id === own?.id);
      const replaced = order.slice(0, Math.max(at, 0)).find(({ key, value }) =>
        key === read.key && value !== null
      );
      if (replaced === undefined) continue;
      const changed = history.with(i, { ...read, value: replaced.value });
      return histories.with(client, changed);
    }
  }
  throw new Error("no client read after its own write");
}

const SEEDS = LONG ? [1, 2, 3, 4, 5, 6, 7, 8] : [1, 2];

for (const seed of SEEDS) {
  Deno.test(`sequential: histories of many clients fit the delivery order (seed ${seed})`, async () => {
    const { histories, dumps, orders } = await record("sequential", seed);
    const [order] = orders;
    for (const other of orders) assertEquals(other, order, "all replicas deliver in one order");
    const writes = histories.flat().filter(({ type }) => type === "write").length;
    assertEquals(order.length, writes);
    assertEquals(violation(order, histories), null);
    for (const dump of dumps) assertEquals(dump, stateAfter(order));

    assertNotEquals(violation(order, withStaleRead(order, histories)), null, "the violating twin");
    console.log(
      `sequential, seed ${seed}: ${CLIENTS} clients, ${writes} writes, ` +
        `${CLIENTS * OPERATIONS - writes} reads fit; the twin does not`,
    );
  });

  Deno.test(`eventual: the stores are equal after the run (seed ${seed})`, async () => {
    const { histories, dumps, orders } = await record("eventual", seed);
    const [order] = orders;
    for (const other of orders) assertEquals(other, order);
    const writes = histories.flat().filter(({ type }) => type === "write");
    assertEquals(new Set(order.map(({ id }) => id)), new Set(writes.map(({ id = "" }) => id)));
    assertEquals(order.length, writes.length, "nothing is delivered twice");
    for (const dump of dumps) assertEquals(dump, stateAfter(order));
    console.log(
      `eventual, seed ${seed}: ${writes.length} writes, equal stores; as a sequential history: ${
        violation(order, histories) ?? "fits"
      }`,
    );
  });
}
