/**
 * Who is in the view, who begins its change, and whose folder counts: design section 5, one test
 * for each claim.
 */

import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import {
  ACKNOWLEDGE_LATE_FACTOR,
  N_STEP_IDENTITY,
  PROMISE_WAIT_MS,
  SUSPECT_AFTER_MS,
} from "../../lib/limits.ts";
import { Cluster, type ClusterOptions } from "./cluster.ts";

/** How many entries a replica may lack in these tests. */
const LAG_MAX = 10;

/** A cluster in which replica `away` is down, and lacks so many messages of the others. */
function without(away: number, lacks: number, options: ClusterOptions = {}) {
  const lines: string[] = [];
  const say = (line: string) => lines.push(line);
  const cluster = Cluster.formed({ joinLagMax: LAG_MAX, say, ...options });
  cluster.crash(away);
  const others = cluster.ids.filter((id) => id !== away);
  cluster.pass(5_000);
  for (let i = 0; i < lacks; i++) cluster.submit(others[i % others.length], "x", `${i}`);
  cluster.pass(100);
  assertEquals(cluster.order(others[0]).view?.members, others);
  lines.length = 0;
  return { cluster, lines };
}

/** The members of the view that a replica is in. */
function members(cluster: Cluster, id: number): readonly number[] | undefined {
  return cluster.order(id).view?.members;
}

Deno.test("5 a replica that lacks much is taken in when it has caught up, and not before", () => {
  const { cluster } = without(2, LAG_MAX + 5);
  cluster.start(2);
  for (const id of [0, 1]) cluster.link(id, 2);
  cluster.supplying = false;
  cluster.pass(5_000);
  assertEquals(cluster.order(0).hears(), [1, 2]);
  assertEquals([members(cluster, 0), cluster.order(0).state], [[0, 1], "live"]);
  cluster.supplying = true;
  cluster.stabilize();
  assertEquals(members(cluster, 0), [0, 1, 2]);
});

Deno.test("5 who lacks no more than the limit is taken in, and gets the rest with the view", () => {
  const { cluster, lines } = without(2, LAG_MAX);
  cluster.start(2);
  for (const id of [0, 1]) cluster.link(id, 2);
  cluster.supplying = false;
  cluster.pass(1_000);
  assert(lines.includes("0 sends 1 2: install 3.0 of 0 1 2 on 10 of 0, carried nothing"));
  assertEquals(cluster.order(2).position.index, 0);
  cluster.supplying = true;
  cluster.stabilize();
  assertEquals(members(cluster, 2), [0, 1, 2]);
  assertEquals(cluster.order(2).position.index, LAG_MAX);
});

Deno.test("5 the straggling lowest id begins no change: all others would have to wait for it", () => {
  const { cluster, lines } = without(0, LAG_MAX + 5);
  // 1 and 2 start again, and form a view of those that lack nothing, though 0 is here.
  for (const id of [1, 2]) cluster.crash(id);
  for (const id of [0, 1, 2]) cluster.start(id);
  for (const [a, b] of [[0, 1], [0, 2], [1, 2]]) cluster.link(a, b);
  cluster.supplying = false;
  cluster.pass(5_000);
  const begun = lines.filter((line) => line.includes("begins a change of view"));
  assertGreater(begun.length, 0);
  assertEquals(begun.filter((line) => line.startsWith("0 ")), []);
  assertEquals([members(cluster, 1), cluster.order(1).state], [[1, 2], "live"]);
  cluster.supplying = true;
  cluster.stabilize();
  assertEquals(members(cluster, 1), [0, 1, 2]);
});

Deno.test("5 who catches up outside does not keep a change waiting for a member that is gone", () => {
  const { cluster, lines } = without(4, 0, { replicas: 5 });
  cluster.step(0, { type: "link_up", peer: 4 });
  cluster.crash(3);
  const isInstalling = () => lines.some((line) => line.startsWith("0 sends 1 2: install"));
  for (let step = 0; step < 100 && !isInstalling(); step++) {
    cluster.wait(50);
    cluster.persist(0);
    for (const id of [1, 2]) {
      cluster.deliver(0, id);
      cluster.persist(id);
      cluster.deliver(id, 0);
    }
  }
  assert(isInstalling());
  cluster.persist(0);
  // From here on 2 does nothing, and 4 is sent a snapshot by 1.
  for (let fetched = 0; fetched < 60; fetched++) {
    cluster.receive(0, 4, {
      type: "heartbeat",
      clock: 1,
      state: "outside",
      ballot: null,
      round: 1,
      hears: [0, 1],
      wants: true,
      index: 0,
      fetched,
    });
    cluster.wait(50);
  }
  assert(lines.includes("0 is stuck: not all members have installed the view"));
});

