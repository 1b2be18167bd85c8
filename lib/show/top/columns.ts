/**
 * What `top` tells of a replica, each a column of its tables and a field of its plain lines.
 *
 * @module
 */

import type { ReplicaSnapshot } from "../../watch/snapshot.ts";
import { compact, milliseconds, span } from "../quantity.ts";

/** A replica that has answered. */
export type Up = Extract<ReplicaSnapshot, { up: true }>;

/** One thing that is told of a replica. */
export interface Fact {
  /** The column's heading. */
  readonly title: string;
  /** The field's name in a plain line, with its unit. */
  readonly name: string;
  /** How wide the column is, whatever stands in it: what moves cannot be read. */
  readonly cells: number;
  /** Words stand left, numbers (the default) right. */
  readonly align?: "left";
  /** Undefined if an older replica does not tell it, null if there is none now. */
  of(replica: Up): number | string | null | undefined;
  /** The number for people; {@linkcode compact} unless said otherwise. */
  text?(n: number): string;
}

/** How a replica is. */
export const CONDITION: readonly Fact[] = [
  { title: "state", name: "state", cells: 9, align: "left", of: ({ status }) => status.state },
  { title: "view", name: "view", cells: 8, align: "left", of: ({ status }) => viewOf(status) },
  {
    ...{ title: "applied", name: "applied", cells: 9 },
    of: ({ status }) => status.applied,
    text: (n) => compact(n, 9),
  },
  { title: "lag", name: "lag", cells: 7, of: ({ status }) => status.lag },
  { title: "pending", name: "pending", cells: 7, of: ({ status }) => status.pending },
  { title: "outbox", name: "outbox", cells: 6, of: ({ status }) => status.outbox },
  {
    ...{ title: "staleness", name: "staleness_ms", cells: 9 },
    of: ({ status }) => status.staleness,
    text: span,
  },
];

/** What a replica does. */
export const WORK: readonly Fact[] = [
  { title: "writes/s", name: "writes_per_s", cells: 8, of: writesPerSecond },
  {
    ...{ title: "p50 ms", name: "write_p50_ms", cells: 6 },
    of: ({ activity }) => activity?.write.p50Ms,
    text: milliseconds,
  },
  {
    ...{ title: "p99 ms", name: "write_p99_ms", cells: 6 },
    of: ({ activity }) => activity?.write.p99Ms,
    text: milliseconds,
  },
  {
    ...{ title: "reads/s", name: "reads_per_s", cells: 8 },
    of: ({ activity }) => activity?.read.perSecond,
  },
  {
    ...{ title: "p50 ms", name: "read_p50_ms", cells: 6 },
    of: ({ activity }) => activity?.read.p50Ms,
    text: milliseconds,
  },
  {
    ...{ title: "p99 ms", name: "read_p99_ms", cells: 6 },
    of: ({ activity }) => activity?.read.p99Ms,
    text: milliseconds,
  },
  {
    ...{ title: "failed/s", name: "failed_per_s", cells: 8 },
    of: ({ activity }) =>
      activity && activity.write.failedPerSecond + activity.read.failedPerSecond,
  },
  { title: "keys", name: "keys", cells: 7, of: ({ status }) => status.keys },
  { title: "clients", name: "clients", cells: 7, of: ({ status }) => status.clients },
  {
    ...{ title: "up for", name: "uptime_ms", cells: 6 },
    of: ({ status }) => status.uptime,
    text: span,
  },
];

/** Writes answered a second, failures included. */
export function writesPerSecond({ activity }: Up): number | null | undefined {
  return activity?.write.perSecond;
}

/** The slower of reads and writes. */
export function slowestMs({ activity }: Up): number | null {
  const known = [activity?.write.p99Ms, activity?.read.p99Ms].filter((ms) =>
    typeof ms === "number"
  );
  return known.length === 0 ? null : Math.max(...known);
}

/** The fact as it stands in its column. */
export function cellText(fact: Fact, replica: Up): string {
  const value = fact.of(replica);
  if (typeof value === "string") return value;
  return typeof value === "number" ? (fact.text ?? compact)(value) : "–";
}

/** The fact as a field of a plain line: the same for programs, to a thousandth. */
export function fieldText(fact: Fact, replica: Up): string {
  const value = fact.of(replica);
  if (typeof value === "number") return `${fact.name}=${Math.round(value * 1000) / 1000}`;
  return `${fact.name}=${typeof value === "string" ? value : "-"}`;
}

/** The members of the view, those that follow each other as a range. */
function viewOf({ view }: Partial<Up["status"]>): string | null {
  if (!view) return null;
  const ranges: [number, number][] = [];
  for (const id of view.members) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] + 1 === id) last[1] = id;
    else ranges.push([id, id]);
  }
  return ranges.map(([from, to]) => from === to ? `${from}` : `${from}-${to}`).join(",");
}
