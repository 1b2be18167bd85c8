import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { connect } from "../../lib/client/mod.ts";
import { startServer } from "./server.ts";

Deno.test("a server starts, serves, stops with its exit code, and leaves nothing", async () => {
  let data: string;
  {
    await using server = await startServer({ args: ["--replicas", "2"] });
    data = server.data;
    assertEquals(server.replicas.map(({ id }) => id), [0, 1]);
    using client = await connect(server.replicas[1].client);
    await client.set("x", "1");
    assertStringIncludes(server.stderr(), "replica 1: live");
    assertEquals(await server.stop(), 0);
    assertEquals(await server.stop(), 0, "stopping twice is no failure");
  }
  await assertRejects(() => Deno.stat(data), Deno.errors.NotFound);
});

Deno.test("a killed server leaves a folder that was given, to be started on again", async () => {
  const data = await Deno.makeTempDir();
  try {
    {
      await using server = await startServer({ data, args: ["--replicas", "1"] });
      using client = await connect(server.replicas[0].client);
      await client.set("x", "1");
      await server.kill();
      assert(await server.ended >= 128);
    }
    await using server = await startServer({ data, args: ["--replicas", "1"] });
    using client = await connect(server.replicas[0].client);
    assertEquals(await client.get("x"), "1");
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});

Deno.test("a server that cannot start fails with what it said", async () => {
  const error = await assertRejects(() => startServer({ args: ["--replicas", "0"] }), Error);
  assertStringIncludes(error.message, "exit code 2");
  assertStringIncludes(error.message, "--replicas must be from 1");
});
