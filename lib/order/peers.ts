/**
 * What a replica knows of its peers: whose link is up, who is heard, and what they said last.
 *
 * @module
 */

import type { Heartbeat, Resume } from "./message.ts";
import { type Ballot, sameBallot } from "./timestamp.ts";

interface Peer {
  up: boolean;
  /** When something came last, in the core's milliseconds. */
  heardAt: number;
  /** The last heartbeat on the present link. */
  heartbeat: Heartbeat | null;
  /** The last resume on the present link. */
  resume: Resume | null;
}

/** The other replicas as one of them sees them. */
export class Peers {
  readonly #peers: readonly Peer[];
  readonly #self: number;
  readonly #suspectAfterMs: number;

  /** Nobody is heard yet. */
  constructor(replicas: number, self: number, suspectAfterMs: number) {
    this.#self = self;
    this.#suspectAfterMs = suspectAfterMs;
    this.#peers = Array.from({ length: replicas }, () => ({
      up: false,
      heardAt: -Infinity,
      heartbeat: null,
      resume: null,
    }));
  }

  /** The ids of those whose link is up, without one's own. */
  up(): number[] {
    return this.#ids((peer) => peer.up);
  }

  /** The ids of those that are heard: link up and not silent, without one's own. */
  heard(now: number): number[] {
    return this.#ids((peer) => peer.up && now - peer.heardAt <= this.#suspectAfterMs);
  }

  /** Since when a peer is silent, if it has been for longer than the suspicion time. */
  silentSince(id: number, now: number): number | null {
    const { heardAt } = this.#peers[id];
    return now - heardAt > this.#suspectAfterMs ? heardAt : null;
  }

  /** What the peer said last of itself on the present link. */
  heartbeat(id: number): Heartbeat | null {
    return this.#peers[id].heartbeat;
  }

  /** How far the peer has received, if it has said so on the present link for this view. */
  resumed(id: number, ballot: Ballot): number | null {
    const { resume } = this.#peers[id];
    return resume !== null && sameBallot(resume.ballot, ballot) ? resume.received : null;
  }

  /** A new link begins. */
  linkUp(id: number, now: number): void {
    Object.assign(this.#peers[id], { up: true, heardAt: now, heartbeat: null, resume: null });
  }

  /** The link ends. */
  linkDown(id: number): void {
    Object.assign(this.#peers[id], { up: false, heartbeat: null, resume: null });
  }

  /** Something came from the peer. */
  hear(id: number, now: number): void {
    if (id !== this.#self) this.#peers[id].heardAt = now;
  }

  /** These are given the whole suspicion time anew. */
  forgive(ids: readonly number[], now: number): void {
    for (const id of ids) this.#peers[id].heardAt = Math.max(this.#peers[id].heardAt, now);
  }

  /** Keeps what came. */
  keep(id: number, message: Heartbeat | Resume): void {
    if (message.type === "heartbeat") this.#peers[id].heartbeat = message;
    else this.#peers[id].resume = message;
  }

  #ids(holds: (peer: Peer) => boolean): number[] {
    const ids: number[] = [];
    this.#peers.forEach((peer, id) => {
      if (id !== this.#self && holds(peer)) ids.push(id);
    });
    return ids;
  }
}
