/**
 * What has changed since the state that the tables hold: in memory, in layers above them.
 *
 * New changes go to the upper layer. When it is frozen, it holds what changed up to one index, and
 * is carried into the tables bit by bit (`flush.ts`) while a new upper layer takes what comes.
 *
 * @module
 */

import { invariant } from "../invariant.ts";
import type { Outcome } from "../order/message.ts";
import type { Keys } from "./apply.ts";
import type { ReadCache } from "./read_cache.ts";
import type { Requests } from "./requests.ts";
import { remembers } from "./store.ts";
import type { Tables } from "./tables.ts";

/** Changes between two places of the order. */
export class Layer {
  /** Keys with their values; null for those that have none any more. */
  readonly values = new Map<string, string | null>();
  /** Whether there is nothing below: all keys were taken away. */
  cleared = false;
  /** Of the keys with a value here, or with none, those of which it is not known whether they had one below. */
  readonly unresolved = new Set<string>();
  /** Request ids with what came of them, in the order of the index. */
  readonly requests = new Map<string, Outcome>();
  /** Indexes of requests of which something else has come since, while they were remembered. */
  readonly superseded = new Set<number>();
}

/** A layer that is carried into the tables. */
export interface Frozen {
  readonly layer: Layer;
  /** The newest request id that is forgotten there. */
  readonly forgotten: number;
}

/** Keys and request ids: the layers, and the tables below. */
export class Layers implements Keys {
  /** The request ids. */
  readonly requests: Requests;
  readonly #tables: Tables;
  readonly #cache: ReadCache;
  readonly #requestIdsKept: number;
  #upper = new Layer();
  #frozen: Layer | null = null;
  /** How many keys there are, if no unresolved one had a value below. */
  #count: number;
  /** The newest request id that is forgotten and of which the layers and tables no longer tell. */
  #forgotten: number;

  /** Above tables of which this is known. */
  constructor(
    tables: Tables,
    cache: ReadCache,
    { forgotten, requestIdsKept }: { readonly forgotten: number; readonly requestIdsKept: number },
  ) {
    this.#tables = tables;
    this.#cache = cache;
    this.#requestIdsKept = requestIdsKept;
    this.#forgotten = forgotten;
    this.#count = tables.countKeys();
    this.requests = {
      get: (id, index) => this.#outcome(id, index),
      put: (id, outcome, before) => this.#note(id, outcome, before),
      // They are deleted from the tables when a layer is carried there.
      forget: () => {},
    };
  }

  /** How many keys there are: looks for those of which that is not known yet. */
  get count(): number {
    for (const layer of [this.#frozen, this.#upper]) {
      if (layer === null) continue;
      // Sorted, each page of the tables is looked at once.
      for (const key of [...layer.unresolved].sort()) if (this.#tables.has(key)) this.#count--;
      layer.unresolved.clear();
    }
    return this.#count;
  }

  /** How many rows would be carried if the layer were frozen now. */
  get rows(): number {
    return this.#upper.values.size + this.#upper.requests.size;
  }

  // Keys

  /** The value of a key. */
  get(key: string): string | undefined {
    const above = this.#above(key);
    if (above !== undefined) return above ?? undefined;
    const known = this.#cache.get(key);
    if (known !== undefined) return known;
    const value = this.#tables.get(key);
    if (value !== undefined) this.#cache.set(key, value);
    return value;
  }

  /** Whether the key has a value. */
  has(key: string): boolean {
    const above = this.#above(key);
    return above === undefined ? this.get(key) !== undefined : above !== null;
  }

  /** Gives the key a value. */
  set(key: string, value: string): void {
    this.#count += 1 - this.#present(key);
    this.#upper.values.set(key, value);
  }

  /** Takes its value away, if it has one. */
  delete(key: string): void {
    this.#count -= this.#present(key);
    this.#upper.values.set(key, null);
  }

  /** Takes all values away. */
  clear(): void {
    const { requests, superseded } = this.#upper;
    this.#frozen?.unresolved.clear();
    this.#upper = new Layer();
    this.#upper.cleared = true;
    for (const [id, outcome] of requests) this.#upper.requests.set(id, outcome);
    for (const index of superseded) this.#upper.superseded.add(index);
    this.#count = 0;
  }

  /** What the layers say of a key: null if it has no value, undefined if they say nothing. */
  #above(key: string): string | null | undefined {
    const value = this.#upper.values.get(key);
    if (value !== undefined) return value;
    if (this.#upper.cleared) return null;
    if (this.#frozen === null) return undefined;
    const frozen = this.#frozen.values.get(key);
    return frozen === undefined && this.#frozen.cleared ? null : frozen;
  }

  /** 1 if the key counts as having a value, else 0; what is below and not known counts as none. */
  #present(key: string): number {
    const above = this.#above(key);
    if (above === undefined) this.#upper.unresolved.add(key);
    return above === undefined || above === null ? 0 : 1;
  }

  // Request ids

  #outcome(id: string, index: number): Outcome | undefined {
    const outcome = this.#upper.requests.get(id) ?? this.#frozen?.requests.get(id) ??
      this.#tables.request(id);
    return remembers(outcome?.index, index, this.#requestIdsKept) ? outcome : undefined;
  }

  #note(id: string, outcome: Outcome, before: Outcome | undefined): void {
    const { requests, superseded } = this.#upper;
    const known = requests.get(id);
    if (before !== undefined) superseded.add(before.index);
    else if (known !== undefined) this.#forgotten = Math.max(this.#forgotten, known.index);
    // Behind all others, since it has the highest index.
    requests.delete(id);
    requests.set(id, outcome);
  }

  /** The index of the newest request id that is forgotten when this much is applied. */
  forgottenAt(applied: number): number {
    const until = applied - this.#requestIdsKept;
    const isSuperseded = (index: number) =>
      this.#upper.superseded.has(index) || this.#frozen?.superseded.has(index) === true;
    let newest = this.#forgotten;
    for (const index of this.#tables.requestsUntil(until)) {
      if (isSuperseded(index)) continue;
      newest = Math.max(newest, index);
      break;
    }
    for (const layer of [this.#frozen, this.#upper]) {
      for (const { index } of layer?.requests.values() ?? []) {
        if (index > until) break;
        if (!isSuperseded(index)) newest = Math.max(newest, index);
      }
    }
    return newest;
  }

  // Into the tables

  /** What changed up to now, where this much is applied, no longer changes. */
  freeze(applied: number): Frozen {
    invariant(this.#frozen === null, "one layer at a time is carried into the tables");
    const layer = this.#frozen = this.#upper;
    this.#upper = new Layer();
    this.#forgotten = this.forgottenAt(applied);
    return { layer, forgotten: this.#forgotten };
  }

  /** A frozen key is in the tables, where it had a value before, or had not. */
  carried(key: string, value: string | null, before: boolean): void {
    if (this.#frozen?.unresolved.delete(key) === true && before) this.#count--;
    if (value === null) this.#cache.delete(key);
    else this.#cache.set(key, value);
  }

  /** All keys are gone from the tables. */
  carriedClear(): void {
    this.#cache.clear();
  }

  /** All of the frozen layer is in the tables. */
  thaw(): void {
    this.#frozen = null;
  }

  /** The tables hold something else: a snapshot. */
  restart(forgotten: number): void {
    this.#frozen = null;
    this.#upper = new Layer();
    this.#cache.clear();
    this.#forgotten = forgotten;
    this.#count = this.#tables.countKeys();
  }
}
