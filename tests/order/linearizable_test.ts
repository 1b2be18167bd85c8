/**
 * Linearizable reads through the core: design section 1, one test for each claim.
 */

import { assertEquals, assertGreater } from "@std/assert";
import { describe } from "../../lib/order/message.ts";
import type { Effects } from "../../lib/order/step.ts";
import { Cluster } from "./cluster.ts";

/** The reads that may be answered, each with what must be applied first. */
function confirmed(out: Effects | null): [read: number, index: number][] {
  return (out?.confirmed ?? []).map(({ read, index }) => [read, index]);
}

/** The questions and answers that are sent, a line each. */
function asked(out: Effects | null): string[] {
  return (out?.send ?? [])
    .filter(({ message }) => message.type === "confirm" || message.type === "confirmed")
    .map(({ to, message }) => `${to}: ${describe(message)}`);
}

Deno.test("1 a read asks all members, and is confirmed by a majority", () => {
  const cluster = Cluster.formed();
  const out = cluster.read(0);
  assertEquals(asked(out), ["1: confirm 1.0 question 1", "2: confirm 1.0 question 1"]);
  assertEquals(confirmed(out), []);
  assertEquals(asked(cluster.deliver(0, 2)), ["0: confirmed 1.0 question 1"]);
  assertEquals(confirmed(cluster.deliver(2, 0)), [[1, 0]]);
  // The third answer changes nothing.
  cluster.deliver(0, 1);
  assertEquals(confirmed(cluster.deliver(1, 0)), []);
});

Deno.test("1 of five, three must say yes", () => {
  const cluster = Cluster.formed({ replicas: 5 });
  cluster.read(3);
  const outs = [0, 1, 2].map((id) => {
    cluster.deliver(3, id);
    return cluster.deliver(id, 3);
  });
  assertEquals(outs.map(confirmed), [[], [[1, 0]], []]);
});

Deno.test("1 alone a replica confirms its reads itself", () => {
  const cluster = Cluster.formed({ replicas: 1 });
  assertEquals(confirmed(cluster.read(0)), [[1, 0]]);
});

Deno.test("1 the question is asked after the read has come: one under way is of no use", () => {
  const cluster = Cluster.formed();
  cluster.read(0);
  cluster.deliver(0, 1);
  const second = cluster.read(0);
  assertEquals(asked(second), []);
  // The yes on its way was said before the second read came. The next question follows at once.
  const out = cluster.deliver(1, 0);
  assertEquals(confirmed(out), [[1, 0]]);
  assertEquals(asked(out), ["1: confirm 1.0 question 2", "2: confirm 1.0 question 2"]);
  cluster.deliver(0, 1);
  assertEquals(confirmed(cluster.deliver(1, 0)), [[2, 0]]);
});

Deno.test("1 reads that wait at the same time share one question", () => {
  const cluster = Cluster.formed();
  cluster.read(0);
  for (let i = 0; i < 50; i++) assertEquals(asked(cluster.read(0)), []);
  cluster.deliver(0, 1);
  assertEquals(asked(cluster.deliver(1, 0)).length, 2);
  cluster.deliver(0, 1);
  assertEquals(confirmed(cluster.deliver(1, 0)), [[51, 0]]);
});

Deno.test("1 what was received and not delivered must be delivered first: answered writes are seen", () => {
  const cluster = Cluster.formed();
  cluster.submit(1, "x", "1");
  for (const id of [0, 2]) {
    cluster.deliver(1, id);
    cluster.persist(id);
  }
  cluster.persist(1);
  // 1 delivers it and answers; 0 lacks 2's acknowledgement, and has not delivered it.
  for (const id of [0, 2]) cluster.deliver(id, 1);
  assertEquals([0, 1].map((id) => cluster.order(id).position.index), [0, 1]);
  cluster.read(0);
  cluster.deliver(0, 1);
  assertEquals(confirmed(cluster.deliver(1, 0)), []);
  assertEquals(confirmed(cluster.deliver(2, 0)), [[1, 1]]);
});

