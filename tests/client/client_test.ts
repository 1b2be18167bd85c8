import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import {
  bytesOf,
  connect,
  ConnectionError,
  RequestError,
  textOf,
  TimeoutError,
} from "../../lib/client/mod.ts";
import { UsageError } from "../../lib/errors.ts";
import type { Reply, Request } from "../../lib/wire/message.ts";
import { FakeServer, frames, STATUS } from "./fake_server.ts";

const STORED = { type: "stored", token: [1] } as const;

Deno.test("set, get, delete, status and dump", async () => {
  using server = new FakeServer();
  using client = await connect(server.address);
  assertEquals(client.address, server.address);
  assertEquals(await client.set("x", "42"), [1]);
  assertEquals(await client.get("x"), "42");
  assertEquals(await client.get("y"), undefined);
  assertEquals(await client.delete("x"), [0]);
  assertEquals(await client.get("x"), undefined);
  for (const value of ["", "héllo 日本 😀", "\x00\u2028\n", "v".repeat(1024 * 1024)]) {
    await client.set("key\t😀", value);
    assertEquals(await client.get("key\t😀"), value);
  }
  await client.set("a", "1");
  assertEquals([...await client.dump()].map(([key]) => key), ["a", "key\t😀"]);
  assertEquals(await client.dump("b"), new Map());
  assertEquals(await client.status(), { ...STATUS, keys: 2 });
});

Deno.test("incr, append, cas, set if, rename and keys", async () => {
  using server = new FakeServer();
  using client = await connect(server.address);
  assertEquals(await client.incr("n"), 1n);
  assertEquals(await client.incr("n", 2 ** 53 - 1), 2n ** 53n);
  assertEquals(await client.incr("n", -(2n ** 62n)), 2n ** 53n - 2n ** 62n);
  for (const by of [1.5, 2 ** 53, NaN, Infinity]) {
    await assertRejects(() => client.incr("n", by), RangeError, "no integer that is exact");
  }
  assertEquals(await client.append("a", "é"), 2);
  assertEquals(await client.append("a", "!"), 3);
  const error = await assertRejects(() => client.incr("a"), RequestError);
  assertEquals([error.code, error.maybe], ["not_a_number", false]);

  assertEquals(await client.setIfPresent("s", "1"), false);
  assertEquals(await client.setIfAbsent("s", "1"), true);
  assertEquals(await client.setIfAbsent("s", "2"), false);
  assertEquals(await client.setIfPresent("s", "3"), true);
  assertEquals(await client.get("s"), "3");

  assertEquals(await client.cas("c", { expected: "x", value: "1" }), false);
  assertEquals(await client.cas("c", { expected: null, value: "1" }), true);
  assertEquals(await client.cas("c", { expected: "1", value: "2" }), true);
  assertEquals(await client.get("c"), "2");
  assertEquals(await client.cas("c", { expected: "2", value: null }), true);
  assertEquals(await client.get("c"), undefined);

  await client.rename("a", "b");
  assertEquals([await client.get("a"), await client.get("b")], [undefined, "é!"]);
  const none = await assertRejects(() => client.rename("a", "b"), RequestError);
  assertEquals(none.code, "no_key");
  assertEquals(await client.keys(), ["b", "n", "s"]);
  assertEquals(await client.keys("n"), ["n"]);
  assertEquals(await client.keys("none"), []);
});

Deno.test("values are bytes: what is no UTF-8 comes back as it went", async () => {
  using server = new FakeServer();
  using client = await connect(server.address);
  const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  await client.set("bytes", textOf(bytes));
  assertEquals(bytesOf(await client.get("bytes") ?? ""), bytes);
  assertEquals(await client.append("bytes", textOf(Uint8Array.of(0xff))), 257);
});

