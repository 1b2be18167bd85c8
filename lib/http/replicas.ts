/**
 * The replicas of this process, as requests over HTTP are passed on to them.
 *
 * @module
 */

import { parseAddress } from "../client/address.ts";
import type { ConnectOptions, Reply, Request } from "../client/mod.ts";
import { ConnectionError, RequestError, TimeoutError } from "../errors.ts";
import { HttpError } from "./failure.ts";
import type { Place } from "./place.ts";
import { Pool } from "./pool.ts";

/** A replica's reply, and whose it is. */
export interface Replied {
  readonly reply: Exclude<Reply, { type: "error" }>;
  /** The id of the replica. */
  readonly replica: number;
}

/** The replicas of this process. */
export class Replicas {
  readonly #pools: ReadonlyMap<number, Pool>;
  /** The one that is asked if a request names none: as long as it can be reached, the same. */
  #usual: number;

  /** Those at these places, one at least. */
  constructor(places: readonly Place[], options: ConnectOptions) {
    this.#pools = new Map(
      places.map(({ id, client }) => [id, new Pool(parseAddress(client), options)]),
    );
    this.#usual = places[0].id;
  }

  /**
   * Asks this replica, or whichever can be reached.
   *
   * @throws {RequestError | ConnectionError | TimeoutError} what the replica says, or why it does not
   */
  async ask(request: Request, id?: number): Promise<Replied> {
    if (id !== undefined) return await this.#ask(request, id);
    const others = [...this.#pools.keys()].filter((id) => id !== this.#usual);
    let failure: unknown;
    for (const replica of [this.#usual, ...others]) {
      try {
        const replied = await this.#ask(request, replica);
        this.#usual = replica;
        return replied;
      } catch (error) {
        // What may have been done is not done once more.
        if (!(error instanceof ConnectionError) || error.maybe) throw error;
        failure ??= error;
      }
    }
    throw failure;
  }

  /** Ends all connections. */
  close(): void {
    for (const pool of this.#pools.values()) pool.close();
  }

  async #ask(request: Request, replica: number): Promise<Replied> {
    const pool = this.#pools.get(replica);
    if (pool === undefined) throw this.#unknown(replica);
    try {
      const [reply] = await pool.use((connection) => connection.request(request));
      if (reply.type !== "error") return { reply, replica };
      throw new RequestError(reply.code, reply.text, reply.details);
    } catch (error) {
      throw down(replica, error);
    }
  }

  #unknown(replica: number): HttpError {
    const ids = [...this.#pools.keys()].join(", ");
    const text = `there is no replica ${replica} in this process; there are: ${ids}`;
    return new HttpError(400, "bad_request", text);
  }
}

/** The error with the replica that it is about, which is reached as an HTTP client does not see. */
function down(replica: number, error: unknown): unknown {
  if (error instanceof ConnectionError) {
    const text = `replica ${replica} is down: ${error.message}`;
    return new ConnectionError(text, error.maybe, { cause: error });
  }
  if (error instanceof TimeoutError) {
    const text = `replica ${replica} does not answer: ${error.message}`;
    return new TimeoutError(text, error.maybe, { cause: error });
  }
  return error;
}