Deno.test("1 what is received after the question is asked is not waited for", () => {
  const cluster = Cluster.formed();
  cluster.read(0);
  // Nobody's acknowledgement of it comes: it is delivered nowhere.
  cluster.submit(1, "x", "1");
  cluster.deliver(1, 0);
  cluster.deliver(0, 2);
  assertEquals(confirmed(cluster.deliver(2, 0)), [[1, 0]]);
  assertEquals(cluster.order(0).pendingLength, 1);
});

Deno.test("1 an own write under way is on hand", () => {
  const cluster = Cluster.formed();
  cluster.submit(0, "x", "1");
  cluster.read(0);
  cluster.deliver(0, 1);
  assertEquals(confirmed(cluster.deliver(1, 0)), []);
  cluster.run();
  assertEquals(cluster.store(0).get("x"), "1");
});

Deno.test("1 who has promised a later ballot does not confirm, nor does who is in another view", () => {
  const cluster = Cluster.formed();
  cluster.read(0);
  cluster.receive(1, 2, { type: "prepare", ballot: { round: 5, id: 2 } });
  assertEquals(asked(cluster.deliver(0, 1)), []);
  const ballot = { round: 5, id: 2 };
  assertEquals(asked(cluster.receive(2, 0, { type: "confirm", ballot, question: 1 })), []);
  // Nor does a yes of another view count.
  assertEquals(confirmed(cluster.receive(0, 1, { type: "confirmed", ballot, question: 1 })), []);
});

Deno.test("1 a stale replica answers nothing: the others have a later view", () => {
  const lines: string[] = [];
  const cluster = Cluster.formed({ say: (line) => lines.push(line) });
  cluster.drop(0, 2);
  cluster.drop(1, 2);
  cluster.read(2);
  cluster.submit(0, "x", "1");
  cluster.pass(5_000);
  assertEquals(cluster.order(0).view?.members, [0, 1]);
  assertEquals(cluster.store(0).get("x"), "1");
  assertEquals(lines.filter((line) => line.startsWith("2 may answer")), []);
  cluster.stabilize();
  // In the next view, with all that was written meanwhile.
  assertEquals(lines.filter((line) => line.startsWith("2 may answer")), [
    "2 may answer its reads up to 1 when 1 is applied",
  ]);
});

Deno.test("1 a question is sent again on a new link to who has not answered it", () => {
  const cluster = Cluster.formed();
  cluster.read(0);
  for (const id of [1, 2]) cluster.drop(0, id);
  cluster.link(0, 1);
  cluster.deliver(0, 1);
  // Only when both are in the same view again: the peer has said how far it received.
  assertEquals(asked(cluster.deliver(1, 0)), ["1: confirm 1.0 question 1"]);
  cluster.deliver(0, 1);
  assertEquals(confirmed(cluster.deliver(1, 0)), [[1, 0]]);
  cluster.link(0, 2);
  cluster.deliver(0, 2);
  assertEquals(asked(cluster.deliver(2, 0)), []);
});

Deno.test("1 a read that comes outside a view waits for the next, and is confirmed there", () => {
  const cluster = Cluster.formed();
  cluster.submit(1, "x", "1");
  cluster.stabilize();
  cluster.crash(0);
  cluster.start(0);
  const out = cluster.read(0);
  assertEquals([asked(out), confirmed(out)], [[], []]);
  const lines: string[] = [];
  for (let steps = 0; lines.length === 0; steps++) {
    assertGreater(1_000, steps);
    for (const [a, b] of [[0, 1], [0, 2]]) cluster.link(a, b);
    cluster.wait(50);
    for (const from of cluster.ids) {
      for (const to of cluster.ids) {
        const got = confirmed(cluster.deliver(from, to, 1));
        if (to === 0) lines.push(...got.map(String));
      }
      cluster.persist(from);
    }
  }
  assertEquals(lines, ["1,1"]);
});
