/**
 * How a replica gets what it lacks of the log: outside a view, before it joins, and to install
 * one (design section 5, "its lag is below a limit", and step 4).
 */

import { assert, assertEquals, assertGreater } from "@std/assert";
import { FETCH_WAIT_MS, SUSPECT_AFTER_MS } from "../../lib/limits.ts";
import {
  type Answer,
  describe,
  type Entry,
  type Heartbeat,
  type Install,
  type Message,
  type Snapshot,
} from "../../lib/order/message.ts";
import type { Effects } from "../../lib/order/step.ts";
import { Cluster } from "./cluster.ts";

const NEXT = { round: 5, id: 2 };

function sent(out: Effects | null): string[] {
  return (out?.send ?? []).filter(({ message }) => message.type !== "heartbeat")
    .map(({ to, message }) => `${to}: ${describe(message)}`);
}

/** The indexes delivered. */
function delivered(out: Effects | null): number[] {
  return (out?.deliver ?? []).map(({ index }) => index);
}

/** Nothing was written, delivered or sent. */
function assertIgnored(out: Effects): void {
  assertEquals([out.writes, out.deliver, sent(out), out.breakLinks], [[], [], [], []]);
}

function message(index: number): Message {
  return { origin: 0, n: index, time: index * 3, operation: { type: "delete", key: "k" } };
}

function entries(fetch: number, from: number, to: number): Answer {
  const all: Entry[] = [];
  for (let index = from; index <= to; index++) all.push({ index, message: message(index) });
  return { type: "answer", fetch, content: { type: "entries", entries: all } };
}

/** One part of a snapshot of what origin 0 has written up to this index. */
function part(fetch: number, index: number, number: number, last = false): Answer {
  const content: Snapshot = {
    type: "snapshot",
    position: { index, time: index * 3, id: 0 },
    deliveredN: [index, 0, 0],
    forgotten: 0,
    part: number,
    last,
    keys: [[`k${number}`, `of ${index}`]],
    requests: [],
  };
  return { type: "answer", fetch, content };
}

function heartbeat(index: number): Heartbeat {
  return {
    type: "heartbeat",
    clock: 9,
    state: "live",
    ballot: { round: 1, id: 0 },
    round: 1,
    hears: [0, 1, 2],
    wants: false,
    index,
    fetched: 0,
  };
}

/** Replica 1, just started, that has heard of 2 that it has delivered so much. */
function outside(index: number): { cluster: Cluster; first: Effects } {
  const cluster = Cluster.formed();
  cluster.crash(1);
  cluster.start(1);
  cluster.step(1, { type: "link_up", peer: 2 });
  cluster.receive(1, 2, heartbeat(index));
  return { cluster, first: cluster.step(1, { type: "tick", random: 0.5 }) };
}

/** Replica 1, that has promised what 2 now installs on this base. */
function installing(index: number): { cluster: Cluster; first: Effects } {
  const cluster = Cluster.formed();
  cluster.receive(1, 2, { type: "prepare", ballot: NEXT });
  cluster.persist(1);
  const install: Install = {
    type: "install",
    view: {
      ballot: NEXT,
      members: [0, 1, 2],
      cluster: "folder-0",
      identities: ["folder-0", "folder-1", "folder-2"],
    },
    previous: { round: 1, id: 0 },
    base: { index, time: index * 3, id: 0 },
    deliveredN: [index, 0, 0],
    source: 2,
    carried: [],
  };
  return { cluster, first: cluster.receive(1, 2, install) };
}

Deno.test("5 outside a view a replica fetches what others have delivered", () => {
  const { cluster, first } = outside(7);
  assertEquals(sent(first), ["2: fetch 1 to 7"]);
  const out = cluster.receive(1, 2, entries(1, 1, 4));
  assertEquals([delivered(out), sent(out)], [[1, 2, 3, 4], ["2: fetch 5 to 7"]]);
  // What is delivered there meanwhile is followed, too.
  cluster.receive(1, 2, heartbeat(9));
  const more = cluster.receive(1, 2, entries(2, 5, 7));
  assertEquals(sent(more), ["2: fetch 8 to 9"]);
  const last = cluster.receive(1, 2, entries(3, 8, 9));
  assertEquals([delivered(last), sent(last)], [[8, 9], []]);
  assertEquals([cluster.order(1).state, cluster.order(1).position.index], ["outside", 9]);
});

Deno.test("5 in a view nothing is fetched, nor from who is not ahead", () => {
  const cluster = Cluster.formed();
  cluster.receive(1, 2, heartbeat(50));
  assertEquals(sent(cluster.step(1, { type: "tick", random: 0.5 })), []);
  assertEquals(sent(outside(0).first), []);
});