Deno.test("an answer that another operation would have had ends the connection or the call", async () => {
  const stored: Reply = { type: "stored", token: [] };
  const number: Reply = { type: "result", result: { type: "number", number: "1" }, token: [] };
  const replies = [stored, number, number, number];
  using server = new FakeServer({
    request: (_, peer) => peer.reply(replies.shift() ?? stored),
  });
  using client = await connect(server.address);
  await assertRejects(() => client.incr("n"), ConnectionError, "does not fit");
  await assertRejects(() => client.set("n", "1"), ConnectionError, "does not fit");
  await assertRejects(() => client.setIfAbsent("n", "1"), ConnectionError, "does not fit");
  await assertRejects(() => client.get("n"), ConnectionError, "result is no answer to get");
});

Deno.test("answers that come in single bytes, or all at once, are the same", async () => {
  const requests: Request[] = [];
  using server = new FakeServer({
    async request(request, peer) {
      requests.push(request);
      if (requests.length < 3) return;
      const bytes = frames(
        STORED,
        { type: "value", key: "k", value: "é😀", token: [1] },
        { type: "end", token: [2] },
      );
      for (const byte of bytes) await peer.send(Uint8Array.of(byte));
    },
  });
  using client = await connect(server.port);
  assertEquals(
    await Promise.all([client.set("k", "é😀"), client.get("k"), client.get("none")]),
    [[1], "é😀", undefined],
  );
});

Deno.test("what is asked in one turn goes out in one write, and is answered in order", async () => {
  const batches: number[] = [];
  using server = new FakeServer({ batch: (requests) => batches.push(requests.length) });
  using client = await connect(server.port);
  const tokens = await Promise.all(
    Array.from({ length: 500 }, (_, i) => client.set(`key-${i}`, "0")),
  );
  assertEquals(tokens, Array.from({ length: 500 }, (_, i) => [i + 1]));
  assertEquals(batches.reduce((sum, count) => sum + count), 500);
  // One write may still arrive in more than one read.
  assert(batches.length < 5, `${batches.length} reads`);
});

Deno.test("options go out with each request; a request's own come first", async () => {
  const seen: unknown[] = [];
  using server = new FakeServer({
    batch: (requests) =>
      seen.push(...requests.map((request) => "options" in request && request.options)),
  });
  using plain = await connect(server.port);
  await plain.get("x");
  await plain.get("x", { consistency: "eventual", id: "me", timeout: 7 });
  using client = await connect(server.port, { consistency: "sequential", requestTimeoutMs: 300 });
  await client.set("x", "1");
  await client.delete("x", { consistency: "eventual", timeout: 5 });
  const none = { consistency: undefined, id: undefined, timeout: undefined, token: undefined };
  assertEquals(seen, [
    {},
    { ...none, consistency: "eventual", id: "me", timeout: 7 },
    { ...none, consistency: "sequential", timeout: 300 },
    { ...none, consistency: "eventual", timeout: 5 },
  ]);
});

Deno.test("an ERROR rejects its request alone", async () => {
  using server = new FakeServer({
    request: (request, peer) =>
      peer.reply(
        request.type === "get" ? { type: "end", token: [] } : {
          type: "error",
          code: "no_quorum",
          text: "replica 2 is silent",
          details: { maybe: true, missing: [2] },
        },
      ),
  });
  using client = await connect(server.port);
  const failing = client.set("x", "1");
  const fine = client.get("x");
  const error = await assertRejects(() => failing, RequestError, "replica 2 is silent");
  assertEquals([error.code, error.maybe, error.details.missing], ["no_quorum", true, [2]]);
  assertEquals(await fine, undefined);
  await assertRejects(() => client.status(), RequestError);
  await assertRejects(() => client.dump(), RequestError);
  await assertRejects(() => client.delete("x"), RequestError);
  const [reply] = await client.request({
    type: "write",
    operation: { type: "delete", key: "x" },
    options: {},
  });
  assertEquals(reply.type, "error");
});

