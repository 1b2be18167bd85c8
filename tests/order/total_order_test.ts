/**
 * The order within a view: one test for each claim of design section 3.
 */

import { assert, assertEquals } from "@std/assert";
import { BROADCAST_MESSAGES_MAX, PART_BYTES_MAX } from "../../lib/limits.ts";
import type {
  Acknowledgement,
  Broadcast,
  Operation,
  PeerMessage,
} from "../../lib/order/message.ts";
import { describe, showMessage } from "../../lib/order/message.ts";
import { Order } from "../../lib/order/order.ts";
import { type Effects, emptyDurable, type Event } from "../../lib/order/step.ts";
import { Cluster } from "./cluster.ts";

/** The ballot of the view that {@linkcode Cluster.formed} ends in. */
const BALLOT = { round: 1, id: 0 };

/** What is sent, a line each. */
function sent(out: Effects | null): string[] {
  return (out?.send ?? []).map(({ to, message }) => `${to}: ${describe(message)}`);
}

/** What is delivered, a line each. */
function delivered(out: Effects | null): string[] {
  return (out?.deliver ?? []).map(({ index, message }) => `${index}: ${showMessage(message)}`);
}

function broadcast(origin: number, n: number, time: number, prev: number): Broadcast {
  const operation = { type: "delete", key: "k" } as const;
  return { type: "broadcast", ballot: BALLOT, messages: [{ origin, n, time, operation }], prev };
}

/** One broadcast of several messages of origin 0. */
function batch(messages: readonly [n: number, time: number][], prev = 0): Broadcast {
  const operation = { type: "delete", key: "k" } as const;
  return {
    type: "broadcast",
    ballot: BALLOT,
    messages: messages.map(([n, time]) => ({ origin: 0, n, time, operation })),
    prev,
  };
}

/** A client's operation. */
function set(key: string, bytes = 1): Operation {
  return { type: "set", key, value: "v".repeat(bytes), bytes };
}

function acknowledgement(
  from: number,
  [origin, time]: [number, number],
  last: number,
  stamp = { id: from, time: time + 10 },
): Acknowledgement {
  const covers = { origin, time, key: "k", bytes: 0 };
  return { type: "acknowledgement", ballot: BALLOT, covers, stamp, last };
}

/** The message came to nothing: no write, no delivery, no answer, no broken link. */
function assertIgnored(out: Effects): void {
  const { writes, deliver, send, breakLinks, notices } = out;
  assertEquals([writes, deliver, send, breakLinks, notices], [[], [], [], [], []]);
}

/** Why the link is broken; nothing else may have come of it. */
function broken(out: Effects, peer: number): string {
  assertEquals([out.writes, out.deliver, out.send], [[], [], []]);
  const [{ peer: of, reason }] = out.breakLinks;
  assertEquals(of, peer);
  return reason;
}

Deno.test("3.1 a submitted operation gets n+1 and clock+1, and goes to the log and to all members", () => {
  const cluster = Cluster.formed();
  const first = cluster.submit(0, "x", "1");
  assertEquals(first.n, 1);
  assertEquals(first.writes, [{
    type: "received",
    broadcast: {
      type: "broadcast",
      ballot: BALLOT,
      messages: [{
        origin: 0,
        n: 1,
        time: 2,
        operation: { type: "set", key: "x", value: "1", bytes: 1 },
      }],
      prev: 0,
    },
  }]);
  assertEquals(sent(first), [
    "1: broadcast [0,2]#1:set x after n=0 in 1.0",
    "2: broadcast [0,2]#1:set x after n=0 in 1.0",
  ]);
  const second = cluster.submit(0, "y", "2");
  assertEquals(second.n, 2);
  assertEquals(sent(second)[0], "1: broadcast [0,3]#2:set y after n=1 in 1.0");
});

