/** What clients of real replicas saw, judged by the checker with the delivery order as witness. */

import { assert, assertEquals } from "@std/assert";
import type { HistoryLine, Invoke, OrderLine } from "../../lib/check/history.ts";
import { judge } from "../../lib/check/judge.ts";
import { historyOf } from "../../lib/check/reader.ts";
import { type Guarantee, GUARANTEES } from "../../lib/check/verdict.ts";
import { type Client, connect, type Consistency } from "../../lib/client/mod.ts";
import type { Entry } from "../../lib/order/message.ts";
import { Cluster, type ClusterOptions } from "../../lib/replica/cluster.ts";
import { readLog } from "../../lib/store/read_log.ts";
import { Random } from "../../lib/chaos/random.ts";
import { Clients } from "./until.ts";

const LONG = Deno.env.get("KVDIST_LONG") === "1";

const REPLICAS = 3;
const CLIENTS = 9;
const KEYS = 3;
const OPERATIONS = 120;

/** How many requests a client has under way at most. */
const PIPELINE = 4;

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

/** Keeps what happens in the order in which it does. */
class Recorder {
  readonly lines: HistoryLine[] = [{ history: 1, replicas: REPLICAS }];

  add(line: HistoryLine): void {
    this.lines.push(line);
  }

  get now(): number {
    return Math.round(performance.now() * 1_000);
  }
}

/** One client: a connection with several requests under way, each of which is a process. */
class Worker {
  readonly #recorder: Recorder;
  readonly #number: number;
  readonly #consistency: Consistency;
  readonly #random: Random;
  readonly #free: number[] = [];
  #processes = 0;

  constructor(recorder: Recorder, number: number, consistency: Consistency, random: Random) {
    this.#recorder = recorder;
    this.#number = number;
    this.#consistency = consistency;
    this.#random = random;
  }

