/**
 * What those who watch are told: the replicas, looked at once for all.
 *
 * @module
 */

import type { Monitor, Told } from "./monitor.ts";
import { type Snapshot, snapshotOf } from "./snapshot.ts";
import { Watchers } from "./watchers.ts";

/** Looks at the replicas, as long as somebody watches. */
export class Watching {
  readonly #monitor: Monitor;
  readonly #watchers = new Watchers((first) => this.#look(first));
  #before: readonly Told[] | null = null;

  /** Looks with this. */
  constructor(monitor: Monitor) {
    this.#monitor = monitor;
  }

  /**
   * A stream of server-sent events, each with a {@linkcode Snapshot} as JSON.
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

  async #look(first: boolean): Promise<Snapshot> {
    const now = await this.#monitor.ask();
    const snapshot = snapshotOf(now, first ? null : this.#before, new Date());
    this.#before = now;
    return snapshot;
  }
}
