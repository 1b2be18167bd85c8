/**
 * A change of view as its coordinator sees it: who has promised, what view that allows, and who has
 * installed it.
 *
 * @module
 */

import { invariant } from "../invariant.ts";
import type { Install, Promise } from "./message.ts";
import type { Ballot } from "./timestamp.ts";
import { formView } from "./view.ts";

/** What the coordinator of a change knows besides what it is told. */
export interface Coordinator {
  /** Its id. */
  readonly id: number;
  /** How many replicas are configured. */
  readonly replicas: number;
  /** How many entries a replica may lack when it is taken into a view. */
  readonly joinLagMax: number;
}

/** One try to change the view: every one has a ballot of its own. */
export class Change {
  /** What it is told by. */
  readonly ballot: Ballot;
  readonly #coordinator: Coordinator;
  readonly #promises = new Map<number, Promise>();
  readonly #installed = new Set<number>();
  #install: Install | null = null;
  #progressAt: number;

  /** Begins: nobody has promised yet. */
  constructor(ballot: Ballot, coordinator: Coordinator, now: number) {
    this.ballot = ballot;
    this.#coordinator = coordinator;
    this.#progressAt = now;
  }

  /** The view that is being installed; null while promises are awaited. */
  get install(): Install | null {
    return this.#install;
  }

  /** It has come closer to its end. */
  progress(now: number): void {
    this.#progressAt = now;
  }

  /** For how long it has not. */
  waited(now: number): number {
    return now - this.#progressAt;
  }

  /** A replica has promised. */
  promise(from: number, promise: Promise): void {
    this.#promises.set(from, promise);
  }

  /** Those of the heard that have not promised, and the coordinator itself, as long as it has not. */
  unpromised(heard: readonly number[]): number[] {
    return [this.#coordinator.id, ...heard].filter((id) => !this.#promises.has(id));
  }

  /** The view that the promises so far allow, or why they allow none. */
  form(): Install | string {
    const { id, replicas, joinLagMax } = this.#coordinator;
    if (!this.#promises.has(id)) return "the own disk is slow";
    return formView({ ballot: this.ballot, replicas, joinLagMax, promises: this.#promises });
  }

  /** This view is to be installed by its members. */
  propose(install: Install, now: number): void {
    this.#install = install;
    this.#progressAt = now;
  }

  /** A member has installed the view; says whether all have. */
  installed(from: number, now: number): boolean {
    invariant(this.#install !== null, "only what was proposed is installed");
    this.#installed.add(from);
    this.#progressAt = now;
    return this.#install.view.members.every((id) => this.#installed.has(id));
  }

  /** What a peer whose link has just come up has missed; null for nothing. */
  missedBy(peer: number): "prepare" | Install | null {
    const { id } = this.#coordinator;
    if (this.#install === null) {
      // The coordinator's own promise comes before it asks anybody.
      return this.#promises.has(id) && !this.#promises.has(peer) ? "prepare" : null;
    }
    const isAwaited = this.#install.view.members.includes(peer) && !this.#installed.has(peer);
    return isAwaited ? this.#install : null;
  }
}
