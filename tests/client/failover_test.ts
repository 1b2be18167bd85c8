/**
 * A client of several replicas: where it goes, what it asks again, and what it promises then.
 */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import {
  connect,
  ConnectionError,
  type ConnectOptions,
  FailoverClient,
  type Move,
  type Reply,
  type Request,
  RequestError,
  type RequestOptions,
  TimeoutError,
  type Token,
} from "../../lib/client/mod.ts";
import { UsageError } from "../../lib/errors.ts";
import { FakeServer, type Peer, type Script } from "./fake_server.ts";

/** A server that answers status by itself, and the rest by script; it keeps what it was asked. */
class Replica extends FakeServer {
  /** All but status, in order. */
  readonly asked: Request[];

  constructor(
    request?: (request: Request, peer: Peer) => void | Promise<void>,
    status: Script["status"] = {},
    port = 0,
  ) {
    const asked: Request[] = [];
    super({
      status,
      batch: (requests) => asked.push(...requests.filter(({ type }) => type !== "status")),
      request: request ?? ((request, peer) => peer.reply(success(request))),
    }, port);
    this.asked = asked;
  }

  /** What the requests were: command and key, or id. */
  get words(): string[] {
    return this.asked.map((request) => {
      if (request.type === "outcome") return `outcome ${request.id}`;
      if (request.type === "write") return `${request.operation.type} ${request.operation.key}`;
      return "key" in request ? `${request.type} ${request.key}` : request.type;
    });
  }

  /** The options of each request. */
  get options(): RequestOptions[] {
    return this.asked.map((request) => "options" in request ? request.options : {});
  }
}

/** An answer that is no error. */
function success(request: Request, token: Token = []): Reply {
  switch (request.type) {
    case "write":
      return { type: "stored", token };
    case "get":
      return { type: "value", key: request.key, value: "v", token };
    case "outcome":
      return { type: "outcome", outcome: "unknown", token, details: {} };
    case "dump":
    case "keys":
    case "status":
      return { type: "end", token };
  }
}

function failure(code: "no_quorum" | "timeout" | "bad_request", maybe: boolean): Reply {
  return { type: "error", code, text: "so it is", details: { maybe, missing: [2] } };
}

/** Connects to them, and keeps the moves. */
async function connectTo(
  servers: readonly FakeServer[],
  options: ConnectOptions = {},
): Promise<{ client: FailoverClient; moves: Move[] }> {
  const moves: Move[] = [];
  const client = await connect(servers.map(({ port }) => port), {
    moved: (move) => moves.push(move),
    ...options,
  });
  assert(client instanceof FailoverClient);
  return { client, moves };
}

/** A short limit for what is answered at once, however busy the machine is. */
const SHORT = { requestTimeoutMs: 200, graceMs: 10_000 };

/** A port on which nobody listens. */
function nobody(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  listener.close();
  return listener.addr.port;
}

Deno.test("addresses: a list, a text with commas; each counts once; each must be one", async () => {
  using one = new Replica();
  using two = new Replica();
  for (const list of [[one.port, two.address], `${one.port}, ${two.address}`]) {
    using client = await connect(list);
    assert(client instanceof FailoverClient);
    assertEquals(client.address, one.address);
  }
  using plain = await connect(`${one.port},${one.address}`);
  assert(!(plain instanceof FailoverClient), "one address is one connection");
  await assertRejects(() => connect([]), UsageError, "there is no address");
  await assertRejects(() => connect("9889,"), UsageError, '"" is no address');
  await assertRejects(() => connect([9889, "nowhere"]), UsageError, "nowhere");
});

Deno.test("it connects to the first that answers, of those in a working view if there are", async () => {
  using outside = new Replica(undefined, { state: "outside", id: 1 });
  using live = new Replica(undefined, { id: 2 });
  using _mute = new FakeServer({ request: () => {} });
  const cases: [(number | string)[], FakeServer][] = [
    [[nobody(), live.port, outside.port], live],
    [[outside.port, live.port], live],
    [[nobody(), outside.port], outside],
    [[_mute.port, live.port], live],
  ];
  for (const [addresses, expected] of cases) {
    using client = await connect(addresses, { timeoutMs: 1_000 });
    assertEquals(client.address, expected.address);
  }
  const client = await connect([nobody(), live.port]);
  assert(client instanceof FailoverClient);
  assertEquals(client.replica?.id, 2);
  client.close();
});

