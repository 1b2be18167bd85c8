/** One replica for each process: how it starts, goes on without others, and is refused. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { RequestError } from "../../lib/client/mod.ts";
import { kvdist, type Outcome } from "../cli/program.ts";
import { Processes } from "./processes.ts";
import { startServer } from "./server.ts";
import { until } from "./until.ts";

/** A run that ends by itself, since it is refused. */
async function refused(cluster: Processes, id: number, ...more: string[]): Promise<Outcome> {
  const args = ["serve", "--json", "--data", cluster.data, ...cluster.args(id), ...more];
  return await kvdist(args, { permissions: ["--allow-all"] });
}

Deno.test("each replica is ready by itself, and live when a majority has found together", async () => {
  await using cluster = await Processes.create();
  const second = await cluster.start(1);
  assertEquals(second.replicas, [{
    id: 1,
    client: cluster.clients[1],
    peer: cluster.peers[1],
  }]);
  {
    using client = await cluster.client(1);
    const read = client.get("x", { consistency: "eventual" });
    assertEquals(await read, undefined, "reads are answered, live or not");
    assertEquals((await client.status()).state, "outside");
  }
  await cluster.start(2);
  await cluster.start(0);
  await cluster.live([0, 1, 2]);
  using client = await cluster.client(1);
  await client.set("x", "42");
  assertMatch(cluster.stderr(1), /replica 1: live/);

  await cluster.kill(0);
  await client.set("x", "43");
  await cluster.live([1, 2]);

  // Nobody but this one: it says who is missing, and does not lie.
  await cluster.kill(2);
  const error = await client.set("x", "44", { timeout: 1_500 }).then(() => null, (error) => error);
  assert(error instanceof RequestError, String(error));
  assertEquals(error.code, "no_quorum");
  assertEquals(await client.get("x"), "43");

  // The same line again, in another order. What a folder holds is shown before it is live.
  await cluster.kill(1);
  await cluster.start(1);
  {
    using again = await cluster.client(1);
    assertEquals(await again.get("x"), "43");
  }
  await cluster.start(0);
  await cluster.start(2);
  const dumps = await cluster.settled();
  for (const held of dumps) assertEquals(held, dumps[0]);
  assert(["43", "44"].includes(dumps[0].get("x") ?? ""));
  for (const id of cluster.ids) assertEquals(await cluster.stop(id), 0);
});

Deno.test("a replica whose folder was deleted is rebuilt", async () => {
  await using cluster = await Processes.create({ args: ["--suspect-after", "500ms"] });
  await cluster.startAll();
  {
    using client = await cluster.client(0);
    await Promise.all(Array.from({ length: 500 }, (_, i) => client.set(`key ${i}`, `${i}`)));
  }
  await cluster.kill(1);
  await cluster.wipe(1);
  await cluster.start(1);
  const dumps = await cluster.settled();
  assertEquals(dumps.map((held) => held.size), [500, 500, 500]);
});

Deno.test("a majority of the folders is lost: nothing forms until the operator says so", async () => {
  await using cluster = await Processes.create();
  await cluster.startAll();
  await cluster.live();
  {
    using client = await cluster.client(0);
    await client.set("x", "42");
  }
  await cluster.settled();
  for (const id of cluster.ids) await cluster.kill(id);
  for (const id of [1, 2]) await cluster.wipe(id);
  await cluster.startAll();
  await until("they say why not", () => /folders of replicas 1, 2 are new/.test(cluster.stderr()));
  for (const id of cluster.ids) assertEquals((await cluster.status(id)).state === "live", false);
  for (const id of cluster.ids) {
    await cluster.kill(id);
    await cluster.start(id, "--force-new-cluster");
  }
  for (const held of await cluster.settled()) assertEquals(held, new Map([["x", "42"]]));
});

