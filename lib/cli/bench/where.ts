/**
 * Where a benchmark runs: on replicas of its own, or on servers that run already.
 *
 * @module
 */

import { connect, formatAddress, parseAddress, type Status } from "../../client/mod.ts";
import type { Consistency } from "../../consistency.ts";
import { UsageError } from "../../errors.ts";
import { REQUEST_TIMEOUT_MS } from "../../limits.ts";
import { counted } from "../../show/quantity.ts";
import type { FlagTable, Values } from "../flags.ts";
import { progress } from "../output.ts";
import { withOwnCluster } from "../own_cluster.ts";
import type { Place } from "./place.ts";

/** The flags that say where. */
export const WHERE_FLAGS = {
  target: {
    kind: "list",
    value: "HOST:PORT",
    about: "A running server to use instead of replicas of its own; may be given several times",
  },
  replicas: {
    kind: "count",
    value: "N",
    about: "How many replicas of its own",
    min: 1,
    max: 32,
    default: 3,
  },
  store: {
    kind: "choice",
    value: "KIND",
    about: "Their store",
    choices: ["sqlite", "memory"],
    default: "sqlite",
  },
  fsync: {
    kind: "choice",
    value: "WHEN",
    about: "When they force writes to disk",
    choices: ["always", "interval", "never"],
    default: "always",
  },
  trace: {
    kind: "text",
    value: "FILE",
    about: "Have them tell there what they do, for kvdist show FILE; it costs some speed",
  },
} as const satisfies FlagTable;

/** What {@linkcode WHERE_FLAGS} say. */
export type WhereFlags = Values<typeof WHERE_FLAGS>;

/** Checks the addresses, before anything is begun. */
export function checkTargets(flags: WhereFlags): void {
  for (const target of flags.target) parseAddress(target);
  const own = ["replicas", "store", "fsync"] as const;
  const idle = flags.trace !== undefined
    ? "trace"
    : own.find((name) => flags[name] !== WHERE_FLAGS[name].default);
  if (flags.target.length > 0 && idle !== undefined) {
    throw new UsageError(`--${idle} is for replicas of its own, and --target names others`);
  }
}

/** Runs a benchmark where the flags say, and puts an end to what was begun for it. */
export async function withPlace<T>(
  flags: WhereFlags,
  options: { consistency: Consistency; signal: AbortSignal },
  use: (place: Place, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { consistency, signal } = options;
  if (flags.target.length > 0) {
    const targets = flags.target.map((target) => formatAddress(parseAddress(target)));
    return await use({ targets, own: false, status: await statusOf(targets[0]) }, signal);
  }
  const { replicas, store, fsync } = flags;
  progress(`starting ${counted(replicas, "replica")}`);
  return await withOwnCluster(
    {
      replicas,
      consistency,
      store,
      fsync,
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
      applyDelayMs: 0,
      trace: flags.trace,
    },
    signal,
    async (cluster, signal) => {
      progress(null);
      const targets = cluster.replicas.map(({ client }) => client);
      return await use({ targets, own: true, status: await statusOf(targets[0]) }, signal);
    },
  );
}

async function statusOf(target: string): Promise<Status> {
  using client = await connect(target);
  return await client.status();
}