Deno.test("5 one that comes and goes waits longer each time before it is taken back", () => {
  const cluster = Cluster.formed();
  const waits: number[] = [];
  for (let times = 0; times < 4; times++) {
    cluster.crash(2);
    for (let i = 0; i < 100 && members(cluster, 0)?.includes(2); i++) cluster.pass(50);
    assertEquals(members(cluster, 0), [0, 1]);
    cluster.start(2);
    for (const id of [0, 1]) cluster.link(id, 2);
    const began = cluster.now;
    for (let i = 0; i < 1_000 && !members(cluster, 0)?.includes(2); i++) cluster.pass(50);
    waits.push(cluster.now - began);
  }
  // The first return costs nothing; then a second, two, four, from the view without it on.
  assertLess(waits[0], 500);
  assertLess(waits[1], 1_500);
  for (const [i, bound] of [[2, 1_500], [3, 3_500]]) {
    assertGreater(waits[i], bound);
    assertLess(waits[i], bound + 1_000);
  }
});

Deno.test("5 who was cut off before it could say that it is live is left out, and not taken for a joiner", () => {
  const lines: string[] = [];
  const cluster = Cluster.formed({ say: (line) => lines.push(line) });
  assertEquals(cluster.order(0).said(2)?.state, "outside");
  lines.length = 0;
  cluster.mute.add(2);
  const began = cluster.now;
  for (let i = 0; i < 100 && members(cluster, 0)?.includes(2); i++) cluster.pass(50);
  assertEquals(members(cluster, 0), [0, 1]);
  // Nobody waits for the promise of one that is heard no more.
  assertLess(cluster.now - began, SUSPECT_AFTER_MS + PROMISE_WAIT_MS / 2);
  cluster.pass(10_000);
  const begun = lines.filter((line) => /^[01] begins a change of view/.test(line));
  assertEquals(begun, ["0 begins a change of view: 2.0"]);
});

/** Time passes; everything arrives, and every disk but this replica's works. */
function hang(cluster: Cluster, id: number, ms: number): void {
  for (let passed = 0; passed < ms; passed += 50) {
    for (const a of cluster.ids) for (const b of cluster.ids) cluster.deliver(a, b);
    for (const other of cluster.ids) if (other !== id) cluster.persist(other);
    cluster.wait(50);
  }
}

const LATE_MS = ACKNOWLEDGE_LATE_FACTOR * SUSPECT_AFTER_MS;

Deno.test("5 a member that is heard and acknowledges nothing is suspected: its disk hangs", () => {
  const lines: string[] = [];
  const cluster = Cluster.formed({ say: (line) => lines.push(line) });
  cluster.submit(0, "x", "1");
  hang(cluster, 2, LATE_MS - 200);
  assertEquals([members(cluster, 0), cluster.order(0).suspects().size], [[0, 1, 2], 0]);
  hang(cluster, 2, 2_000);
  const suspicions = lines.filter((line) => line.includes(" suspects "));
  assert(suspicions.includes("0 suspects 2: heard, but acknowledges nothing"), suspicions.join());
  // Without its promise the others go on.
  assertEquals([members(cluster, 0), cluster.order(0).state], [[0, 1], "live"]);
  assertEquals(cluster.order(0).position.index, 1);
});

Deno.test("5 a slow disk of one's own accuses nobody", () => {
  const lines: string[] = [];
  const cluster = Cluster.formed({ replicas: 2, say: (line) => lines.push(line) });
  cluster.submit(0, "x", "1");
  // 0 has not even acknowledged its own message.
  hang(cluster, 0, 2 * LATE_MS);
  assertEquals(lines.filter((line) => line.startsWith("0 suspects")), []);
  assert(lines.includes("1 suspects 0: heard, but acknowledges nothing"));
  cluster.stabilize();
  assertEquals(cluster.store(1).get("x"), "1");
});