Deno.test("3.1 what is submitted at once goes out and to the log at once, in its order", () => {
  const cluster = Cluster.formed();
  const out = cluster.step(0, { type: "submit", operations: [set("a"), set("b"), set("c")] });
  assertEquals([out.n, out.writes.map(({ type }) => type)], [1, ["received"]]);
  assertEquals(
    sent(out),
    [1, 2].map((to) =>
      `${to}: broadcast [0,2]#1:set a [0,3]#2:set b [0,4]#3:set c after n=0 in 1.0`
    ),
  );
  assertEquals(cluster.submit(0, "d", "1").n, 4);
  cluster.stabilize();
  for (const id of cluster.ids) {
    assertEquals(
      cluster.store(id).read(1, 9).map(({ message }) => showMessage(message)),
      ["[0,2]#1:set a", "[0,3]#2:set b", "[0,4]#3:set c", "[0,5]#4:set d"],
    );
  }
});

Deno.test("3.1 a broadcast holds only so many messages and bytes; one message always goes", () => {
  const counts = (operations: readonly Operation[]) => {
    const cluster = Cluster.formed();
    const { send } = cluster.step(0, { type: "submit", operations });
    return send.flatMap(({ to, message }) =>
      to === 1 && message.type === "broadcast" ? [message.messages.length] : []
    );
  };
  const many = Array.from({ length: 2 * BROADCAST_MESSAGES_MAX + 1 }, (_, i) => set(`k${i}`));
  assertEquals(counts(many), [BROADCAST_MESSAGES_MAX, BROADCAST_MESSAGES_MAX, 1]);
  const half = set("k", PART_BYTES_MAX / 2 - 200);
  assertEquals(counts([half, half, half, set("k")]), [2, 2]);
  assertEquals(counts([set("k"), set("k", PART_BYTES_MAX), set("k")]), [1, 1, 1]);
  // Keys and ids count too: with their escapes it must fit into a frame.
  const long = "k".repeat(PART_BYTES_MAX / 2);
  assertEquals(counts(Array(3).fill({ type: "delete", key: long })), [1, 1, 1]);
  assertEquals(counts(Array(3).fill({ type: "rename", key: "k", to: long, when: "always" })), [
    1,
    1,
    1,
  ]);
});

Deno.test("3.1 what is submitted at once and does not fit into the queue waits in the outbox", () => {
  const durable = emptyDurable("i", 1);
  const order = new Order({ id: 0, replicas: 1, queue: { messages: 2, bytes: 1000 } }, durable);
  let { number } = order.step({ type: "tick", random: 0.5 }, 0);
  for (let now = 50; order.state !== "live" && now < 10_000; now += 50) {
    const event: Event = number > 0 ? { type: "persisted", number } : { type: "tick", random: 0.5 };
    ({ number } = order.step(event, now));
  }
  assertEquals(order.state, "live");
  const out = order.step({
    type: "submit",
    operations: ["a", "b", "c", "d"].map((key) => set(key)),
  }, 0);
  assertEquals([out.n, out.writes.map(({ type }) => type)], [1, ["received", "outbox"]]);
  const next = order.step({ type: "persisted", number: out.number }, 0);
  assertEquals(delivered(next).map((line) => line.slice(-1)), ["a", "b"]);
  const rest = order.step({ type: "persisted", number: next.number }, 0);
  assertEquals(delivered(rest).map((line) => line.slice(-1)), ["c", "d"]);
  assertEquals(order.outboxLength, 0);
});

Deno.test("3.1 the broadcast leaves before the own disk is done, the own acknowledgement after", () => {
  const cluster = Cluster.formed();
  const out = cluster.submit(0, "x", "1");
  assert(out.number > 0, "there is something to put on disk");
  assertEquals(out.send.map(({ message }) => message.type), ["broadcast", "broadcast"]);
  assertEquals(sent(cluster.persist(0)), [
    "1: acknowledge [0,2] at [0,3] last n=1 in 1.0",
    "2: acknowledge [0,2] at [0,3] last n=1 in 1.0",
  ]);
});

