/**
 * What a replica lacks of the log and is being sent: entries, or a snapshot in parts, each asked for
 * when the one before it has come.
 *
 * @module
 */

import { FETCH_WAIT_MS } from "../limits.ts";
import type { Answer, Entries, Fetch, Snapshot } from "./message.ts";

interface Fetching {
  /** The number of the fetch that was sent last. */
  number: number;
  readonly source: number;
  /** The last index that is known to be there. */
  to: number;
  /** Which part of a snapshot comes next, and where it leads; null while entries come. */
  snapshot: { readonly index: number; readonly part: number } | null;
  /** When it was asked last. */
  askedAt: number;
}

/** From whom a replica fetches now, and how far that has come. */
export class CatchUp {
  #fetching: Fetching | null = null;
  #fetches = 0;
  #taken = 0;

  /** How many answers to a fetch were of use. */
  get taken(): number {
    return this.#taken;
  }

  /** Who is asked now; null for nobody. */
  get source(): number | null {
    return this.#fetching?.source ?? null;
  }

  /** The last index that is wanted; of no meaning while nobody is asked. */
  get to(): number {
    return this.#fetching?.to ?? 0;
  }

  /** Begins: everything from this source, up to this index. */
  begin(source: number, to: number): void {
    this.#fetching = { number: 0, source, to, snapshot: null, askedAt: -Infinity };
  }

  /** Nobody is asked any more. */
  end(): void {
    this.#fetching = null;
  }

  /** The source is known to have more. */
  extend(to: number): void {
    if (this.#fetching !== null) this.#fetching.to = Math.max(this.#fetching.to, to);
  }

  /** What to ask the source next, by one who has everything before this index. */
  next(from: number, now: number): Fetch {
    const number = ++this.#fetches;
    const fetching = this.#fetching;
    if (fetching !== null) Object.assign(fetching, { number, askedAt: now });
    return { type: "fetch", from, to: this.to, part: fetching?.snapshot?.part ?? 0, fetch: number };
  }

  /** Whether an answer may still be on its way: over a slow link it takes long. */
  isAwaited(now: number): boolean {
    return this.#fetching !== null && now - this.#fetching.askedAt < FETCH_WAIT_MS;
  }

  /** What this answer bears, if it is the one that is awaited. */
  expect(from: number, { fetch, content }: Answer): Entries | Snapshot | null {
    // What was asked for twice, since its link was made again, must not be followed twice.
    if (this.#fetching?.source !== from || this.#fetching.number !== fetch) return null;
    return content.type === "entries" || this.#isNext(content) ? content : null;
  }

  /** Entries have come that are of use. */
  tookEntries(): void {
    this.#taken++;
    if (this.#fetching !== null) this.#fetching.snapshot = null;
  }

  /** A part of a snapshot has come that is of use. */
  tookPart({ part, last, position }: Snapshot): void {
    this.#taken++;
    if (this.#fetching === null) return;
    this.#fetching.snapshot = last ? null : { index: position.index, part: part + 1 };
  }

  /** Whether this part of a snapshot is the one that comes next. */
  #isNext({ part, position }: Snapshot): boolean {
    if (part === 0) return true;
    const expected = this.#fetching?.snapshot;
    return expected?.index === position.index && expected.part === part;
  }
}
