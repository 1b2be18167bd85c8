/**
 * The change of view that begins, recovers and goes on after every fault: one test for each
 * claim of design section 5.
 */

import { assert, assertEquals, assertGreater } from "@std/assert";
import { N_STEP, N_STEP_IDENTITY, SUSPECT_AFTER_MS } from "../../lib/limits.ts";
import {
  type Answer,
  describe,
  type Entry,
  type Heartbeat,
  type Install,
  type Message,
  type PeerMessage,
  showMessage,
} from "../../lib/order/message.ts";
import { Order } from "../../lib/order/order.ts";
import { type Durable, type Effects, emptyDurable } from "../../lib/order/step.ts";
import { type Ballot, showBallot } from "../../lib/order/timestamp.ts";
import { Cluster } from "./cluster.ts";

/** The first view's ballot, and one above it. */
const FIRST: Ballot = { round: 1, id: 0 };
const NEXT: Ballot = { round: 5, id: 2 };

/** What is sent, a line each, without heartbeats. */
function sent(out: Effects | null): string[] {
  return (out?.send ?? []).filter(({ message }) => message.type !== "heartbeat")
    .map(({ to, message }) => `${to}: ${describe(message)}`);
}

function delivered(out: Effects | null): string[] {
  return (out?.deliver ?? []).map(({ index, message }) => `${index}: ${showMessage(message)}`);
}

function assertIgnored(out: Effects): void {
  const { writes, deliver, send, breakLinks, notices } = out;
  assertEquals([writes, deliver, send, breakLinks, notices], [[], [], [], [], []]);
}

function message(origin: number, n: number, time: number): Message {
  return { origin, n, time, operation: { type: "delete", key: "k" } };
}

/** What a coordinator 2 would install after the first view, into which these were carried. */
function install(carried: readonly Message[] = [], ballot = NEXT): Install {
  return {
    type: "install",
    view: {
      ballot,
      members: [0, 1, 2],
      cluster: "folder-0",
      identities: ["folder-0", "folder-1", "folder-2"],
    },
    previous: FIRST,
    base: { index: 0, time: 0, id: 0 },
    deliveredN: [0, 0, 0],
    source: 2,
    carried,
  };
}

/** The answer to a fetch: entries with these indexes, all of origin 0. */
function entries(fetch: number, indexes: readonly number[]): Answer {
  const all: Entry[] = indexes.map((index) => ({
    index,
    message: message(0, index, index * 3),
  }));
  return { type: "answer", fetch, content: { type: "entries", entries: all } };
}

/** Replica 1 of a formed cluster, to which 2 has sent its prepare and its install. */
function installed(carried: readonly Message[] = []): Cluster {
  const cluster = Cluster.formed();
  cluster.receive(1, 2, { type: "prepare", ballot: NEXT });
  cluster.receive(1, 2, install(carried));
  assertEquals(cluster.order(1).state, "installed");
  return cluster;
}

Deno.test("5 the very first view needs all N, and nothing is asked for before all are heard", () => {
  const cluster = new Cluster();
  cluster.start(0);
  cluster.start(1);
  cluster.link(0, 1);
  cluster.pass(6_000);
  assertEquals(cluster.ids.slice(0, 2).map((id) => cluster.order(id).state), [
    "outside",
    "outside",
  ]);
  assertEquals(cluster.order(0).view, null);
  cluster.start(2);
  cluster.stabilize();
  assertEquals(cluster.order(2).view?.members, [0, 1, 2]);
});

Deno.test("5 without a majority no change is begun: no ballot is spent", () => {
  const cluster = Cluster.formed();
  for (const id of [1, 2]) cluster.crash(id);
  cluster.pass(10_000);
  assertEquals([cluster.order(0).promised, cluster.order(0).missing()], [FIRST, [1, 2]]);
  // Nor by one that starts alone.
  cluster.crash(0);
  cluster.start(0);
  cluster.pass(10_000);
  assertEquals([cluster.order(0).promised, cluster.order(0).state], [FIRST, "outside"]);
});

Deno.test("5 the lowest id begins, the others wait", () => {
  const cluster = Cluster.formed({ replicas: 5 });
  assertEquals(cluster.ids.map((id) => showBallot(cluster.order(id).view?.ballot ?? null)), [
    "1.0",
    "1.0",
    "1.0",
    "1.0",
    "1.0",
  ]);
});

