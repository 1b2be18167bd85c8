/**
 * What went from one replica to another: each sending with its coming.
 *
 * @module
 */

import type { Arrow } from "./story.ts";

type Going = { -readonly [K in keyof Arrow]: Arrow[K] };

/** A sending, or a coming, of something that has a name on its link. */
export interface Passage extends Pick<Arrow, "kind" | "from" | "to" | "words"> {
  readonly name: string;
  /** When, and the replica's Lamport clock then. */
  readonly at: number;
  readonly time: number;
}

/** Finds what belongs together. */
export class Arrows {
  /** All, in the order in which they were sent, or came. */
  readonly all: Arrow[] = [];
  /** By link and name: what is on its way, the oldest first. */
  readonly #going = new Map<string, Going[]>();

  /** It is sent. */
  sent({ kind, from, to, words, name, at, time }: Passage): void {
    const arrow: Going = {
      ...{ kind, from, to, words },
      sent: at,
      sentTime: time,
      received: null,
      receivedTime: null,
    };
    this.all.push(arrow);
    const key = keyOf(from, to, name);
    const going = this.#going.get(key);
    if (going === undefined) this.#going.set(key, [arrow]);
    else going.push(arrow);
  }

  /** It comes. What was sent before in the same words, and did not, was lost with its link. */
  received({ kind, from, to, words, name, at, time }: Passage): void {
    const arrow = this.#going.get(keyOf(from, to, name))?.shift();
    if (arrow === undefined) {
      const unseen = { sent: null, sentTime: null, received: at, receivedTime: time };
      this.all.push({ ...{ kind, from, to, words }, ...unseen });
    } else {
      arrow.received = at;
      arrow.receivedTime = time;
    }
  }
}

function keyOf(from: number, to: number, name: string): string {
  return `${from}>${to} ${name}`;
}