Deno.test("3.2 a receiver's clock passes the message, and its own", () => {
  const cluster = Cluster.formed();
  cluster.receive(1, 0, broadcast(0, 1, 500, 0));
  assertEquals(
    sent(cluster.submit(1, "x", "1"))[0],
    "0: broadcast [1,502]#1:set x after n=0 in 1.0",
  );
  // An older message moves it on, too.
  cluster.receive(1, 2, broadcast(2, 1, 7, 0));
  assertEquals(
    sent(cluster.submit(1, "x", "1"))[0],
    "0: broadcast [1,504]#2:set x after n=1 in 1.0",
  );
});

Deno.test("3.2 a message is acknowledged to all members, and only when it is safe", () => {
  const cluster = Cluster.formed();
  const received = cluster.receive(1, 0, broadcast(0, 1, 5, 0));
  assertEquals([received.writes.length, sent(received)], [1, []]);
  // What came later than the write that is now safe has to wait for its own.
  const later = cluster.receive(1, 0, broadcast(0, 2, 6, 1));
  const safe = cluster.step(1, { type: "persisted", number: received.number });
  assertEquals(sent(safe), [
    "0: acknowledge [0,5] at [1,8] last n=0 in 1.0",
    "2: acknowledge [0,5] at [1,8] last n=0 in 1.0",
  ]);
  const rest = cluster.step(1, { type: "persisted", number: later.number });
  assertEquals(sent(rest).length, 2);
});

Deno.test("3.3 the head is delivered when every member has acknowledged it, whoever is last", () => {
  for (const order of [["own", 1, 2], [1, 2, "own"], [2, "own", 1]] as const) {
    const cluster = Cluster.formed();
    cluster.submit(0, "x", "1");
    const outs = order.map((from) =>
      from === "own"
        ? cluster.persist(0)
        : cluster.receive(0, from, acknowledgement(from, [0, 2], 0))
    );
    assertEquals(outs.map(delivered), [[], [], ["1: [0,2]#1:set x"]]);
  }
});

Deno.test("3.3 one's own acknowledgement counts only when it is on disk", () => {
  const cluster = Cluster.formed();
  cluster.submit(0, "x", "1");
  for (const peer of [1, 2]) {
    assertEquals(delivered(cluster.receive(0, peer, acknowledgement(peer, [0, 2], 0))), []);
  }
  assertEquals(delivered(cluster.persist(0)), ["1: [0,2]#1:set x"]);
});

Deno.test("3.3 a broadcast is not its origin's acknowledgement", () => {
  const cluster = Cluster.formed();
  cluster.receive(1, 0, broadcast(0, 1, 5, 0));
  cluster.receive(1, 2, acknowledgement(2, [0, 5], 0));
  assertEquals(delivered(cluster.persist(1)), []);
  assertEquals(delivered(cluster.receive(1, 0, acknowledgement(0, [0, 5], 1))), [
    "1: [0,5]#1:delete k",
  ]);
});

Deno.test("3.3 nothing overtakes the head, though all have acknowledged it", () => {
  const cluster = Cluster.formed();
  cluster.receive(1, 0, broadcast(0, 1, 5, 0));
  cluster.receive(1, 2, broadcast(2, 1, 6, 0));
  cluster.persist(1);
  for (const peer of [0, 2]) cluster.receive(1, peer, acknowledgement(peer, [2, 6], 1));
  assertEquals(cluster.order(1).position.index, 0);
  cluster.receive(1, 2, acknowledgement(2, [0, 5], 1));
  assertEquals(delivered(cluster.receive(1, 0, acknowledgement(0, [0, 5], 1))), [
    "1: [0,5]#1:delete k",
    "2: [2,6]#1:delete k",
  ]);
});

Deno.test("3.3 an acknowledgement covers the origin's messages up to it, and nobody else's", () => {
  const cluster = Cluster.formed();
  for (const [n, time] of [[1, 5], [2, 8], [3, 9]]) {
    cluster.receive(1, 0, broadcast(0, n, time, n - 1));
  }
  cluster.receive(1, 2, broadcast(2, 1, 7, 0));
  cluster.persist(1);
  cluster.receive(1, 2, acknowledgement(2, [0, 8], 1));
  // [2,7] is not acknowledged by 0, so [0,8] has to wait behind it.
  assertEquals(delivered(cluster.receive(1, 0, acknowledgement(0, [0, 8], 3))), [
    "1: [0,5]#1:delete k",
  ]);
  cluster.receive(1, 0, acknowledgement(0, [2, 7], 3));
  assertEquals(delivered(cluster.receive(1, 2, acknowledgement(2, [2, 7], 1))), [
    "2: [2,7]#1:delete k",
    "3: [0,8]#2:delete k",
  ]);
});