Deno.test("5 a folder counts before its first view: the first view is its own", () => {
  const cluster = new Cluster();
  for (const id of cluster.ids) cluster.start(id);
  assertEquals(cluster.ids.map((id) => cluster.order(id).counts), [false, false, false]);
  cluster.stabilize();
  assertEquals(cluster.ids.map((id) => cluster.order(id).counts), [true, true, true]);
  assertEquals(cluster.submit(0, "x", "1").n, 1);
});

Deno.test("5 a new folder counts from the view on that names its identity, and across restarts", () => {
  const cluster = Cluster.formed();
  cluster.crash(2);
  cluster.lose(2);
  cluster.start(2);
  assertEquals(cluster.order(2).counts, false);
  // Half way through it still does not: its view is not on its disk.
  for (const id of [0, 1]) cluster.link(id, 2);
  for (let i = 0; i < 100 && cluster.order(2).promised.round < 2; i++) {
    for (const a of cluster.ids) for (const b of cluster.ids) cluster.deliver(a, b);
    for (const id of cluster.ids) cluster.persist(id);
    cluster.wait(50);
  }
  assertEquals(cluster.order(2).counts, false);
  cluster.stabilize();
  assertEquals(cluster.order(2).counts, true);
  cluster.crash(2);
  cluster.start(2);
  assertEquals(cluster.order(2).counts, true);
});

Deno.test("6 after a power cut at a majority: all N form a view by themselves, fewer form none", () => {
  const cluster = Cluster.formed();
  cluster.submit(0, "x", "1");
  cluster.stabilize();
  for (const id of cluster.ids) cluster.crash(id);
  // 1 and 2 hold what they held, but may have forgotten promises: each has a new identity.
  for (const id of [1, 2]) cluster.renew(id);
  for (const id of [1, 2]) cluster.start(id);
  cluster.link(1, 2);
  cluster.pass(5_000);
  assertEquals([1, 2].map((id) => cluster.order(id).state === "live"), [false, false]);
  cluster.start(0);
  cluster.stabilize();
  assertEquals(cluster.order(0).view?.identities, ["folder-0", "folder-1-2", "folder-2-2"]);
  assertEquals(cluster.store(2).get("x"), "1");
  // What it may have broadcast and forgotten is numbered no more.
  const { round } = cluster.order(1).promised;
  assertEquals(cluster.submit(1, "x", "2").n, round * N_STEP_IDENTITY + 1);
});

Deno.test("6 what a folder that may have forgotten has in its outbox is still delivered, once", () => {
  const cluster = Cluster.formed();
  for (const id of [0, 1]) cluster.crash(id);
  cluster.pass(2_000);
  // Taken without a majority, answered, and on disk.
  cluster.submit(2, "x", "1");
  cluster.submit(2, "y", "2");
  cluster.persist(2);
  cluster.crash(2);
  cluster.renew(2);
  for (const id of cluster.ids) cluster.start(id);
  cluster.stabilize();
  for (const id of cluster.ids) {
    assertEquals(cluster.store(id).scan(""), [["x", "1"], ["y", "2"]]);
  }
  assertEquals(cluster.order(0).position.index, 2);
  assertEquals(cluster.order(2).outboxLength, 0);
});

Deno.test("5 --force-new-cluster: of all N it keeps what is left, of fewer it forms nothing", () => {
  const lines: string[] = [];
  const cluster = Cluster.formed({ say: (line) => lines.push(line) });
  const name = cluster.order(0).view?.cluster;
  cluster.submit(0, "x", "1");
  cluster.stabilize();
  for (const id of cluster.ids) cluster.crash(id);
  for (const id of [1, 2]) cluster.lose(id);
  for (const id of [0, 1]) cluster.start(id, { force: true });
  cluster.link(0, 1);
  cluster.pass(10_000);
  assertEquals([0, 1].map((id) => cluster.order(id).state === "live"), [false, false]);
  cluster.start(2);
  cluster.stabilize();
  assertEquals(cluster.order(2).view?.cluster, name);
  assertEquals(cluster.ids.map((id) => cluster.store(id).get("x")), ["1", "1", "1"]);
  assertEquals(cluster.ids.map((id) => cluster.order(id).counts), [true, true, true]);
});
