/**
 * The queue as a store keeps it: for each origin its messages in the order of `n`.
 *
 * @module
 */

import { Fifo } from "../order/fifo.ts";
import { compareMessages, type Message } from "../order/message.ts";
import { compareTimestamps, type Timestamp } from "../order/timestamp.ts";

/** Messages received and not yet delivered. What is delivered covers all before it of its origin. */
export class Queue {
  readonly #of: readonly Fifo<Message>[];

  /** An empty one, for so many origins. */
  constructor(replicas: number) {
    this.#of = Array.from({ length: replicas }, () => new Fifo<Message>());
  }

  /** Puts in an origin's next message. */
  add(message: Message): void {
    this.#of[message.origin].push(message);
  }

  /** Takes out a message that is delivered. Gives whether it stood here, and was its origin's first. */
  take(message: Message): boolean {
    const of = this.#of[message.origin];
    const wasFirst = of.first() === message;
    if (wasFirst) of.shift();
    else this.cover(message.origin, message.n);
    return wasFirst;
  }

  /** Drops an origin's messages up to this `n`. */
  cover(origin: number, n: number): void {
    const of = this.#of[origin];
    for (let first = of.first(); first !== undefined && first.n <= n; first = of.first()) {
      of.shift();
    }
  }

  /** The one with the earliest timestamp. */
  first(): Message | undefined {
    let earliest: Message | undefined;
    for (const of of this.#of) {
      const first = of.first();
      if (first === undefined) continue;
      if (earliest === undefined || compareMessages(first, earliest) < 0) earliest = first;
    }
    return earliest;
  }

  /** Whether all that is left comes after this timestamp. */
  isBehind(timestamp: Timestamp): boolean {
    const first = this.first();
    if (first === undefined) return true;
    return compareTimestamps({ time: first.time, id: first.origin }, timestamp) > 0;
  }

  /** Drops all. */
  clear(): void {
    for (const of of this.#of) of.clear();
  }

  /** All of them, by origin, each origin's in the order of `n`. */
  all(): Message[] {
    return this.#of.flatMap((of) => [...of]);
  }
}
