/**
 * How promises become a view: each rule of design section 5, step 3, and of its paragraphs on
 * majorities and identities.
 */

import { assert, assertEquals } from "@std/assert";
import type { Install, Message, Promise, View } from "../../lib/order/message.ts";
import type { Ballot } from "../../lib/order/timestamp.ts";
import { formView, majority, mutuallyHeard } from "../../lib/order/view.ts";

const BALLOT: Ballot = { round: 9, id: 0 };

const range = (length: number) => Array.from({ length }, (_, i) => i);

function view(round: number, members: readonly number[], identities?: View["identities"]): View {
  return {
    ballot: { round, id: members[0] },
    members,
    cluster: "cluster",
    identities: identities ?? range(5).map((id) => `folder-${id}`),
  };
}

/** A message of an origin that is not delivered yet; its n and time are the same. */
function message(origin: number, n: number): Message {
  return { origin, n, time: n, operation: { type: "delete", key: `k${n}` } };
}

/** What a replica reports, unless it is told otherwise: all hear each other. */
function promise(id: number, report: Partial<Promise> = {}): [number, Promise] {
  return [id, {
    type: "promise",
    ballot: BALLOT,
    installed: view(3, [0, 1, 2, 3, 4]),
    identity: `folder-${id}`,
    former: null,
    force: false,
    position: { index: 10, time: 10, id: 0 },
    deliveredN: [10, 0, 0, 0, 0],
    pending: [],
    hears: range(5).filter((other) => other !== id),
    ...report,
  }];
}

function form(promises: [number, Promise][], replicas = 5) {
  return formView({ ballot: BALLOT, replicas, joinLagMax: 100, promises: new Map(promises) });
}

function formed(promises: [number, Promise][], replicas = 5): Install {
  const install = form(promises, replicas);
  assert(typeof install !== "string", String(install));
  return install;
}

function refused(promises: [number, Promise][], replicas = 5): string {
  const reason = form(promises, replicas);
  assert(typeof reason === "string", "a view was formed");
  return reason;
}

Deno.test("5: a majority Q is ⌊N/2⌋+1", () => {
  assertEquals(range(8).map(majority), [1, 1, 2, 2, 3, 3, 4, 4]);
});

Deno.test("5.3: S is those who promised and hear each other", () => {
  const install = formed([promise(0), promise(1), promise(2, { hears: [0, 1] }), promise(3)]);
  // 2 does not hear 3: one of them is left out.
  assertEquals(install.view.members.length, 3);
  assertEquals(install.view.members.filter((id) => id < 2), [0, 1]);
  assertEquals(formed([promise(0), promise(2), promise(4)]).view.members, [0, 2, 4]);
});

Deno.test("5.3: who hears only one way is left out, and the coordinator never is", () => {
  const all = [0, 1, 2, 3, 4];
  const hears = new Map(all.map((id) => [id, all.filter((other) => other !== id)]));
  assertEquals(mutuallyHeard(0, hears), all);
  // 3 is deaf to everybody; everybody hears it.
  assertEquals(mutuallyHeard(0, new Map([...hears, [3, []]])), [0, 1, 2, 4]);
  // Nobody hears the coordinator.
  const without = new Map(
    all.map((id) => [id, all.filter((other) => other !== id && other !== 2)]),
  );
  assertEquals(mutuallyHeard(2, new Map([...without, [2, all]])), [2]);
  assertEquals(mutuallyHeard(1, new Map([[1, []]])), [1]);
});

Deno.test("5.3: too few that hear each other form nothing, and are told who is missing", () => {
  assertEquals(
    refused([promise(0), promise(3)]),
    "2 of 5 replicas are here, 3 are needed; missing: 1, 2, 4",
  );
  assertEquals(formed(range(5).map((id) => promise(id))).view.members, [0, 1, 2, 3, 4]);
});

Deno.test("5: the very first view needs all N", () => {
  const fresh = (id: number) =>
    promise(id, { installed: null, position: { index: 0, time: 0, id: 0 }, deliveredN: [0, 0, 0] });
  assertEquals(
    refused([fresh(0), fresh(2)], 3),
    "the first view needs all 3 replicas; missing: 1",
  );
  const install = formed([fresh(0), fresh(1), fresh(2)], 3);
  assertEquals(install, {
    type: "install",
    view: {
      ballot: BALLOT,
      members: [0, 1, 2],
      // The cluster takes its name from the coordinator's folder.
      cluster: "folder-0",
      identities: ["folder-0", "folder-1", "folder-2"],
    },
    previous: null,
    base: { index: 0, time: 0, id: 0 },
    deliveredN: [0, 0, 0],
    source: 0,
    carried: [],
  });
});

