/**
 * Collects the total order from the logs of the replicas while they run: each keeps only the end
 * of its log, and a folder that is deleted takes its log along.
 *
 * @module
 */

import type { OrderLine } from "../check/history.ts";
import { CHAOS_LOG_ROWS_READ } from "../limits.ts";
import type { LogRow } from "../store/read_log.ts";
import type { Write } from "./recorder.ts";

/** Reads the rows of a replica's log behind an index, at most so many. */
export type ReadLog = (replica: number, after: number, limit: number) => LogRow[];

/** Two replicas have delivered different messages at one place. */
export interface Disagreement {
  readonly index: number;
  /** Who says otherwise than was collected before. */
  readonly replica: number;
  /** What it says. */
  readonly says: OrderLine;
}

/** The order as far as it is known. */
export class OrderCollector {
  readonly #read: ReadLog;
  readonly #write: Write;
  /** By replica: the index up to which its log was read. */
  readonly #readTo: number[];
  /** By index: a digest of what was collected there; 0 where nothing was. */
  #digests = new Uint32Array(1 << 16);
  #last = 0;
  #known = 0;
  #disagreement: Disagreement | null = null;

  /** Nothing is collected yet. */
  constructor(replicas: number, read: ReadLog, write: Write) {
    this.#read = read;
    this.#write = write;
    this.#readTo = Array(replicas).fill(0);
  }

  /** The highest index collected. */
  get last(): number {
    return this.#last;
  }

  /** How many places below {@linkcode OrderCollector.last} are not known. */
  get missing(): number {
    return this.#last - this.#known;
  }

  /** The first place at which two replicas differ, or null. */
  get disagreement(): Disagreement | null {
    return this.#disagreement;
  }

  /** Reads what is new in a replica's log, and compares what is not. */
  collect(replica: number): void {
    for (;;) {
      const rows = this.#read(replica, this.#readTo[replica], CHAOS_LOG_ROWS_READ);
      for (const row of rows) this.#take(replica, row);
      const last = rows.at(-1);
      if (last === undefined) return;
      this.#readTo[replica] = last.index;
      if (rows.length < CHAOS_LOG_ROWS_READ) return;
    }
  }

  /** The replica has lost its log, and gets another: all of that is to be read. */
  forget(replica: number): void {
    this.#readTo[replica] = 0;
  }

  #take(replica: number, row: LogRow): void {
    const digest = digestOf(row);
    const known = this.#digests[row.index] ?? 0;
    if (known === digest) return;
    const line = orderLine(row);
    if (known !== 0) {
      this.#disagreement ??= { index: row.index, replica, says: line };
      return;
    }
    this.#grow(row.index);
    this.#digests[row.index] = digest;
    this.#known++;
    this.#last = Math.max(this.#last, row.index);
    this.#write(line);
  }

  #grow(index: number): void {
    if (index < this.#digests.length) return;
    const digests = new Uint32Array(Math.max(index + 1, this.#digests.length * 2));
    digests.set(this.#digests);
    this.#digests = digests;
  }
}

function orderLine({ index, origin, operation }: LogRow): OrderLine {
  const { type, ...rest } = operation;
  return { type: "order", index, op: type, ...rest, origin } as OrderLine;
}

/** 32 bits of all that the row says, never 0 (FNV-1a). */
function digestOf({ origin, n, time, operation }: LogRow): number {
  let hash = 0x811c9dc5;
  for (const character of JSON.stringify([origin, n, time, operation])) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  }
  return (hash >>> 0) || 1;
}
