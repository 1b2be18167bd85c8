/**
 * What the levels promise, at real replicas: linearizable reads and writes in one history, tokens,
 * request ids, and what came of them.
 */

import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import type { HistoryLine } from "../../lib/check/history.ts";
import { judge } from "../../lib/check/judge.ts";
import { historyOf } from "../../lib/check/reader.ts";
import { type Client, connect, type Consistency } from "../../lib/client/mod.ts";
import { RequestError } from "../../lib/errors.ts";
import { Cluster } from "../../lib/replica/cluster.ts";
import { Random } from "../../lib/chaos/random.ts";
import { Clients } from "./until.ts";

const LONG = Deno.env.get("KVDIST_LONG") === "1";

/** Later than this a stale replica applies: far longer than an answer takes. */
const LATE_MS = 1_000;

/** A cluster of three in this process, and a client of each replica. */
async function withClients(
  consistency: Consistency,
  use: (clients: readonly Client[], cluster: Cluster) => Promise<void>,
): Promise<void> {
  const cluster = await Cluster.start({
    replicas: 3,
    consistency,
    host: "127.0.0.1",
    port: 0,
    peerPort: 0,
    data: null,
    store: "memory",
    fsync: "never",
    requestTimeoutMs: 20_000,
    applyDelayMs: 0,
  });
  try {
    using clients = await Clients.connect(cluster.replicas);
    await use(clients.all, cluster);
  } finally {
    await cluster.stop();
  }
}

/** Writes down what clients do. */
class Recording {
  readonly lines: HistoryLine[] = [{ history: 1, replicas: 3 }];

  now(): number {
    return Math.round(performance.now() * 1_000);
  }
}

/** One client's random work at its replica: writes at `sequential` and above, all kinds of reads. */
async function work(
  client: Client,
  process: number,
  random: Random,
  operations: number,
  recording: Recording,
): Promise<void> {
  const replica = process % 3;
  for (let i = 0; i < operations; i++) {
    const key = `k${random.int(1, 3)}`;
    const level = random.chance(0.7) ? "linearizable" : "sequential";
    const asked = { type: "invoke", process, key, level, replica } as const;
    if (random.chance(0.5)) {
      const value = `${process}.${i}`;
      recording.lines.push({ ...asked, at: recording.now(), op: "set" as const, value });
      await client.set(key, value, { consistency: level });
      recording.lines.push({ type: "ok", process, at: recording.now() });
    } else {
      recording.lines.push({ ...asked, at: recording.now(), op: "get" as const });
      const value = await client.get(key, { consistency: level }) ?? null;
      recording.lines.push({ type: "ok", process, at: recording.now(), value });
    }
  }
}

/** The lines with the last linearizable read that saw a late value showing the key's first one. */
function withOldRead(lines: readonly HistoryLine[]): HistoryLine[] {
  for (let i = lines.length - 1; i > 0; i--) {
    const line = lines[i];
    if (!("type" in line) || line.type !== "ok" || typeof line.value !== "string") continue;
    const asked = lines.slice(0, i).findLast((other) =>
      "type" in other && other.type === "invoke" && other.process === line.process
    );
    if (asked === undefined || !("type" in asked) || asked.type !== "invoke") continue;
    if (asked.op !== "get" || asked.level !== "linearizable") continue;
    const first = lines.find((other) =>
      "type" in other && other.type === "invoke" && other.op === "set" && other.key === asked.key
    );
    if (first === undefined || !("value" in first) || typeof first.value !== "string") continue;
    return lines.with(i, { ...line, value: first.value });
  }
  throw new Error("no client has read");
}

for (const seed of LONG ? [1, 2, 3, 4, 5, 6] : [1, 2]) {
  Deno.test(`linearizable: reads at any replica see what was answered before (seed ${seed})`, () =>
    withClients("sequential", async (_, cluster) => {
      // One replica applies late: what it answers from its store alone would be old.
      await cluster.setApplyDelay(20, 2);
      const recording = new Recording();
      const clients = await Promise.all(
        Array.from({ length: 9 }, (_, i) => connect(cluster.replicas[i % 3].client)),
      );
      try {
        await Promise.all(
          clients.map((client, i) => work(client, i, new Random(seed * 9 + i), 60, recording)),
        );
      } finally {
        for (const client of clients) client.close();
      }
      const only = ["linearizable"] as const;
      const { linearizable } = judge(historyOf(recording.lines), { only });
      assertEquals(linearizable?.verdict, "ok", JSON.stringify(linearizable));
      assert((linearizable?.judged ?? 0) > 300, "too little was judged");
      const twin = judge(historyOf(withOldRead(recording.lines)), { only });
      assertEquals(twin.linearizable?.verdict, "illegal");
    }));
}

