/**
 * Which faults come, and when: a list without an end that follows from a seed.
 *
 * @module
 */

import { unreachable } from "../invariant.ts";
import { Random } from "./random.ts";

/** The kinds of faults that one can ask for. */
export const FAULT_KINDS = ["kill", "pause", "cut", "slow", "wipe"] as const;

/** A kind of fault. */
export type FaultKind = typeof FAULT_KINDS[number];

/** Whether the text names a kind of fault. */
export function isFaultKind(text: string): text is FaultKind {
  return FAULT_KINDS.some((kind) => kind === text);
}

/** What goes from one replica to another. */
export interface Way {
  /** Who sends. */
  readonly from: number;
  /** Who would receive. */
  readonly to: number;
}

/** Something that is done to the cluster for `ms` milliseconds, and then undone. */
export type Fault =
  /** SIGKILL; after the time each is started again. */
  | { readonly kind: "kill"; readonly replicas: readonly number[]; readonly ms: number }
  /** SIGSTOP, then SIGCONT. */
  | { readonly kind: "pause"; readonly replicas: readonly number[]; readonly ms: number }
  /** Nothing passes; then what was held passes late, or is lost with its connections. */
  | {
    readonly kind: "cut";
    readonly ways: readonly Way[];
    readonly ms: number;
    readonly then: "late" | "lost";
  }
  /** Everything passes later by `delayMs`. */
  | {
    readonly kind: "slow";
    readonly ways: readonly Way[];
    readonly ms: number;
    readonly delayMs: number;
  }
  /** SIGKILL, and its folder is deleted; after the time it is started again. */
  | { readonly kind: "wipe"; readonly replica: number; readonly ms: number };

/** A fault and how long after the beginning of the one before it begins. */
export interface Step {
  readonly afterMs: number;
  readonly fault: Fault;
}

/** What a plan is made for. */
export interface PlanOptions {
  readonly seed: number;
  readonly replicas: number;
  /** The kinds wanted; each comes once in every round. */
  readonly kinds: readonly FaultKind[];
}

/** Between two beginnings: now and then so quick that a change of view is hit in its middle … */
const PAUSE_MS_MIN = 150;
/** … and never so long that a short run sees only few. */
const PAUSE_MS_MAX = 4_000;
/** Every so many pauses, one is long: what was broken can become whole before the next. */
const REST_EVERY = 6;
const REST_MS = 5_000;

const FAULT_MS_MIN = 50;
/** Some times the suspicion time: a view forms without the one that is gone. */
const FAULT_MS_MAX = 5_000;

const DELAY_MS_MIN = 5;
/** Below the suspicion time, or it would be a cut. */
const DELAY_MS_MAX = 400;

/** The faults of a seed, in order. It has no end: whoever follows it decides when it is enough. */
export function* plan({ seed, replicas, kinds }: PlanOptions): Generator<Step, never> {
  const random = new Random(seed);
  for (let number = 0;;) {
    for (const kind of random.shuffled(kinds)) {
      const isRest = ++number % REST_EVERY === 0;
      const afterMs = isRest ? REST_MS : random.scaled(PAUSE_MS_MIN, PAUSE_MS_MAX);
      yield { afterMs, fault: faultOf(kind, replicas, random) };
    }
  }
}

function faultOf(kind: FaultKind, replicas: number, random: Random): Fault {
  const ms = random.scaled(FAULT_MS_MIN, FAULT_MS_MAX);
  switch (kind) {
    case "kill":
    case "pause":
      return { kind, replicas: someReplicas(replicas, random), ms };
    case "cut":
      return { kind, ways: someWays(replicas, random), ms, then: random.pick(["late", "lost"]) };
    case "slow": {
      const delayMs = random.scaled(DELAY_MS_MIN, DELAY_MS_MAX);
      return { kind, ways: someWays(replicas, random), ms, delayMs };
    }
    case "wipe":
      return { kind, replica: random.int(0, replicas - 1), ms };
    default:
      return unreachable(kind);
  }
}

/** One most often; now and then several, or all at once. */
function someReplicas(replicas: number, random: Random): number[] {
  const chance = random.next();
  const count = chance < 0.6 ? 1 : chance < 0.8 ? random.int(1, replicas) : replicas;
  return random.shuffled(ids(replicas)).slice(0, count).sort((a, b) => a - b);
}

/** What a broken cable, a deaf or mute host, or a broken switch between two halves would hit. */
function someWays(replicas: number, random: Random): Way[] {
  const [one, other, ...rest] = random.shuffled(ids(replicas));
  const others = [other, ...rest];
  switch (random.pick(["one way", "both ways", "alone", "deaf", "mute", "halves"])) {
    case "one way":
      return [{ from: one, to: other }];
    case "both ways":
      return between([one], [other]);
    case "alone":
      return between([one], others);
    case "deaf":
      return others.map((from) => ({ from, to: one }));
    case "mute":
      return others.map((to) => ({ from: one, to }));
    case "halves": {
      const half = random.int(1, replicas - 1);
      return between([one, ...others].slice(0, half), [one, ...others].slice(half));
    }
  }
}

function between(some: readonly number[], others: readonly number[]): Way[] {
  return some.flatMap((a) => others.flatMap((b) => [{ from: a, to: b }, { from: b, to: a }]));
}

function ids(replicas: number): number[] {
  return Array.from({ length: replicas }, (_, id) => id);
}

/** The fault in a few words. */
export function describeFault(fault: Fault): string {
  switch (fault.kind) {
    case "kill":
    case "pause":
      return `${fault.kind} ${fault.replicas.join(", ")} for ${fault.ms} ms`;
    case "cut":
      return `cut ${describeWays(fault.ways)} for ${fault.ms} ms, then ${fault.then}`;
    case "slow":
      return `slow ${describeWays(fault.ways)} by ${fault.delayMs} ms for ${fault.ms} ms`;
    case "wipe":
      return `wipe ${fault.replica}, down for ${fault.ms} ms`;
    default:
      return unreachable(fault);
  }
}

function describeWays(ways: readonly Way[]): string {
  const has = ({ from, to }: Way) => ways.some((way) => way.from === from && way.to === to);
  return ways.flatMap(({ from, to }) => {
    if (!has({ from: to, to: from })) return [`${from}→${to}`];
    return from < to ? [`${from}↔${to}`] : [];
  }).join(" ");
}
