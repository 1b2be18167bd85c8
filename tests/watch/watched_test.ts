import { assert, assertEquals, assertMatch } from "@std/assert";
import { parseAddress } from "../../lib/client/address.ts";
import { Watched } from "../../lib/watch/watched.ts";
import { FakeServer } from "../client/fake_server.ts";

Deno.test("a replica is down from its first missing answer until the next answer", async () => {
  const server = new FakeServer();
  const watched = new Watched(parseAddress(server.address), 30_000);
  try {
    const answer = await watched.ask();
    assertEquals(answer.up && answer.status.id, 0);
    server[Symbol.dispose]();
    const [first, second] = [await watched.ask(), await watched.ask()];
    assert(!first.up && !second.up);
    assertMatch(second.reason, /connection refused/);
    assertEquals(second.since, first.since);
    using _back = new FakeServer({ status: { id: 2 } }, server.port);
    const again = await watched.ask();
    assertEquals(again.up && again.status.id, 2);
  } finally {
    watched.close();
    server[Symbol.dispose]();
  }
});

Deno.test("one that takes connections and says nothing is down, and why is said", async () => {
  using server = new FakeServer({ request: () => {} });
  const watched = new Watched(parseAddress(server.address), 50);
  const answer = await watched.ask();
  assertEquals(!answer.up && answer.reason, "no answer within 50 ms");
  watched.close();
});
