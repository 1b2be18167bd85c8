/**
 * Redis's protocol on the client port of a real server: levels, order, limits, and what else is not
 * as in Redis. What is as in Redis is compared with Redis in `redis_test.ts`.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { Processes } from "./processes.ts";
import { RawConnection } from "./raw.ts";
import { type Answer, command, RespConnection, units } from "./resp.ts";
import { type Server, startServer } from "./server.ts";
import { until } from "./until.ts";

const OK: Answer = { word: "OK" };
const MEBIBYTE = 1024 * 1024;

/** A server in memory, and connections to its replicas, in turn, as many as are wanted. */
async function serve(
  args: readonly string[],
  act: (server: Server, ...connections: RespConnection[]) => Promise<void>,
): Promise<void> {
  await using server = await startServer({
    args: ["--store", "memory", "--log-level", "error", ...args],
  });
  using a = await RespConnection.open(server.replicas[0].client);
  using b = await RespConnection.open(server.replicas[1].client);
  await act(server, a, b);
  assertEquals(await server.stop(), 0);
  assertEquals(server.stderr().replace(/^kvdist: .*\n/gm, ""), "", "no error is logged");
}

function errorOf(answer: Answer): string {
  assert(typeof answer === "object" && answer !== null && "error" in answer, String(answer));
  return answer.error;
}

Deno.test("both protocols share keys and values, whatever bytes they are", () =>
  serve([], async ({ replicas }, redis) => {
    using frames = await RawConnection.open(replicas[0].client);
    const bytes = Uint8Array.of(0xff, 0, 0x80, 13, 10, 0xc3, 0xa9);
    assertEquals(await redis.ask("SET", bytes, bytes), OK);
    assertEquals(await redis.ask("GET", bytes), units(bytes));
    const text = "\udcff\0\udc80\r\né";
    assertEquals((await frames.ask("get", text)).slice(0, 4), ["VALUE", text, text, 7]);
    await frames.ask("set", "x", "é😀", 6);
    assertEquals(await redis.ask("get", "x"), units("é😀"));
    assertEquals(await redis.ask("STRLEN", "x"), 6);
  }));

Deno.test("answers come in the order of the commands, each seeing what was asked before", () =>
  serve(["--consistency", "sequential"], async (_, redis) => {
    const commands: string[][] = [];
    const expected: Answer[] = [];
    for (let i = 0; i < 2_000; i++) {
      commands.push(["SET", "x", `${i}`], ["GET", "x"], ["INCR", "n"], ["PING"], ["nonsense"]);
      const error = "ERR unknown command 'nonsense', with args beginning with: ";
      expected.push(OK, `${i}`, i + 1, { word: "PONG" }, { error });
    }
    assertEquals(await redis.askAll(commands), expected);
  }));

Deno.test("commands cut anywhere, and lines that somebody types", () =>
  serve([], async (_, redis) => {
    for (const byte of command("SET", "cut", "a\r\nb")) await redis.write(Uint8Array.of(byte));
    assertEquals(await redis.next(), OK);
    await redis.write('get cut\r\n\r\nSET "typed \\x41" \'b c\'\n*0\r\n*-1\r\nget "typed A"\r\n');
    assertEquals([await redis.next(), await redis.next(), await redis.next()], [
      "a\r\nb",
      OK,
      "b c",
    ]);
  }));

Deno.test("what depends on what is there needs an order, and a connection can choose its level", () =>
  serve(["--consistency", "eventual"], async (_, redis, other) => {
    assertEquals(await redis.ask("KVDIST", "CONSISTENCY"), "eventual");
    assertEquals(await redis.ask("SET", "n", "1"), OK);
    assertEquals(await redis.ask("MSET", "a", "1", "b", "2"), OK);
    const conditional = [
      ["INCR", "n"],
      ["SET", "n", "2", "NX"],
      ["SETNX", "n", "2"],
      ["GETSET", "n", "2"],
      ["GETDEL", "n"],
      ["APPEND", "n", "2"],
      ["RENAME", "n", "m"],
    ];
    for (const args of conditional) {
      assertMatch(errorOf(await redis.ask(...args)), /^NEEDSORDER .*KVDIST CONSISTENCY/);
    }
    // Once this is answered, what came before is ordered, and here.
    assertEquals(await redis.ask("WAIT", "2", "5000"), 2);
    assertEquals(await redis.ask("DEL", "a", "b", "b", "none"), 2);
    const answers = await redis.askAll([
      ["KVDIST", "CONSISTENCY", "sequential"],
      ["INCR", "n"],
      ["KVDIST", "CONSISTENCY"],
      ["KVDIST", "CONSISTENCY", "eventual"],
      ["INCR", "n"],
      ["RESET"],
      ["KVDIST", "CONSISTENCY"],
    ]);
    assertMatch(errorOf(answers[4]), /^NEEDSORDER/);
    assertEquals(answers.toSpliced(4, 1), [OK, 2, "sequential", OK, { word: "RESET" }, "eventual"]);
    assertEquals(await other.ask("KVDIST", "CONSISTENCY", "linearizable"), OK);
    assertEquals(await other.ask("GET", "n"), "2");
    assertMatch(errorOf(await other.ask("KVDIST", "CONSISTENCY", "strong")), /^ERR the level must/);
  }));

