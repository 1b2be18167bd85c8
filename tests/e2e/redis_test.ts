/**
 * The same commands to a real Redis and to a replica get the same answers: random ones, wrong ones,
 * bytes that are no command. Skipped where no Redis is installed. The seed is told when something
 * differs; `KVDIST_FUZZ_SEED` chooses it, and `KVDIST_LONG=1` asks twenty times as much.
 */

import { assert, assertEquals } from "@std/assert";
import { Random } from "../../lib/chaos/random.ts";
import { freePorts } from "./processes.ts";
import { type Answer, type Argument, RespConnection } from "./resp.ts";
import { startServer } from "./server.ts";
import { until } from "./until.ts";

const LONG = Deno.env.get("KVDIST_LONG") === "1";
const SEED = Number(Deno.env.get("KVDIST_FUZZ_SEED") ?? 1);

const ROUNDS = LONG ? 800 : 40;

/** Commands in one write. */
const BATCH = 100;

const isInstalled = await new Deno.Command("redis-server", { args: ["--version"] }).output()
  .then(({ success }) => success, () => false);
const ignore = !isInstalled;
const skipped = isInstalled ? "" : ": skipped, redis-server is not installed";

/** A Redis and a replica of three, both empty, in memory. */
async function both(act: (redis: string, kvdist: string) => Promise<void>): Promise<void> {
  await using redis = await startRedis();
  await using server = await startServer({
    args: ["--store", "memory", "--log-level", "error", "--consistency", "sequential"],
  });
  await act(redis.address, server.replicas[0].client);
  assertEquals(await server.stop(), 0);
}

/** Starts a Redis that keeps nothing. */
async function startRedis(): Promise<AsyncDisposable & { readonly address: string }> {
  const dir = await Deno.makeTempDir({ prefix: "kvdist-redis-" });
  const [port] = freePorts(1);
  const flags = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", dir];
  const child = new Deno.Command("redis-server", {
    args: [...flags, "--appendonly", "no"],
    stdout: "null",
    stderr: "null",
  }).spawn();
  const address = `127.0.0.1:${port}`;
  const end = async () => {
    child.kill("SIGKILL");
    await child.status;
    await Deno.remove(dir, { recursive: true });
  };
  try {
    await until("Redis answers", () =>
      RespConnection.open(address).then((connection) => {
        connection[Symbol.dispose]();
        return true;
      }, () => false));
  } catch (error) {
    await end();
    throw error;
  }
  return { address, [Symbol.asyncDispose]: end };
}

const KEYS: readonly Argument[] = [
  ...["a", "b", "key:1", "key:2", "k?y", "[x]", "back\\slash", "é", "😀", "line\r\nend"],
  Uint8Array.of(0xff, 0, 0x80),
  Uint8Array.of(0xc3),
];

const VALUES: readonly Argument[] = [
  ...["", "0", "1", "-7", "007", " 1", "1 ", "+1", "-0", "x", "é", "\0", "*1\r\n"],
  ...["9223372036854775807", "-9223372036854775808", "9223372036854775808", "1.5"],
  Uint8Array.of(0xa9),
  Uint8Array.of(0xc3),
  Uint8Array.of(0xf0, 0x9f, 0x98),
  Uint8Array.of(0x80, 0xff, 0),
  "x".repeat(1_000),
];

const PATTERNS: readonly Argument[] = [
  ...["*", "a", "key:*", "k?y", "k\\?y", "[a-c]", "[^a-c]", "[c-a]", "*e*", "???", "??", "[", "[a"],
  ...[
    "*[x]*",
    "\\[x\\]",
    "back\\\\slash",
    "*\\",
    "",
    "é*",
    "?",
    "**1",
    "[]",
    "[^]",
    "[a-",
    "key:[12]",
  ],
  Uint8Array.of(0xc3, 0x2a),
  Uint8Array.of(0xff, 0x2a),
];

const NUMBERS: readonly Argument[] = [...VALUES, "5", "-5", "100", "x5", "5x", "-"];

/** Right commands, by what stands in the place of their arguments. */
function randomCommand(random: Random): Argument[] {
  const [key, value, number] = [
    () => random.pick(KEYS),
    () => random.pick(VALUES),
    () => random.pick(NUMBERS),
  ];
  const many = <T>(one: () => T) => Array.from({ length: random.int(1, 4) }, one);
  const word = (...words: string[]) => random.pick(words);
  return random.pick<() => Argument[]>([
    () => ["GET", key()],
    () => ["SET", key(), value()],
    () => ["SET", key(), number()],
    () => ["SET", key(), value(), ...many(() => word("NX", "XX", "GET", "nx", "get", "nonsense"))],
    () => ["SETNX", key(), value()],
    () => ["GETSET", key(), value()],
    () => ["GETDEL", key()],
    () => ["MGET", ...many(key)],
    () => ["MSET", ...many(() => [key(), value()]).flat()],
    () => [word("DEL", "UNLINK", "EXISTS"), ...many(key)],
    () => ["APPEND", key(), value()],
    () => ["STRLEN", key()],
    () => [word("INCR", "DECR"), key()],
    () => [word("INCRBY", "DECRBY"), key(), number()],
    () => ["KEYS", random.pick(PATTERNS)],
    () => [word("RENAME", "RENAMENX"), key(), key()],
    () => [word("TYPE", "TTL", "PTTL"), key()],
    () => [word("DBSIZE", "PING")],
    () => [word("PING", "ECHO"), value()],
    () => ["SELECT", word("0", "0", "x")],
    () => ["CLIENT", word("SETNAME", "setname"), word("", "name", "na me")],
    () => ["CLIENT", word("GETNAME", "NONSENSE", "")],
    () => ["CONFIG", word("NONSENSE")],
    () => random.chance(0.1) ? [word("FLUSHALL", "FLUSHDB"), word("SYNC", "ASYNC", "x")] : ["PING"],
    () => [word("nonsense", "", "g et"), ...many(value)],
  ])();
}

