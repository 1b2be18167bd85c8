/**
 * What the replicas of this process say of themselves, each asked on a connection that is kept. One
 * that does not answer is down, and is told as such.
 *
 * @module
 */

import { parseAddress } from "../client/address.ts";
import { connectTo } from "../client/connection.ts";
import type { Connection, Status } from "../client/mod.ts";
import { reason } from "../errors.ts";
import { HTTP_STATUS_MS_MAX } from "../limits.ts";
import { folderBytes } from "./folder_bytes.ts";
import type { Place } from "./place.ts";

/** What is known of one replica now. */
export type Told =
  & { readonly id: number; readonly client: string }
  & (
    | { readonly up: true; readonly status: Status; readonly diskBytes: number | null }
    /** Why it does not answer, in words. */
    | { readonly up: false; readonly reason: string }
  );

/** Asks the replicas of this process. */
export class Monitor {
  readonly #watched: readonly Watched[];
  #asking: Promise<readonly Told[]> | null = null;

  /** Those at these places. */
  constructor(places: readonly Place[]) {
    this.#watched = places.map((place) => new Watched(place));
  }

  /** What all of them say, by id. Who asks while others do is told the same. */
  ask(): Promise<readonly Told[]> {
    this.#asking ??= Promise.all(this.#watched.map((watched) => watched.ask()))
      .finally(() => this.#asking = null);
    return this.#asking;
  }

  /** Ends all connections. */
  close(): void {
    for (const watched of this.#watched) watched.close();
  }
}

class Watched {
  readonly #place: Place;
  #connection: Connection | null = null;

  constructor(place: Place) {
    this.#place = place;
  }

  async ask(): Promise<Told> {
    const { id, client, folder } = this.#place;
    try {
      this.#connection ??= await this.#connect();
      const status = await this.#connection.status();
      const diskBytes = folder === null ? null : await folderBytes(folder);
      return { id, client, up: true, status, diskBytes };
    } catch (error) {
      this.close();
      return { id, client, up: false, reason: reason(error) };
    }
  }

  close(): void {
    this.#connection?.close();
    this.#connection = null;
  }

  async #connect(): Promise<Connection> {
    const connection = await connectTo(parseAddress(this.#place.client), {
      timeoutMs: HTTP_STATUS_MS_MAX,
      requestTimeoutMs: HTTP_STATUS_MS_MAX,
      graceMs: 0,
    });
    // A replica that has been started anew is not taken for one that is down.
    connection.closed.then(() => {
      if (this.#connection === connection) this.#connection = null;
    });
    return connection;
  }
}