Deno.test("a linearizable read sees at any replica what was answered before", () =>
  serve(["--consistency", "linearizable", "--apply-delay", "20ms"], async (_, redis, other) => {
    for (let i = 0; i < 20; i++) {
      assertEquals(await redis.ask("SET", "x", `${i}`), OK);
      assertEquals(await other.ask("GET", "x"), `${i}`);
      assertEquals(await other.ask("MGET", "x", "none"), [`${i}`, null]);
      assertEquals(await other.ask("EXISTS", "x"), 1);
    }
  }));

Deno.test("limits are told, and the connection goes on", () =>
  serve(["--max-value", String(MEBIBYTE)], async (_, redis) => {
    const value = new Uint8Array(MEBIBYTE).fill(0x61);
    assertEquals(await redis.ask("SET", "large", value), OK);
    assertEquals(await redis.ask("GET", "large"), units(value));
    const tooLarge = async (...args: (string | Uint8Array)[]) =>
      assertMatch(errorOf(await redis.ask(...args)), /^TOOLARGE /);
    await tooLarge("SET", "x", new Uint8Array(MEBIBYTE + 1));
    await tooLarge("APPEND", "large", "x");
    await tooLarge("SET", "x".repeat(1025), "");
    await tooLarge("GET", "x".repeat(1025));
    await tooLarge("MSET", "a", value, "b", "");
    await tooLarge("DEL", ...Array.from({ length: 20_000 }, (_, i) => `${i}`));
    await tooLarge("MGET", ...Array.from({ length: 65 }, () => "large"));
    await tooLarge("KEYS", "x".repeat(1025));
    assertMatch(errorOf(await redis.ask("SET", "", "x")), /^ERR a key must not be empty/);
    assertMatch(errorOf(await redis.ask("SET", "x", "1", "EX", "10")), /^ERR SET with EX is not/);
    assertEquals(await redis.ask("DBSIZE"), 1);
  }));

Deno.test("what cannot be trusted is told so, behind all answers, and ends the connection", () =>
  serve([], async (_, redis, other) => {
    await redis.write(new Uint8Array([...command("SET", "x", "1"), ...command("GET", "x")]));
    await redis.write("*1\r\n$-5\r\n");
    assertEquals(
      await redis.rest(),
      "+OK\r\n$1\r\n1\r\n-ERR Protocol error: invalid bulk length\r\n",
    );
    await other.write(`*2\r\n$3\r\nGET\r\n$${8 * MEBIBYTE + 1}\r\n`);
    assertEquals(await other.rest(), "-ERR Protocol error: invalid bulk length\r\n");
  }));

Deno.test("a web page that makes a browser send lines of commands writes nothing", () =>
  serve([], async ({ replicas }, redis) => {
    const attempts = [
      "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nSET evil 1\r\n",
      "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nSET evil 1\r\n",
      "SET good 1\r\nPOST / HTTP/1.1\r\nSET evil 1\r\n",
      "*1\r\n$5\r\nHost:\r\nSET evil 1\r\n",
    ];
    for (const attempt of attempts) {
      using browser = await RespConnection.open(replicas[0].client);
      await browser.write(attempt);
      // Closed at once: perhaps with a reset, and without an answer to what was just asked.
      const seen = await browser.rest().catch(() => "");
      assert(!seen.includes("evil"), seen);
    }
    assertEquals(await redis.ask("EXISTS", "evil"), 0);
  }));

