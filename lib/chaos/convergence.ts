/**
 * Waiting until a healed cluster is whole again.
 *
 * @module
 */

import type { Status } from "../wire/message.ts";
import { pause } from "./pause.ts";

/** Between two looks. */
const LOOK_MS = 100;

/** What is asked of each replica. */
export type Told = Pick<
  Status,
  "state" | "view" | "replicas" | "pending" | "outbox" | "delivered" | "applied" | "counts"
>;

/**
 * Waits until every replica is in a view of all and has applied the same, and nothing is under
 * way; resolves with what is still missing when the time is over, or null.
 */
export async function untilConverged(
  ids: readonly number[],
  status: (id: number) => Promise<Told | null>,
  { timeMs, signal }: { readonly timeMs: number; readonly signal: AbortSignal },
): Promise<string | null> {
  const began = performance.now();
  for (;;) {
    const missing = whatIsMissing(await Promise.all(ids.map(status)));
    const isOver = performance.now() - began > timeMs || signal.aborted;
    if (missing === null || isOver) return missing;
    await pause(LOOK_MS, signal);
  }
}

/** Why these replicas, by id, are not yet whole and equal; null if they are. */
export function whatIsMissing(all: readonly (Told | null)[]): string | null {
  for (const [id, told] of all.entries()) {
    if (told === null) return `replica ${id} does not answer`;
    if (told.state !== "live") return `replica ${id} is ${told.state}`;
    if (told.view?.members.length !== told.replicas) {
      return `replica ${id} is in a view of ${told.view?.members.join(", ")}`;
    }
    if (!told.counts) return `replica ${id} does not count toward a majority`;
    const under = told.pending + told.outbox;
    if (under > 0) return `replica ${id} has ${under} messages that are not delivered`;
    if (told.applied < told.delivered) return `replica ${id} has not applied all that is delivered`;
  }
  const applied = all.map((told) => told?.applied ?? 0);
  const [least, most] = [Math.min(...applied), Math.max(...applied)];
  if (least < most) return `replica ${applied.indexOf(least)} is ${most - least} entries behind`;
  return null;
}
