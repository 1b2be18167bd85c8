/**
 * Where each replica stood, from when to when.
 *
 * @module
 */

import type { ViewLine } from "./line.ts";
import type { Band } from "./story.ts";

/** Takes what tells of processes and views. */
export class Bands {
  /** All, those of one replica in the order of time. */
  readonly all: Band[] = [];
  /** By replica: the one that goes on. */
  readonly #open: (Band | undefined)[] = [];
  /** By replica: when it was heard last. */
  readonly #heard: number[] = [];

  /** The replica has told something. */
  heard(replica: number, at: number): void {
    this.#heard[replica] = at;
  }

  /** The replica's process is gone. */
  ended(replica: number, at: number): void {
    if (this.#open[replica]?.state === "down") return;
    this.#begin({ replica, from: at, to: null, state: "down", view: "", members: [] });
  }

  /** The replica's process begins; nobody may have told when the one before it ended. */
  started(replica: number, at: number): void {
    if (this.#open[replica] !== undefined) this.ended(replica, this.#heard[replica] ?? at);
    this.#begin({ replica, from: at, to: null, state: "outside", view: "", members: [] });
  }

  /** The replica stands elsewhere with its view. */
  stands({ replica, state, ballot, members }: ViewLine, at: number): void {
    const view = ballot?.join(".") ?? "";
    this.#begin({ replica, from: at, to: null, state, view, members });
  }

  #begin(band: Band): void {
    const before = this.#open[band.replica];
    if (before !== undefined) before.to = band.from;
    this.#open[band.replica] = band;
    this.all.push(band);
  }
}