Deno.test("nobody answers: one error that names all addresses", async () => {
  const [one, two] = [nobody(), nobody()];
  const error = await assertRejects(() => connect([one, two]), ConnectionError);
  assertMatch(error.message, new RegExp(`no replica answers at 127.0.0.1:${one}, .*:${two} \\(`));
  assertEquals(error.maybe, false);
});

Deno.test("a lost connection: the write is asked again elsewhere, under the same id", async () => {
  using first = new Replica((_, peer) => peer.close());
  using second = new Replica((request, peer) => peer.reply(success(request, [0, 5])));
  const { client, moves } = await connectTo([first, second]);
  using _ = client;
  assertEquals(await client.set("x", "42"), [0, 5]);
  assertEquals(first.words, ["set x"]);
  assertEquals(second.words, ["set x"]);
  const [{ id }] = first.options;
  assertMatch(id ?? "", /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/);
  assertEquals(second.options[0].id, id);
  assertEquals(moves, [{
    from: first.address,
    to: second.address,
    reason: `the connection to ${first.address} ended: the replica closed it`,
  }]);
  assertEquals(client.address, second.address);
  await client.delete("x", { id: "mine" });
  assertEquals(second.options[1].id, "mine");
  await client.set("x", "43");
  assert(second.options[2].id !== id, "each write has an id of its own");
  await client.get("x");
  assertEquals(second.options[3].id, undefined);
});

Deno.test("each request bears what all answers before it depended on", async () => {
  const tokens: Token[] = [[3], [1, 7], [2, 2, 2], [9]];
  using server = new Replica((request, peer) => peer.reply(success(request, tokens.shift() ?? [])));
  const { client } = await connectTo([server, server], { session: true });
  using _ = client;
  await client.set("x", "1");
  await client.get("x");
  // What is sent in one turn knows the same answers.
  await Promise.all([client.get("x"), client.delete("x")]);
  await client.get("x", { token: [0, 0, 0, 8] });
  await client.outcome("id");
  await client.dump();
  assertEquals(server.options.map(({ token }) => token), [
    undefined,
    [3],
    [3, 7],
    [3, 7],
    [9, 7, 2, 8],
    [9, 7, 2],
    undefined,
  ]);
  assertEquals(client.token, [9, 7, 2]);
});

Deno.test("a client of one address sends no token and no id, whatever it was answered", async () => {
  using server = new Replica((request, peer) => peer.reply(success(request, [5, 6])));
  using client = await connect(server.port);
  await client.set("x", "1");
  await client.get("x");
  await client.delete("x");
  assertEquals(server.options, [{}, {}, {}]);
});

Deno.test("the token goes along to the next replica", async () => {
  using first = new Replica((request, peer) =>
    request.type === "write" ? peer.reply(success(request, [4, 1])) : peer.close()
  );
  using second = new Replica();
  const { client } = await connectTo([first, second]);
  using _ = client;
  await client.set("x", "1");
  assertEquals(await client.get("x"), "v");
  assertEquals(second.options.map(({ token }) => token), [[4, 1]]);
});

Deno.test("lost in the middle of a pipeline: what was not answered is asked again, in order", async () => {
  let answered = 0;
  using first = new Replica((request, peer) =>
    ++answered <= 3 ? peer.reply(success(request)) : peer.close()
  );
  using second = new Replica();
  const { client, moves } = await connectTo([first, second]);
  using _ = client;
  const keys = Array.from({ length: 10 }, (_, i) => `k${i}`);
  const all = Promise.all(keys.map((key) => client.set(key, "1")));
  assertEquals((await all).length, 10);
  assertEquals(first.words.slice(0, 3), ["set k0", "set k1", "set k2"]);
  assertEquals(second.words, keys.slice(3).map((key) => `set ${key}`));
  assertEquals(second.options.map(({ id }) => id), first.options.slice(3).map(({ id }) => id));
  assertEquals(moves.length, 1);
});