Deno.test("5 pre-vote: a replica that hears nobody disturbs no view and raises no ballot", () => {
  const cluster = Cluster.formed();
  cluster.drop(0, 2);
  cluster.drop(1, 2);
  cluster.pass(10_000);
  assertEquals(cluster.order(2).promised, FIRST);
  const { ballot, members } = cluster.order(0).view ?? { ballot: FIRST, members: [] };
  assertEquals([members, cluster.order(0).state], [[0, 1], "live"]);
  // Its return costs one change of view.
  cluster.stabilize();
  assertEquals(cluster.order(2).view?.ballot.round, ballot.round + 1);
});

Deno.test("5 a member is suspected after the suspicion time, and told of once", () => {
  const lines: string[] = [];
  // Of two, none can go on without the other: nothing else happens.
  const cluster = Cluster.formed({ replicas: 2, say: (line) => lines.push(line) });
  lines.length = 0;
  cluster.drop(0, 1);
  cluster.wait(SUSPECT_AFTER_MS - 100);
  assertEquals(lines, []);
  cluster.wait(3_000);
  assertEquals(lines, ["0 suspects 1: silent", "1 suspects 0: silent"]);
});

Deno.test("5.1 every try takes a new ballot, above any seen", () => {
  const cluster = Cluster.formed();
  cluster.receive(0, 2, {
    type: "refuse",
    ballot: { round: 0, id: 0 },
    promised: { round: 40, id: 2 },
  });
  cluster.crash(2);
  cluster.pass(5_000);
  assertEquals(cluster.order(0).view?.members, [0, 1]);
  assertGreater(cluster.order(0).view?.ballot.round ?? 0, 40);
  // A restarted coordinator knows from its disk which ballots it has used.
  const { round } = cluster.order(0).promised;
  cluster.crash(0);
  cluster.start(0);
  cluster.stabilize();
  assertGreater(cluster.order(0).promised.round, round);
});

Deno.test("5.1 the coordinator's own promise is on disk before its prepare leaves", () => {
  const cluster = Cluster.formed();
  for (const id of cluster.ids) cluster.crash(id);
  for (const id of cluster.ids) cluster.start(id);
  for (const [a, b] of [[0, 1], [0, 2], [1, 2]]) cluster.link(a, b);
  for (let i = 0; i < 20 && cluster.order(0).promised.round === 1; i++) cluster.wait(50);
  assertEquals(cluster.order(0).promised, { round: 2, id: 0 });
  assertEquals(cluster.underWay(0, 1), []);
  // Nor to a peer whose link is made in the meantime.
  cluster.drop(0, 1);
  cluster.link(0, 1);
  assertEquals(cluster.underWay(0, 1), []);
  assertEquals(sent(cluster.persist(0)), ["1: prepare 2.0", "2: prepare 2.0"]);
  // A new link is asked again, since the first prepare may have been lost.
  cluster.drop(0, 1);
  cluster.link(0, 1);
  assertEquals(cluster.underWay(0, 1).map(describe), ["prepare 2.0"]);
});

Deno.test("5.2 a promise leaves only when it is on disk, with all that it reports", () => {
  const cluster = Cluster.formed();
  const submitted = cluster.submit(1, "x", "1");
  const out = cluster.receive(1, 2, { type: "prepare", ballot: NEXT });
  assertEquals(out.writes, [{ type: "promised", ballot: NEXT }]);
  assertEquals([sent(out), cluster.order(1).state], [[], "outside"]);
  // The message that it reports is not enough.
  assertEquals(sent(cluster.step(1, { type: "persisted", number: submitted.number })), []);
  const persisted = cluster.step(1, { type: "persisted", number: out.number });
  assertEquals(sent(persisted), ["2: promise 5.2, installed 1.0 at 0, pending [1,2]#1:set x"]);
  const [{ message }] = persisted.send;
  assert(message.type === "promise");
  const { identity, position, deliveredN, hears } = message;
  assertEquals([identity, position, deliveredN, hears], [
    "folder-1",
    { index: 0, time: 0, id: 0 },
    [0, 0, 0],
    [0, 2],
  ]);
});