Deno.test("linearizable: a replica that applies late answers late, and not old; sequential is old", () =>
  withClients("sequential", async ([writer, , late], cluster) => {
    await writer.set("x", "old");
    assertEquals(await late.get("x", { consistency: "linearizable" }), "old");
    await cluster.setApplyDelay(LATE_MS, 2);
    await writer.set("x", "new");
    const reads = [
      late.get("x", { consistency: "sequential" }),
      late.get("x", { consistency: "linearizable" }),
    ];
    assertEquals(await Promise.all(reads), ["old", "new"]);
  }));

Deno.test("a token makes another replica wait until it has applied what the token names", () =>
  withClients("eventual", async ([writer, , late], cluster) => {
    await cluster.setApplyDelay(LATE_MS, 2);
    const token = await writer.set("x", "1", { consistency: "sequential" });
    assertEquals(await late.get("x"), undefined);
    assertEquals(await late.get("x", { token }), "1");
    // In time, or not at all; and it is told what is lacking.
    const next = await writer.set("x", "2", { consistency: "sequential" });
    const error = await assertRejects(
      () => late.get("x", { token: next, timeout: 20 }),
      RequestError,
    );
    assertEquals(error.code, "timeout");
    const [{ origin, n }] = Object(error.details).lacking;
    assertEquals([origin, n], [0, next[0]]);
  }));

Deno.test("a request id is applied once, and every try gets the first token, at any replica", () =>
  withClients("sequential", async (clients) => {
    const [first, second, third] = clients;
    const token = await first.set("x", "1", { id: "r" });
    await second.set("x", "2");
    // At the same replica, at others, and at another level.
    assertEquals(await first.set("x", "1", { id: "r" }), token);
    assertEquals(await third.set("x", "other", { id: "r" }), token);
    assertEquals(await second.delete("x", { id: "r", consistency: "linearizable" }), token);
    assertEquals(await first.get("x", { consistency: "linearizable" }), "2");
  }));

Deno.test("tries at the same time at all replicas are one write", () =>
  withClients("sequential", async (clients) => {
    for (let i = 0; i < 20; i++) {
      const tries = clients.map((client) => client.set("x", `${i}`, { id: `r${i}` }));
      const [token, ...others] = await Promise.all(tries);
      for (const other of others) assertEquals(other, token);
    }
    assertEquals(await clients[1].outcome("r7"), "applied");
  }));

Deno.test("outcome: applied, at every replica, with the token of the write", () =>
  withClients("sequential", async (clients) => {
    const token = await clients[0].set("x", "1", { id: "r" });
    for (const client of clients) {
      // A replica that lacks it makes sure by the order.
      const [reply] = await client.request({ type: "outcome", id: "r", options: {} });
      assert(reply.type === "outcome");
      assertEquals([reply.outcome, reply.token], ["applied", token]);
    }
  }));

Deno.test("outcome: never is made certain: a late try is refused at every replica, and does nothing", () =>
  withClients("sequential", async (clients) => {
    assertEquals(await clients[0].outcome("late"), "never");
    for (const client of clients) {
      for (const consistency of ["sequential", "linearizable"] as const) {
        const error = await assertRejects(
          () => client.set("x", "1", { id: "late", consistency }),
          RequestError,
          "ruled this id out",
        );
        assertEquals(Object(error.details).maybe, false);
      }
      assertEquals(await client.outcome("late"), "never");
    }
    assertEquals(await clients[1].get("x", { consistency: "linearizable" }), undefined);
    // Another id is free.
    await clients[1].set("x", "2", { id: "next" });
    assertEquals(await clients[2].get("x", { consistency: "linearizable" }), "2");
  }));

Deno.test("outcome: a fence and a write at the same time agree on one of two", () =>
  withClients("sequential", async ([writer, asker, third]) => {
    const seen = new Set<string>();
    for (let i = 0; i < 40; i++) {
      const id = `race ${i}`;
      const writing = writer.set(id, "1", { id }).then(() => "applied", () => "never");
      const asked = await asker.outcome(id);
      assertEquals(await writing, asked);
      const value = await third.get(id, { consistency: "linearizable" });
      assertEquals(value, asked === "applied" ? "1" : undefined);
      seen.add(asked);
    }
    assertNotEquals(seen.size, 0);
  }));

Deno.test("outcome: at eventual what is not applied is unknown, and no fence holds it back", () =>
  withClients("eventual", async (clients) => {
    const [first, second] = clients;
    assertEquals(await first.outcome("r"), "unknown");
    // Fenced by somebody who took it for another kind of write.
    assertEquals(await second.outcome("r", { consistency: "sequential" }), "never");
    assertEquals(await second.outcome("r"), "unknown");
    await first.set("x", "1", { id: "r" });
    for (const client of [first, second]) {
      assertEquals(await client.get("x", { consistency: "linearizable" }), "1");
      assertEquals(await client.outcome("r"), "applied");
    }
  }));