Deno.test("no_quorum and timeout send it on, each replica with its share of the time", async () => {
  for (const code of ["no_quorum", "timeout"] as const) {
    using first = new Replica((_, peer) => peer.reply(failure(code, false)));
    using second = new Replica((_, peer) => peer.reply(failure(code, true)));
    using third = new Replica();
    const { client, moves } = await connectTo([first, second, third], { requestTimeoutMs: 9_000 });
    using _ = client;
    await client.set("x", "1", { consistency: "linearizable" });
    const asked = [first, second, third].map(({ options: [options] }) => options);
    assertEquals(new Set(asked.map(({ id }) => id)).size, 1);
    for (const [i, [least, most]] of [[2_500, 3_000], [3_500, 4_500], [7_000, 9_000]].entries()) {
      const { timeout = 0, consistency } = asked[i];
      assert(timeout > least && timeout <= most, `replica ${i} has ${timeout} ms`);
      assertEquals(consistency, "linearizable");
    }
    assertEquals(moves.map(({ to, reason }) => [to, reason]), [
      [second.address, `${first.address} says ${code}: so it is`],
      [third.address, `${second.address} says ${code}: so it is`],
    ]);
  }
});

Deno.test("what is wrong in itself is wrong everywhere", async () => {
  using first = new Replica((_, peer) => peer.reply(failure("bad_request", false)));
  using second = new Replica();
  const { client, moves } = await connectTo([first, second]);
  using _ = client;
  const error = await assertRejects(() => client.set("x", "1"), RequestError);
  assertEquals([error.code, moves.length, second.asked.length], ["bad_request", 0, 0]);
});

Deno.test("no quorum anywhere: asked a bounded number of times, then told as the last said", async () => {
  const refuse = (_: Request, peer: Peer) => peer.reply(failure("no_quorum", false));
  using first = new Replica(refuse);
  using second = new Replica(refuse);
  const { client } = await connectTo([first, second], { requestTimeoutMs: 60_000 });
  using _ = client;
  const error = await assertRejects(() => client.set("x", "1"), RequestError, "so it is");
  assertEquals([error.code, error.maybe, error.details.missing], ["no_quorum", false, [2]]);
  assertEquals([...first.words, ...second.words], Array(6).fill("set x"));
});

Deno.test("it stays with a replica that refuses, if no other is in a working view", async () => {
  using outside = new Replica(undefined, { state: "outside", id: 1 });
  for (const other of [nobody(), outside.port]) {
    let asked = 0;
    using first = new Replica((request, peer) =>
      peer.reply(++asked === 1 ? failure("no_quorum", false) : success(request))
    );
    const moves: Move[] = [];
    using client = await connect([first.port, other, nobody()], {
      requestTimeoutMs: 9_000,
      moved: (move) => moves.push(move),
    });
    await client.set("x", "1");
    const [{ timeout: share = 0, id }, again] = first.options;
    assert(share <= 3_000 && (again.timeout ?? 0) > 8_000, "the second time it has all the time");
    assertEquals([id, first.words], [again.id, ["set x", "set x"]]);
    assertEquals([moves, outside.asked], [[], []]);
  }
});

for (
  const [outcome, expected] of [["applied", null], ["never", false], ["unknown", true]] as const
) {
  Deno.test(`a write of which nobody can tell is asked for by its id: ${outcome}`, async () => {
    const answer = (request: Request, peer: Peer) =>
      peer.reply(
        request.type === "outcome"
          ? { type: "outcome", outcome, token: [0, 8], details: {} }
          : failure("timeout", request.type === "write"),
      );
    using first = new Replica(answer);
    using second = new Replica(answer);
    const { client } = await connectTo([first, second], SHORT);
    using _ = client;
    const written = client.set("x", "1", { consistency: "sequential" });
    if (expected === null) {
      assertEquals(await written, [0, 8]);
      assertEquals(client.token, [0, 8]);
    } else {
      const error = await assertRejects(() => written, RequestError);
      assertEquals([error.code, error.maybe], ["timeout", expected]);
    }
    const asked = [...first.asked, ...second.asked];
    const ids = new Set(asked.flatMap((request) => {
      if (request.type === "outcome") return [request.id];
      return request.type === "write" ? [request.options.id] : [];
    }));
    assertEquals(ids.size, 1);
    const [question] = asked.filter(({ type }) => type === "outcome");
    assert(question.type === "outcome");
    assertEquals(question.options.consistency, "sequential");
    // A read changes nothing: of it nothing is asked.
    const before = asked.length;
    await assertRejects(() => client.get("x"), RequestError);
    const reads = [...first.asked, ...second.asked].slice(before);
    assertEquals(reads.filter(({ type }) => type === "outcome").length, 0);
  });
}

