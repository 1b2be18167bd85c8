/**
 * A replica that is asked again and again what it says of itself, on a connection that is kept. One
 * that does not answer is down until it does.
 *
 * @module
 */

import { type Address, formatAddress } from "../client/address.ts";
import { connectTo } from "../client/connection.ts";
import type { Connection, Status } from "../client/mod.ts";
import { reason } from "../errors.ts";

/** What came of asking. */
export type Answer =
  | { readonly up: true; readonly status: Status }
  /** Why it does not answer, in words, and since when, in ISO 8601. */
  | { readonly up: false; readonly reason: string; readonly since: string };

/** One replica, as it answers. */
export class Watched {
  /** Where it listens for clients, as `host:port`. */
  readonly client: string;
  readonly #address: Address;
  readonly #timeoutMs: number;
  #connection: Connection | null = null;
  #downSince: string | null = null;

  /** The one there; it counts as down when it has not answered by then. */
  constructor(address: Address, timeoutMs: number) {
    this.client = formatAddress(address);
    this.#address = address;
    this.#timeoutMs = timeoutMs;
  }

  /** Asks it now. Never rejects. */
  async ask(): Promise<Answer> {
    try {
      this.#connection ??= await this.#connect();
      const status = await this.#connection.status();
      this.#downSince = null;
      return { up: true, status };
    } catch (error) {
      this.close();
      this.#downSince ??= new Date().toISOString();
      return { up: false, reason: reason(error), since: this.#downSince };
    }
  }

  /** Ends its connection. */
  close(): void {
    this.#connection?.close();
    this.#connection = null;
  }

  async #connect(): Promise<Connection> {
    const connection = await connectTo(this.#address, {
      timeoutMs: this.#timeoutMs,
      requestTimeoutMs: this.#timeoutMs,
      graceMs: 0,
    });
    // A replica that has been started anew is not taken for one that is down.
    connection.closed.then(() => {
      if (this.#connection === connection) this.#connection = null;
    });
    return connection;
  }
}