Deno.test("3.3 of two at one time the smaller id is delivered first, wherever they were received", () => {
  const cluster = Cluster.formed();
  for (const id of [2, 1, 0]) cluster.submit(id, "x", `${id}`);
  cluster.stabilize();
  for (const id of cluster.ids) {
    assertEquals(
      cluster.store(id).read(1, 3).map(({ message }) => showMessage(message)),
      ["[0,2]#1:set x", "[1,2]#1:set x", "[2,2]#1:set x"],
    );
    assertEquals(cluster.store(id).get("x"), "2");
  }
});

Deno.test("3.4 indexes have no gap and are the same at all", () => {
  const cluster = Cluster.formed({ replicas: 5 });
  for (let i = 0; i < 40; i++) {
    cluster.submit(i % 5, `k${i % 3}`, `v${i}`);
    // Links and disks are fast and slow by turns.
    cluster.deliver(i % 5, (i * 2 + 1) % 5, i % 3);
    if (i % 4 === 0) cluster.persist((i * 3) % 5);
  }
  cluster.stabilize();
  const log = cluster.store(0).read(1, 40);
  assertEquals(log.map(({ index }) => index), Array.from({ length: 40 }, (_, i) => i + 1));
  for (const id of cluster.ids) assertEquals(cluster.store(id).read(1, 40), log);
});

Deno.test("3 a batch costs one acknowledgement for each origin, not one for each message", () => {
  const cluster = Cluster.formed();
  for (let n = 1; n <= 50; n++) cluster.receive(1, 0, broadcast(0, n, n + 4, n - 1));
  for (let n = 1; n <= 30; n++) cluster.receive(1, 2, broadcast(2, n, n + 4, n - 1));
  assertEquals(sent(cluster.persist(1)).filter((line) => line.startsWith("0:")), [
    "0: acknowledge [0,54] at [1,86] last n=0 in 1.0",
    "0: acknowledge [2,34] at [1,86] last n=0 in 1.0",
  ]);
  assertEquals(cluster.persist(1), null);
});

Deno.test("3 several in one broadcast are acknowledged once, by the last of them", () => {
  const cluster = Cluster.formed();
  cluster.receive(1, 0, batch([[1, 5], [2, 6], [4, 9]]));
  assertEquals(sent(cluster.persist(1)), [
    "0: acknowledge [0,9] at [1,11] last n=0 in 1.0",
    "2: acknowledge [0,9] at [1,11] last n=0 in 1.0",
  ]);
  cluster.receive(1, 2, acknowledgement(2, [0, 6], 0));
  // Whom one member has acknowledged only in part, is delivered in part.
  assertEquals(delivered(cluster.receive(1, 0, acknowledgement(0, [0, 9], 4))), [
    "1: [0,5]#1:delete k",
    "2: [0,6]#2:delete k",
  ]);
});

Deno.test("3 links: the messages of a broadcast must be their sender's, and go up in n and time", () => {
  const wrong: [Broadcast, string][] = [
    [batch([[1, 5], [1, 6]]), "a broadcast n=1 at 6 after n=1 at 5"],
    [batch([[2, 5], [1, 6]]), "a broadcast n=1 at 6 after n=2 at 5"],
    [batch([[1, 5], [2, 5]]), "a broadcast n=2 at 5 after n=1 at 5"],
    [batch([[1, 6], [2, 5]]), "a broadcast n=2 at 5 after n=1 at 6"],
  ];
  for (const [message, reason] of wrong) {
    const cluster = Cluster.formed();
    assertEquals(broken(cluster.receive(1, 0, message), 0), reason);
    assertEquals(cluster.order(1).pendingLength, 0);
  }
  const [first, second] = batch([[1, 5], [2, 6]]).messages;
  const mixed = { ...batch([]), messages: [first, { ...second, origin: 2 }] };
  assertEquals(broken(Cluster.formed().receive(1, 0, mixed), 0), "a broadcast of 2 came from 0");
});