Deno.test("5.3: the base is the longest delivered log of those with the highest installed ballot", () => {
  const ahead = { position: { index: 12, time: 40, id: 1 }, deliveredN: [12, 0, 0, 0, 0] };
  const install = formed([promise(0), promise(1, ahead), promise(2)]);
  assertEquals(install.base, { index: 12, time: 40, id: 1 });
  assertEquals([install.source, install.deliveredN], [1, [12, 0, 0, 0, 0]]);
  assertEquals(install.previous, { round: 3, id: 0 });
});

Deno.test("5.3: a longer log in a lower view is no base, and its pending messages do not count", () => {
  const old = {
    installed: view(2, [0, 1, 2]),
    position: { index: 99, time: 99, id: 1 },
    deliveredN: [99, 0, 0, 0, 0],
    pending: [message(1, 70)],
  };
  const install = formed([promise(0), promise(1, old), promise(2, { pending: [message(2, 71)] })]);
  assertEquals([install.base.index, install.source], [10, 0]);
  assertEquals(install.carried, [message(2, 71)]);
  // It is a member all the same, and will be brought up to date.
  assertEquals(install.view.members, [0, 1, 2]);
});

Deno.test("5.3: equal rounds are told apart by the coordinator's id", () => {
  const higher = { installed: view(3, [2, 3, 4]), position: { index: 4, time: 4, id: 0 } };
  const install = formed([promise(0), promise(2, higher), promise(3, higher)]);
  assertEquals([install.previous, install.base.index], [{ round: 3, id: 2 }, 4]);
});

Deno.test("5.3: F is all that is pending and above the base's deliveredN, once, in timestamp order", () => {
  const install = formed([
    promise(0, { pending: [message(0, 13), message(1, 12)] }),
    promise(1, { pending: [message(2, 11), message(1, 12), message(1, 15)] }),
    // 10 of origin 0 is in the base; 11 is not.
    promise(2, { pending: [message(0, 10), message(0, 11)] }),
  ]);
  assertEquals(
    install.carried.map(({ origin, n }) => [origin, n]),
    [[0, 11], [2, 11], [1, 12], [0, 13], [1, 15]],
  );
});

Deno.test("5.3: what is pending at one and delivered at another is not carried again", () => {
  const ahead = { position: { index: 11, time: 11, id: 0 }, deliveredN: [11, 0, 0, 0, 0] };
  const behind = { pending: [message(0, 11), message(0, 12)] };
  const install = formed([promise(0, behind), promise(1, ahead), promise(2, behind)]);
  assertEquals(install.carried, [message(0, 12)]);
});

Deno.test("5: a new identity is a member, and counts toward no majority", () => {
  const empty = { installed: null, position: { index: 0, time: 0, id: 0 }, deliveredN: [] };
  const lost = (id: number) => promise(id, { ...empty, identity: `new-${id}` });
  const install = formed([promise(0), promise(1), promise(2), lost(3)]);
  assertEquals(install.view.members, [0, 1, 2, 3]);
  assertEquals(install.view.identities, ["folder-0", "folder-1", "folder-2", "new-3", "folder-4"]);
  // Two that remember and one that does not are no majority of five.
  assertEquals(
    refused([promise(0), promise(1), lost(3)]),
    "the folders of replicas 3 are new or lost, and what is left is no majority of 5: put the lost folders back, or start all with --force-new-cluster",
  );
});

Deno.test("5: a folder put back from before its replacement is new as well", () => {
  const replaced = view(3, [0, 1, 2], ["folder-0", "folder-1", "new-2", null, null]);
  const reports = { installed: replaced };
  const back = promise(2, { installed: view(1, [0, 1, 2]) });
  assert(typeof form([promise(0, reports), promise(1, reports), back], 3) !== "string");
  assertEquals(
    refused([promise(0, reports), back], 3),
    "the folders of replicas 2 are new or lost, and what is left is no majority of 3: put the lost folders back, or start all with --force-new-cluster",
  );
});

Deno.test("5: who is not in the view keeps the identity last known of it", () => {
  const last = view(3, [0, 1, 2], ["folder-0", "folder-1", "folder-2", null, "gone-4"]);
  const install = formed(range(3).map((id) => promise(id, { installed: last })));
  assertEquals(install.view.identities, ["folder-0", "folder-1", "folder-2", null, "gone-4"]);
  assertEquals(install.view.cluster, "cluster");
});

Deno.test("the same promises in another order form the same view", () => {
  const promises = [
    promise(0, { pending: [message(1, 12)] }),
    promise(1, { position: { index: 12, time: 12, id: 0 } }),
    promise(2, { pending: [message(2, 11)], hears: [0, 1, 3] }),
    promise(3, { pending: [message(1, 12), message(0, 20)] }),
  ];
  const first = formed(promises);
  assertEquals(first.view.members, [0, 1, 2, 3]);
  assertEquals(formed(promises.toReversed()), first);
});
