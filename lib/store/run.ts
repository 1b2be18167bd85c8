/**
 * What a store on disk notes of the machine's run, from its opening to its end.
 *
 * @module
 */

import { type Message, timestampOf } from "../order/message.ts";
import { compareTimestamps, type Timestamp } from "../order/timestamp.ts";
import { type BootNote, bootTime, type Fsync, isThisBoot, weaker } from "./boot.ts";

/** One use of a store, within one run of the machine. */
export class Run {
  /** What the store bore when it was opened. */
  readonly found: BootNote | null;
  readonly #fsync: Fsync;
  readonly #wasCut: boolean;
  #note: BootNote | null = null;
  /** Whether that has changed since it was written. */
  #isNews = false;
  /** The last message that the last view began with; null if it began with none, or there is none. */
  #carried: Timestamp | null = null;
  #hasView = false;

  /** The store bore this note, and is now used with this setting. */
  constructor(found: BootNote | null, fsync: Fsync) {
    this.found = found;
    this.#fsync = fsync;
    this.#wasCut = found !== null && !isThisBoot(found);
  }

  /** Whether the machine was started anew since, and what was shown then is not known to be here. */
  get mayHaveForgotten(): boolean {
    return this.#wasCut || this.found?.forgot === true;
  }

  /** Whether what was promised may be forgotten. */
  get mustBeAnother(): boolean {
    return this.#wasCut && this.found?.fsync !== "always";
  }

  /** What the store bears now; null before the first write. */
  get note(): BootNote | null {
    return this.#note;
  }

  /** Something is about to be written for the first time: what the store has to bear before. */
  begin(): BootNote {
    const { found } = this;
    const ran = found !== null && isThisBoot(found);
    const fsync = ran ? weaker(found.fsync, this.#fsync) : this.#fsync;
    return this.#note = { at: bootTime(), fsync, forgot: this.mayHaveForgotten };
  }

  /** A view begins with these messages, in timestamp order. */
  carries(messages: readonly Message[], wasInstalled: boolean): void {
    const last = messages.at(-1);
    this.#carried = last === undefined ? null : timestampOf(last);
    this.#hasView = true;
    // The folder that a new one replaces may have shown them.
    if (last !== undefined && !wasInstalled) this.#forgets(true);
  }

  /**
   * Once a view has begun and what it began with is delivered, nothing is forgotten any more.
   * Gives what the store has to bear, if that has changed.
   */
  settle(delivered: Timestamp): BootNote | null {
    if (this.#hasView && compareTimestamps(delivered, this.#carried ?? delivered) >= 0) {
      this.#forgets(false);
    }
    const note = this.#isNews ? this.#note : null;
    this.#isNews = false;
    return note;
  }

  /** What the store bears when all of it is on disk: what a power cut took is not back by that. */
  end(): BootNote | null {
    return this.#note?.forgot === true ? { ...this.#note, fsync: "always" } : null;
  }

  #forgets(forgot: boolean): void {
    if (this.#note === null || this.#note.forgot === forgot) return;
    this.#note = { ...this.#note, forgot };
    this.#isNews = true;
  }
}
