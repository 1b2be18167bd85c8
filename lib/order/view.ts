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
import { type Ballot, compareBallots, sameBallot } from "./timestamp.ts";

/** More than half of the replicas. */
export function majority(replicas: number): number {
  return Math.floor(replicas / 2) + 1;
}

/** What must be known to form a view. */
export interface Formation {
  readonly ballot: Ballot;
  /** How many replicas are configured. */
  readonly replicas: number;
  /** How many entries a member may lack, if there are enough others. */
  readonly joinLagMax: number;
  /** Who promised this ballot, with what. */
  readonly promises: ReadonlyMap<number, Promise>;
}

/** The view that the promises allow, or the reason why they allow none. */
export function formView(formation: Formation): Install | string {
  const { ballot, replicas, joinLagMax, promises } = formation;
  const of = (id: number) => known(promises, id);
  const here = mutuallyHeard(
    ballot.id,
    new Map([...promises].map(([id, promise]) => [id, promise.hears])),
  );
  const missing = range(replicas).filter((id) => !here.includes(id));
  if (here.length < majority(replicas)) {
    return `${here.length} of ${replicas} replicas are here, ${majority(replicas)} are needed; ` +
      `missing: ${missing.join(", ")}`;
  }
  const previous = highestInstalled(here.map(of));
  if (previous === null && missing.length > 0) {
    return `the first view needs all ${replicas} replicas; missing: ${missing.join(", ")}`;
  }
  const isNew = (id: number) => previous !== null && of(id).identity !== previous.identities[id];
  const refusal = missingMemory(here, isNew, previous, formation);
  if (refusal !== null) return refusal;
  // Only those with the highest installed ballot hold all that was delivered.
  const isReporter = (id: number) =>
    previous !== null && sameBallot(of(id).installed?.ballot ?? null, previous.ballot);
  const reporters = here.filter(isReporter);
  const source = most(reporters, (id) => of(id).position.index) ?? ballot.id;
  const base = reporters.length > 0 ? of(source).position : START;
  const deliveredN = reporters.length > 0 ? of(source).deliveredN : Array(replicas).fill(0);
  const members = withoutStragglers(here, majority(replicas), {
    isStraggler: (id) =>
      id !== ballot.id && !isReporter(id) && base.index - of(id).position.index > joinLagMax,
    counts: (id) => !isNew(id),
    index: (id) => of(id).position.index,
  });
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
    carried: carried(reporters.map((id) => of(id).pending), deliveredN),
  };
}

/**
 * Whose folder is new has forgotten its promises, and counts toward no majority. Without a
 * majority of memories a view forms only of all replicas, since then no older view can go on
 * anywhere; and only if all that is lost is what a power cut may cost, or the operator says so.
 */
function missingMemory(
  here: readonly number[],
  isNew: (id: number) => boolean,
  previous: View | null,
  { replicas, promises }: Formation,
): string | null {
  const fresh = here.filter(isNew);
  if (here.length - fresh.length >= majority(replicas)) return null;
  const lost = fresh.filter((id) => {
    const { former } = known(promises, id);
    return former === null || former !== previous?.identities[id];
  });
  const remembered = here.length - lost.length >= majority(replicas);
  const forced = here.some((id) => known(promises, id).force);
  if (here.length === replicas && (remembered || forced)) return null;
  if (remembered) {
    return `a power cut may have undone what a majority had promised: a view needs all ${replicas} ` +
      "replicas then";
  }
  return `the folders of replicas ${lost.join(", ")} are new or lost, and what is left is no ` +
    `majority of ${replicas}: put the lost folders back, or start all with --force-new-cluster`;
}

/** What decides who is left out of a view. */
interface Straggling {
  readonly isStraggler: (id: number) => boolean;
  readonly counts: (id: number) => boolean;
  readonly index: (id: number) => number;
}

/**
 * The members without those that lack so much that all others would wait for them: they catch up
 * first, and are taken in by a later view. As long as a majority that counts is left.
 */
function withoutStragglers(
  here: readonly number[],
  quorum: number,
  { isStraggler, counts, index }: Straggling,
): number[] {
  let members = [...here];
  for (const id of here.filter(isStraggler).sort((a, b) => index(a) - index(b))) {
    const left = members.filter((other) => other !== id);
    if (left.filter(counts).length >= quorum) members = left;
  }
  return members;
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
