/**
 * Connections to one replica. Each is used by one request at a time: requests over HTTP do not wait
 * for each other, as those of one connection do.
 *
 * @module
 */

import { connectTo } from "../client/connection.ts";
import type { Address, Connection, ConnectOptions } from "../client/mod.ts";
import { HTTP_IDLE_CONNECTIONS_MAX } from "../limits.ts";

/** Connections to one replica, kept for the next request. */
export class Pool {
  readonly #address: Address;
  readonly #options: ConnectOptions;
  readonly #all = new Set<Connection>();
  readonly #idle: Connection[] = [];

  /** None is made before it is needed. */
  constructor(address: Address, options: ConnectOptions) {
    this.#address = address;
    this.#options = options;
  }

  /**
   * Does something with a connection of its own.
   *
   * @throws {ConnectionError | TimeoutError} if there is none, and what `ask` throws
   */
  async use<T>(ask: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = this.#idle.pop() ?? await this.#connect();
    try {
      const answer = await ask(connection);
      this.#keep(connection);
      return answer;
    } catch (error) {
      // Whatever it was, an answer may still come on it that nobody waits for.
      connection.close();
      throw error;
    }
  }

  /** Ends all of them at once. */
  close(): void {
    for (const connection of this.#all) connection.close();
  }

  async #connect(): Promise<Connection> {
    const connection = await connectTo(this.#address, this.#options);
    this.#all.add(connection);
    connection.closed.then(() => {
      this.#all.delete(connection);
      const at = this.#idle.indexOf(connection);
      if (at >= 0) this.#idle.splice(at, 1);
    });
    return connection;
  }

  #keep(connection: Connection): void {
    if (this.#idle.length >= HTTP_IDLE_CONNECTIONS_MAX) connection.close();
    else this.#idle.push(connection);
  }
}
