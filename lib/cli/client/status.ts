/**
 * What replicas say of themselves, for people. A newer or older replica may leave some of it out.
 *
 * @module
 */

import { duration, roundDuration } from "../../show/quantity.ts";
import { type Column, table } from "../../show/table.ts";
import type { Missing, PeerStatus, Status, Suspect } from "../../wire/message.ts";

/** What may be there of a status. */
export type AnyStatus = Partial<Status>;

/** What one replica says of itself: a line for each thing, and a table of what it knows of others. */
export function statusLines(status: AnyStatus, width?: number): string[] {
  const rows: [string, unknown][] = [
    ["replica", `${status.id} of ${status.replicas}`],
    ["state", status.state],
    ["joining", status.joining ?? undefined],
    ["consistency", status.consistency],
    ["view", viewText(status.view)],
    ["hears", status.hears && numbers(status.hears)],
    ["suspects", status.suspects && (status.suspects.map(suspectText).join("; ") || "nobody")],
    ["missing", status.missing && (status.missing.map(missingText).join("; ") || "nobody")],
    ["delivered", status.delivered],
    ["applied", status.applied],
    ["behind by", status.lag],
    ["pending", status.pending],
    ["outbox", outboxText(status)],
    ["keys", status.keys],
    ["clients", status.clients],
    ["store", `${status.store}, fsync ${fsyncText(status)}`],
    ["time limit", status.requestTimeout && roundDuration(status.requestTimeout)],
    ["up for", status.uptime === undefined ? undefined : roundDuration(status.uptime)],
    ["cluster", status.cluster ?? "none yet"],
    ["folder", folderText(status)],
    ["version", status.version],
  ];
  const peers = status.peers ?? [];
  return [
    ...rows.filter(([, fact]) => fact !== undefined)
      .map(([name, fact]) => `${name.padEnd(12)} ${fact}`),
    ...(peers.length === 0 ? [] : ["", ...table(PEER_COLUMNS, peers.map(peerRow), { width })]),
  ];
}

const PEER_COLUMNS: readonly Column[] = [
  { title: "peer", align: "right" },
  { title: "state" },
  { title: "member" },
  { title: "delivered", align: "right" },
  { title: "behind by", align: "right" },
];

function peerRow({ id, state, member, index, lag }: PeerStatus): string[] {
  return [
    String(id),
    state ?? "not known",
    member ? "yes" : "no",
    String(index ?? "–"),
    String(lag ?? "–"),
  ];
}

/** Several replicas, each with the address where it said so: a row for each. */
export function statusTable(
  replicas: readonly (readonly [address: string, status: AnyStatus])[],
  width: number,
): string[] {
  return table(COLUMNS, replicas.map(([address, status]) => statusRow(address, status)), { width });
}

const COLUMNS: readonly Column[] = [
  { title: "id", align: "right" },
  { title: "address" },
  { title: "state" },
  { title: "view" },
  { title: "missing or suspected" },
  { title: "applied", align: "right" },
  { title: "behind", align: "right" },
  { title: "pending", align: "right" },
  { title: "outbox", align: "right" },
  { title: "fsync" },
  { title: "up for", align: "right" },
  { title: "version" },
];

function statusRow(address: string, status: AnyStatus): string[] {
  const { id, state, view, applied, lag, pending, outbox, uptime } = status;
  return [
    String(id ?? "?"),
    address,
    `${state ?? "?"}${status.counts === false ? ", does not count" : ""}`,
    view ? view.members.join(" ") : "none yet",
    absent(status).map(({ id, since }) => `${id} since ${timeOf(since)}`).join(", ") || "–",
    String(applied ?? "?"),
    String(lag ?? "?"),
    String(pending ?? "?"),
    String(outbox ?? "?"),
    fsyncText(status),
    uptime === undefined ? "?" : roundDuration(uptime),
    status.version ?? "?",
  ];
}

/** Who cannot be reached, and who is suspected for another reason, such as a hanging disk. */
function absent({ missing = [], suspects = [] }: AnyStatus): Missing[] {
  const others = suspects.filter(({ id }) => !missing.some((one) => one.id === id));
  return [...missing, ...others].sort((a, b) => a.id - b.id);
}

/** A missing replica and since when, e.g. `2 since 2026-11-22 19:03:04 UTC`. */
export function missingText({ id, since }: Missing): string {
  return `${id} since ${since.slice(0, "2026-11-22".length)} ${timeOf(since)} UTC`;
}

function suspectText({ reason, ...missing }: Suspect): string {
  return `${missingText(missing)} (${reason})`;
}

/** The hours, minutes and seconds of an ISO 8601 time. */
function timeOf(since: string): string {
  return since.slice("2026-11-22T".length, "2026-11-22T19:03:04".length);
}

function numbers(ids: readonly number[]): string {
  return ids.length === 0 ? "nobody" : ids.join(", ");
}

function viewText(view: AnyStatus["view"]): string {
  if (!view) return "none yet";
  const [round, coordinator] = view.ballot;
  return `members ${view.members.join(", ")} (ballot ${round} of replica ${coordinator})`;
}

function outboxText({ outbox, outboxBytes }: AnyStatus): string | undefined {
  if (outbox === undefined || !outboxBytes) return outbox?.toString();
  return `${outbox} (${outboxBytes} bytes)`;
}

function fsyncText({ fsync, fsyncP99 }: AnyStatus): string {
  const p99 = fsyncP99 === undefined || fsyncP99 === null ? "" : `, p99 ${duration(fsyncP99)}`;
  return `${fsync ?? "?"}${p99}`;
}

function folderText({ identity, counts }: AnyStatus): string | undefined {
  if (identity === undefined) return undefined;
  return counts === false ? `${identity} (being rebuilt: counts for no majority yet)` : identity;
}
