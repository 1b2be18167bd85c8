/**
 * The flags of the comparison, and its help text.
 *
 * @module
 */

import { UsageError } from "../../lib/errors.ts";
import type { FlagTable, Values } from "../../lib/cli/flags.ts";
import type { Help } from "../../lib/cli/help.ts";
import { SYSTEMS } from "./systems/all.ts";
import type { System } from "./systems/system.ts";
import { type Work, WORKS } from "./targets.ts";

const ROUNDS = 3;
const QUICK_ROUNDS = 1;
const SECONDS = 2;
const QUICK_SECONDS = 1;
const WARM_UP_SECONDS = 10;
const REPETITIONS = 30;
const QUICK_REPETITIONS = 5;

/** The flags. */
export const FLAGS = {
  rounds: {
    kind: "count",
    value: "N",
    min: 1,
    about: `How often all is measured; ${ROUNDS} if not given`,
  },
  seconds: {
    kind: "count",
    value: "N",
    min: 1,
    about: `How long each measurement takes, after half as much of warm-up or 1 s; ${SECONDS} if ` +
      "not given",
  },
  "warm-up": {
    kind: "count",
    value: "N",
    about:
      `How many seconds each system is asked before anything is measured; ${WARM_UP_SECONDS} if ` +
      "not given, since compilers at run time need about as long; 0 for --quick",
  },
  only: {
    kind: "list",
    value: "NAME,…",
    about: "Only these systems: a name, or what several begin with",
  },
  work: { kind: "list", value: "NAME,…", about: "Only these works, likewise" },
  quick: {
    kind: "boolean",
    about: `${QUICK_ROUNDS} round, ${QUICK_SECONDS} s each, ${QUICK_REPETITIONS} repetitions of ` +
      "the pairs: to try, not to tell anybody",
  },
  pinned: { kind: "boolean", about: "Only with servers and generator bound to cores" },
  unpinned: { kind: "boolean", about: "Only without" },
  keys: { kind: "count", value: "N", min: 1, default: 10_000, about: "Keys, all written before" },
  "value-bytes": { kind: "count", value: "N", default: 64, about: "Bytes of each value" },
  dir: {
    kind: "text",
    value: "DIR",
    about: "Where the servers' folders are made; TMPDIR or /tmp if not given. A real disk, or " +
      "fsync costs nothing",
  },
  sweep: {
    kind: "boolean",
    about: "Measure how kvdist grows instead: replicas, clients, keys, bytes of values",
  },
  json: { kind: "text", value: "FILE", about: "Write all figures there" },
  html: { kind: "text", value: "FILE", about: "Write a chart there, in one file" },
} as const satisfies FlagTable;

/** What they can say. */
export type PeersFlags = Values<typeof FLAGS>;

/** The help text. */
export const HELP: Help = {
  usage: ["sh scripts/peers [FLAGS]"],
  about: [
    "Compares kvdist with what is installed of Redis, NATS, ZooKeeper and etcd: starts each in " +
    "turn on this machine, gives all the same work, and stops it. Says what is missing and how " +
    "to install it. A run as it stands takes about forty minutes; nothing else should run.",
    "Ratios are kvdist/peer within one round. Where kvdist loses, the table says so.",
  ],
  lists: [
    { title: "Systems", entries: SYSTEMS.map(({ id, name }) => [id, name] as const) },
    { title: "Works", entries: WORKS.map(({ id, name }) => [id, name] as const) },
  ],
  flags: FLAGS,
  examples: [
    ["sh scripts/peers --html peers.html", "all of it, with a chart"],
    ["sh scripts/peers --quick --only kvdist-always,zookeeper", "two systems, in half a minute"],
    ["sh scripts/peers --only kvdist,redis --work read", "Redis and kvdist, reads only"],
    ["sh scripts/peers --sweep --html growth.html", "how kvdist grows"],
  ],
};

/** What the flags ask for. */
export interface Plan {
  readonly systems: readonly System[];
  readonly works: readonly Work[];
  readonly rounds: number;
  readonly durationMs: number;
  /** How long each system is asked, once it is started, before anything is measured. */
  readonly warmUpMs: number;
  readonly repetitions: number;
  readonly keys: number;
  readonly valueBytes: number;
  /** Each of these ways in turn. */
  readonly pinnings: readonly boolean[];
}

/**
 * Makes the plan.
 *
 * @throws {UsageError} if a name stands for nothing
 */
export function planOf(flags: PeersFlags): Plan {
  const { quick, pinned, unpinned } = flags;
  const seconds = flags.seconds ?? (quick ? QUICK_SECONDS : SECONDS);
  return {
    systems: chosen(SYSTEMS, flags.only, "system"),
    works: chosen(WORKS, flags.work, "work"),
    rounds: flags.rounds ?? (quick ? QUICK_ROUNDS : ROUNDS),
    durationMs: seconds * 1000,
    warmUpMs: (flags["warm-up"] ?? (quick ? 0 : WARM_UP_SECONDS)) * 1000,
    repetitions: quick ? QUICK_REPETITIONS : REPETITIONS,
    keys: flags.keys,
    valueBytes: flags["value-bytes"],
    pinnings: pinned === unpinned ? [false, true] : [pinned],
  };
}

/** Those whose names are given, or begin as given, in the order that they have. */
function chosen<T extends { readonly id: string }>(
  all: readonly T[],
  lists: readonly string[],
  kind: string,
): readonly T[] {
  const names = lists.flatMap((list) => list.split(",")).filter((name) => name !== "");
  if (names.length === 0) return all;
  const isExact = (name: string) => all.some(({ id }) => id === name);
  const fits = (id: string) => (name: string) => isExact(name) ? id === name : id.startsWith(name);
  const unknown = names.find((name) => !all.some(({ id }) => fits(id)(name)));
  if (unknown !== undefined) {
    throw new UsageError(`no ${kind} is named ${unknown}: ${all.map(({ id }) => id).join(", ")}`);
  }
  return all.filter(({ id }) => names.some(fits(id)));
}
