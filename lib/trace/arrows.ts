/**
 * What went from one replica to another: each sending with its coming.
 *
 * @module
 */

import type { Arrow } from "./story.ts";

type Going = { -readonly [K in keyof Arrow]: Arrow[K] };

/** A sending, or a coming, of something that has names on its link. */
export interface Passage extends Pick<Arrow, "kind" | "from" | "to" | "words"> {
  /** Each by itself says what it is: who tells only of some messages gives only some. */
  readonly names: readonly string[];
  /** When, and the replica's Lamport clock then. */
  readonly at: number;
  readonly time: number;
}

/** What somebody hears of a broadcast that went from one to another. */
export interface Acknowledged extends Pick<Arrow, "from" | "to"> {
  readonly name: string;
  readonly at: number;
}

/** Finds what belongs together. */
export class Arrows {
  /** All, in the order in which they were sent, or came. */
  readonly all: Arrow[] = [];
  /** By link and name: what is on its way, the oldest first. */
  readonly #going = new Map<string, Going[]>();
  /** By replica: when it last left a view or came into one. */
  readonly #moved = new Map<number, number>();

  /** It is sent. */
  sent({ kind, from, to, words, names, at, time }: Passage): void {
    const arrow: Going = {
      ...{ kind, from, to, words },
      sent: at,
      sentTime: time,
      received: null,
      receivedTime: null,
      acknowledged: null,
    };
    this.all.push(arrow);
    for (const name of names) {
      const key = keyOf(from, to, name);
      const going = this.#going.get(key);
      // It is sent again only after its link was lost, and the first sending with it.
      if (going === undefined || kind !== "other") this.#going.set(key, [arrow]);
      else going.push(arrow);
    }
  }

  /** It comes. */
  received({ kind, from, to, words, names, at, time }: Passage): void {
    const arrow = this.#oldest(names.map((name) => keyOf(from, to, name)));
    if (arrow === undefined) {
      const unseen = { sent: null, sentTime: null, received: at, receivedTime: time };
      this.all.push({ ...{ kind, from, to, words, acknowledged: null }, ...unseen });
    } else {
      arrow.received = at;
      arrow.receivedTime = time;
    }
  }

  /** Somebody hears that a broadcast is acknowledged: it came, though who got it may not tell. */
  acknowledged({ from, to, name, at }: Acknowledged): void {
    const arrow = this.#going.get(keyOf(from, to, name))?.find(({ received }) => received === null);
    // In another view it may have come with the view.
    if (arrow === undefined || Number(arrow.sent) < (this.#moved.get(to) ?? 0)) return;
    arrow.acknowledged ??= at;
  }

  /** A replica starts, leaves its view or comes into one. */
  moved(replica: number, at: number): void {
    this.#moved.set(replica, at);
  }

  /** What has gone by one of these names, and not come. */
  #oldest(keys: readonly string[]): Going | undefined {
    for (const key of keys) {
      const going = this.#going.get(key);
      for (let arrow = going?.shift(); arrow; arrow = going?.shift()) {
        if (arrow.received === null) return arrow;
      }
    }
    return undefined;
  }
}

function keyOf(from: number, to: number, name: string): string {
  return `${from}>${to} ${name}`;
}
