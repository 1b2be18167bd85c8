/**
 * Words of `top` that stand in its frames and in its plain lines.
 *
 * @module
 */

import type { ReplicaSnapshot } from "../../watch/snapshot.ts";

/** A replica that does not answer. */
export type Down = Extract<ReplicaSnapshot, { up: false }>;

/** Its id, as far as it is known. */
export function idText({ id }: ReplicaSnapshot): string {
  return String(id ?? "?");
}

/** Why it is down, and since when: on another day than now with the date. */
export function downText(down: Down, now: string): string {
  const { since } = down;
  const at = day(since) === day(now) ? clock(since) : `${day(since)} ${clock(since)}`;
  return `down since ${at}: ${whyDown(down)}`;
}

/** Why it is down, without its address, which stands beside. */
export function whyDown({ client, reason }: Down): string {
  return reason.replace(`cannot connect to ${client}: `, "").replace(` to ${client}`, "");
}

/** The hours, minutes and seconds of an ISO 8601 time. */
export function clock(time: string): string {
  return time.slice("2026-11-22T".length, "2026-11-22T19:03:04".length);
}

function day(time: string): string {
  return time.slice(0, "2026-11-22".length);
}
