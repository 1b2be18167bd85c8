/**
 * What those who watch are told once a second: how each replica is, and what it has done since the
 * last time.
 *
 * @module
 */

import { REQUEST_KINDS, type RequestKind, type Status } from "../client/mod.ts";

/** What is known of one replica now. */
export type Told =
  /** Its id; null as long as it has never answered. */
  & { readonly id: number | null; readonly client: string }
  & (
    | { readonly up: true; readonly status: Status; readonly diskBytes: number | null }
    /** Why it does not answer, in words, and since when, in ISO 8601. */
    | { readonly up: false; readonly reason: string; readonly since: string }
  );

/** What was answered of one kind between two looks. */
export interface KindActivity {
  /** Requests answered a second, failures included. */
  readonly perSecond: number;
  /** Of these, with an error. */
  readonly failedPerSecond: number;
  /** Milliseconds that half of them took at most; null if there were none. */
  readonly p50Ms: number | null;
  /** Milliseconds that 99 of 100 took at most. */
  readonly p99Ms: number | null;
}

/** What a replica has done between two looks. */
export type Activity = Readonly<Record<RequestKind, KindActivity>>;

/** One replica now. */
export type ReplicaSnapshot =
  & { readonly id: number | null; readonly client: string }
  & (
    | {
      readonly up: true;
      readonly status: Omit<Status, "requests">;
      readonly diskBytes: number | null;
      /** Null at the first look. */
      readonly activity: Activity | null;
    }
    | { readonly up: false; readonly reason: string; readonly since: string }
  );

/** All replicas that are watched now. */
export interface Snapshot {
  /** ISO 8601. */
  readonly time: string;
  /** In the order in which they are watched. */
  readonly replicas: readonly ReplicaSnapshot[];
}

/** What is told now, if `before` was known at the last look; null at the first. */
export function snapshotOf(
  now: readonly Told[],
  before: readonly Told[] | null,
  time: Date,
): Snapshot {
  const replicas = now.map((told): ReplicaSnapshot => {
    if (!told.up) return told;
    const { status: { requests: _, ...status }, ...rest } = told;
    const last = before?.find(({ client }) => client === told.client);
    const isCounted = last?.up && countsRequests(told.status) && countsRequests(last.status);
    const activity = isCounted ? activityOf(told.status, last.status) : null;
    return { ...rest, status, activity };
  });
  return { time: time.toISOString(), replicas };
}

/** An older replica does not. */
function countsRequests({ requests }: Partial<Status>): boolean {
  return requests !== undefined;
}

/** What a replica has done since an earlier word of it. */
export function activityOf(now: Status, before: Status): Activity {
  // One that was started anew has begun to count anew.
  const last = before.uptime <= now.uptime ? before : null;
  const seconds = Math.max(1, now.uptime - (last?.uptime ?? 0)) / 1_000;
  const kinds = REQUEST_KINDS.map((kind) =>
    [kind, kindActivity(kind, now, last, seconds)] as const
  );
  return { read: kinds[0][1], write: kinds[1][1] };
}

function kindActivity(
  kind: RequestKind,
  now: Status,
  last: Status | null,
  seconds: number,
): KindActivity {
  const earlier = last?.requests[kind].latencies.counts ?? [];
  const counts = now.requests[kind].latencies.counts.map((count, i) => count - (earlier[i] ?? 0));
  const answered = counts.reduce((sum, count) => sum + count, 0);
  const failed = failures(now, kind) - (last === null ? 0 : failures(last, kind));
  const { boundsMs } = now.requests;
  return {
    perSecond: answered / seconds,
    failedPerSecond: failed / seconds,
    p50Ms: percentile(boundsMs, counts, 0.5),
    p99Ms: percentile(boundsMs, counts, 0.99),
  };
}

function failures({ requests }: Status, kind: RequestKind): number {
  return Object.values(requests[kind].answered).reduce((sum, { failed }) => sum + failed, 0);
}

/**
 * What this part of all measurements did not exceed, by how many fell into each step: as if those of
 * a step were spread evenly over it. Null if there are none.
 */
export function percentile(
  bounds: readonly number[],
  counts: readonly number[],
  part: number,
): number | null {
  const all = counts.reduce((sum, count) => sum + count, 0);
  if (all === 0) return null;
  let left = all * part;
  const step = counts.findIndex((count) => (left -= count) <= 0);
  // Of what is beyond all bounds no more is known.
  if (step < 0 || step >= bounds.length) return bounds[bounds.length - 1];
  const from = step === 0 ? 0 : bounds[step - 1];
  return from + (bounds[step] - from) * (1 + left / counts[step]);
}