/** A command with one argument more or less, at times; none that would be an empty key. */
function changed(command: Argument[], random: Random): Argument[] {
  if (random.chance(0.95)) return command;
  if (random.chance(0.5)) return [...command, random.pick(VALUES.slice(1))];
  return command.slice(0, Math.max(1, command.length - 1));
}

/** An answer whose order means nothing, in an order. */
function ordered(answer: Answer, [name]: readonly Argument[]): Answer {
  return name === "KEYS" && Array.isArray(answer) ? answer.toSorted() : answer;
}

for (const version of [2, 3]) {
  Deno.test({
    name: `random commands get Redis's answers, in RESP${version} (seed ${SEED})${skipped}`,
    ignore,
    fn: () =>
      both(async (...addresses) => {
        using redis = await RespConnection.open(addresses[0]);
        using kvdist = await RespConnection.open(addresses[1]);
        for (const server of [redis, kvdist]) await server.ask("HELLO", version);
        const random = new Random(SEED * 10 + version);
        for (let round = 0; round < ROUNDS; round++) {
          const commands = Array.from(
            { length: BATCH },
            () => changed(randomCommand(random), random),
          );
          const [expected, answers] = await Promise.all([
            redis.askAll(commands),
            kvdist.askAll(commands),
          ]);
          commands.forEach((args, i) => {
            assertEquals(
              ordered(answers[i], args),
              ordered(expected[i], args),
              `${i}th of round ${round}: ${Deno.inspect(args)}`,
            );
          });
        }
        assertEquals(await kvdist.ask("MGET", ...KEYS), await redis.ask("MGET", ...KEYS));
      }),
  });
}

Deno.test({
  name: `keys are scanned as in Redis, but for their order${skipped}`,
  ignore,
  fn: () =>
    both(async (...addresses) => {
      const found = await Promise.all(addresses.map(async (address) => {
        using server = await RespConnection.open(address);
        for (let i = 0; i < 500; i++) await server.ask("SET", `key:${i}`, "x");
        for (const key of KEYS) await server.ask("SET", key, "x");
        const all: Answer[][] = [];
        for (const pattern of PATTERNS) all.push(await scanAll(server, "MATCH", pattern));
        all.push(await scanAll(server, "TYPE", "string", "COUNT", "7"));
        all.push(await scanAll(server, "TYPE", "hash"));
        return all;
      }));
      assertEquals(found[1], found[0]);
    }),
});

/** All keys that a scan gives, in an order. */
async function scanAll(server: RespConnection, ...more: Argument[]): Promise<Answer[]> {
  const keys: Answer[] = [];
  let cursor: Answer = "0";
  do {
    const answer: Answer = await server.ask("SCAN", String(cursor), ...more);
    assert(Array.isArray(answer) && Array.isArray(answer[1]), Deno.inspect(answer));
    cursor = answer[0];
    keys.push(...answer[1]);
  } while (cursor !== "0");
  return [...new Set(keys)].toSorted();
}

/** Bytes that begin a command or a word; all of them end the connection, or are followed by QUIT. */
const BYTES: readonly string[] = [
  "*1\r\n$4\r\nPING\r\n*0\r\n*-1\r\n\r\nping\r\n  ping  x \nQUIT\r\n",
  'set "a b" \'c d\'\r\nget "a\\x20b"\r\nget "\\x61 b"\r\nQUIT\r\n',
  'set k "\\n\\r\\t\\b\\a\\q\\"\\xff"\r\nget k\r\nQUIT\r\n',
  'get "a\r\n',
  "get 'a'b\r\n",
  "*a\r\n",
  "*2147483648\r\n",
  "*99999999999999999999\r\n",
  "*1\r\n+PING\r\n",
  "*1\r\n$-1\r\n",
  "*1\r\n$x\r\n",
  "*1\r\n$4294967296\r\n",
  "*2\r\n$4\r\nPING\r\n:1\r\n",
  "x".repeat(70_000),
  "PING\r\nPOST / HTTP/1.1\r\n",
];

Deno.test({
  name: `bytes that are no command, or one that is typed, get Redis's answers${skipped}`,
  ignore,
  fn: () =>
    both(async (...addresses) => {
      for (const bytes of BYTES) {
        const answers = await Promise.all(addresses.map(async (address) => {
          using server = await RespConnection.open(address);
          await server.write(bytes);
          return await server.rest();
        }));
        assertEquals(answers[1], answers[0], JSON.stringify(bytes.slice(0, 100)));
      }
    }),
});
