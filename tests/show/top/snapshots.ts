/**
 * Looks at replicas, made up.
 *
 * @module
 */

import type { Status } from "../../../lib/client/mod.ts";
import type { KindActivity, ReplicaSnapshot, Snapshot } from "../../../lib/watch/snapshot.ts";
import { STATUS } from "../../client/fake_server.ts";

/** A replica that answers: its status so far as it is not like {@linkcode STATUS}. */
export function up(
  id: number,
  status: Partial<Status> = {},
  { write = {}, read = {} }: { write?: Partial<KindActivity>; read?: Partial<KindActivity> } = {},
): ReplicaSnapshot {
  const { requests: _, ...rest } = { ...STATUS, id, ...status };
  const none = { perSecond: 0, failedPerSecond: 0, p50Ms: null, p99Ms: null };
  const activity = { write: { ...none, ...write }, read: { ...none, ...read } };
  return { id, client: clientOf(id), up: true, status: rest, diskBytes: null, activity };
}

/** One that does not. */
export function down(id: number, reason: string, since: string): ReplicaSnapshot {
  return { id, client: clientOf(id), up: false, reason, since };
}

/** All of them, at this second of a day. */
export function at(second: number, replicas: readonly ReplicaSnapshot[]): Snapshot {
  return { time: new Date(Date.UTC(2026, 10, 22, 19, 3, second)).toISOString(), replicas };
}

function clientOf(id: number): string {
  return `127.0.0.1:${9889 + id}`;
}
