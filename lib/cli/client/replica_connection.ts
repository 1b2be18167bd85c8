/**
 * A connection that is made again when it is needed: to one replica, or to whichever of several
 * answers.
 *
 * @module
 */

import {
  type Address,
  type Client,
  FailoverClient,
  formatAddress,
  type Token,
} from "../../client/mod.ts";
import type { ConnectOptions, Move } from "../../client/mod.ts";
import { reach } from "../../client/reach.ts";
import { FRAME_BYTES_MAX, WIRE_LIMITS } from "../../limits.ts";

/** A server may have been started with far higher bounds; a person's client takes what it sends. */
const LIMITS = { ...WIRE_LIMITS, frameBytes: FRAME_BYTES_MAX * 32 };

/** What holds for the connection. */
export interface ReplicaConnectionOptions {
  readonly requestTimeoutMs?: number;
  /** Whether answers carry a session token on, also with one address. */
  readonly session?: boolean;
  /** Called when a connection has ended by itself, and there is no other. */
  readonly lost?: (error: Error) => void;
  /** Called when it is connected elsewhere, or there again. */
  readonly moved?: (move: Move) => void;
}

/** A client that is connected on demand. */
export class ReplicaConnection {
  /** Where replicas may answer. */
  readonly addresses: readonly Address[];
  readonly #options: ReplicaConnectionOptions;
  #client: Client | null = null;
  #opening: Promise<Client> | null = null;
  #id: number | null = null;
  #token: Token = [];
  /** Why the connection to the one address was lost, until there is one again. */
  #lost: Error | null = null;

  /** Connects to none yet. */
  constructor(addresses: readonly Address[], options: ReplicaConnectionOptions = {}) {
    this.addresses = addresses;
    this.#options = options;
  }

  /** Where it is connected, or where it will be tried first, such as `127.0.0.1:9889`. */
  get address(): string {
    return this.#client?.address ?? formatAddress(this.addresses[0]);
  }

  /** The replica's id, once it has told it. */
  get id(): number | null {
    return this.#client instanceof FailoverClient ? this.#client.replica?.id ?? null : this.#id;
  }

  /** Whether there is a connection now. */
  get isOpen(): boolean {
    return this.#client instanceof FailoverClient
      ? this.#client.isConnected
      : this.#client !== null;
  }

  /**
   * The connection, made if there is none. The replica has answered on it: whoever only listens,
   * such as a stopped process, counts as nobody.
   *
   * @throws {ConnectionError | TimeoutError} if nobody answers within some seconds
   */
  open(): Promise<Client> {
    if (this.#client !== null && this.isOpen) return Promise.resolve(this.#client);
    this.#opening ??= this.#connect().finally(() => this.#opening = null);
    return this.#opening;
  }

  /** Ends it; requests under way reject. What its answers depended on is kept. */
  close(): void {
    const client = this.#client;
    if (client instanceof FailoverClient) {
      this.#token = client.token;
      this.#client = null;
    }
    client?.close();
  }

  async #connect(): Promise<Client> {
    const { requestTimeoutMs, session = false } = this.#options;
    const options = { limits: LIMITS, requestTimeoutMs };
    if (this.addresses.length > 1 || session) return await this.#connectToAny(options);
    const { connection, status } = await reach(this.addresses[0], options);
    this.#id = status?.id ?? null;
    this.#client = connection;
    connection.closed.then((error) => {
      this.#client = null;
      if (error === undefined) return;
      this.#lost = error;
      this.#options.lost?.(error);
    });
    if (this.#lost !== null) {
      const { address } = connection;
      this.#options.moved?.({ from: address, to: address, reason: this.#lost.message });
      this.#lost = null;
    }
    return connection;
  }

  async #connectToAny(options: ConnectOptions): Promise<Client> {
    if (this.#client instanceof FailoverClient) {
      await this.#client.reconnect();
      return this.#client;
    }
    const { lost, moved } = this.#options;
    const token = this.#token;
    this.#client = await FailoverClient.open(this.addresses, { ...options, token, lost, moved });
    return this.#client;
  }
}

/** The move in words. */
export function describeMove({ from, to, reason }: Move): string {
  return `${from === to ? "connected again" : "moved"} to ${to}: ${reason}`;
}
