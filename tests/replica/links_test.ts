/** Links with a hello on either side; frames are made by `e2e/raw.ts`, which shares no code. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { LogEvent } from "../../lib/log.ts";
import { WIRE_LIMITS } from "../../lib/limits.ts";
import { Links } from "../../lib/replica/links.ts";
import { type Hello, PROTOCOL } from "../../lib/wire/peer.ts";
import { RawConnection } from "../e2e/raw.ts";
import { until } from "../e2e/until.ts";

const CLUSTER = "7e0f35a6-1b2c-4d3e-8f90-a1b2c3d4e5f6";

/** The links of a replica that listens; `up` has who is linked. */
class Place implements Disposable {
  readonly up = new Set<number>();
  readonly told: LogEvent[] = [];
  readonly links: Links;
  readonly at: Deno.NetAddr;
  outcast: string | null = null;

  constructor(id: number, hello: Partial<Hello> = {}, expected: (string | null)[] = []) {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.at = listener.addr;
    this.links = new Links({
      hello: () => ({
        protocol: PROTOCOL,
        cluster: CLUSTER,
        id,
        replicas: 3,
        identity: `folder ${id}`,
        ...hello,
      }),
      identityOf: (peer) => expected[peer] ?? null,
      limits: WIRE_LIMITS,
      log: (event) => this.told.push(event),
      outcast: (error) => this.outcast = error.message,
      events: {
        up: (peer) => this.up.add(peer),
        down: (peer) => this.up.delete(peer),
        receive: () => {},
      },
    });
    this.links.listen(listener);
  }

  /** A connection that has said this hello, with the first answer to it. */
  async greet(id: number, identity: string) {
    const conn = await this.dialled();
    await conn.send(["hello", PROTOCOL, CLUSTER, id, 3, identity]);
    return { conn, answer: await conn.receive() };
  }

  /** A connection that has said nothing. */
  dialled(): Promise<RawConnection> {
    return RawConnection.open(`127.0.0.1:${this.at.port}`);
  }

  /** What was told in this event's words at this level. */
  reasons(event: string, level: string): string[] {
    return this.told.filter((told) => told.event === event && told.level === level)
      .map(({ reason }) => String(reason));
  }

  [Symbol.dispose](): void {
    this.links.close();
  }
}

Deno.test("the folder that the view names takes its place from a stranger", async () => {
  using place = new Place(0, {}, ["folder 0", null, "folder 2"]);
  const stranger = await place.greet(2, "a stranger's");
  assertEquals(stranger.answer[0], "hello");
  assertEquals([...place.up], [2]);

  const other = await place.greet(2, "another stranger's");
  assertStringIncludes(String(other.answer[2]), "here already, with another folder");
  other.conn[Symbol.dispose]();

  const known = await place.greet(2, "folder 2");
  assertEquals(known.answer[0], "hello");
  assertEquals(await stranger.conn.rest(), [], "the stranger is shown out");
  assertEquals([...place.up], [2]);

  const late = await place.greet(2, "a stranger's");
  assertStringIncludes(String(late.answer[2]), "here already, with another folder");
  for (const { conn } of [stranger, known, late]) conn[Symbol.dispose]();
});

Deno.test("a refused peer that tries again and again is told of once", async () => {
  using place = new Place(0);
  for (let i = 0; i < 3; i++) {
    const { conn, answer } = await place.greet(5, "of none");
    assertEquals(answer.slice(0, 2), ["ERROR", "unauthorized"]);
    conn[Symbol.dispose]();
  }
  const known = await place.greet(1, "folder 1");
  for (let i = 0; i < 3; i++) (await place.greet(1, "another")).conn[Symbol.dispose]();
  assertEquals(
    place.reasons("peer refused", "warn").filter((it) => /here already/.test(it)).length,
    1,
  );
  known.conn[Symbol.dispose]();
});

Deno.test("also who dials nobody finds out that it is refused for good, and by whom", async () => {
  using first = new Place(0, { cluster: "another" });
  using second = new Place(1);
  using third = new Place(2);
  const peers = [first.at, second.at, third.at];
  for (const { links } of [first, second, third]) links.dial(peers);
  await until("1 and 2 are linked", () => second.up.has(2) && third.up.has(1));
  await until("0 knows", () => first.outcast !== null);
  assertStringIncludes(String(first.outcast), "refused by replicas 1, 2: ");
  assertStringIncludes(
    String(first.outcast),
    'replica 0 belongs to cluster "another", and replica',
  );
  assertEquals([second.outcast, third.outcast], [null, null]);
  assertEquals(third.reasons("link refused", "error").length, 1);
});

Deno.test("peers in another order are told as what they are", async () => {
  using first = new Place(0);
  using second = new Place(1);
  using third = new Place(2);
  third.links.dial([second.at, first.at, third.at]);
  await until("both are told", () => third.reasons("link refused", "error").length === 2);
  for (const reason of third.reasons("link refused", "error")) {
    assert(
      /replica \d answers at the address of replica \d: .* in the order of the ids/.test(reason),
    );
  }
  assert(third.outcast !== null);
});

Deno.test("who is cut off has no link, makes none and takes none, until it has again", async () => {
  using first = new Place(0);
  using second = new Place(1);
  using third = new Place(2);
  const peers = [first.at, second.at, third.at];
  for (const { links } of [first, second, third]) links.dial(peers);
  const all = () => [first, second, third].every(({ up }) => up.size === 2);
  await until("all are linked", all);
  second.links.setCut(true);
  await until("1 has no link", () => second.up.size === 0 && !first.up.has(1) && !third.up.has(1));
  const conn = await second.dialled();
  await conn.send(["hello", PROTOCOL, CLUSTER, 2, 3, "folder 2"]);
  // What was sent to it may come back as a reset.
  assertEquals(await conn.rest().catch(() => []), [], "it answers nobody");
  conn[Symbol.dispose]();
  assertEquals([[...first.up], [...second.up], [...third.up]], [[2], [], [0]]);
  second.links.setCut(false);
  await until("all are linked again", all);
});