Deno.test("3 links: a broadcast counts only if prev is what was received last", () => {
  const cluster = Cluster.formed();
  cluster.receive(1, 0, broadcast(0, 3, 5, 0));
  const reasons = [
    broadcast(0, 9, 9, 4),
    broadcast(0, 9, 9, 0),
    broadcast(0, 3, 9, 3),
    broadcast(0, 2, 9, 3),
  ]
    .map((message) => {
      const out = cluster.receive(1, 0, message);
      cluster.link(0, 1);
      return broken(out, 0);
    });
  assertEquals(reasons, [
    "a broadcast after n=4, received was n=3",
    "a broadcast after n=0, received was n=3",
    "a broadcast n=3 at 9 after n=3 at -1",
    "a broadcast n=2 at 9 after n=3 at -1",
  ]);
  // Numbers may have gaps, as long as the receiver is told of them.
  assertEquals(cluster.receive(1, 0, broadcast(0, 2 ** 21, 10, 3)).breakLinks, []);
});

Deno.test("3 links: an acknowledgement counts only if the sender's messages are held up to last", () => {
  const cluster = Cluster.formed();
  cluster.submit(0, "x", "1");
  cluster.persist(0);
  cluster.receive(0, 1, acknowledgement(1, [0, 2], 0));
  const out = cluster.receive(0, 2, acknowledgement(2, [0, 2], 1));
  assertEquals(broken(out, 2), "an acknowledgement after n=1, received was n=0");
  assertEquals(cluster.order(0).position.index, 0);
});

Deno.test("3 links: an acknowledgement must be stamped by its sender, past the message", () => {
  const stamps = [{ id: 1, time: 2 }, { id: 1, time: 1 }, { id: 2, time: 9 }];
  for (const stamp of stamps) {
    const cluster = Cluster.formed();
    cluster.submit(0, "x", "1");
    const out = cluster.receive(0, 1, acknowledgement(1, [0, 2], 0, stamp));
    assertEquals(
      broken(out, 1),
      `an acknowledgement at [${stamp.id},${stamp.time}] of a message at time 2`,
    );
  }
});

Deno.test("3 links: only its origin broadcasts a message", () => {
  const cluster = Cluster.formed();
  const out = cluster.receive(1, 2, broadcast(0, 1, 5, 0));
  assertEquals(broken(out, 2), "a broadcast of 0 came from 2");
});

Deno.test("3 links: frames of another view are dropped, and the link stays", () => {
  const cluster = Cluster.formed();
  cluster.submit(0, "x", "1");
  cluster.persist(0);
  cluster.receive(0, 1, acknowledgement(1, [0, 2], 0));
  for (const ballot of [{ round: 1, id: 1 }, { round: 0, id: 0 }, { round: 7, id: 0 }]) {
    const messages: PeerMessage[] = [
      { ...broadcast(2, 1, 5, 0), ballot },
      { ...acknowledgement(2, [0, 2], 0), ballot },
      // These would break the link in this view.
      { ...broadcast(2, 9, 5, 8), ballot },
      { ...acknowledgement(2, [0, 2], 8), ballot },
      { type: "start", ballot },
      { type: "installed", ballot },
    ];
    for (const message of messages) assertIgnored(cluster.receive(0, 2, message));
  }
  assertEquals(cluster.order(0).state, "live");
});

Deno.test("3 links: own messages are resent first, in order, and only then acknowledgements", () => {
  const cluster = Cluster.formed();
  cluster.submit(0, "a", "1");
  cluster.deliver(0, 1);
  cluster.receive(0, 2, broadcast(2, 1, 9, 0));
  cluster.submit(0, "b", "2");
  cluster.submit(0, "c", "3");
  cluster.persist(0);
  cluster.drop(0, 1);
  cluster.link(0, 1);
  // Nothing goes to a peer that has not said how far it has received.
  assertEquals(cluster.underWay(0, 1).map(describe), ["resume from n=0 in 1.0"]);
  assertEquals(sent(cluster.deliver(1, 0)), [
    "1: broadcast [0,11]#2:set b [0,12]#3:set c after n=1 in 1.0",
    "1: acknowledge [0,12] at [0,13] last n=3 in 1.0",
    "1: acknowledge [2,9] at [0,13] last n=3 in 1.0",
  ]);
});

