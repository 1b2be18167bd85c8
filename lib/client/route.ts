/**
 * The connection to one of several replicas, and the way to the next.
 *
 * @module
 */

import { ConnectionError, TimeoutError } from "../errors.ts";
import { FAILOVER_GRACE_MS } from "../limits.ts";
import type { Status } from "../wire/message.ts";
import { type Address, formatAddress } from "./address.ts";
import type { ConnectOptions } from "./client.ts";
import type { Connection } from "./connection.ts";
import { type Reached, reachFirst } from "./reach.ts";

/** One connection at a time, to one of the addresses. */
export class Route {
  readonly #addresses: readonly Address[];
  readonly #options: ConnectOptions;
  readonly #ended: (error: Error) => void;
  #connection: Connection | null = null;
  #address = "";
  #status: Status | null = null;
  #closed = false;

  /** Not connected yet; `ended` is called when the connection in use ends by itself. */
  constructor(
    addresses: readonly Address[],
    options: ConnectOptions,
    ended: (error: Error) => void,
  ) {
    this.#addresses = addresses;
    const graceMs = options.graceMs ?? (addresses.length > 1 ? FAILOVER_GRACE_MS : undefined);
    this.#options = { ...options, graceMs };
    this.#ended = ended;
  }

  /** How many replicas there are to choose from. */
  get length(): number {
    return this.#addresses.length;
  }

  /** The connection in use; null while there is none. */
  get connection(): Connection | null {
    return this.#connection;
  }

  /** The address in use, or that was last. */
  get address(): string {
    return this.#address;
  }

  /** What the replica said of itself when it was connected. */
  get status(): Status | null {
    return this.#status;
  }

  /**
   * Connects to the first that answers, of those in a working view if there are any; the one that
   * was in use last is the last to be tried.
   *
   * @throws {ConnectionError | TimeoutError} if none answers
   */
  async connect(): Promise<void> {
    this.#use(await reachFirst(this.#inTurn(), this.#options));
  }

  /**
   * Connects to another that is in a working view, and gives up the connection in use; which
   * stays if there is no such other.
   *
   * @returns whether it has moved
   */
  async elsewhere(): Promise<boolean> {
    const others = this.#inTurn().slice(0, -1);
    if (others.length === 0) return false;
    try {
      const reached = await reachFirst(others, this.#options);
      if (reached.status?.state === "live") {
        this.drop();
        this.#use(reached);
        return true;
      }
      reached.connection.close();
    } catch (error) {
      if (!(error instanceof ConnectionError || error instanceof TimeoutError)) throw error;
      // None of the others answers.
    }
    return false;
  }

  /** Gives up the connection in use. */
  drop(): void {
    const connection = this.#connection;
    this.#connection = null;
    connection?.close();
  }

  /** Gives it up for good. */
  close(): void {
    this.#closed = true;
    this.drop();
  }

  /** All addresses, from the one after that in use on. */
  #inTurn(): Address[] {
    const at = this.#addresses.findIndex((address) => formatAddress(address) === this.#address);
    return [...this.#addresses.slice(at + 1), ...this.#addresses.slice(0, at + 1)];
  }

  #use({ connection, status }: Reached): void {
    if (this.#closed) return connection.close();
    this.#connection = connection;
    this.#address = connection.address;
    this.#status = status;
    connection.closed.then((error) => {
      if (this.#connection !== connection || error === undefined) return;
      this.#connection = null;
      this.#ended(error);
    });
  }
}