Deno.test("a replica that belongs to no majority as it was started ends, and says why", async () => {
  await using cluster = await Processes.create();
  await cluster.startAll();
  await cluster.live();
  for (const id of [0, 1, 2]) {
    await cluster.kill(id);
    await cluster.live(cluster.ids.filter((other) => other !== id));

    // Another cluster's folder.
    await using other = await Processes.create();
    await other.startAll();
    await other.live();
    for (const each of other.ids) await other.stop(each);
    const strange = await refused(cluster, id, "--data", other.data);
    assertEquals(strange.code, 1, strange.stderr);
    assertMatch(
      strange.stderr,
      new RegExp(`^kvdist serve: refused by replicas \\d, \\d: .*belongs to cluster`, "m"),
    );
    assertStringIncludes(strange.stderr, "use the folders of one cluster");

    // Another number of replicas, on a folder that is new.
    const four = [...cluster.peers, "127.0.0.1:1"].join(",");
    const fourth = await refused(
      cluster,
      id,
      "--peers",
      four,
      "--data",
      `${cluster.data}/new ${id}`,
    );
    assertEquals(fourth.code, 1, fourth.stderr);
    assertMatch(
      fourth.stderr,
      /^kvdist serve: refused by replicas \d, \d: .*is configured for \d replicas, and replica \d for \d/m,
    );

    await cluster.start(id);
    await cluster.live();
  }
});

Deno.test("wrong use of --id and --peers is one line", async () => {
  const peers = "h0:10052,h1:10052,h2:10052";
  const wrong: [args: string[], text: string][] = [
    [["--id", "1"], "--id 1 needs --peers"],
    [["--peers", peers], "--peers needs --id: which of them is this replica, from 0 to 2"],
    [["--id", "3", "--peers", peers], "--id 3 has no place in --peers, which names 3 replicas"],
    [["--id", "-1", "--peers", peers], "--id must be from 0 to"],
    [["--id", "0", "--peers", "h0:1,h1:1,H0:1"], "--peers names H0:1 for replica 0 and for"],
    [["--id", "0", "--peers", "h0:1,,h1:1"], '"" is no address'],
    [["--id", "0", "--peers", "h0,h1"], '"h0" is no address'],
    [["--id", "0", "--peers", "::1:5,h1:1"], "is no address: expected a port (9889), host:port or"],
    [["--id", "0", "--peers", peers, "--replicas", "5"], "--replicas 5 contradicts --peers"],
    [["--id", "0", "--peers", peers, "--port", "10052"], "--port 10052 is the port for the other"],
    [["--suspect-after", "100ms"], "--suspect-after must be"],
  ];
  await Promise.all(wrong.map(async ([args, text]) => {
    const { code, stdout, stderr } = await kvdist(["serve", ...args]);
    assertEquals([code, stdout, stderr.split("\n").length], [2, "", 2], stderr);
    assertStringIncludes(stderr, text);
  }));
});

Deno.test("a refused start names what differs, and starts nothing", async () => {
  await using cluster = await Processes.create();
  await cluster.startAll();
  await cluster.live();
  for (const id of cluster.ids) await cluster.stop(id);

  Deno.renameSync(cluster.folder(1), `${cluster.data}/one`);
  Deno.renameSync(cluster.folder(2), cluster.folder(1));
  const wrongId = await refused(cluster, 1);
  assertEquals([wrongId.code, wrongId.stdout], [1, ""]);
  assertMatch(wrongId.stderr, /^kvdist serve: The folder .* belongs to replica 2, not to/);

  const peers = cluster.peers.slice(0, 2).join(",");
  const wrongNumber = await refused(cluster, 0, "--peers", peers);
  assertEquals([wrongNumber.code, wrongNumber.stdout], [1, ""]);
  assertMatch(
    wrongNumber.stderr,
    /made for 3 replicas: start with --replicas 3 or as many --peers/,
  );

  const nowhere = ["127.0.0.1:1", "203.0.113.7:10052", "127.0.0.1:2"].join(",");
  const elsewhere = await kvdist(
    ["serve", "--id", "1", "--peers", nowhere, "--port", "0", "--data", `${cluster.data}/new`],
    { permissions: ["--allow-all"] },
  );
  assertEquals([elsewhere.code, elsewhere.stdout], [1, ""]);
  assertMatch(elsewhere.stderr, /203\.0\.113\.7.*no address of this machine: .*--peer-host/);
});

Deno.test("a name that is not known yet is asked for again; IPv6 addresses may be peers", async () => {
  await using server = await startServer({
    args: [
      ...["--id", "1", "--peers", "nowhere.invalid:10052,[::1]:10052"],
      ...["--host", "::1", "--peer-port", "0", "--log-level", "debug"],
    ],
  });
  assertMatch(server.replicas[0].client, /^\[::1\]:\d+$/);
  await until("it has asked twice", () => server.stderr().split("no link").length > 2);
  assertEquals(await server.stop(), 0);
});