Deno.test("5.2 a lower ballot is refused, and told the promised one", () => {
  const cluster = Cluster.formed();
  cluster.receive(1, 2, { type: "prepare", ballot: NEXT });
  cluster.persist(1);
  for (const ballot of [FIRST, { round: 4, id: 9 }, { round: 5, id: 0 }]) {
    const out = cluster.receive(1, 0, { type: "prepare", ballot });
    assertEquals([out.writes, sent(out)], [[], [
      `0: refuse ${showBallot(ballot)}, promised 5.2`,
    ]]);
  }
  assertEquals(cluster.order(1).promised, NEXT);
});

Deno.test("5.2 the same prepare again is refused", () => {
  const cluster = Cluster.formed();
  cluster.receive(1, 2, { type: "prepare", ballot: NEXT });
  cluster.persist(1);
  const again = cluster.receive(1, 2, { type: "prepare", ballot: NEXT });
  assertEquals(sent(again), ["2: refuse 5.2, promised 5.2"]);
  cluster.receive(1, 2, install());
  const out = cluster.receive(1, 2, { type: "prepare", ballot: NEXT });
  assertEquals(sent(out), ["2: refuse 5.2, promised 5.2"]);
});

Deno.test("5.2 a coordinator that lost its folder forms no second view with an old ballot", () => {
  const cluster = Cluster.formed({ replicas: 5 });
  for (const a of [0, 1, 2]) for (const b of [3, 4]) cluster.drop(a, b);
  cluster.wait(950);
  // Only 0 and 1 hold what 0's view 2.0 carries; 1 alone installs it before 0 loses its folder.
  cluster.submit(1, "x", "carried in the first");
  cluster.deliver(1, 0);
  cluster.persist(0);
  cluster.persist(1);
  cluster.wait(100);
  cluster.persist(0);
  for (const id of [1, 2]) {
    cluster.deliver(0, id);
    cluster.persist(id);
    cluster.deliver(id, 0);
  }
  cluster.persist(0);
  cluster.deliver(0, 1);
  cluster.persist(1);
  assertEquals(cluster.order(1).view?.members, [0, 1, 2]);
  cluster.drop(1, 2);
  cluster.crash(0);
  cluster.lose(0);
  cluster.start(0);
  cluster.wait(1_000);
  // The new 0 has heard only of the first view, and takes 2.0 again: for all but 1.
  for (const id of [3, 4]) cluster.link(0, id);
  cluster.wait(50);
  for (const id of [0, 3, 4]) cluster.link(2, id);
  cluster.step(0, { type: "tick", random: 0.5 });
  cluster.persist(0);
  assertEquals(cluster.order(0).promised, { round: 2, id: 0 });
  cluster.run();
  cluster.submit(3, "y", "ordered in the second");
  cluster.run();
  cluster.link(1, 3);
  cluster.wait(100);
  cluster.stabilize();
  const stores = cluster.ids.map((id) => cluster.store(id).scan(""));
  assertEquals(stores, Array(5).fill(stores[0]));
});

Deno.test("5.2 who has promised helps its old view no more", () => {
  const cluster = Cluster.formed();
  const write = cluster.submit(1, "x", "1");
  cluster.receive(1, 0, {
    type: "broadcast",
    ballot: FIRST,
    messages: [message(0, 1, 2)],
    prev: 0,
  });
  cluster.receive(1, 2, { type: "prepare", ballot: NEXT });
  const covers = { origin: 1, time: 2, key: "x", bytes: 1 };
  for (const id of [0, 2]) {
    assertIgnored(cluster.receive(1, id, {
      type: "acknowledgement",
      ballot: FIRST,
      covers,
      stamp: { id, time: 9 },
      last: id === 0 ? 1 : 0,
    }));
  }
  const next: PeerMessage = {
    type: "broadcast",
    ballot: FIRST,
    messages: [message(0, 2, 3)],
    prev: 1,
  };
  assertIgnored(cluster.receive(1, 0, next));
  // What was received before is on disk now, and is not acknowledged.
  assertEquals(sent(cluster.step(1, { type: "persisted", number: write.number + 1 })), []);
  // A write waits for the next view.
  const out = cluster.submit(1, "y", "2");
  assertEquals([out.n, out.writes.map(({ type }) => type), sent(out)], [2, ["outbox"], []]);
});

