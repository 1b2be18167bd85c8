/**
 * Makes a replica's state of what its log says.
 *
 * @module
 */

import { invariant, InvariantError, unreachable } from "../invariant.ts";
import type { Entry, Position } from "../order/message.ts";
import type { BootNote } from "./boot.ts";
import type { Layers } from "./layers.ts";
import type { LogEnd } from "./log.ts";
import type { Head, LogLine } from "./log_line.ts";
import { LogDamage, type SegmentContent } from "./read_segments.ts";
import { allBounds, ReplicaState } from "./state.ts";
import type { StoreBounds } from "./store.ts";
import type { Place } from "./tables.ts";

/** What a log leads to. */
export interface Replayed {
  readonly state: ReplicaState;
  /** What was noted last of the machine's run. */
  readonly boot: BootNote | null;
  /** Where the log ends. */
  readonly end: LogEnd;
  /** Whether the tables are further than the log: it has to begin anew, from them. */
  readonly isBehind: boolean;
}

/**
 * Goes through the log. What the tables do not hold is applied to the layers, if they are given.
 *
 * @throws {LogDamage} if it does not lead on from one line to the next, or not to the tables' place
 */
export function replay(
  segments: readonly SegmentContent[],
  place: Place,
  { bounds, layers }: { readonly bounds: Required<StoreBounds>; readonly layers: Layers | null },
): Replayed {
  const there = place.position;
  /** Where the tables are, the log must tell the same message. */
  const meet = (position: Position) =>
    invariant(
      position.index !== there.index || samePosition(position, there),
      "keys and log are of one order",
    );
  return explained(() => {
    const { head } = first(segments);
    invariant(head.position.index <= there.index, "the log begins where the keys are, or before");
    meet(head.position);
    const replaying = new Replaying(head, bounds, (state, entry) => {
      const { index, message: { time, origin } } = entry;
      meet({ index, time, id: origin });
      if (layers === null || index <= there.index) state.settle(entry);
      else state.apply(entry, layers, layers.requests);
    });
    replaying.goThrough(segments);
    const { state, boot } = replaying;
    const isBehind = there.index > state.position.index;
    if (isBehind) state.restore(there, place.appliedN);
    return { state, boot, end: endOf(segments), isBehind };
  });
}

/**
 * Goes through the log alone.
 *
 * @throws {LogDamage} if it does not lead on from one line to the next
 */
export function replayLog(
  segments: readonly SegmentContent[],
  delivered: (entry: Entry) => void,
): ReplicaState {
  return explained(() => {
    const replaying = new Replaying(first(segments).head, allBounds({}), (state, entry) => {
      state.settle(entry);
      state.log.trim(state.applied);
      delivered(entry);
    });
    replaying.goThrough(segments);
    return replaying.state;
  });
}

function explained<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof InvariantError)) throw error;
    throw new LogDamage(`its log does not lead on: ${error.message}`, { cause: error });
  }
}

/** The segment that counts first: the last that begins anew, or the oldest. */
function first(segments: readonly SegmentContent[]): SegmentContent {
  const found = segments.findLast(({ head }) => head.fresh) ?? segments.at(0);
  if (found === undefined) throw new LogDamage("its log is gone");
  return found;
}

function endOf(segments: readonly SegmentContent[]): LogEnd {
  const { size, headSize, forced } = segments[segments.length - 1];
  return {
    segments: segments.map(({ number, head }) => ({ number, from: head.position.index })),
    ...{ size, headSize, forced },
  };
}

/** A state, and what has become of it so far. */
class Replaying {
  readonly state: ReplicaState;
  readonly #delivered: (state: ReplicaState, entry: Entry) => void;
  boot: BootNote | null = null;

  /** `delivered` is called for each entry, after it was, and has to settle or apply it. */
  constructor(
    head: Head,
    bounds: Required<StoreBounds>,
    delivered: (state: ReplicaState, entry: Entry) => void,
  ) {
    this.state = new ReplicaState(head.id, head, bounds);
    this.#delivered = delivered;
  }

  goThrough(segments: readonly SegmentContent[]): void {
    const counting = segments.slice(segments.indexOf(first(segments)));
    for (const [i, { head, beginning, lines }] of counting.entries()) {
      if (i === 0) this.#go(beginning);
      else this.#check(head);
      this.#go(lines);
    }
  }

  /** The head of a later segment says what has become of the one before. */
  #check(head: Head): void {
    const { position, n, identity } = this.state.load();
    invariant(
      samePosition(position, head.position) && n === head.n && identity === head.identity,
      "a segment begins where the one before ends",
    );
  }

  #go(lines: readonly LogLine[]): void {
    for (const line of lines) this.#line(line);
  }

  #line(line: LogLine): void {
    const { state } = this;
    switch (line.type) {
      case "received":
      case "promised":
      case "outbox":
        return state.write(line);
      case "installed":
        return state.install(line.view, line.n);
      case "pending":
        for (const message of line.messages) state.carry(message);
        return;
      case "delivered":
        return this.#deliver(state.deliverHead(line.position));
      case "entries":
        state.deliver(line.entries);
        return this.#deliver(line.entries);
      case "boot":
        this.boot = line.boot;
        return;
      case "identity":
        return state.rename(line.identity, line.former);
      case "head":
        throw new LogDamage("its log has a head within a segment");
      default:
        return unreachable(line);
    }
  }

  #deliver(entries: readonly Entry[]): void {
    for (const entry of entries) this.#delivered(this.state, entry);
  }
}

function samePosition(a: Position, b: Position): boolean {
  return a.index === b.index && a.time === b.time && a.id === b.id;
}
