/** A replica that fails while the server runs is started again, and the others go on meanwhile. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { connect } from "../../lib/client/mod.ts";
import { mountSmallDisk } from "./mounts.ts";
import { Processes } from "./processes.ts";
import { type Server, startServer } from "./server.ts";
import { Clients, until } from "./until.ts";

/** Writes one key after the other until something has happened. */
async function writeUntil(
  server: Server,
  what: string,
  happened: () => boolean | Promise<boolean>,
  value: string,
): Promise<number> {
  using client = await connect(server.replicas[0].client);
  let written = 0;
  await until(what, async () => {
    await client.set(`key ${written++}`, value);
    return await happened();
  }, () => server.stderr());
  return written;
}

/** All replicas come to hold the same; gives how many keys. */
async function agreed(replicas: readonly { readonly client: string }[]): Promise<number> {
  using clients = await Clients.connect(replicas);
  await clients.settled();
  const dumps = await clients.dumps();
  for (const held of dumps) assertEquals(held, dumps[0]);
  return dumps[0].size;
}

/** Has a replica list all keys, for which it brings what is in its log into its tables. */
async function listAll(address: string): Promise<void> {
  try {
    using client = await connect(address);
    await client.dump();
  } catch {
    // It has stopped.
  }
}

const answers = async (address: string): Promise<boolean> => {
  try {
    using client = await connect(address);
    await client.get("x");
    return true;
  } catch {
    return false;
  }
};

Deno.test("a replica that fails comes back by itself, on the same ports, once it can", async () => {
  await using server = await startServer();
  const { replicas, data } = server;
  const store = `${data}/1/store.db`;

  // Somebody looks into the store, and locks it.
  const intruder = new DatabaseSync(store);
  intruder.exec("BEGIN IMMEDIATE");
  const stopped = /replica 1: has stopped: .*lock.*; it is tried again in 1 s/;
  const first = await writeUntil(server, "1 stops", async () => {
    await listAll(replicas[1].client);
    return stopped.test(server.stderr());
  }, "v");
  intruder.exec("ROLLBACK");
  intruder.close();
  await until("1 answers", () => answers(replicas[1].client));
  assertEquals(await agreed(replicas), first);
  assertMatch(server.stderr(), /replica 1: is started again/);

  // The store is damaged: that is another word, and the remedy is as it says.
  const again = new DatabaseSync(store);
  again.exec("BEGIN IMMEDIATE");
  const isGone = async () => {
    await listAll(replicas[1].client);
    return !await answers(replicas[1].client);
  };
  const second = await writeUntil(server, "1 stops again", isGone, "w");
  again.exec("ROLLBACK");
  again.close();
  Deno.writeTextFileSync(store, "no database at all ".repeat(100));
  const damaged = () =>
    /has stopped: The folder .*1 is damaged .*move it away/.test(server.stderr());
  const more = await writeUntil(server, "it is told as damaged", damaged, "w");
  Deno.renameSync(`${data}/1`, `${data}/damaged`);
  await until(
    "1 is rebuilt",
    () => /replica 1: its store is missing, and is/.test(server.stderr()),
  );
  await until("1 answers", () => answers(replicas[1].client));
  assertEquals(await agreed(replicas), Math.max(first, second, more));
  assertEquals(await server.stop(), 0);
});

Deno.test("what fails again at each restart is told once; the server can be stopped meanwhile", async () => {
  await using server = await startServer();
  const { replicas, data } = server;
  const intruder = new DatabaseSync(`${data}/2/store.db`);
  intruder.exec("BEGIN IMMEDIATE");
  const listed = () => listAll(replicas[2].client);
  await writeUntil(server, "2 stops", async () => {
    await listed();
    return server.stderr().includes("2: has stopped");
  }, "v");
  // It comes back, fails when its tables are to be changed, and so on.
  await until("it has come back", () => answers(replicas[2].client));
  await until("it is gone again", async () => {
    await listed();
    return !await answers(replicas[2].client);
  });
  await until("it has come back", () => answers(replicas[2].client));
  assertEquals(server.stderr().split("2: has stopped").length - 1, 1, server.stderr());
  assertEquals(await server.stop(), 0);
  intruder.close();
});

Deno.test("a full disk stops its replica with a clear word; with room it comes back", async (t) => {
  const data = await Deno.makeTempDir({ prefix: "kvdist-full-" });
  try {
    await using disk = await mountSmallDisk(`${data}/1`, 6);
    if (disk === null) {
      return console.log("skipped: this user may not mount a small disk (needs root and mount)");
    }
    await t.step("in one process", async () => {
      await using server = await startServer({ data });
      const told = () =>
        /replica 1: has stopped: the disk is full: .*again in/.test(server.stderr());
      const written = await writeUntil(server, "the disk is full", told, "v".repeat(50_000));
      {
        using client = await connect(server.replicas[2].client);
        await client.set("while it is full", "1");
      }
      await disk.resize(64);
      await until("1 answers", () => answers(server.replicas[1].client));
      assertEquals(await agreed(server.replicas), written + 1);
      assertEquals(await server.stop(), 0);
    });
    await t.step("and no start on it", async () => {
      {
        using _ = disk.fill();
        const error = await startServer({ data }).then(() => null, (error: Error) => error);
        assertMatch(
          String(error),
          /kvdist serve: the disk is full: make room for the folder .*1\n/,
        );
      }
      await using server = await startServer({ data });
      assert(await agreed(server.replicas) > 0);
      assertEquals(await server.stop(), 0);
    });
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});

Deno.test("a replica alone in its process is started again too", async () => {
  await using cluster = await Processes.create();
  await cluster.startAll();
  await cluster.live();
  const intruder = new DatabaseSync(`${cluster.folder(1)}/store.db`);
  intruder.exec("BEGIN IMMEDIATE");
  using client = await cluster.client(0);
  await client.set("x", "1");
  await until("1 stops", async () => {
    await listAll(cluster.clients[1]);
    return /replica 1: has stopped/.test(cluster.stderr(1));
  });
  intruder.close();
  const dumps = await cluster.settled();
  assertEquals(dumps.map((held) => held.get("x")), ["1", "1", "1"]);
});