Deno.test("5 who was to install a view hears of a later one, and catches up with that", () => {
  const { cluster } = installing(3);
  cluster.drop(1, 2);
  cluster.link(1, 2);
  // 2 has trimmed its log: all it has is a snapshot beyond the base.
  assertIgnored(cluster.receive(1, 2, part(2, 50, 0, true)));
  const later = { round: NEXT.round + 1, id: 0 };
  cluster.receive(1, 2, { ...heartbeat(50), ballot: later });
  const fetched = sent(cluster.step(1, { type: "tick", random: 0.5 }));
  assertEquals(fetched, ["2: fetch 1 to 50"]);
  cluster.receive(1, 2, part(3, 50, 0, true));
  assertEquals([cluster.order(1).state, cluster.order(1).position.index], ["outside", 50]);
});

Deno.test("5 of several the one that is furthest is asked", () => {
  const cluster = Cluster.formed();
  cluster.crash(1);
  cluster.start(1);
  for (const [peer, index] of [[0, 9], [2, 4]]) {
    cluster.step(1, { type: "link_up", peer });
    cluster.receive(1, peer, heartbeat(index));
  }
  assertEquals(sent(cluster.step(1, { type: "tick", random: 0.5 })), ["0: fetch 1 to 9"]);
});

Deno.test("5 who is asked is not asked again while it is heard, for long", () => {
  const { cluster } = outside(7);
  const tick = () => sent(cluster.step(1, { type: "tick", random: 0.5 }));
  cluster.now += FETCH_WAIT_MS - 1;
  cluster.receive(1, 2, heartbeat(7));
  assertEquals(tick(), []);
  cluster.now += 1;
  assertEquals(tick(), ["2: fetch 1 to 7"]);
});

Deno.test("5 who is asked and falls silent is asked no more, before it is heard again", () => {
  const { cluster } = outside(7);
  const tick = () => sent(cluster.step(1, { type: "tick", random: 0.5 }));
  cluster.now += 2 * SUSPECT_AFTER_MS;
  assertEquals(tick(), []);
  cluster.receive(1, 2, heartbeat(7));
  assertEquals(tick(), ["2: fetch 1 to 7"]);
});

Deno.test("only the answer to the last fetch, from who was asked, is followed", () => {
  const { cluster } = outside(7);
  assertIgnored(cluster.receive(1, 0, entries(1, 1, 4)));
  assertIgnored(cluster.receive(1, 2, entries(2, 1, 4)));
  assertIgnored(cluster.receive(1, 2, entries(0, 1, 4)));
  cluster.receive(1, 2, entries(1, 1, 4));
  // The same answer a second time, as after a new link on which it was asked for again.
  assertIgnored(cluster.receive(1, 2, entries(1, 1, 4)));
  assertIgnored(cluster.receive(1, 2, part(1, 7, 0, true)));
});

Deno.test("an empty answer leads nowhere: it is asked for again, not at once", () => {
  const { cluster } = outside(7);
  const answer: Answer = { type: "answer", fetch: 1, content: { type: "entries", entries: [] } };
  assertIgnored(cluster.receive(1, 2, answer));
  assertEquals(sent(cluster.step(1, { type: "tick", random: 0.5 })), ["2: fetch 1 to 7"]);
});

Deno.test("5.4 more entries than were asked for are not taken", () => {
  const { cluster, first } = installing(3);
  assertEquals(sent(first), ["2: fetch 1 to 3"]);
  // 4 may be delivered there, but it is no part of the base.
  const out = cluster.receive(1, 2, entries(1, 1, 4));
  assertEquals(delivered(out), [1, 2, 3]);
  assertEquals([cluster.order(1).state, cluster.order(1).position.index], ["installed", 3]);
});

Deno.test("a snapshot comes in parts, each written and asked for, and counts with its last", () => {
  const { cluster } = outside(7);
  const outs = [0, 1].map((number) => cluster.receive(1, 2, part(number + 1, 7, number)));
  assertEquals(outs.map(sent), [
    ["2: fetch 1 to 7, part 1 of the snapshot"],
    ["2: fetch 1 to 7, part 2 of the snapshot"],
  ]);
  assertEquals(outs.map(({ writes }) => writes.map(({ type }) => type)), [
    ["snapshot"],
    ["snapshot"],
  ]);
  assertEquals(cluster.order(1).position.index, 0);
  const last = cluster.receive(1, 2, part(3, 7, 2, true));
  assertEquals([sent(last), last.notices], [[], [{ type: "restored", index: 7, source: 2 }]]);
  assertEquals(cluster.order(1).position, { index: 7, time: 21, id: 0 });
  cluster.persist(1);
  assertEquals([cluster.store(1).applied, cluster.store(1).get("k2")], [7, "of 7"]);
});

Deno.test("behind a snapshot the log goes on", () => {
  const { cluster } = outside(7);
  const out = cluster.receive(1, 2, part(1, 5, 0, true));
  assertEquals(sent(out), ["2: fetch 6 to 7"]);
  assertEquals(delivered(cluster.receive(1, 2, entries(2, 6, 7))), [6, 7]);
});

