/**
 * The client libraries that people use with Redis, unchanged, against a real server.
 */

import { Buffer } from "node:buffer";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Redis } from "npm:ioredis@5.4.1";
import { createClient, RESP_TYPES } from "npm:redis@6.3.1";
import { type Server, startServer } from "./server.ts";

/** Three replicas in memory; each test begins with no keys. */
async function serve(act: (server: Server) => Promise<void>): Promise<void> {
  await using server = await startServer({
    args: ["--store", "memory", "--log-level", "error", "--consistency", "sequential"],
  });
  await act(server);
  assertEquals(await server.stop(), 0);
  assertEquals(server.stderr().replace(/^kvdist: .*\n/gm, ""), "", "no error is logged");
}

function portOf(address: string): number {
  return Number(new URL(`tcp://${address}`).port);
}

const BYTES = Uint8Array.of(0xff, 0, 0x80, 13, 10);

Deno.test("ioredis", () =>
  serve(async ({ replicas }) => {
    const redis = new Redis({
      port: portOf(replicas[0].client),
      host: "127.0.0.1",
      connectionName: "tests",
      maxRetriesPerRequest: 0,
    });
    try {
      assertEquals(await redis.set("x", "1"), "OK");
      assertEquals(await redis.incr("x"), 2);
      assertEquals(await redis.incrby("x", 40), 42);
      assertEquals(await redis.get("x"), "42");
      assertEquals(await redis.get("none"), null);
      assertEquals(await redis.set("x", "2", "NX"), null);
      assertEquals(await redis.set("x", "43", "XX", "GET"), "42");
      assertEquals(await redis.mset({ a: "1", b: "é😀" }), "OK");
      assertEquals(await redis.mget("a", "b", "none"), ["1", "é😀", null]);
      assertEquals(await redis.append("a", "23"), 3);
      await redis.set("bytes", Buffer.from(BYTES));
      assertEquals(new Uint8Array(await redis.getBuffer("bytes") ?? []), BYTES);
      assertEquals((await redis.keys("*")).sort(), ["a", "b", "bytes", "x"]);
      assertEquals(await redis.client("GETNAME"), "tests");
      const keys: string[] = [];
      for await (const page of redis.scanStream({ count: 2 })) keys.push(...page);
      assertEquals(keys.sort(), ["a", "b", "bytes", "x"]);
      const pipeline = redis.pipeline();
      for (let i = 0; i < 500; i++) pipeline.incr("n").get("n");
      const answers = await pipeline.exec();
      assertEquals(answers?.length, 1_000);
      answers?.forEach(([error, answer], i) => {
        assertEquals(error, null);
        assertEquals(Number(answer), Math.floor(i / 2) + 1);
      });
      await assertRejects(() => redis.incr("b"), Error, "ERR value is not an integer");
      await assertRejects(() => redis.set("x", "1", "EX", 10), Error, "ERR SET with EX");
      await assertRejects(() => redis.call("nonsense"), Error, "ERR unknown command");
      assertEquals(await redis.wait(2, 5_000), 2);
      assertEquals(await redis.rename("a", "c"), "OK");
      assertEquals(await redis.del("c", "b", "none"), 2);
      assertEquals(await redis.flushall(), "OK");
      assertEquals(await redis.dbsize(), 0);
      assertEquals(await redis.quit(), "OK");
    } finally {
      redis.disconnect();
    }
  }));

for (const version of [2, 3] as const) {
  Deno.test(`node-redis, in RESP${version}`, () =>
    serve(async ({ replicas }) => {
      const redis = createClient({
        RESP: version,
        name: "tests",
        socket: { port: portOf(replicas[1].client), host: "127.0.0.1", reconnectStrategy: false },
      });
      // Without a listener a failure would end the process.
      const errors: unknown[] = [];
      redis.on("error", (error: unknown) => errors.push(error));
      await redis.connect();
      try {
        assertEquals(await redis.ping(), "PONG");
        assertEquals(await redis.set("x", "1"), "OK");
        assertEquals(await redis.incr("x"), 2);
        assertEquals(await redis.get("x"), "2");
        assertEquals(await redis.get("none"), null);
        assertEquals(await redis.set("x", "3", { condition: "NX" }), null);
        assertEquals(await redis.set("x", "3", { condition: "XX", GET: true }), "2");
        assertEquals(await redis.mSet({ a: "1", b: "é😀" }), "OK");
        assertEquals(await redis.mGet(["a", "b", "none"]), ["1", "é😀", null]);
        assertEquals(await redis.getDel("a"), "1");
        await redis.set("bytes", Buffer.from(BYTES));
        const bytes = await redis.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer })
          .get("bytes");
        assertEquals(new Uint8Array(bytes ?? []), BYTES);
        assertEquals(await redis.clientGetName(), "tests");
        const numbers = await Promise.all(Array.from({ length: 500 }, () => redis.incr("n")));
        assertEquals(numbers, Array.from({ length: 500 }, (_, i) => i + 1));
        const keys: string[] = [];
        for await (const page of redis.scanIterator({ COUNT: 2 })) keys.push(...page);
        assertEquals(keys.sort(), ["b", "bytes", "n", "x"]);
        await assertRejects(() => redis.incr("b"), Error, "ERR value is not an integer");
        const answer = await redis.sendCommand(["KVDIST", "CONSISTENCY", "eventual"]);
        assertEquals(String(answer), "OK");
        await assertRejects(() => redis.incr("n"), Error, "NEEDSORDER");
        assertEquals(await redis.del(["x", "b", "none"]), 2);
        assert((await redis.info()).includes("kvdist_version"));
        assertEquals(errors, []);
        await redis.close();
      } finally {
        if (redis.isOpen) redis.destroy();
      }
    }));
}
