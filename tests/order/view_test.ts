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

/** Whose folder is new, and was this one before a power cut; null if it was lost. */
const fresh = (id: number, former: string | null, report: Partial<Promise> = {}) =>
  promise(id, { identity: `new-${id}`, former, ...report });

Deno.test("6: after a power cut of a majority a view needs all N, from the longest log", () => {
  const cut = (id: number) => fresh(id, `folder-${id}`);
  const longest = { position: { index: 14, time: 14, id: 0 }, deliveredN: [14, 0, 0, 0, 0] };
  const all = [promise(0), cut(1), fresh(2, "folder-2", longest), cut(3), promise(4)];
  const install = formed(all);
  assertEquals(install.view.members, [0, 1, 2, 3, 4]);
  assertEquals([install.source, install.base.index], [2, 14]);
  assertEquals(install.view.identities, ["folder-0", "new-1", "new-2", "new-3", "folder-4"]);
  assertEquals(
    refused(all.slice(0, 4)),
    "a power cut may have undone what a majority had promised: a view needs all 5 replicas then",
  );
  // A minority of such folders is like any other new one.
  assertEquals(formed([promise(0), promise(1), promise(4), cut(3)]).view.members, [0, 1, 3, 4]);
});

Deno.test("6: a former identity counts only if it is the one that the view knows", () => {
  const stranger = (id: number) => fresh(id, "of another cluster");
  const reason = refused([promise(0), stranger(1), stranger(2), stranger(3), promise(4)]);
  assertEquals(
    reason,
    "the folders of replicas 1, 2, 3 are new or lost, and what is left is no majority of 5: " +
      "put the lost folders back, or start all with --force-new-cluster",
  );
});

Deno.test("5: one lost folder among those that a power cut has touched is no obstacle, a majority is", () => {
  const cut = (id: number) => fresh(id, `folder-${id}`);
  const lost = (id: number) => fresh(id, null);
  assertEquals(
    formed([promise(0), cut(1), cut(2), lost(3), lost(4)]).view.members,
    [0, 1, 2, 3, 4],
  );
  assertEquals(
    refused([promise(0), cut(1), lost(2), lost(3), lost(4)]).slice(0, 43),
    "the folders of replicas 2, 3, 4 are new or ",
  );
});

Deno.test("5: --force-new-cluster lets a view form without a majority of memories, of all N only", () => {
  const lost = (id: number) => fresh(id, null);
  const force = { force: true };
  const all = [promise(0), promise(1, force), lost(2), lost(3), lost(4)];
  const install = formed(all);
  assertEquals(install.view.members, [0, 1, 2, 3, 4]);
  // What is left is kept, and the cluster keeps its name.
  assertEquals([install.view.cluster, install.base.index], ["cluster", 10]);
  for (let without = 0; without < 5; without++) {
    const reason = refused(all.filter(([id]) => id !== without));
    assert(reason.includes("--force-new-cluster"), reason);
  }
  // One alone who says so is enough; without any it is not.
  assert(
    typeof form([promise(0), promise(1), lost(2), lost(3), fresh(4, null, force)]) !== "string",
  );
  refused([promise(0), promise(1), lost(2), lost(3), lost(4)]);
});

Deno.test("5: force is no way around a majority that is there", () => {
  const force = { force: true };
  assertEquals(
    refused([promise(0, force), promise(1, force)]),
    "2 of 5 replicas are here, 3 are needed; missing: 2, 3, 4",
  );
  assertEquals(formed([promise(0, force), promise(1), promise(2)]).view.members, [0, 1, 2]);
});

/** Who has installed an older view only, and has delivered so far. */
const behind = (id: number, index: number, report: Partial<Promise> = {}) =>
  promise(id, {
    installed: view(2, [0, 1, 2, 3, 4]),
    position: { index, time: index, id: 0 },
    deliveredN: [index, 0, 0, 0, 0],
    ...report,
  });

/** Who has delivered a thousand messages, or this many. */
const ahead = (id: number, index = 1_000) =>
  promise(id, {
    position: { index, time: index, id: 0 },
    deliveredN: [index, 0, 0, 0, 0],
  });

Deno.test("5: who lacks more than the limit is left out, if the others are a majority", () => {
  const others = [ahead(0), ahead(1), ahead(2)];
  assertEquals(formed([...others, behind(3, 899)]).view.members, [0, 1, 2]);
  assertEquals(formed([...others, behind(3, 900)]).view.members, [0, 1, 2, 3]);
  // It keeps the identity that is known of it.
  assertEquals(formed([...others, behind(3, 10)]).view.identities[3], "folder-3");
});

Deno.test("5: a straggler that a majority needs is a member, the one that lacks least first", () => {
  const others = [ahead(0), ahead(1)];
  assertEquals(formed([...others, behind(3, 10)]).view.members, [0, 1, 3]);
  assertEquals(formed([...others, behind(3, 10), behind(4, 20)]).view.members, [0, 1, 4]);
  assertEquals(formed([...others, behind(3, 20), behind(4, 10)]).view.members, [0, 1, 3]);
});

Deno.test("5: for a majority that counts a straggler is not made up for by a new folder", () => {
  const caughtUp = fresh(2, null, {
    installed: null,
    position: { index: 1_000, time: 1_000, id: 0 },
  });
  assertEquals(formed([ahead(0), ahead(1), caughtUp, behind(3, 10)]).view.members, [0, 1, 2, 3]);
  // A new folder that lacks much is left out as anybody.
  const empty = fresh(4, null, { installed: null, position: { index: 0, time: 0, id: 0 } });
  assertEquals(formed([ahead(0), ahead(1), ahead(2), empty]).view.members, [0, 1, 2]);
});

Deno.test("5: the coordinator is never left out, nor is a member of the last view", () => {
  const others = [ahead(1), ahead(2), ahead(3)];
  assertEquals(formed([behind(0, 10), ...others]).view.members, [0, 1, 2, 3]);
  // Of the last view, it holds what others may lack, however far it has delivered.
  assertEquals(formed([ahead(0), ahead(1), ahead(2), ahead(3, 10)]).view.members, [0, 1, 2, 3]);
});
