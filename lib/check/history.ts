/**
 * Recorded histories: what clients asked and were told, and what became of it. The form is the
 * one that `kvdist chaos` and the demos write and `kvdist check` reads.
 *
 * A history is text, a JSON object on each line. The first line is the **header**:
 *
 * ```json
 * {"history":1,"replicas":3}
 * ```
 *
 * `1` is the version of the form. Further fields say where the history comes from (a seed, a
 * date) and are not judged. Then come **events**, in the order in which they happened:
 *
 * ```json
 * {"type":"invoke","process":4,"at":1200,"op":"set","key":"k","value":"v","level":"sequential","replica":0,"id":"4.1"}
 * {"type":"ok","process":4,"at":1950}
 * {"type":"invoke","process":4,"at":2000,"op":"get","key":"k","level":"linearizable","replica":2,"session":true}
 * {"type":"ok","process":4,"at":2700,"value":"v"}
 * {"type":"fail","process":5,"at":2710,"code":"no_quorum"}
 * {"type":"info","process":6,"at":2720,"code":"timeout"}
 * ```
 *
 * - The order of the lines is what counts as real time; `at`, in microseconds of any one clock,
 *   is for people, and never goes back.
 * - A process has one operation under way at a time, so an answer belongs to its last `invoke`.
 * - Processes that share a connection, and so have several requests under way on it, say its
 *   number as `client`: their operations are one client's, in the order in which they begin.
 * - `ok`: it was done. A get's `value` is what was read, null if there was no such key.
 * - `fail`: it certainly did not happen, and will not. `info`: it may have happened, or may still.
 *   An `invoke` without an answer at the end is like one with `info`.
 * - `session: true`: the request carried a session token, and its answer went into the token.
 * - `id` names a write. Writes with one id are tries of one operation, which happens once at most;
 *   they must ask the same.
 *
 * Last, or anywhere between, come **witnesses**, as far as there are any:
 *
 * ```json
 * {"type":"order","index":17,"op":"set","key":"k","value":"v","id":"4.1","origin":0}
 * {"type":"order","index":18,"op":"fence","id":"6.2","origin":1}
 * {"type":"final","replica":2}
 * {"type":"final","replica":2,"key":"k","value":"v"}
 * ```
 *
 * - `order` is the total order as it was delivered, index 1 first. An entry whose `id` stands
 *   before it was not carried out again; nor was one behind a `fence` of its id, unless it is
 *   marked `eventual: true`.
 * - `final` is what a replica holds at the very end, after all faults are healed and everything
 *   is delivered. The line without a key says that the replica's whole content follows: then a
 *   key without a line is one that it does not hold. Without that line, only the keys with a
 *   line are known; there, null says that it does not hold the key.
 *
 * A part of a history (what `--smallest` writes) says so in its header: `"part":true` allows the
 * total order to leave out indexes, `"incomplete":"…"` says that it proves nothing, and why.
 *
 * @module
 */

import type { Consistency } from "../consistency.ts";

/** The version of the form that this program writes and reads. */
export const HISTORY_VERSION = 1;

/** The first line. */
export interface HistoryHeader {
  /** All other lines have one. */
  readonly type?: undefined;
  /** The version of the form. */
  readonly history: typeof HISTORY_VERSION;
  /** How many replicas there are. */
  readonly replicas: number;
  /**
   * The file holds a part of a history: indexes that the total order leaves out belong to what
   * was left out.
   */
  readonly part?: true;
  /** Why the total order proves nothing: what it lacks besides. */
  readonly incomplete?: string;
  /** Where the history comes from. */
  readonly [fact: string]: unknown;
}

/** What every `invoke` says besides what it asks. */
export interface InvokeFacts {
  /** Tells the kind of line. */
  readonly type: "invoke";
  /** Whose operation it is, from 0 on. */
  readonly process: number;
  /** When, in microseconds. */
  readonly at: number;
  /** The key. */
  readonly key: string;
  /** The level asked for. */
  readonly level: Consistency;
  /** The replica that was asked. */
  readonly replica: number;
  /** The connection, if processes share it; the process is a client of its own without. */
  readonly client?: number;
  /** Whether it carries a session token, and feeds it. */
  readonly session?: boolean;
}

/** An operation begins. */
export type Invoke =
  | InvokeFacts & { readonly op: "get" }
  | InvokeFacts & {
    readonly op: "set";
    readonly value: string;
    /** The request's own name. */
    readonly id?: string;
  }
  | InvokeFacts & {
    readonly op: "delete";
    /** The request's own name. */
    readonly id?: string;
  };

/** The operation that its process has under way was done. */
export interface Ok {
  /** Tells the kind of line. */
  readonly type: "ok";
  /** Whose operation it was. */
  readonly process: number;
  /** When, in microseconds. */
  readonly at: number;
  /** A get's only: what was read; null if there was no such key. */
  readonly value?: string | null;
}

/** The operation that its process has under way was not done. */
export interface NotOk {
  /** `fail`: it certainly did not happen; `info`: it may have happened, or may still. */
  readonly type: "fail" | "info";
  /** Whose operation it was. */
  readonly process: number;
  /** When, in microseconds. */
  readonly at: number;
  /** What kind of failure: one of the codes of an error, or a word of the recorder's. */
  readonly code?: string;
}

/** What happened at a moment. */
export type HistoryEvent = Invoke | Ok | NotOk;

/** What every `order` line says besides what was delivered. */
export interface OrderFacts {
  /** Tells the kind of line. */
  readonly type: "order";
  /** The place in the total order, from 1 on. */
  readonly index: number;
  /** The replica that a client gave it to. */
  readonly origin?: number;
}

/** What was delivered at one place of the total order. */
export type OrderLine =
  | OrderFacts & {
    readonly op: "set";
    readonly key: string;
    readonly value: string;
    /** The request's own name. */
    readonly id?: string;
    /** It was answered before it was ordered: no fence holds it back. */
    readonly eventual?: boolean;
  }
  | OrderFacts & {
    readonly op: "delete";
    readonly key: string;
    /** The request's own name. */
    readonly id?: string;
    /** It was answered before it was ordered: no fence holds it back. */
    readonly eventual?: boolean;
  }
  | OrderFacts & { readonly op: "fence"; readonly id: string };

/** A replica's whole content follows. */
export interface FinalContent {
  /** Tells the kind of line. */
  readonly type: "final";
  /** The replica's id. */
  readonly replica: number;
}

/** What a replica holds for a key at the very end; null: it does not hold it. */
export interface FinalValue extends FinalContent {
  /** The key. */
  readonly key: string;
  /** Its value; null if the replica does not hold the key. */
  readonly value: string | null;
}

/** A line of a history. */
export type HistoryLine = HistoryHeader | HistoryEvent | OrderLine | FinalContent | FinalValue;

/**
 * The line as it stands in a file, with its line end.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { encodeLine } from "./history.ts";
 *
 * assertEquals(encodeLine({ history: 1, replicas: 3 }), '{"history":1,"replicas":3}\n');
 * ```
 */
export function encodeLine(line: HistoryLine): string {
  return `${JSON.stringify(line)}\n`;
}
