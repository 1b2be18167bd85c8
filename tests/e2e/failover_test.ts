/** Clients of several addresses, with real replicas that are killed, stopped and slow. */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import {
  type Client,
  connect,
  type ConnectOptions,
  FailoverClient,
  RequestError,
} from "../../lib/client/mod.ts";
import { kvdist, spawn } from "../cli/program.ts";
import { Processes } from "./processes.ts";
import { until } from "./until.ts";

/** A client of all replicas. */
async function clientOf(
  cluster: Processes,
  options: ConnectOptions = {},
): Promise<FailoverClient> {
  const client = await connect(cluster.clients, options);
  assert(client instanceof FailoverClient);
  return client;
}

/** The id of the replica that the client talks to. */
function at(client: Client, cluster: Processes): number {
  return cluster.clients.indexOf(client.address);
}

Deno.test("its replica is killed or stopped: no write is lost, none is applied out of order", async () => {
  const args = ["--consistency", "sequential", "--suspect-after", "500ms"];
  await using cluster = await Processes.create({ args });
  await cluster.startAll();
  await cluster.live();
  using client = await clientOf(cluster, { requestTimeoutMs: 20_000 });
  const faults: ((id: number) => Promise<void> | void)[] = [
    (id) => cluster.kill(id),
    (id) => cluster.signal(id, "SIGSTOP"),
    (id) => cluster.kill(id),
  ];
  let last = 0;
  for (const [round, fault] of faults.entries()) {
    const begun = last;
    const victim = at(client, cluster);
    const writes: Promise<unknown>[] = [];
    // Many are under way when it happens, and more are asked while the client moves.
    for (; last < begun + 300; last++) {
      writes.push(client.set("last", String(last)), client.set(`once ${last}`, String(round)));
      if (last === begun + 100) await Promise.race(writes);
      if (last === begun + 200) await fault(victim);
    }
    await Promise.all(writes);
    assert(at(client, cluster) !== victim, "it has moved");
    assertEquals(await client.get("last"), String(last - 1));
    cluster.signal(victim, "SIGCONT");
    if (!cluster.running.includes(victim)) await cluster.start(victim);
    for (const held of await cluster.settled()) {
      assertEquals(held.size, last + 1);
      assertEquals(held.get("last"), String(last - 1));
    }
  }
});

Deno.test("a write that is asked again under its id is applied once, at its first place", async () => {
  await using cluster = await Processes.create({ args: ["--consistency", "sequential"] });
  await cluster.startAll();
  await cluster.live();
  using client = await clientOf(cluster);
  const token = await client.set("x", "first", { id: "a" });
  await client.set("x", "second");
  await cluster.kill(at(client, cluster));
  assertEquals(await client.set("x", "first", { id: "a" }), token, "its first answer");
  assertEquals(await client.get("x"), "second");
  assertEquals(await client.outcome("a"), "applied");
  assertEquals(await client.outcome("b"), "never");
  const error = await assertRejects(() => client.set("x", "third", { id: "b" }), RequestError);
  assertEquals([error.code, error.maybe], ["bad_request", false]);
  assertEquals(await client.get("x", { consistency: "linearizable" }), "second");
});

Deno.test("replicas are killed and stopped while many count: each count is given once", async () => {
  const args = ["--consistency", "sequential", "--suspect-after", "500ms"];
  await using cluster = await Processes.create({ args });
  await cluster.startAll();
  await cluster.live();
  const counters = await Promise.all(
    cluster.ids.map((_, i) => {
      // Each begins at another replica.
      const addresses = cluster.clients.map((_, j, all) => all[(i + j) % all.length]);
      return connect(addresses, { requestTimeoutMs: 20_000 });
    }),
  );
  try {
    const given: bigint[][] = counters.map(() => []);
    const leads: string[][] = [];
    const faults = [
      (id: number) => cluster.kill(id),
      (id: number) => Promise.resolve(cluster.signal(id, "SIGSTOP")),
    ];
    for (const [round, fault] of faults.entries()) {
      const counting = counters.map(async (client, i) => {
        const counts: Promise<bigint>[] = [];
        for (let count = 0; count < 300; count++) {
          counts.push(client.incr("counter"));
          if (count === 100) await counts[0];
          if (count === 200 && i === 0) await fault(round);
        }
        given[i].push(...await Promise.all(counts));
      });
      const asking = counters.map((client, i) =>
        client.setIfAbsent(`leader ${round}`, `${i}`).then((isFirst) => isFirst ? [`${i}`] : [])
      );
      leads.push((await Promise.all(asking)).flat());
      await Promise.all(counting);
      cluster.signal(round, "SIGCONT");
      if (!cluster.running.includes(round)) await cluster.start(round);
      await cluster.live();
    }
    for (const counts of given) {
      assert(counts.every((count, i) => i === 0 || count > counts[i - 1]), "in the order asked");
    }
    const total = counters.length * faults.length * 300;
    assertEquals(new Set(given.flat()).size, total);
    assertEquals(given.flat().reduce((most, count) => count > most ? count : most), BigInt(total));
    for (const held of await cluster.settled()) {
      assertEquals(held.get("counter"), `${total}`);
      for (const [round, leaders] of leads.entries()) {
        assertEquals(leaders, [held.get(`leader ${round}`)]);
      }
    }
  } finally {
    for (const client of counters) client.close();
  }
});

