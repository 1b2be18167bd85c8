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
}

/** What a supply needs of its replica's store. */
export type SupplyStore = Pick<Store, "logFrom" | "read" | "snapshot" | "keepFrom">;

/**
 * What peers are being sent. As long as a snapshot is open, the store keeps what it needs, and the
 * log from where a peer goes on: or under load it would lack that again, however often it is sent
 * a snapshot.
 */
export class Supply {
  readonly #store: SupplyStore;
  readonly #open = new Map<number, Open>();
  /** By peer: the first entry that it still needs, and when it asked last. */
  readonly #needs = new Map<number, { readonly from: number; readonly askedAt: number }>();

  /** Sends from this store. */
  constructor(store: SupplyStore) {
    this.#store = store;
  }

  /** What the peer is sent. */
  answer(wanted: Wanted, now: number): Answer {
    const content = this.#content(wanted);
    const from = content.type === "snapshot" ? content.position.index + 1 : wanted.from;
    this.#needs.set(wanted.peer, { from, askedAt: now });
    this.#keep();
    return { type: "answer", fetch: wanted.fetch, content };
  }

  #content({ peer, from, to, part }: Wanted): Entries | Snapshot {
    let open = this.#open.get(peer);
    if (open === undefined || part === 0 || part !== open.next) {
      this.#end(peer);
      if (from >= this.#store.logFrom) {
        return { type: "entries", entries: this.#store.read(from, to) };
      }
      open = { reader: this.#store.snapshot(), next: 0 };
      this.#open.set(peer, open);
    }
    const answer = open.reader.next();
    open.next = answer.part + 1;
    if (answer.last) this.#end(peer);
    return answer;
  }

  /** The peer is sent no more: its link is gone. */
  drop(peer: number): void {
    this.#end(peer);
    this.#needs.delete(peer);
    this.#keep();
  }

  /** Ends what nobody has asked to go on with for long. */
  dropIdle(now: number): void {
    for (const [peer, { askedAt }] of this.#needs) {
      if (now - askedAt > SNAPSHOT_IDLE_MS) this.drop(peer);
    }
  }

  /** Ends all of it. */
  close(): void {
    for (const peer of [...this.#open.keys()]) this.#end(peer);
  }

  #end(peer: number): void {
    this.#open.get(peer)?.reader.close();
    this.#open.delete(peer);
  }

  #keep(): void {
    this.#store.keepFrom(Math.min(...[...this.#needs.values()].map(({ from }) => from)));
  }
}
