/**
 * Collects the total order from the logs of the replicas while they run: each keeps only the end
 * of its log, and a folder that is deleted takes its log along.
 *
 * @module
 */

import type { OrderLine } from "../check/history.ts";
import { invariant } from "../invariant.ts";
import { CHAOS_LOG_ROWS_READ } from "../limits.ts";
import type { Entry } from "../order/message.ts";
import type { Write } from "./recorder.ts";

/** Reads the entries of a replica's log behind an index, at most so many. */
export type ReadLog = (replica: number, after: number, limit: number) => Entry[];

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
      const entries = this.#read(replica, this.#readTo[replica], CHAOS_LOG_ROWS_READ);
      for (const entry of entries) this.#take(replica, entry);
      const last = entries.at(-1);
      if (last === undefined) return;
      this.#readTo[replica] = last.index;
      if (entries.length < CHAOS_LOG_ROWS_READ) return;
    }
  }

  /** The replica has lost its log, and gets another: all of that is to be read. */
  forget(replica: number): void {
    this.#readTo[replica] = 0;
  }

  #take(replica: number, entry: Entry): void {
    const { index } = entry;
    const digest = digestOf(entry);
    const known = this.#digests[index] ?? 0;
    if (known === digest) return;
    const line = orderLine(entry);
    if (known !== 0) {
      this.#disagreement ??= { index, replica, says: line };
      return;
    }
    this.#grow(index);
    this.#digests[index] = digest;
    this.#known++;
    this.#last = Math.max(this.#last, index);
    this.#write(line);
  }

  #grow(index: number): void {
    if (index < this.#digests.length) return;
    const digests = new Uint32Array(Math.max(index + 1, this.#digests.length * 2));
    digests.set(this.#digests);
    this.#digests = digests;
  }
}

function orderLine({ index, message: { origin, operation } }: Entry): OrderLine {
  const facts = { type: "order", index, origin } as const;
  const { key, id, eventual } = operation;
  const asked = { key, ...(id !== undefined && { id }), ...(eventual && { eventual }) };
  switch (operation.type) {
    case "fence":
      return { ...facts, op: "fence", id: operation.id };
    case "set":
      return { ...facts, op: "set", ...asked, value: operation.value };
    case "delete":
      return { ...facts, op: "delete", ...asked };
    case "several": {
      const [pair, ...others] = operation.pairs;
      invariant(pair !== undefined && others.length === 0, "chaos changes one key at a time");
      const [of, value] = pair;
      return value === null
        ? { ...facts, op: "delete", ...asked, key: of }
        : { ...facts, op: "set", ...asked, key: of, value };
    }
    default:
      invariant(false, `chaos asks for no ${operation.type}`);
  }
}

/** 32 bits of all that the entry says, never 0 (FNV-1a). */
function digestOf({ message: { origin, n, time, operation } }: Entry): number {
  let hash = 0x811c9dc5;
  const text = JSON.stringify([origin, n, time, operation]);
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 0) || 1;
}