Deno.test("a first byte that begins nothing is answered with an error and the end", () =>
  serve([], async ({ replicas }) => {
    for (const first of [0x08, 0x0d, 0x24, 0x2b, 0x40, 0x5b, 0x7b, 0x80, 0xff]) {
      using connection = await RawConnection.open(replicas[0].client);
      await connection.write(Uint8Array.of(first, 1, 2, 3, 4));
      const [[word, code]] = await connection.rest();
      assertEquals([word, code], ["ERROR", "too_large"], `0x${first.toString(16)}`);
    }
  }));

Deno.test("QUIT is answered, and what comes behind it is not", () =>
  serve([], async (_, redis, other) => {
    await redis.write("SET x 1\r\nQUIT\r\nSET x 2\r\n");
    assertEquals(await redis.rest(), "+OK\r\n+OK\r\n");
    await until("the write has come", async () => await other.ask("GET", "x") === "1");
  }));

Deno.test("all keys are found by KEYS and SCAN, and cursors may be used again", () =>
  serve(["--consistency", "sequential"], async (_, redis) => {
    const keys = Array.from({ length: 2_500 }, (_, i) => `key:${i}`);
    const pairs = keys.flatMap((key) => [key, "v"]);
    for (let at = 0; at < pairs.length; at += 500) {
      assertEquals(await redis.ask("MSET", ...pairs.slice(at, at + 500)), OK);
    }
    assertEquals((await strings(redis, "KEYS", "*")).sort(), keys.toSorted());
    assertEquals((await strings(redis, "KEYS", "key:2[0-4]9?")).sort(), [
      ...Array.from({ length: 50 }, (_, i) => `key:2${Math.floor(i / 10)}9${i % 10}`),
    ]);
    for (const more of [[], ["COUNT", "700"], ["MATCH", "key:1*", "COUNT", "100000"]]) {
      const found: string[] = [];
      let cursor = "0";
      do {
        const [next, page] = await scan(redis, cursor, ...more);
        assertEquals((await scan(redis, cursor, ...more))[1], page, "the same cursor again");
        found.push(...page);
        cursor = next;
      } while (cursor !== "0");
      const wanted = keys.filter((key) => more[0] !== "MATCH" || key.startsWith("key:1"));
      assertEquals(found.sort(), wanted.toSorted());
    }
    assertEquals(await redis.ask("SCAN", "999999"), { error: "ERR invalid cursor" });
    const chosen = new Set<Answer>();
    for (let i = 0; i < 20; i++) chosen.add(await redis.ask("RANDOMKEY"));
    assert(chosen.size > 10 && [...chosen].every((key) => keys.includes(String(key))));
  }));

async function strings(redis: RespConnection, ...args: string[]): Promise<string[]> {
  const answer = await redis.ask(...args);
  assert(Array.isArray(answer), JSON.stringify(answer));
  return answer.map(String);
}

async function scan(
  redis: RespConnection,
  cursor: string,
  ...more: string[]
): Promise<[string, string[]]> {
  const answer = await redis.ask("SCAN", cursor, ...more);
  assert(Array.isArray(answer) && Array.isArray(answer[1]), JSON.stringify(answer));
  return [String(answer[0]), answer[1].map(String)];
}

Deno.test("without a majority a write is refused, and says whether it may still happen", async () => {
  await using cluster = await Processes.create({
    args: ["--consistency", "sequential", "--store", "memory", "--request-timeout", "2s"],
  });
  const servers = await Promise.all(cluster.ids.map((id) => cluster.start(id)));
  await cluster.settled();
  using redis = await RespConnection.open(cluster.clients[0]);
  assertEquals(await redis.ask("SET", "x", "1"), OK);
  for (const { pid } of servers.slice(1)) Deno.kill(pid, "SIGSTOP");
  // It is broadcast, since nobody is suspected yet.
  const late = errorOf(await redis.ask("SET", "x", "2"));
  assertMatch(late, /^NOQUORUM .*\(maybe: the write may still happen\)$/);
  const refused = errorOf(await redis.ask("INCR", "x"));
  assertMatch(refused, /^NOQUORUM [^()]*1, 2 cannot be reached$/);
  assertEquals(await redis.ask("GET", "x"), "1");
  assertEquals(await redis.ask("KVDIST", "CONSISTENCY", "eventual"), OK);
  assertEquals(await redis.ask("SET", "y", "1"), OK);
  assertEquals(await redis.ask("WAIT", "1", "100"), 0);
  for (const { pid } of servers.slice(1)) Deno.kill(pid, "SIGCONT");
  await until("what was taken is ordered", async () => await redis.ask("WAIT", "2", "100") === 2);
  assertEquals(await redis.ask("GET", "y"), "1");
});