Deno.test("a read behind a write that failed is answered after the write, not before", async () => {
  using first = new Replica((request, peer) =>
    peer.reply(request.type === "write" ? failure("no_quorum", false) : success(request, [1]))
  );
  using second = new Replica((request, peer) => peer.reply(success(request, [2])));
  const { client } = await connectTo([first, second]);
  using _ = client;
  const written = client.set("x", "1");
  assertEquals([await client.get("x"), await written], ["v", [2]]);
  assertEquals(second.words, ["set x", "get x"]);
});

Deno.test("what a later write has overtaken is not asked again", async () => {
  using first = new Replica((request, peer) =>
    peer.reply(
      request.type === "write" && request.operation.key === "x"
        ? failure("no_quorum", false)
        : success(request),
    )
  );
  using second = new Replica();
  const { client } = await connectTo([first, second]);
  using _ = client;
  const [x, get, y] = await Promise.allSettled([
    client.set("x", "1"),
    client.get("x"),
    client.set("y", "2"),
  ]);
  assertEquals([x.status, get.status, y.status], ["rejected", "fulfilled", "fulfilled"]);
  assert(x.status === "rejected" && x.reason instanceof RequestError && !x.reason.maybe);
  await client.get("z");
  assertEquals(second.words, ["get z"]);
});

Deno.test("what one replica may have done, none that refuses can undo", async () => {
  const answer = (maybe: boolean) => (request: Request, peer: Peer) =>
    peer.reply(request.type === "outcome" ? success(request) : failure("no_quorum", maybe));
  using first = new Replica(answer(true));
  using second = new Replica(answer(false));
  const { client } = await connectTo([first, second], SHORT);
  using _ = client;
  const error = await assertRejects(() => client.set("x", "1"), RequestError);
  assertEquals([second.words[0], error.maybe], ["set x", true]);
});

Deno.test("what was asked first is asked again first, whichever was given up first", async () => {
  using first = new Replica(() => {});
  using second = new Replica();
  const { client } = await connectTo([first, second], { graceMs: 10 });
  using _ = client;
  await Promise.all([
    client.set("x", "1", { timeout: 60_000 }),
    client.set("x", "2", { timeout: 2_000 }),
  ]);
  const values = second.asked.map((request) =>
    request.type === "write" && request.operation.type === "set" ? request.operation.value : null
  );
  assertEquals(values, ["1", "2"]);
});

Deno.test("a replica that falls silent is left when its share of the time is over", async () => {
  using first = new Replica(() => {});
  using second = new Replica();
  const { client, moves } = await connectTo([first, second], {
    requestTimeoutMs: 2_000,
    graceMs: 10,
  });
  using _ = client;
  assertEquals(await Promise.all([client.get("x"), client.get("y")]), ["v", "v"]);
  assertEquals(second.words, ["get x", "get y"]);
  assertEquals(moves.length, 1);
  assertMatch(moves[0].reason, /gave no answer within \d+ ms$/);
});

Deno.test("all are lost: within the limit it fails, and says what may have happened", async () => {
  // The client's own limit counts, not what a replica says.
  const first = new Replica(() => {}, { requestTimeout: 60_000 });
  const second = new Replica();
  const lost = Promise.withResolvers<Error>();
  const { client } = await connectTo([first, second], {
    ...SHORT,
    lost: (error) => lost.resolve(error),
  });
  using _ = client;
  const sent = client.set("x", "1");
  const read = client.get("x");
  while (first.asked.length < 2) await new Promise((resolve) => setTimeout(resolve, 1));
  first[Symbol.dispose]();
  second[Symbol.dispose]();
  while (client.isConnected) await new Promise((resolve) => setTimeout(resolve, 1));
  const unsent = client.set("y", "1");
  const began = performance.now();
  const errors = await Promise.all(
    [sent, read, unsent].map((asked) => assertRejects(() => asked, ConnectionError)),
  );
  assert(performance.now() - began < 30_000);
  for (const error of errors) assertMatch(error.message, /^no replica answers at .*refused/);
  assertEquals(errors.map(({ maybe }) => maybe), [true, false, false]);
  assertMatch((await lost.promise).message, /^the connection to .* ended/);
  assert(!client.isConnected);
  await assertRejects(() => client.reconnect(), ConnectionError, "no replica answers");
});

