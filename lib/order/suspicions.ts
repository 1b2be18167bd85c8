/**
 * Whom of its view a replica suspects, and why: who is silent, who acknowledges nothing, who says
 * that it is in the view no more.
 *
 * @module
 */

import { ACKNOWLEDGE_LATE_FACTOR } from "../limits.ts";
import type { Message, View } from "./message.ts";
import type { Peers } from "./peers.ts";
import { compareBallots } from "./timestamp.ts";
import type { TotalOrder } from "./total_order.ts";

/** What is looked at. */
export interface Suspected {
  readonly view: View;
  /** When the view became live here. */
  readonly liveAt: number;
  readonly now: number;
}

/** The suspicions of one replica. */
export class Suspicions {
  readonly #self: number;
  readonly #suspectAfterMs: number;
  readonly #peers: Peers;
  readonly #order: TotalOrder;
  readonly #reasons = new Map<number, string>();
  /** The head of the queue, and since when it has been that. */
  #head: { readonly message: Message; readonly since: number } | null = null;

  /** Suspects nobody yet. */
  constructor(self: number, suspectAfterMs: number, peers: Peers, order: TotalOrder) {
    this.#self = self;
    this.#suspectAfterMs = suspectAfterMs;
    this.#peers = peers;
    this.#order = order;
  }

  /** Who is suspected, and why. */
  get reasons(): ReadonlyMap<number, string> {
    return this.#reasons;
  }

  /** In no view, nobody is suspected. */
  clear(): void {
    this.#reasons.clear();
  }

  /** Looks at all members; gives those that are suspected from now on. */
  update(at: Suspected): { readonly peer: number; readonly reason: string }[] {
    const head = this.#order.head;
    if (head !== this.#head?.message) {
      this.#head = head === undefined ? null : { message: head, since: at.now };
    }
    const news: { peer: number; reason: string }[] = [];
    for (const peer of at.view.members) {
      if (peer === this.#self) continue;
      const reason = this.#reason(peer, at);
      if (reason === null) this.#reasons.delete(peer);
      else if (!this.#reasons.has(peer)) {
        this.#reasons.set(peer, reason);
        news.push({ peer, reason });
      }
    }
    return news;
  }

  #reason(peer: number, { view, liveAt, now }: Suspected): string | null {
    if (this.#peers.silentSince(peer, now) !== null) return "silent";
    if (this.#isLate(peer, now)) return "heard, but acknowledges nothing";
    const said = this.#peers.heartbeat(peer);
    if (said === null) return null;
    const order = said.ballot === null ? -1 : compareBallots(said.ballot, view.ballot);
    // A member may have said that before it installed this view: that is no news for a while.
    if (order < 0 && now - liveAt <= this.#suspectAfterMs) return null;
    return said.state === "outside" || order !== 0 ? "outside the view" : null;
  }

  /** Whether the queue has waited too long for this member alone, or for it and others: its disk hangs. */
  #isLate(peer: number, now: number): boolean {
    if (this.#head === null) return false;
    const { message, since } = this.#head;
    return now - since > ACKNOWLEDGE_LATE_FACTOR * this.#suspectAfterMs &&
      this.#order.isAcknowledged(this.#self, message) && !this.#order.isAcknowledged(peer, message);
  }
}
