import { assertEquals, assertGreater, assertRejects } from "@std/assert";
import { type LoadOptions, makeLoad } from "../../../bench/peers/generator/load.ts";
import { RespDialogue } from "../../../bench/peers/generator/resp.ts";
import { ProtocolError } from "../../../bench/peers/generator/dialogue.ts";

/** A server that answers each command by what `answer` says of its name and key; null: it hangs up. */
function serve(answer: (name: string, key: string) => string | null) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const seen: string[] = [];
  const talk = async (conn: Deno.Conn) => {
    using _conn = conn;
    const bytes = new Uint8Array(4096);
    const decoder = new TextDecoder();
    for (;;) {
      const count = await conn.read(bytes).catch(() => null);
      if (count === null) return;
      const [, , name, , key] = decoder.decode(bytes.subarray(0, count)).split("\r\n");
      if (name !== "PING") seen.push(`${name} ${key}`);
      const said = name === "PING" ? "+PONG\r\n" : answer(name, key);
      if (said === null) return;
      await conn.write(new TextEncoder().encode(said));
    }
  };
  const talks: Promise<void>[] = [];
  const accepting = (async () => {
    for await (const conn of listener) talks.push(talk(conn));
  })();
  return {
    port: listener.addr.port,
    seen,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
      await Promise.all(talks);
    },
  };
}

function options(port: number, rest: Partial<LoadOptions> = {}): LoadOptions {
  return {
    host: "127.0.0.1",
    port,
    dialogue: (connection) => new RespDialogue({ valueBytes: 8, connection }),
    clients: 3,
    keys: 10,
    durationMs: 30,
    warmUpMs: 10,
    repetitions: 4,
    answerBytesMax: 4096,
    ...rest,
  };
}

Deno.test("load: preparing writes every key once", async () => {
  await using server = serve(() => "+OK\r\n");
  const { answers, failures } = await makeLoad("prepare", options(server.port));
  assertEquals([answers, failures], [10, 0]);
  const expected = Array.from({ length: 10 }, (_, i) => `SET key-000000000${i}`);
  assertEquals(server.seen.toSorted(), expected);
});

Deno.test("load: reads ask for keys at random, and those that find nothing are counted", async () => {
  await using server = serve((_, key) => key.endsWith("3") ? "$-1\r\n" : "$1\r\nx\r\n");
  const { answers, failures, failure, elapsedMs, p50Ms, p99Ms } = await makeLoad(
    "read",
    options(server.port, { durationMs: 200 }),
  );
  assertGreater(answers, failures);
  assertGreater(failures, 0);
  assertEquals(failure, "the key is not there");
  assertGreater(elapsedMs, 190);
  assertGreater(p50Ms, 0);
  assertGreater(p99Ms + Number.EPSILON, p50Ms);
  assertEquals(new Set(server.seen).size, 10);
});

Deno.test("load: pairs are a set and a get of one key, in turn", async () => {
  await using server = serve((name) => name === "SET" ? "+OK\r\n" : "$1\r\nx\r\n");
  const { answers, repetitionsMs } = await makeLoad("pairs", options(server.port));
  assertEquals([answers, repetitionsMs.length], [4 * 200, 4]);
  assertEquals(server.seen.length, 1000 + 800);
  const inTurn = server.seen.every((line, i) =>
    line === `${i % 2 === 0 ? "SET" : "GET"} key-0000000000`
  );
  assertEquals(inTurn, true);
});

Deno.test("load: a server that hangs up fails the load at once", async () => {
  await using server = serve(() => null);
  const long = options(server.port, { durationMs: 60_000, warmUpMs: 60_000 });
  await assertRejects(() => makeLoad("write", long), ProtocolError, "closed the connection");
});
