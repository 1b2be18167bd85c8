/**
 * Reads the log of a store that another process uses, or that nobody uses any more: for tools
 * that look at what replicas have delivered.
 *
 * @module
 */

import type { Entry, Operation } from "../order/message.ts";
import { readSegment, type SegmentContent } from "./read_segments.ts";
import { replayLog } from "./replay.ts";
import { segmentFile, segmentNumbers } from "./segments.ts";
import type { ReplicaState } from "./state.ts";

/**
 * The entries behind an index that the log still holds, at most so many; none if the folder holds
 * no store. This neither waits for the replica nor keeps it waiting.
 */
export function readLog(folder: string, after: number, limit: number): Entry[] {
  const entries: Entry[] = [];
  follow(folder, after, (entry) => {
    if (entry.index > after && entries.length < limit) entries.push(entry);
  });
  return entries;
}

/** Operations that clients gave to the replica with this id, and that it has not delivered. */
export function readUndelivered(folder: string, self: number): Operation[] {
  const state = follow(folder, Infinity, () => {});
  if (state === null) return [];
  const { pending, outbox } = state.load();
  const own = pending.filter(({ origin }) => origin === self);
  return [...own, ...outbox].map(({ operation }) => operation);
}

/** Goes through the segments, from the last one that begins at this index or before it. */
function follow(
  folder: string,
  index: number,
  delivered: (entry: Entry) => void,
): ReplicaState | null {
  const segments: SegmentContent[] = [];
  for (const number of segmentNumbers(folder).toReversed()) {
    const segment = read(folder, number);
    if (segment === null) break;
    segments.unshift(segment);
    if (segment.head.fresh || segment.head.position.index <= index) break;
  }
  return segments.length === 0 ? null : replayLog(segments, delivered);
}

/** A segment that is there; the replica may drop it at any time. */
function read(folder: string, number: number): SegmentContent | null {
  try {
    return readSegment(Deno.readFileSync(segmentFile(folder, number)), number);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