Deno.test("3 links: what is resent comes in broadcasts that fit, each behind the one before", () => {
  const cluster = Cluster.formed();
  const operations = Array.from({ length: 2 * BROADCAST_MESSAGES_MAX + 1 }, (_, i) => set(`k${i}`));
  cluster.drop(0, 1);
  cluster.step(0, { type: "submit", operations });
  cluster.submit(0, "large", "v".repeat(PART_BYTES_MAX));
  cluster.link(0, 1);
  const resent = (cluster.deliver(1, 0)?.send ?? []).flatMap(({ message }) =>
    message.type === "broadcast" ? [message] : []
  );
  assertEquals(resent.map(({ messages }) => messages.length), [
    BROADCAST_MESSAGES_MAX,
    BROADCAST_MESSAGES_MAX,
    1,
    1,
  ]);
  assertEquals(resent.map(({ prev }) => prev), [
    0,
    BROADCAST_MESSAGES_MAX,
    2 * BROADCAST_MESSAGES_MAX,
    2 * BROADCAST_MESSAGES_MAX + 1,
  ]);
  cluster.stabilize();
  assertEquals(
    cluster.ids.map((id) => cluster.store(id).keys),
    Array(3).fill(operations.length + 1),
  );
});

Deno.test("3 links: what is sent while a peer is away goes to the others, and to it later", () => {
  const cluster = Cluster.formed();
  cluster.drop(0, 2);
  assertEquals(sent(cluster.submit(0, "x", "1")), ["1: broadcast [0,2]#1:set x after n=0 in 1.0"]);
  assertEquals(sent(cluster.persist(0)), ["1: acknowledge [0,2] at [0,3] last n=1 in 1.0"]);
  cluster.run();
  assertEquals(cluster.ids.map((id) => cluster.order(id).position.index), [0, 0, 0]);
  cluster.stabilize();
  assertEquals(cluster.ids.map((id) => cluster.store(id).get("x")), ["1", "1", "1"]);
});

Deno.test("3 links: what a delivered message's last holder lacked never has to be resent", () => {
  const cluster = Cluster.formed();
  for (let i = 0; i < 20; i++) {
    cluster.submit(0, "x", `${i}`);
    cluster.run();
    cluster.drop(0, 1 + i % 2);
    cluster.link(0, 1 + i % 2);
    const types = cluster.underWay(0, 1 + i % 2).map(({ type }) => type);
    assertEquals(types, ["resume"]);
  }
  assertEquals(cluster.order(0).outboxLength, 0);
});

Deno.test("3 links: a peer that says what cannot be breaks the link", () => {
  const cluster = Cluster.formed();
  for (const n of [1, 2, 3]) cluster.submit(0, "x", `${n}`);
  const reasons = [4, 2 ** 40].map((received) => {
    const out = cluster.receive(0, 1, { type: "resume", ballot: BALLOT, received });
    cluster.link(0, 1);
    return out.breakLinks[0].reason;
  });
  assertEquals(reasons, [
    "it has received n=4, and was sent what follows n=3 up to n=3",
    "it has received n=1099511627776, and was sent what follows n=3 up to n=3",
  ]);
});

Deno.test("3 a message stays in the outbox of its origin until it is delivered", () => {
  const cluster = Cluster.formed();
  cluster.submit(0, "x", "1");
  cluster.submit(0, "y", "2");
  assertEquals([cluster.order(0).outboxLength, cluster.order(0).pendingLength], [2, 2]);
  cluster.stabilize();
  assertEquals([cluster.order(0).outboxLength, cluster.order(0).pendingLength], [0, 0]);
});