Deno.test("5.3 the coordinator waits for those it hears, and gives up when refused", () => {
  const cluster = new Cluster();
  for (const id of cluster.ids) cluster.start(id);
  for (const [a, b] of [[0, 1], [0, 2], [1, 2]]) cluster.link(a, b);
  for (let i = 0; i < 20 && cluster.underWay(0, 1).length === 0; i++) {
    cluster.wait(50);
    cluster.persist(0);
  }
  cluster.deliver(0, 1);
  cluster.persist(1);
  assertEquals(sent(cluster.deliver(1, 0)), []);
  cluster.receive(0, 2, { type: "refuse", ballot: FIRST, promised: NEXT });
  cluster.deliver(0, 2);
  cluster.persist(2);
  // This promise is for a try that is over.
  assertIgnored(cluster.deliver(2, 0) ?? cluster.receive(0, 2, { type: "start", ballot: FIRST }));
});

Deno.test("5.4 an install counts only for the ballot that was promised", () => {
  const cluster = Cluster.formed();
  for (const ballot of [{ round: 9, id: 2 }, { round: 0, id: 2 }]) {
    assertIgnored(cluster.receive(1, 2, install([], ballot)));
  }
  cluster.receive(1, 2, { type: "prepare", ballot: NEXT });
  assertIgnored(cluster.receive(1, 2, install([], { round: 4, id: 2 })));
  assertEquals(cluster.order(1).view?.ballot, FIRST);
});

Deno.test("5.4 the queue becomes F, in timestamp order, and is stored with the view at once", () => {
  const cluster = Cluster.formed();
  cluster.receive(1, 0, {
    type: "broadcast",
    ballot: FIRST,
    messages: [message(0, 1, 2)],
    prev: 0,
  });
  cluster.submit(1, "own", "1");
  cluster.receive(1, 2, { type: "prepare", ballot: NEXT });
  const carried = [message(2, 4, 7), message(0, 3, 9)];
  const out = cluster.receive(1, 2, install(carried.toReversed()));
  // [0,2] was at 1 only, as [1,4] was: the first is nobody's any more, the second its own still.
  assertEquals(out.writes, [{
    type: "installed",
    view: install().view,
    pending: carried,
    outbox: [{ n: 1, operation: { type: "set", key: "own", value: "1", bytes: 1 } }],
    n: 1,
  }]);
  assertEquals(cluster.order(1).pending(), carried);
  assertEquals(out.send.map(({ to, message }) => `${to}: ${describe(message)}`), [
    "0: resume from n=3 in 5.2",
    "2: resume from n=4 in 5.2",
  ]);
});

Deno.test("5.4 installed is said only when it is on disk", () => {
  const cluster = installed();
  assertEquals(sent(cluster.persist(1)).at(-1), "2: installed 5.2");
});

Deno.test("5.4 a repeated install only gets its answer again; the queue stays", () => {
  const cluster = installed([message(0, 3, 9)]);
  cluster.persist(1);
  const again = cluster.receive(1, 2, install([]));
  assertEquals([again.writes, sent(again)], [[], ["2: installed 5.2"]]);
  assertEquals(cluster.order(1).pendingLength, 1);
  cluster.receive(1, 2, { type: "start", ballot: NEXT });
  cluster.submit(1, "x", "1");
  cluster.persist(1);
  const late = cluster.receive(1, 2, install([]));
  assertEquals([late.writes, sent(late), cluster.order(1).state], [
    [],
    ["2: installed 5.2"],
    "live",
  ]);
  assertEquals(cluster.order(1).pendingLength, 1);
});

Deno.test("5.4 a repeated install gets no answer from a process that did not install it", () => {
  const cluster = installed();
  cluster.persist(1);
  cluster.crash(1);
  cluster.start(1);
  assertEquals(cluster.order(1).view?.ballot, NEXT);
  assertIgnored(cluster.receive(1, 2, install()));
});

