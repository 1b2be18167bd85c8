/** A replica that has missed or lost something, and its one peer, made of frames by `e2e/raw.ts`. */

import { assertEquals } from "@std/assert";
import { REQUEST_TIMEOUT_MS, WIRE_LIMITS } from "../../lib/limits.ts";
import { Replica } from "../../lib/replica/replica.ts";
import { MemoryStore } from "../../lib/store/memory.ts";
import { PROTOCOL } from "../../lib/wire/peer.ts";
import { RawConnection } from "../e2e/raw.ts";

const CLUSTER = "7e0f35a6-1b2c-4d3e-8f90-a1b2c3d4e5f6";
const BALLOT = [9, 1];
const IDENTITIES = ["folder 0, new", "folder 1", "folder 2"];

/** Replica 0 of three, on a new folder. */
class Place implements Disposable {
  readonly replica: Replica;
  readonly client: string;
  readonly peer: string;

  constructor() {
    this.replica = new Replica({
      id: 0,
      replicas: 3,
      consistency: "sequential",
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
      applyDelayMs: 0,
      fsync: "always",
      limits: WIRE_LIMITS,
      store: new MemoryStore(0, 3, IDENTITIES[0], { requestIdsKept: 5 }),
      log: () => {},
      live: () => {},
      failed: (error) => {
        throw error;
      },
    });
    const listeners = [0, 1].map(() => Deno.listen({ hostname: "127.0.0.1", port: 0 }));
    const [client, peer] = listeners.map(({ addr }) => `127.0.0.1:${addr.port}`);
    this.client = client;
    this.peer = peer;
    this.replica.start(listeners[1], listeners[0]);
  }

  [Symbol.dispose](): void {
    this.replica.stop();
  }
}

/** The next frame of this kind. */
async function next(conn: RawConnection, kind: string): Promise<void> {
  for (;;) {
    const [word] = await conn.receive();
    if (word === kind) return;
  }
}

Deno.test("a new folder shows nothing in sequential before its first view is live", async () => {
  using place = new Place();
  using peer = await RawConnection.open(place.peer);
  await peer.send(["hello", PROTOCOL, CLUSTER, 1, 3, "folder 1"]);
  await peer.send(["prepare", BALLOT]);
  await next(peer, "promise");
  // The folder that was lost may have delivered, and shown, what is carried into the view.
  await peer.send(["part", [1, 1, 5, "x", "shown", 5]]);
  const view = [BALLOT, [0, 1], CLUSTER, IDENTITIES];
  await peer.send(["install", view, [8, 1], [0, 0, 0], [0, 0, 0], 1, 1]);
  await next(peer, "installed");
  using client = await RawConnection.open(place.client);
  const early = await client.ask("get", "x", { timeout: 50 });
  assertEquals(early.slice(0, 2), ["ERROR", "no_quorum"]);
  await peer.send(["start", BALLOT]);
  const late = await client.ask("get", "x");
  assertEquals(late.slice(0, 3), ["VALUE", "x", "shown"]);
});

Deno.test("a write whose id is forgotten when a snapshot covers it is answered as perhaps done", async () => {
  using place = new Place();
  using peer = await RawConnection.open(place.peer);
  await peer.send(["hello", PROTOCOL, CLUSTER, 1, 3, "folder 1"]);
  await peer.send(["prepare", BALLOT]);
  await next(peer, "promise");
  const view = [BALLOT, [0, 1], CLUSTER, IDENTITIES];
  await peer.send(["install", view, [8, 1], [0, 0, 0], [0, 0, 0], 1, 0]);
  await next(peer, "installed");
  await peer.send(["start", BALLOT], ["resume", BALLOT, 0]);
  using client = await RawConnection.open(place.client);
  const answer = client.ask("set", "x", "1", 1, { id: "a" });
  await next(peer, "broadcast");
  // The others have gone on without this one, and far beyond.
  const later = [11, 1];
  const live = ["heartbeat", 999, "live", later, 11, [0, 2], false, 100, 0];
  await peer.send(["prepare", [10, 1]]);
  await next(peer, "promise");
  await peer.send(live);
  await next(peer, "fetch");
  const delivered = [100 * 2 ** 30, 0, 0];
  await peer.send(["snapshot", 1, [100, 999, 1], delivered, 95, 0, true, [["x", "1"]], []]);
  const [word, code, , details] = await answer;
  assertEquals([word, code, details], ["ERROR", "timeout", { maybe: true }]);
  // And the replica goes on.
  const read = await client.ask("get", "x", { consistency: "eventual" });
  assertEquals(read.slice(0, 3), ["VALUE", "x", "1"]);
});