Deno.test("a server that closes rejects all that wait, and says what may have happened", async () => {
  for (const part of [0, 2, 10]) {
    using server = new FakeServer({
      async request(request, peer) {
        if (request.type !== "dump") return;
        await peer.send(frames(STORED).subarray(0, part));
        peer.close();
      },
    });
    using client = await connect(server.port);
    const write = client.set("x", "1");
    const read = client.get("x");
    const dump = client.dump();
    const lost = await assertRejects(() => write, ConnectionError);
    assertEquals(lost.maybe, true);
    assert(lost.message.startsWith(`the connection to ${server.address} ended: `), lost.message);
    assertEquals((await assertRejects(() => read, ConnectionError)).maybe, false);
    await assertRejects(() => dump, ConnectionError);
    assertInstanceOf(await client.closed, ConnectionError);
    const after = await assertRejects(() => client.set("x", "2"), ConnectionError);
    assertEquals(after.maybe, false);
  }
});

Deno.test("garbage ends the connection with a clear word", async () => {
  const encoder = new TextEncoder();
  const frame = (text: string) => {
    const body = encoder.encode(text);
    return Uint8Array.of(0, 0, 0, body.length, ...body);
  };
  const garbage: [Uint8Array, string][] = [
    [Uint8Array.of(0, 0, 0, 0), "a length of 0"],
    [Uint8Array.of(0x80, 0, 0, 0), "over the limit"],
    [encoder.encode("HTTP/1.1 400 Bad Request\r\n\r\n"), "over the limit"],
    [frame("{"), "not UTF-8 JSON"],
    [frame("{}"), "a JSON array"],
    [frame('["WHAT"]'), "unknown reply"],
    [frame('["VALUE","x","1",2,[]]'), "UTF-8 length"],
    [frame('["STATUS",{}]'), "status is no answer to set"],
    [new Uint8Array([...frames(STORED), ...frames(STORED)]), "nobody had asked"],
  ];
  for (const [bytes, word] of garbage) {
    using server = new FakeServer({ request: (_, peer) => peer.send(bytes) });
    using client = await connect(server.port);
    await client.set("x", "1").catch((error) => assertInstanceOf(error, ConnectionError));
    const error = await client.closed;
    assertInstanceOf(error, ConnectionError);
    assert(error.message.includes(word), error.message);
  }
});

Deno.test("a refusal before any request is told as what ended the connection", async () => {
  using server = new FakeServer({
    async accept(peer) {
      await peer.reply({ type: "error", code: "internal", text: "too many clients", details: {} });
      peer.close();
    },
  });
  using client = await connect(server.port);
  const error = await client.closed;
  assert(error?.message.endsWith("too many clients"), error?.message);
});

Deno.test("a silent server: the request is given up, its late answer dropped", async () => {
  const held = Promise.withResolvers<void>();
  using server = new FakeServer({
    async request(request, peer) {
      if (request.type !== "get") return await held.promise.then(() => peer.reply(STORED));
      await peer.reply({ type: "value", key: request.key, value: "late?", token: [] });
    },
  });
  using client = await connect(server.port, { requestTimeoutMs: 15, graceMs: 5 });
  const error = await assertRejects(() => client.set("x", "1"), TimeoutError);
  assertEquals([error.maybe, error.message], [true, "no answer within 20 ms"]);
  held.resolve();
  assertEquals(await client.get("x", { timeout: 10_000 }), "late?");
});

Deno.test("nobody listens; no address", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const error = await assertRejects(() => connect(port), ConnectionError, "connection refused");
  assertEquals(error.maybe, false);
  await assertRejects(() => connect("nowhere"), UsageError);
});

Deno.test("close ends it: requests reject, closed resolves with nothing", async () => {
  using server = new FakeServer({ request: () => {} });
  const client = await connect(server.port);
  const asked = client.get("x");
  client.close();
  client.close();
  await assertRejects(() => asked, ConnectionError, "closed by this client");
  assertEquals(await client.closed, undefined);
  await assertRejects(() => client.status(), ConnectionError, "closed by this client");
});

Deno.test("a write that never left certainly did not happen", async () => {
  using server = new FakeServer({ request: () => {} });
  const client = await connect(server.port);
  const asked = client.set("x", "1");
  client.close();
  assertEquals((await assertRejects(() => asked, ConnectionError)).maybe, false);
});