Deno.test("5.4 who lacks part of the base fetches it first, again after a new link", () => {
  const cluster = Cluster.formed();
  cluster.receive(1, 2, { type: "prepare", ballot: NEXT });
  cluster.persist(1);
  const base = { index: 3, time: 9, id: 0 };
  const out = cluster.receive(1, 2, { ...install(), base, deliveredN: [3, 0, 0] });
  assertEquals([out.writes, sent(out)], [[], ["2: fetch 1 to 3"]]);
  const part = cluster.receive(1, 2, entries(1, [1]));
  assertEquals([delivered(part).length, sent(part)], [1, ["2: fetch 2 to 3"]]);
  cluster.drop(1, 2);
  cluster.link(1, 2);
  assertEquals(cluster.underWay(1, 2).map(describe), ["fetch 2 to 3"]);
  // More than was asked for is more than is agreed on.
  const last = cluster.receive(1, 2, entries(3, [1, 2, 3, 4]));
  assertEquals(delivered(last), ["2: [0,6]#2:delete k", "3: [0,9]#3:delete k"]);
  assertEquals(last.writes.map(({ type }) => type), ["installed"]);
  assertEquals(cluster.order(1).state, "installed");
});

Deno.test("5.4 who has delivered more than the base does not deliver it again", () => {
  const cluster = Cluster.formed();
  cluster.submit(1, "x", "1");
  cluster.stabilize();
  cluster.receive(1, 2, { type: "prepare", ballot: NEXT });
  cluster.receive(1, 2, install([message(1, 1, 2), message(0, 5, 9)]));
  const out = cluster.receive(1, 2, { type: "start", ballot: NEXT });
  assertEquals(delivered(out), ["2: [0,9]#5:delete k"]);
});

Deno.test("5.5 start is sent when all members have installed, and not before", () => {
  const cluster = new Cluster();
  for (const id of cluster.ids) cluster.start(id);
  for (const [a, b] of [[0, 1], [0, 2], [1, 2]]) cluster.link(a, b);
  for (let i = 0; i < 20 && cluster.order(0).promised.round === 0; i++) cluster.wait(50);
  cluster.persist(0);
  for (const id of [1, 2]) {
    cluster.deliver(0, id);
    cluster.persist(id);
    cluster.deliver(id, 0);
  }
  for (const id of [1, 2]) cluster.deliver(0, id);
  cluster.persist(1);
  cluster.deliver(1, 0);
  cluster.persist(0);
  assertEquals(cluster.ids.map((id) => cluster.order(id).state), Array(3).fill("installed"));
  cluster.persist(2);
  assertEquals(sent(cluster.deliver(2, 0)), ["1: start 1.0", "2: start 1.0"]);
  assertEquals(cluster.order(0).state, "live");
});

Deno.test("5.5 nothing is delivered or sent before start, and then F first, in timestamp order", () => {
  const cluster = installed([message(2, 4, 7), message(0, 3, 9)]);
  const submitted = cluster.submit(1, "x", "1");
  assertEquals([submitted.writes[0].type, sent(submitted)], ["outbox", []]);
  assertEquals(delivered(cluster.persist(1)), []);
  const out = cluster.receive(1, 2, { type: "start", ballot: NEXT });
  assertEquals(delivered(out), ["1: [2,7]#4:delete k", "2: [0,9]#3:delete k"]);
  assertEquals(cluster.order(1).state, "live");
});

Deno.test("5.5 any frame of the view from a member proves that it has started", () => {
  const heartbeat: Heartbeat = {
    type: "heartbeat",
    clock: 9,
    state: "live",
    ballot: NEXT,
    round: 5,
    hears: [1, 2],
    wants: false,
    index: 0,
    fetched: 0,
  };
  const proofs: PeerMessage[] = [
    { type: "start", ballot: NEXT },
    heartbeat,
    { type: "broadcast", ballot: NEXT, messages: [message(0, 1, 20)], prev: 0 },
    {
      type: "acknowledgement",
      ballot: NEXT,
      covers: { origin: 0, time: 3, key: "k", bytes: 0 },
      stamp: { id: 0, time: 9 },
      last: 0,
    },
  ];
  for (const proof of proofs) {
    const cluster = installed();
    cluster.receive(1, 0, proof);
    assertEquals(cluster.order(1).state, "live", proof.type);
  }
  const none: PeerMessage[] = [
    { ...heartbeat, state: "installed" },
    { ...heartbeat, state: "outside" },
    { ...heartbeat, ballot: FIRST },
    { type: "start", ballot: FIRST },
    { type: "resume", ballot: NEXT, received: 0 },
    { type: "installed", ballot: NEXT },
  ];
  for (const message of none) {
    const cluster = installed();
    cluster.receive(1, 0, message);
    assertEquals(cluster.order(1).state, "installed", JSON.stringify(message));
  }
});