Deno.test("a part that is not the next, or is of another snapshot, is not taken", () => {
  const { cluster } = outside(7);
  assertIgnored(cluster.receive(1, 2, part(1, 7, 1)));
  cluster.receive(1, 2, part(1, 7, 0));
  assertIgnored(cluster.receive(1, 2, part(2, 7, 2)));
  assertIgnored(cluster.receive(1, 2, part(2, 6, 1)));
  assertEquals(sent(cluster.receive(1, 2, part(2, 7, 1))), [
    "2: fetch 1 to 7, part 2 of the snapshot",
  ]);
});

Deno.test("a snapshot that has been lost begins again from its first part, maybe of another place", () => {
  const { cluster } = outside(7);
  cluster.receive(1, 2, part(1, 7, 0));
  // 2 has ended it, and begins another.
  const out = cluster.receive(1, 2, part(2, 9, 0));
  assertEquals(sent(out), ["2: fetch 1 to 7, part 1 of the snapshot"]);
  assertIgnored(cluster.receive(1, 2, part(3, 7, 1)));
  cluster.receive(1, 2, part(3, 9, 1, true));
  cluster.persist(1);
  assertEquals([cluster.store(1).applied, cluster.store(1).get("k0")], [9, "of 9"]);
});

Deno.test("on a new link a snapshot begins again", () => {
  const { cluster } = installing(7);
  cluster.receive(1, 2, part(1, 7, 0));
  cluster.drop(1, 2);
  cluster.link(1, 2);
  assertEquals(cluster.underWay(1, 2).map(describe), ["fetch 1 to 7"]);
  // The second part, on its way when the link broke, answers what nobody asks any more.
  assertIgnored(cluster.receive(1, 2, part(2, 7, 1)));
  assertEquals(sent(cluster.receive(1, 2, part(3, 7, 0))), [
    "2: fetch 1 to 7, part 1 of the snapshot",
  ]);
});

Deno.test("5.4 a snapshot beyond the base is not taken while installing: others may not hold so much", () => {
  const { cluster } = installing(7);
  assertIgnored(cluster.receive(1, 2, part(1, 8, 0, true)));
  assertEquals(cluster.order(1).position.index, 0);
  const out = cluster.receive(1, 2, part(1, 7, 0, true));
  assertEquals(out.writes.map(({ type }) => type), ["snapshot", "installed"]);
});

Deno.test("a snapshot of what is here already is not taken", () => {
  const { cluster } = outside(7);
  cluster.receive(1, 2, entries(1, 1, 5));
  assertIgnored(cluster.receive(1, 2, part(2, 5, 0, true)));
});

Deno.test("5.4 an install that comes while a replica catches up takes the place of that", () => {
  const { cluster } = outside(7);
  cluster.receive(1, 2, { type: "prepare", ballot: NEXT });
  // The answer to what it asked for before it promised is late.
  assertIgnored(cluster.receive(1, 2, entries(1, 1, 7)));
});

Deno.test("5 a message that the snapshot holds is not pending any more, nor in the outbox", () => {
  const cluster = Cluster.formed();
  cluster.submit(1, "x", "1");
  cluster.submit(1, "y", "2");
  cluster.persist(1);
  cluster.crash(1);
  cluster.start(1);
  cluster.step(1, { type: "link_up", peer: 2 });
  cluster.receive(1, 2, heartbeat(7));
  cluster.step(1, { type: "tick", random: 0.5 });
  const { content } = part(1, 7, 0, true);
  assert(content.type === "snapshot");
  // The first of its two messages was delivered by the others.
  const snapshot = { ...content, deliveredN: [6, 1, 0] };
  cluster.receive(1, 2, { type: "answer", fetch: 1, content: snapshot });
  assertEquals(cluster.order(1).pending().map(({ n }) => n), [2]);
  cluster.persist(1);
  assertEquals(cluster.store(1).load().pending.map(({ n }) => n), [2]);
});

Deno.test("6 a replica that lacks what no log holds any more is rebuilt from a snapshot", () => {
  const lines: string[] = [];
  const cluster = Cluster.formed({
    bounds: { logEntriesKept: 5 },
    say: (line) => lines.push(line),
  });
  cluster.crash(2);
  for (let i = 0; i < 40; i++) {
    cluster.submit(i % 2, `k${i % 7}`, `${i}`);
    cluster.pass(i === 0 ? 5_000 : 50);
  }
  assertGreater(cluster.store(0).logFrom, 20);
  cluster.lose(2);
  cluster.start(2);
  cluster.stabilize();
  assert(lines.some((line) => line.startsWith("2 holds the snapshot at ")), "no snapshot was sent");
  assertEquals(cluster.store(2).scan(""), cluster.store(0).scan(""));
  assertEquals(cluster.store(2).appliedN, cluster.store(0).appliedN);
  // It serves as any other.
  cluster.submit(2, "own", "1");
  cluster.stabilize();
  assertEquals(cluster.ids.map((id) => cluster.store(id).get("own")), ["1", "1", "1"]);
});
