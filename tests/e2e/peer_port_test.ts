/**
 * The peer port believes nobody: what a stranger says there changes nothing, and is answered with
 * the reason. Meanwhile well-behaved clients at all replicas are never disturbed.
 */

import { PROTOCOL } from "../../lib/wire/peer.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type Answer, Bystanders, frame, frames, lengthOf, RawConnection, set } from "./raw.ts";
import { type Server, startServer } from "./server.ts";
import { until } from "./until.ts";

const NOBODY = "00000000-0000-0000-0000-000000000000";

/** What a replica says first; here what a stranger makes of it. */
function hello(
  { protocol = PROTOCOL, cluster = null, id = 2, replicas = 3, identity = NOBODY }: {
    protocol?: unknown;
    cluster?: unknown;
    id?: unknown;
    replicas?: unknown;
    identity?: unknown;
  } = {},
): unknown[] {
  return ["hello", protocol, cluster, id, replicas, identity];
}

/** What would change a value, the order or the view, if a stranger's word counted. */
function lies(cluster: string): unknown[][] {
  const view = [[1_000_000, 2], [0, 1, 2], cluster, [NOBODY, NOBODY, NOBODY]];
  return [
    ["broadcast", "kept", "wrong", 5, [2, 1_000_000], "message", 1_000_000, 0, [1, 0]],
    [[0, 5], "kept", null, 5, [2, 1_000_000], "acknowledgement", 0, [1, 0]],
    ["heartbeat", 1_000_000, "outside", null, 1_000_000, [], true, 1_000_000, 1_000_000],
    ["prepare", [1_000_000, 2]],
    ["promise", [1, 0], null, NOBODY, [0, 0, 0], [0, 0, 0], 0, [0, 1, 2], null, true],
    ["part", [2, 1_000_000, 1_000_000, "kept", "wrong", 5]],
    ["install", view, null, [0, 0, 0], [0, 0, 0], 2, 1],
    ["start", [1_000_000, 2]],
    ["refuse", [1, 0], [1_000_000, 2]],
    ["resume", [1, 0], 0],
    ["entries", 1, 1, [2, 1_000_000, 1_000_000, "kept", "wrong", 5]],
    ["snapshot", 1, [1_000_000, 9, 2], [0, 0, 0], 0, 0, true, [["kept", "wrong"]], []],
    ["confirmed", [1, 0], 1],
  ];
}

/** What a replica says of itself and of the key `kept`. */
async function look(address: string) {
  using client = await RawConnection.open(address);
  const [word, status] = await client.ask("status");
  assertEquals(word, "STATUS");
  const { state, view, cluster, hears, identity } = Object(status);
  const [, , value] = await client.ask("get", "kept");
  return { state, view, cluster, hears, identity, value };
}

function lookAtAll({ replicas }: Server) {
  return Promise.all(replicas.map(({ client }) => look(client)));
}

/** Sends bytes to a peer port, and gives the answers until it is closed. */
async function tell(address: string, bytes: Uint8Array): Promise<Answer[]> {
  using stranger = await RawConnection.open(address);
  // It may be closed before it has read everything.
  await stranger.write(bytes).catch(() => {});
  return await stranger.rest();
}

