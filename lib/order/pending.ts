/**
 * The priority queue: messages received and not yet delivered, the earliest timestamp first.
 *
 * @module
 */

import { BinaryHeap } from "@std/data-structures/binary-heap";
import { compareMessages, type Message } from "./message.ts";

/** Messages received and not yet delivered. */
export class Pending {
  readonly #heap = new BinaryHeap<Message>(compareMessages);

  /** How many there are. */
  get length(): number {
    return this.#heap.length;
  }

  /** The message that is delivered next, once all members have acknowledged it. */
  head(): Message | undefined {
    return this.#heap.peek();
  }

  /** Takes a message in. */
  add(message: Message): void {
    this.#heap.push(message);
  }

  /** Takes the head out. */
  shift(): Message | undefined {
    return this.#heap.pop();
  }

  /** All of them, in timestamp order. They stay. */
  all(): Message[] {
    return this.#heap.toArray().sort(compareMessages);
  }

  /** Holds these and nothing else. */
  replace(messages: readonly Message[]): void {
    this.#heap.clear();
    for (const message of messages) this.#heap.push(message);
  }
}