Deno.test("an idle client whose replica goes is told, goes elsewhere, and comes back", async () => {
  const moved: Move[] = [];
  let told: (() => void) | undefined;
  const event = () => new Promise<void>((resolve) => told = resolve);
  let lost: Error | undefined;
  const first = new Replica();
  const second = new Replica();
  const client = await connect([first.port, second.port], {
    moved: (move) => {
      moved.push(move);
      told?.();
    },
    lost: (error) => {
      lost = error;
      told?.();
    },
  });
  using _ = client;
  assert(client instanceof FailoverClient);
  const { port } = first;
  let next = event();
  first[Symbol.dispose]();
  await next;
  assertEquals([moved.length, client.address], [1, second.address]);
  next = event();
  second[Symbol.dispose]();
  await next;
  assertMatch(lost?.message ?? "", /^the connection to .* ended/);
  using back = new Replica(undefined, {}, port);
  await client.reconnect();
  assertEquals(client.address, back.address);
  assertEquals(await client.get("x"), "v");
});

Deno.test("a session of one address connects again, and knows what it has seen", async () => {
  let isFirst = true;
  using server = new Replica((request, peer) => {
    if (request.type === "get" && isFirst) {
      isFirst = false;
      return peer.close();
    }
    return peer.reply(success(request, [3]));
  });
  const client = await connect(server.port, { session: true });
  using _ = client;
  await client.set("x", "1");
  assertEquals(await client.get("x"), "v");
  assertEquals(server.words, ["set x", "get x", "get x"]);
  assertEquals(server.options.map(({ token }) => token), [undefined, [3], [3]]);
});

Deno.test("a session of one address does not ask again what its replica refuses", async () => {
  using server = new Replica((_, peer) => peer.reply(failure("no_quorum", false)));
  using client = await connect(server.port, { session: true, requestTimeoutMs: 5_000 });
  await assertRejects(() => client.set("x", "1"), RequestError, "so it is");
  assertEquals(server.words, ["set x"]);
  const { timeout = 0 } = server.options[0];
  assert(timeout > 4_000 && timeout <= 5_000, `${timeout} ms: one address has all the time`);
});

Deno.test("close ends it: all that is asked rejects, closed resolves with nothing", async () => {
  using first = new Replica(() => {});
  using second = new Replica();
  const { client } = await connectTo([first, second]);
  const write = client.set("x", "1");
  while (first.asked.length < 1) await new Promise((resolve) => setTimeout(resolve, 1));
  const read = client.get("x");
  client.close();
  client.close();
  assertEquals((await assertRejects(() => write, ConnectionError)).maybe, true);
  await assertRejects(() => read, ConnectionError, "closed by this client");
  await assertRejects(() => client.get("x"), ConnectionError, "closed by this client");
  assertEquals(await client.closed, undefined);
  assertEquals(second.asked, []);
});

Deno.test("a silent replica of which nobody else is there: the time limit is told", async () => {
  using server = new Replica(() => {});
  using client = await connect(server.port, {
    session: true,
    requestTimeoutMs: 50,
    graceMs: 10,
  });
  const error = await assertRejects(() => client.get("x"), TimeoutError);
  assertMatch(error.message, /^no answer within \d+ ms$/);
});

Deno.test("what a lost operation gave is told by its outcome; what it could not do too", async () => {
  for (
    const [result, expected] of [
      [["number", "42"], "42"],
      [["failed", "not_a_number"], "not_a_number"],
      [undefined, "the answer does not fit the request"],
    ] as const
  ) {
    const answer = (request: Request, peer: Peer) =>
      peer.reply(
        request.type === "outcome"
          ? { type: "outcome", outcome: "applied", token: [0, 8], details: { index: 1, result } }
          : failure("timeout", true),
      );
    using first = new Replica(answer);
    using second = new Replica(answer);
    const { client } = await connectTo([first, second], SHORT);
    using _ = client;
    const gave = await client.incr("n").then(String, (error) => error.code ?? error.message);
    assertEquals(gave, expected);
  }
});

Deno.test("an operation that is asked again elsewhere bears the same id, and gives what it gave", async () => {
  using first = new Replica((_, peer) => peer.close());
  using second = new Replica((request, peer) => {
    assert(request.type === "write" && request.operation.type === "cas");
    peer.reply({ type: "result", result: { type: "unchanged" }, token: [3] });
  });
  const { client, moves } = await connectTo([first, second]);
  using _ = client;
  assertEquals(await client.cas("x", { expected: null, value: "1" }), false);
  assertEquals([moves.length, client.token], [1, [3]]);
  const [[{ id }], [{ id: again }]] = [first.options, second.options];
  assert(id !== undefined);
  assertEquals(again, id);
});
