/**
 * What the log on disk says, as JSON: one text for each change of a replica's state.
 *
 *     ["broadcast", …] or ["broadcasts", …]     received: as it was on the wire
 *     ["delivered", index, time, id]            the head of the queue, up to this place
 *     ["entries", first index, message, …]      delivered, without having been the head of the queue
 *     ["promised", ballot]
 *     ["installed", view, n]                    queue and outbox are empty then
 *     ["pending", message, …]                   in the queue that a view or a segment begins with
 *     ["outbox", [n, key, value, bytes, …], …]
 *     ["boot", at, fsync, forgot]               of the machine's run; ["boot"] after a clean stop
 *     ["identity", identity, former]
 *     ["head", …]                               a segment begins: all but queue and outbox
 *
 * A message is `[origin, n, time, key, value, bytes, …]`, as between peers (`../wire/peer.ts`).
 *
 * @module
 */

import { PART_BYTES_MAX } from "../limits.ts";
import type { Broadcast, Entry, Message, Numbered, Position, View } from "../order/message.ts";
import { valueBytes } from "../order/operation.ts";
import type { Ballot } from "../order/timestamp.ts";
import { encodeRequest, encodeValue } from "../wire/operation.ts";
import { encodeMessage } from "../wire/peer.ts";
import type { BootNote } from "./boot.ts";
import type { Owner } from "./tables.ts";
import type { Beginning } from "./state.ts";

/** What a segment begins with, besides queue and outbox. */
export interface Head extends Beginning, Owner {
  readonly type: "head";
  /** The segment's number. */
  readonly number: number;
  /** Whether it begins anew, with what is in the tables: what was before it does not lead here. */
  readonly fresh: boolean;
}

/** What a line says. */
export type LogLine =
  | Head
  | { readonly type: "received"; readonly broadcast: Broadcast }
  | { readonly type: "delivered"; readonly position: Position }
  | { readonly type: "entries"; readonly entries: readonly Entry[] }
  | { readonly type: "promised"; readonly ballot: Ballot }
  | { readonly type: "installed"; readonly view: View; readonly n: number }
  | { readonly type: "pending"; readonly messages: readonly Message[] }
  | { readonly type: "outbox"; readonly numbered: readonly Numbered[] }
  | { readonly type: "boot"; readonly boot: BootNote | null }
  | { readonly type: "identity"; readonly identity: string; readonly former: string | null };

/** Takes a line's text. */
type Add = (text: string) => void;

/** The line of a promise. */
export function encodePromised(ballot: Ballot): string {
  return JSON.stringify(["promised", pair(ballot)]);
}

/** The line of what was the head of the queue. */
export function encodeDelivered({ index, time, id }: Position): string {
  return `["delivered",${index},${time},${id}]`;
}

/** The lines of what was delivered in another way. */
export function encodeEntries(entries: readonly Entry[], add: Add): void {
  inParts(entries, ({ message }) => valueBytes(message.operation), (part) => {
    const messages = part.map(({ message }) => encodeMessage(message));
    add(JSON.stringify(["entries", part[0].index, ...messages]));
  });
}

/** The line of a new view. */
export function encodeInstalled(view: View, n: number): string {
  return JSON.stringify(["installed", encodeView(view), n]);
}

/** The lines of a queue that a view or a segment begins with. */
export function encodePending(messages: readonly Message[], add: Add): void {
  inParts(messages, ({ operation }) => valueBytes(operation), (part) => {
    add(JSON.stringify(["pending", ...part.map(encodeMessage)]));
  });
}

/** The lines of own operations that wait for a view. */
export function encodeOutbox(numbered: readonly Numbered[], add: Add): void {
  inParts(numbered, ({ operation }) => valueBytes(operation), (part) => {
    add(JSON.stringify(["outbox", ...part.map(encodeNumbered)]));
  });
}

/** The line of what is noted of the machine's run. */
export function encodeBoot(boot: BootNote | null): string {
  return JSON.stringify(boot === null ? ["boot"] : ["boot", boot.at, boot.fsync, boot.forgot]);
}

/** The line of who the folder is. */
export function encodeIdentity(identity: string, former: string | null): string {
  return JSON.stringify(["identity", identity, former]);
}

/** The line that a segment begins with. */
export function encodeHead(head: Head): string {
  const { number, id, replicas, fresh, identity, former, promised, installed, n } = head;
  const { index, time, id: origin } = head.position;
  return JSON.stringify([
    "head",
    number,
    [id, replicas],
    fresh,
    identity,
    former,
    pair(promised),
    installed === null ? null : encodeView(installed),
    n,
    [index, time, origin],
    head.deliveredN,
  ]);
}

function encodeNumbered({ n, operation }: Numbered): unknown[] {
  const value = encodeValue(operation);
  return [n, operation.key, value, valueBytes(operation), ...encodeRequest(operation)];
}

function encodeView({ ballot, members, cluster, identities }: View): unknown[] {
  return [pair(ballot), members, cluster, identities];
}

function pair({ round, id }: Ballot): [number, number] {
  return [round, id];
}

/** A text has a longest length; so much is in none of them. */
function inParts<T>(
  all: readonly T[],
  bytesOf: (one: T) => number,
  encode: (part: readonly T[]) => void,
): void {
  let from = 0;
  let bytes = 0;
  for (let i = 0; i < all.length; i++) {
    bytes += bytesOf(all[i]);
    if (bytes <= PART_BYTES_MAX && i - from < PART_LENGTH_MAX) continue;
    encode(all.slice(from, i + 1));
    from = i + 1;
    bytes = 0;
  }
  if (from < all.length) encode(all.slice(from));
}

const PART_LENGTH_MAX = 1024;