  /** Random work at its replica. */
  async work(client: Client): Promise<void> {
    const under: Promise<void>[] = [];
    for (let i = 0; i < OPERATIONS; i++) {
      if (under.length >= PIPELINE) await under[under.length - PIPELINE];
      under.push(this.#operate(client, `c${this.#number}.${i}`));
      // Some wait for their answers before they go on.
      if (this.#random.chance(0.3)) await under.at(-1);
    }
    await Promise.all(under);
  }

  async #operate(client: Client, id: string): Promise<void> {
    const process = this.#free.pop() ?? CLIENTS * this.#processes++ + this.#number;
    const invoke = this.#invoke(process, id);
    this.#recorder.add(invoke);
    const value = await ask(client, invoke);
    const at = this.#recorder.now;
    this.#recorder.add({ type: "ok", process, at, ...(value === undefined ? {} : { value }) });
    this.#free.push(process);
  }

  #invoke(process: number, id: string): Invoke {
    const facts = {
      type: "invoke",
      process,
      client: this.#number,
      at: this.#recorder.now,
      key: `key ${this.#random.int(1, KEYS)}`,
      level: this.#consistency,
      replica: this.#number % REPLICAS,
    } as const;
    if (this.#random.chance(0.5)) return { ...facts, op: "get" };
    if (this.#random.chance(0.1)) return { ...facts, op: "delete", id };
    return { ...facts, op: "set", value: id, id };
  }
}

/** Does what the invoke says; what a get has read, else undefined. */
async function ask(client: Client, invoke: Invoke): Promise<string | null | undefined> {
  switch (invoke.op) {
    case "get":
      return await client.get(invoke.key) ?? null;
    case "set":
      await client.set(invoke.key, invoke.value, { id: invoke.id });
      return undefined;
    case "delete":
      await client.delete(invoke.key, { id: invoke.id });
      return undefined;
  }
}

function orderLine({ index, message: { origin, operation } }: Entry): OrderLine {
  assert(operation.type === "set" || operation.type === "delete", "nobody asks for anything else");
  const { key, id } = operation;
  const facts = { type: "order", index, key, id, origin } as const;
  return operation.type === "delete"
    ? { ...facts, op: "delete" }
    : { ...facts, op: "set", value: operation.value };
}

/** The history of many clients at work at once, and of what became of it. */
async function record(consistency: Consistency, seed: number): Promise<HistoryLine[]> {
  return await withCluster(consistency, async (cluster, data) => {
    const recorder = new Recorder();
    const clients = await Promise.all(
      Array.from({ length: CLIENTS }, (_, i) => connect(cluster.replicas[i % REPLICAS].client)),
    );
    try {
      await Promise.all(
        clients.map((client, i) =>
          new Worker(recorder, i, consistency, new Random(seed * CLIENTS + i)).work(client)
        ),
      );
      using all = await Clients.connect(cluster.replicas);
      await all.settled();
      const finals = (await all.dumps()).flatMap((held, replica): HistoryLine[] => [
        { type: "final", replica },
        ...Array.from(held, ([key, value]) => ({ type: "final", replica, key, value }) as const),
      ]);
      await cluster.stop();
      const [order, ...others] = cluster.replicas.map(({ id }) =>
        readLog(`${data}/${id}`, 0, CLIENTS * OPERATIONS + 1)
      );
      for (const other of others) assertEquals(other, order, "all replicas deliver in one order");
      return [...recorder.lines, ...order.map(orderLine), ...finals];
    } finally {
      for (const client of clients) client.close();
    }
  });
}

/** What the history does not keep; what was judged by nothing counts as not kept. */
function brokenBy(
  lines: readonly HistoryLine[],
  only: readonly Guarantee[] = GUARANTEES,
): string[] {
  return Object.entries(judge(historyOf(lines), { only })).flatMap(([guarantee, verdict]) => {
    if (verdict.verdict === "illegal") return [`${guarantee}: ${verdict.violation.text}`];
    return verdict.verdict === "ok" && verdict.judged > 0 ? [] : [`${guarantee}: not decided`];
  });
}

/** An operation with the lines at which it began and was over. */
interface Recorded {
  readonly invoke: Invoke;
  readonly begin: number;
  readonly end: number;
}

function recorded(lines: readonly HistoryLine[]): Recorded[] {
  const begun = new Map<number, { readonly invoke: Invoke; readonly begin: number }>();
  return lines.flatMap((line, i) => {
    if (line.type === "invoke") begun.set(line.process, { invoke: line, begin: i });
    const begin = line.type === "ok" ? begun.get(line.process) : undefined;
    return begin === undefined ? [] : [{ ...begin, end: i }];
  });
}

/**
 * The history with one read changed: it shows a value that was over before the client's own write
 * began, which was over before the read began.
 */
function withStaleRead(lines: readonly HistoryLine[]): HistoryLine[] {
  const all = recorded(lines);
  for (const { invoke: read, begin, end } of all) {
    const line = lines[end];
    if (read.op !== "get" || line.type !== "ok") continue;
    const own = all.find(({ invoke, end }) =>
      invoke.op !== "get" && invoke.key === read.key && invoke.client === read.client && end < begin
    );
    const replaced = all.find(({ invoke, end }) =>
      invoke.op === "set" && invoke.key === read.key && own !== undefined && end < own.begin
    );
    if (replaced?.invoke.op !== "set") continue;
    return lines.toSpliced(end, 1, { ...line, value: replaced.invoke.value });
  }
  throw new Error("no client read after its own write");
}

const SEEDS = LONG ? [1, 2, 3, 4, 5, 6, 7, 8] : [1, 2];

for (const seed of SEEDS) {
  for (const consistency of ["sequential", "linearizable"] as const) {
    Deno.test(`${consistency}: what many clients saw keeps it (seed ${seed})`, async () => {
      const lines = await record(consistency, seed);
      const levels = consistency === "linearizable"
        ? ["linearizable", "sequential"] as const
        : ["sequential"] as const;
      assertEquals(brokenBy(lines, [...levels, "convergence", "present"]), []);
      const twin = withStaleRead(lines);
      for (const level of levels) {
        assertEquals(brokenBy(twin, [level]).length, 1, `the violating twin is not ${level}`);
      }
    });
  }

  Deno.test(`eventual: nothing is lost, and the stores are equal (seed ${seed})`, async () => {
    const lines = await record("eventual", seed);
    assertEquals(brokenBy(lines, ["convergence", "present"]), []);
    const entries = lines.filter(({ type }) => type === "order").length;
    const writes = lines.filter((line) => line.type === "invoke" && line.op !== "get").length;
    assertEquals(entries, writes, "each is delivered once");
    assertEquals(brokenBy(lines.filter(({ type }) => type !== "order"), ["present"]), []);
  });
}
