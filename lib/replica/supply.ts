/**
 * What a replica sends to peers that lack part of the log: entries as far back as the log
 * reaches, else a snapshot, part by part as they ask for it.
 *
 * @module
 */

import type { Answer, Entries, Snapshot } from "../order/message.ts";
import { SNAPSHOT_IDLE_MS } from "../limits.ts";
import type { SnapshotReader, Store } from "../store/store.ts";

/** What a peer wants: from the core's effects. */
export interface Wanted {
  readonly peer: number;
  readonly from: number;
  readonly to: number;
  /** The part of a snapshot that comes next; 0 to begin. */
  readonly part: number;
  /** The number that the answer bears. */
  readonly fetch: number;
}

interface Open {
  readonly reader: SnapshotReader;
  next: number;
  usedAt: number;
}

/** The snapshots that peers are being sent; as long as one is open, the store keeps what it needs. */
export class Supply {
  readonly #store: Pick<Store, "logFrom" | "read" | "snapshot">;
  readonly #open = new Map<number, Open>();

  /** Sends from this store. */
  constructor(store: Pick<Store, "logFrom" | "read" | "snapshot">) {
    this.#store = store;
  }

  /** What the peer is sent. */
  answer(wanted: Wanted, now: number): Answer {
    return { type: "answer", fetch: wanted.fetch, content: this.#content(wanted, now) };
  }

  #content({ peer, from, to, part }: Wanted, now: number): Entries | Snapshot {
    let open = this.#open.get(peer);
    if (open === undefined || part === 0 || part !== open.next) {
      this.drop(peer);
      if (from >= this.#store.logFrom) {
        return { type: "entries", entries: this.#store.read(from, to) };
      }
      open = { reader: this.#store.snapshot(), next: 0, usedAt: now };
      this.#open.set(peer, open);
    }
    const answer = open.reader.next();
    open.next = answer.part + 1;
    open.usedAt = now;
    if (answer.last) this.drop(peer);
    return answer;
  }

  /** The peer is sent no more: its link is gone. */
  drop(peer: number): void {
    this.#open.get(peer)?.reader.close();
    this.#open.delete(peer);
  }

  /** Ends snapshots of which nobody has asked for a part for long. */
  dropIdle(now: number): void {
    for (const [peer, { usedAt }] of this.#open) {
      if (now - usedAt > SNAPSHOT_IDLE_MS) this.drop(peer);
    }
  }

  /** Ends all of them. */
  close(): void {
    for (const peer of [...this.#open.keys()]) this.drop(peer);
  }
}