Deno.test("5.6 what is in neither base nor F is submitted again: same n, new timestamp", () => {
  const cluster = Cluster.formed();
  cluster.submit(1, "x", "1");
  cluster.submit(1, "y", "2");
  cluster.submit(1, "z", "3");
  cluster.receive(1, 2, { type: "prepare", ballot: NEXT });
  const [x] = cluster.order(1).pending();
  cluster.receive(1, 2, install([x, message(0, 9, 40)]));
  cluster.run();
  // 2 and 0 are in no such view here: their resumes are given by hand.
  for (const id of [0, 2]) cluster.receive(1, id, { type: "resume", ballot: NEXT, received: 1 });
  const out = cluster.receive(1, 2, { type: "start", ballot: NEXT });
  assertEquals(delivered(out), ["1: [1,2]#1:set x", "2: [0,40]#9:delete k"]);
  assertEquals(sent(out).filter((line) => line.startsWith("0:")), [
    "0: broadcast [1,42]#2:set y [1,43]#3:set z after n=1 in 5.2",
  ]);
  assertEquals(cluster.submit(1, "w", "4").n, 4);
});

Deno.test("5 a replica that was stopped never resumes its old view", () => {
  const cluster = Cluster.formed();
  cluster.submit(0, "x", "1");
  cluster.deliver(0, 1);
  cluster.persist(1);
  cluster.crash(1);
  cluster.start(1);
  assertEquals([cluster.order(1).state, cluster.order(1).view?.ballot], ["outside", FIRST]);
  const messages: PeerMessage[] = [
    { type: "start", ballot: FIRST },
    { type: "broadcast", ballot: FIRST, messages: [message(0, 2, 9)], prev: 1 },
    {
      type: "acknowledgement",
      ballot: FIRST,
      covers: { origin: 0, time: 2, key: "x", bytes: 1 },
      stamp: { id: 2, time: 9 },
      last: 0,
    },
    { type: "resume", ballot: FIRST, received: 0 },
  ];
  for (const from of [0, 2]) {
    for (const message of messages) assertIgnored(cluster.receive(1, from, message));
  }
  assertEquals(cluster.order(1).state, "outside");
  assertEquals(cluster.submit(1, "y", "2").writes[0].type, "outbox");
  // What it has goes into the next view.
  assertEquals(cluster.order(1).pending().map(showMessage), ["[0,2]#1:set x"]);
});

Deno.test("5 who hears of a higher working view leaves its own", () => {
  const cluster = Cluster.formed();
  const out = cluster.receive(1, 2, {
    type: "heartbeat",
    clock: 9,
    state: "live",
    ballot: NEXT,
    round: 5,
    hears: [0, 1],
    wants: false,
    index: 0,
    fetched: 0,
  });
  assertEquals(out.notices, [{ type: "outside", reason: "a later view is live" }]);
  assertEquals(cluster.order(1).state, "outside");
});

/** The n that the first write gets after a start from this disk, in the view it then forms. */
function firstN(durable: Partial<Durable>): number | undefined {
  const order = new Order(
    { id: 0, replicas: 1 },
    { ...emptyDurable("i", 1), ...durable },
  );
  return order.step(
    { type: "submit", operations: [{ type: "delete", key: "k" }] },
    0,
  ).n;
}

Deno.test("5 n never comes twice: a start with its disk skips a whole block", () => {
  const view = { ...install().view, members: [0], identities: ["i"] };
  const next = (n: number) => firstN({ n, installed: view });
  // What was broadcast and forgotten lies less than a block above what is on disk.
  assertEquals(next(0), 2 * N_STEP + 1);
  assertEquals(next(1), 2 * N_STEP + 1);
  assertEquals(next(N_STEP - 1), 2 * N_STEP + 1);
  assertEquals(next(N_STEP), 3 * N_STEP + 1);
  assertEquals(next(5 * N_STEP_IDENTITY + 7), 5 * N_STEP_IDENTITY + 2 * N_STEP + 1);
  assertEquals(firstN({}), 1);
});