Deno.test("a stranger on the peer port is told why it is refused, and changes nothing", async () => {
  await using server = await startServer();
  const { replicas } = server;
  using bystanders = new Bystanders(replicas.map(({ client }) => client));
  {
    using client = await RawConnection.open(replicas[0].client);
    assertEquals((await client.ask(...set("kept", "right")))[0], "STORED");
    const [, token] = await client.ask(...set("kept", "right"));
    for (const { client: address } of replicas) {
      using other = await RawConnection.open(address);
      assertEquals((await other.ask("get", "kept", { token }))[2], "right");
    }
  }
  const before = await lookAtAll(server);
  const { cluster } = before[0];

  const text = (json: string) => frame(json);
  const strangers: [name: string, bytes: Uint8Array, reason: string][] = [
    ["garbage", text("hello"), "not UTF-8 JSON"],
    ["another protocol", new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"), "over the limit"],
    ["no length", lengthOf(0), "length of 0"],
    ["a great length", lengthOf(2 ** 32 - 1), "over the limit"],
    ["a great hello", frame(JSON.stringify(hello({ cluster: "x".repeat(5_000) }))), "over the"],
    ["a client's read", frames([["get", "kept"]]), "must begin with its hello"],
    ["a client's write", frames([set("kept", "wrong")]), "must begin with its hello"],
    ["no array", text('{"hello":1}'), "must be a JSON array"],
    ["a refusal", frames([["ERROR", "unauthorized", "go", {}]]), "must begin with its hello"],
    ["lies without a hello", frames(lies(cluster)), "must begin with its hello"],
    ["a hello and no more", frames([["hello"]]), "protocol"],
    ["another version", frames([hello({ protocol: PROTOCOL + 1 })]), `protocol ${PROTOCOL + 1}`],
    ["a version that is none", frames([hello({ protocol: "1" })]), "protocol"],
    ["an id that is none", frames([hello({ id: -1 })]), "id"],
    ["an id beyond all", frames([hello({ id: 3 })]), "replica 3"],
    ["another number", frames([hello({ replicas: 4 })]), "4 replicas"],
    ["another cluster", frames([hello({ cluster: "x\nforged" })]), 'cluster "x\\nforged"'],
    ["no identity", frames([hello({ identity: null })]), "identity"],
  ];
  for (const [name, bytes, reason] of strangers) {
    // Replica 2 is dialled by nobody, and says that of any hello that is one.
    for (const { peer } of replicas.slice(0, 2)) {
      const answers = await tell(peer, bytes);
      assertEquals(answers.length, 1, name);
      assertEquals(answers[0].slice(0, 2), ["ERROR", "unauthorized"], name);
      assertStringIncludes(String(answers[0][2]), reason, name);
    }
  }
  // Who would be replica 2: replicas 0 and 1 hear it already, and 2 is not another one.
  for (const claimed of [null, cluster, NOBODY]) {
    const bytes = frames([hello({ cluster: claimed }), ...lies(cluster)]);
    for (const { id, peer } of replicas) {
      const [[word, code, reason], ...more] = await tell(peer, bytes);
      assertEquals([word, code, more.length], ["ERROR", "unauthorized", 0]);
      const wanted = id === 2 ? "this one itself" : claimed === NOBODY ? "belongs to" : "is here";
      assertStringIncludes(String(reason), wanted);
    }
  }
  // Who says nothing is not waited for for ever.
  const silent = await Promise.all(replicas.map(({ peer }) => tell(peer, new Uint8Array(0))));
  assertEquals(silent, [[], [], []]);

  assertEquals(await lookAtAll(server), before);
  await bystanders.end();
  assertEquals(await server.stop(), 0);
  assert(!/^forged/m.test(server.stderr()), "what a stranger says is no line of the log");
});

Deno.test("who knows the identity of a folder, and speaks nonsense, can only break that link", async () => {
  await using server = await startServer();
  const { replicas } = server;
  using client = await RawConnection.open(replicas[0].client);
  assertEquals((await client.ask(...set("kept", "right")))[0], "STORED");
  const { cluster } = await look(replicas[0].client);
  const { identity } = await look(replicas[2].client);
  const nonsense: Uint8Array[] = [
    frame("garbage"),
    lengthOf(0),
    lengthOf(2 ** 31),
    frame('{"heartbeat":1}'),
    frames([set("kept", "wrong")]),
    frames([["unknown"]]),
    frames([["prepare", [1]]]),
    frames([["heartbeat", -1, "live", [1, 0], 1, [0, 1], false, 0, 0]]),
    frames([["broadcast", "kept", "wrong", 4, [2, 9], "message", 9, 0, [1, 0]]]),
    frames([["promise", [1, 0], null, NOBODY, [0, 0, 0], [0, 0, 0], 5, [], null, false]]),
    frames([["install", [[2, 2], [0, 1, 2], cluster, [NOBODY]], null, [0, 0, 0], [0], 2, 3]]),
    // Ids that no replica has, and places that are missing.
    frames([["broadcast", "kept", "wrong", 5, [1_000, 9], "message", 9, 0, [1, 0]]]),
    frames([[[1_000, 1], "kept", null, 5, [2, 9], "acknowledgement", 0, [1, 0]]]),
    frames([["prepare", [9, 1_000]]]),
    frames([["heartbeat", 9, "live", [1, 0], 1, [0, 1_000], false, 0, 0]]),
    frames([["promise", [1, 0], null, NOBODY, [0, 0, 0], [0], 0, [0, 1], null, false]]),
  ];
  for (const bytes of nonsense) {
    using impostor = await RawConnection.open(replicas[0].peer);
    await impostor.send(hello({ cluster, identity }));
    assertEquals((await impostor.receive())[0], "hello");
    await impostor.write(bytes);
    // What the replica sends meanwhile ends with the link: closed, or reset.
    await impostor.rest().catch(() => {});
  }
  await until("all are in one view again", async () => {
    const now = await lookAtAll(server);
    return now.every(({ state, view, hears }) =>
      state === "live" && hears.length === 2 && String(view.ballot) === String(now[0].view.ballot)
    );
  });
  assertEquals((await lookAtAll(server)).map(({ value }) => value), ["right", "right", "right"]);
  assertEquals((await client.ask(...set("kept", "newer")))[0], "STORED");
  assertEquals(await server.stop(), 0);
});
