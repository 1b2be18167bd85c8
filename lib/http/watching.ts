/**
 * What those who watch are told: the replicas, looked at once for all.
 *
 * @module
 */

import type { FaultUnderWay } from "../fault.ts";
import type { FaultRequests } from "./faults.ts";
import type { Monitor, Told } from "./monitor.ts";
import { type Snapshot, snapshotOf } from "../watch/snapshot.ts";
import { Watchers } from "./watchers.ts";

/** What they are told: the replicas, and what is done to them. */
export interface Seen extends Snapshot {
  /** Null if nothing may be done to them. */
  readonly faults: readonly FaultUnderWay[] | null;
}

/** Looks at the replicas, as long as somebody watches. */
export class Watching {
  readonly #monitor: Monitor;
  readonly #faults: FaultRequests;
  readonly #watchers = new Watchers((first) => this.#look(first));
  #before: readonly Told[] | null = null;

  /** Looks with these. */
  constructor(monitor: Monitor, faults: FaultRequests) {
    this.#monitor = monitor;
    this.#faults = faults;
  }

  /**
   * A stream of server-sent events, each with a {@linkcode Seen} as JSON.
   *
   * @throws {HttpError} if too many watch already
   */
  open(): ReadableStream<Uint8Array> {
    return this.#watchers.open();
  }

  /** Ends all streams. */
  close(): void {
    this.#watchers.close();
  }

  async #look(first: boolean): Promise<Seen> {
    const now = await this.#monitor.ask();
    const snapshot = snapshotOf(now, first ? null : this.#before, new Date());
    this.#before = now;
    return { ...snapshot, faults: this.#faults.underWay };
  }
}