Deno.test("5 the skipped block is on disk before anything that bears its numbers leaves", () => {
  const cluster = Cluster.formed();
  for (let round = 1; round <= 3; round++) {
    cluster.crash(1);
    cluster.start(1);
    cluster.stabilize();
    assertEquals(cluster.store(1).load().n, 2 * round * N_STEP);
    // This one is broadcast, and then forgotten.
    assertEquals(cluster.submit(1, "x", "1").n, 2 * round * N_STEP + 1);
  }
});

Deno.test("5 a new folder takes no write, and its n begins above all that it may have forgotten", () => {
  const cluster = Cluster.formed();
  for (const value of ["1", "2", "3"]) cluster.submit(2, "x", value);
  cluster.stabilize();
  cluster.crash(2);
  cluster.lose(2);
  cluster.start(2);
  assertEquals([cluster.order(2).counts, cluster.order(0).counts], [false, true]);
  cluster.stabilize();
  assertEquals(cluster.order(2).counts, true);
  assertEquals(cluster.store(2).get("x"), "3");
  const { round } = cluster.order(2).view?.ballot ?? FIRST;
  assertEquals(cluster.submit(2, "x", "4").n, round * N_STEP_IDENTITY + 1);
  assertEquals(cluster.order(0).view?.identities, ["folder-0", "folder-1", "folder-2-2"]);
});

Deno.test("5 a folder lost twice gives no number twice, not even in views of one round", () => {
  const cluster = Cluster.formed();
  const numbers = [0, 1].map((id) => {
    cluster.crash(2);
    cluster.lose(2);
    cluster.start(2);
    const ballot = { round: 5, id };
    const { view, ...rest } = install([], ballot);
    const identities = ["folder-0", "folder-1", `folder-2-${id + 2}`];
    cluster.receive(2, id, { type: "prepare", ballot });
    cluster.receive(2, id, { ...rest, view: { ...view, identities } });
    cluster.receive(2, id, { type: "start", ballot });
    return cluster.submit(2, "x", `${id}`).n ?? 0;
  });
  assertGreater(numbers[1], numbers[0] + N_STEP - 1);
});

Deno.test("5 a majority that has lost its folders forms nothing", () => {
  const lines: string[] = [];
  const cluster = Cluster.formed({ say: (line) => lines.push(line) });
  cluster.submit(0, "x", "1");
  cluster.stabilize();
  for (const id of [1, 2]) {
    cluster.crash(id);
    cluster.lose(id);
    cluster.start(id);
  }
  for (const [a, b] of [[0, 1], [0, 2], [1, 2]]) cluster.link(a, b);
  cluster.pass(10_000);
  assertEquals(cluster.ids.map((id) => cluster.order(id).state === "live"), [false, false, false]);
  assert(lines.some((line) => line.includes("are new or lost, and what is left is no majority")));
  assertEquals(cluster.store(0).get("x"), "1");
});

Deno.test("5 when all have lost their folders, a new cluster begins", () => {
  const cluster = Cluster.formed();
  const { cluster: name } = cluster.order(0).view ?? { cluster: "" };
  for (const id of cluster.ids) {
    cluster.crash(id);
    cluster.lose(id);
  }
  for (const id of cluster.ids) cluster.start(id);
  cluster.stabilize();
  assert(cluster.order(0).view?.cluster !== name);
  assertEquals(cluster.submit(0, "x", "1").n, 1);
});

Deno.test("7 the same events give the same effects", () => {
  const run = () => {
    const lines: string[] = [];
    const cluster = Cluster.formed({ say: (line) => lines.push(line) });
    for (let i = 0; i < 10; i++) {
      cluster.submit(i % 3, "x", `${i}`);
      if (i === 4) cluster.crash(2);
      if (i === 4) cluster.start(2);
      cluster.pass(300);
    }
    cluster.stabilize();
    return lines;
  };
  const first = run();
  assertGreater(first.length, 100);
  assertEquals(run(), first);
});