Deno.test("a client that moves reads its own write, however late it is applied elsewhere", async () => {
  const args = ["--consistency", "eventual", "--apply-delay", "2s"];
  await using cluster = await Processes.create({ args });
  await cluster.startAll();
  await cluster.live();
  using client = await clientOf(cluster);
  const home = at(client, cluster);
  const others = cluster.ids.filter((id) => id !== home);
  await client.set("x", "42");
  await until("the others have delivered it", async () => {
    const all = await Promise.all(others.map((id) => cluster.status(id)));
    return all.every(({ delivered }) => delivered > 0);
  });
  await cluster.kill(home);
  const own = client.get("x");
  // Who brings no token sees that it is not applied yet.
  for (const id of others) {
    using witness = await cluster.client(id);
    assertEquals(await witness.get("x"), undefined);
  }
  assertEquals(await own, "42");
  assert(at(client, cluster) !== home);
});

Deno.test("without a majority it says who is missing, what may happen, and what came of it", async () => {
  const args = ["--consistency", "sequential", "--suspect-after", "500ms"];
  await using cluster = await Processes.create({ args });
  await cluster.startAll();
  await cluster.live();
  await cluster.kill(0);
  await cluster.live([1, 2]);
  await cluster.kill(1);
  const all = cluster.clients.join();
  const run = (...words: string[]) => kvdist(["client", all, ...words]);

  await until("it is noticed", async () => (await cluster.status(2)).missing.length === 2);
  const failed = await run("set", "x", "1", "--id", "order-7", "--timeout", "1s");
  assertEquals([failed.code, failed.stdout], [1, ""]);
  const date = "\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d UTC";
  assertMatch(
    failed.stderr,
    new RegExp(
      `^no_quorum: .* replicas 0, 1 cannot be reached; missing: replica 0 since ${date}, ` +
        `replica 1 since ${date} \\(the write (did not happen|may have happened, or still may; ` +
        `ask with: outcome order-7)\\)\n$`,
    ),
  );
  // It depends on whether the replica was just trying to form another view.
  const isCertain = failed.stderr.includes("did not happen");
  assertMatch((await run("get", "x", "--consistency", "eventual")).stderr, /^\(not found\)\n$/);
  assertEquals((await run("set", "y", "2", "--consistency", "eventual")).stdout, "STORED\n");
  const unknown = await run("outcome", "order-7", "--timeout", "300ms");
  assertEquals([unknown.code, unknown.stdout], [1, "unknown\n"]);
  const status = await run("status");
  assertEquals(status.code, 0);
  assertMatch(status.stdout, /\n 2 {2}127\.0\.0\.1:\d+ .* 0 since \d\d:\d\d:\d\d, 1 since /);
  assertEquals(status.stderr.trimEnd().split("\n").length, 2);

  await cluster.start(0);
  await cluster.start(1);
  await cluster.settled();
  const known = isCertain ? "never\n" : "applied\n";
  assertEquals(await run("outcome", "order-7"), { code: 0, stdout: known, stderr: "" });
  const read = await run("get", "y", "--consistency", "linearizable");
  assertEquals(read, { code: 0, stdout: "2\n", stderr: "" });
});

Deno.test("a pipe of commands goes on at another replica", async () => {
  const args = ["--consistency", "sequential", "--suspect-after", "500ms"];
  await using cluster = await Processes.create({ args });
  await cluster.startAll();
  await cluster.live();
  // As lines come, so that the first replica is lost between them.
  const child = spawn(["client", cluster.clients.join()]);
  const writer = child.stdin.getWriter();
  const type = (lines: string) => writer.write(new TextEncoder().encode(lines));
  const output = child.output();
  for (let i = 0; i < 50; i++) await type(`set k${i} ${i}\n`);
  using client = await cluster.client(1);
  await until("the first lines are carried out", async () => (await client.get("k49")) === "49");
  await cluster.kill(0);
  for (let i = 50; i < 100; i++) await type(`set k${i} ${i}\nget k${i - 1}\n`);
  await writer.close();
  const { code, stdout, stderr } = await output;
  const decoder = new TextDecoder();
  assertMatch(decoder.decode(stderr), /^moved to .*: the connection to .* ended.*\n$/);
  const expected = Array.from(
    { length: 100 },
    (_, i) => i < 50 ? "STORED\n" : `STORED\n${i - 1}\n`,
  );
  assertEquals([code, decoder.decode(stdout)], [0, expected.join("")]);
});
