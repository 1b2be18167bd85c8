/**
 * Linearizable reads that wait for their confirmation.
 *
 * A read misses nothing when, after it has come, a majority says that this view is still the
 * latest they promised, and all that was on hand here is delivered and applied: whatever was
 * answered before was acknowledged by every member of the view, this one included. Reads that
 * wait together share a question.
 *
 * @module
 */

import { Fifo } from "./fifo.ts";

/** A question under way. */
interface Question {
  readonly number: number;
  /** The last read that it is asked for. */
  readonly read: number;
  /** The clock when it was asked: no message on hand then has a later time. */
  readonly clock: number;
  /** Who has confirmed, this replica included. */
  readonly yes: Set<number>;
}

/** The linearizable reads of one replica. */
export class Reads {
  readonly #self: number;
  readonly #majority: number;
  /** The last read that has come. */
  #come = 0;
  /** The last read that a question was asked for in this view, or that was released. */
  #asked = 0;
  #released = 0;
  #number = 0;
  #question: Question | null = null;
  /** Confirmed; what was on hand for them is not delivered yet. */
  readonly #confirmed = new Fifo<Question>();

  /** None yet, at the replica with this id; so many make a majority. */
  constructor(self: number, majority: number) {
    this.#self = self;
    this.#majority = majority;
  }

  /** A read has come: its number, greater than all before. */
  add(read: number): void {
    this.#come = read;
  }

  /**
   * Begins a question, unless one is under way or no read waits for one.
   *
   * @returns whether there is one to be asked of all other members
   */
  ask(clock: number): boolean {
    if (this.#question !== null || this.#come === this.#asked) return false;
    this.#asked = this.#come;
    this.#question = { number: ++this.#number, read: this.#come, clock, yes: new Set() };
    this.confirm(this.#self, this.#number);
    return this.#question !== null;
  }

  /** The number of the question under way that this peer has not answered, or null. */
  unanswered(peer: number): number | null {
    return this.#question?.yes.has(peer) === false ? this.#question.number : null;
  }

  /** A member has said yes. */
  confirm(from: number, number: number): void {
    const question = this.#question;
    if (question?.number !== number) return;
    question.yes.add(from);
    if (question.yes.size < this.#majority) return;
    this.#confirmed.push(question);
    this.#question = null;
  }

  /**
   * Takes out the confirmed reads for which everything on hand is delivered.
   *
   * @param time that of the message to be delivered next; Infinity if there is none
   * @returns the number of the last of them, or null
   */
  release(time: number): number | null {
    let released: number | null = null;
    for (let next = this.#confirmed.first(); next; next = this.#confirmed.first()) {
      if (next.clock >= time) break;
      this.#confirmed.shift();
      released = this.#released = next.read;
    }
    return released;
  }

  /** The view has ended: what is not released begins again in the next. */
  restart(): void {
    this.#asked = this.#released;
    this.#question = null;
    this.#confirmed.clear();
  }
}
