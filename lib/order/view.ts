/**
 * How the promises of a change of view become the next view: a pure function.
 *
 * Why it is safe: a message delivered anywhere in view v was held by all of v; v is a majority,
 * and any later set of promises holds a majority too, so one of them holds it; those with the
 * highest installed ballot hold everything delivered up to there.
 *
 * @module
 */

import { invariant } from "../invariant.ts";
import {
  compareMessages,
  type Install,
  type Message,
  type Promise,
  START,
  type View,
} from "./message.ts";
import { type Ballot, compareBallots } from "./timestamp.ts";

/** More than half of the replicas. */
export function majority(replicas: number): number {
  return Math.floor(replicas / 2) + 1;
}

/** What must be known to form a view. */
export interface Formation {
  readonly ballot: Ballot;
  /** How many replicas are configured. */
  readonly replicas: number;
  /** How many members a view must have; a majority at least. */
  readonly membersMin: number;
  /** Who promised this ballot, with what. */
  readonly promises: ReadonlyMap<number, Promise>;
}

/** The view that the promises allow, or the reason why they allow none. */
export function formView({ ballot, replicas, membersMin, promises }: Formation): Install | string {
  const members = mutuallyHeard(
    ballot.id,
    new Map([...promises].map(([id, promise]) => [id, promise.hears])),
  );
  const missing = range(replicas).filter((id) => !members.includes(id));
  if (members.length < membersMin) {
    return `${members.length} of ${replicas} replicas are here, ${membersMin} are needed; missing: ${
      missing.join(", ")
    }`;
  }
  const of = (id: number) => known(promises, id);
  const previous = highestInstalled(members.map(of));
  if (previous === null && missing.length > 0) {
    return `the first view needs all ${replicas} replicas; missing: ${missing.join(", ")}`;
  }
  // Who lost its folder has forgotten its promises: it counts toward no majority.
  const fresh = previous === null
    ? []
    : members.filter((id) => of(id).identity !== previous.identities[id]);
  if (members.length - fresh.length < majority(replicas)) {
    return `the folders of replicas ${
      fresh.join(", ")
    } are new or lost, and what is left is no majority of ${replicas}: put the lost folders back`;
  }
  // Only those with the highest installed ballot hold all that was delivered.
  const reports = previous === null ? [] : members.filter((id) => {
    const { installed } = of(id);
    return installed !== null && compareBallots(installed.ballot, previous.ballot) === 0;
  });
  const source = most(reports, (id) => of(id).position.index) ?? ballot.id;
  const base = reports.length > 0 ? of(source).position : START;
  const deliveredN = reports.length > 0 ? of(source).deliveredN : Array(replicas).fill(0);
  return {
    type: "install",
    view: {
      ballot,
      members,
      cluster: previous?.cluster ?? of(ballot.id).identity,
      identities: range(replicas).map((id) =>
        members.includes(id) ? of(id).identity : previous?.identities[id] ?? null
      ),
    },
    previous: previous?.ballot ?? null,
    base,
    deliveredN,
    source,
    carried: carried(reports.map((id) => of(id).pending), deliveredN),
  };
}

/**
 * The replicas without those that do not hear each other; the coordinator always stays.
 *
 * @param hears for each replica, by id, whom it hears
 */
export function mutuallyHeard(
  coordinator: number,
  hears: ReadonlyMap<number, readonly number[]>,
): number[] {
  const members = new Set(hears.keys());
  const deaf = (id: number) =>
    [...members].filter((other) =>
      other !== id && !(known(hears, id).includes(other) && known(hears, other).includes(id))
    ).length;
  for (;;) {
    const worst = most([...members].filter((id) => id !== coordinator), deaf);
    if (worst === undefined || deaf(worst) === 0) return [...members].sort((a, b) => a - b);
    members.delete(worst);
  }
}

function highestInstalled(promises: readonly Promise[]): View | null {
  let highest: View | null = null;
  for (const { installed } of promises) {
    if (installed === null) continue;
    if (highest === null || compareBallots(installed.ballot, highest.ballot) > 0) {
      highest = installed;
    }
  }
  return highest;
}

/** All that is pending anywhere and not delivered in the base, once each, in timestamp order. */
function carried(pendings: (readonly Message[])[], deliveredN: readonly number[]): Message[] {
  const messages = new Map<string, Message>();
  for (const message of pendings.flat()) {
    if (message.n > deliveredN[message.origin]) {
      messages.set(`${message.origin} ${message.n}`, message);
    }
  }
  return [...messages.values()].sort(compareMessages);
}

/** The first of those ids of which there is most. */
function most(ids: readonly number[], amount: (id: number) => number): number | undefined {
  let best: number | undefined;
  for (const id of ids) {
    if (best === undefined || amount(id) > amount(best)) best = id;
  }
  return best;
}

function known<T>(of: ReadonlyMap<number, T>, id: number): T {
  const value = of.get(id);
  invariant(value !== undefined, `${id} is one of those that are looked at`);
  return value;
}

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}
