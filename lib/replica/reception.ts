/**
 * How the peers have received this replica: whether it may ever belong to them.
 *
 * @module
 */

import { majority } from "../order/view.ts";
import type { Refusal } from "../wire/peer.ts";

/** What the peers have said to this replica's hello since it was started. */
export class Reception {
  readonly #replicas: number;
  readonly #refusals = new Map<number, Refusal>();
  #welcome = false;

  /** Nobody has said anything yet. */
  constructor(replicas: number) {
    this.#replicas = replicas;
  }

  /** A peer has taken this replica for one of theirs: from now on it is never an outcast. */
  accepted(peer: number): void {
    this.#welcome = true;
    this.#refusals.delete(peer);
  }

  /** Keeps what a peer has said; returns whether it is news. */
  refused(peer: number, refusal: Refusal): boolean {
    const news = this.#refusals.get(peer)?.reason !== refusal.reason;
    this.#refusals.set(peer, refusal);
    return news;
  }

  /**
   * Why this replica can belong to no majority as it was started: nobody has accepted it, and so
   * many refuse it for good that the rest are too few. Null as long as that may change.
   *
   * Only what peers answer at their configured addresses counts, not what a stranger claims.
   */
  outcast(): string | null {
    const lasting = [...this.#refusals].filter(([, { lasting }]) => lasting);
    if (this.#welcome || this.#replicas - lasting.length >= majority(this.#replicas)) return null;
    const said = new Map<string, number[]>();
    for (const [peer, { reason }] of lasting.sort(([a], [b]) => a - b)) {
      said.set(reason, [...said.get(reason) ?? [], peer]);
    }
    const who = lasting.map(([peer]) => peer).join(", ");
    return `refused by replica${lasting.length === 1 ? "" : "s"} ${who}: ${
      [...said.keys()].join("; ")
    }`;
  }
}
