/**
 * A connection that is made again when it is needed.
 *
 * @module
 */

import { type Client, connect } from "../../client/mod.ts";
import { RequestError, TimeoutError } from "../../errors.ts";
import { CONNECT_TIMEOUT_MS, FRAME_BYTES_MAX, WIRE_LIMITS } from "../../limits.ts";
import type { Status } from "../../wire/message.ts";

/** A server may have been started with far higher bounds; a person's client takes what it sends. */
const LIMITS = { ...WIRE_LIMITS, frameBytes: FRAME_BYTES_MAX * 32 };

/** A client of one address, connected on demand. */
export class ReplicaConnection {
  /** As given, such as `127.0.0.1:9889`. */
  readonly address: string;
  #client: Client | null = null;
  #opening: Promise<Client> | null = null;
  #id: number | null = null;
  readonly #requestTimeoutMs: number | undefined;
  readonly #lost: (error: Error) => void;

  /** Calls `lost` when a connection ends by itself. */
  constructor(
    address: string,
    { requestTimeoutMs, lost = () => {} }: {
      requestTimeoutMs?: number;
      lost?: (error: Error) => void;
    } = {},
  ) {
    this.address = address;
    this.#requestTimeoutMs = requestTimeoutMs;
    this.#lost = lost;
  }

  /** The replica's id, once it has told it. */
  get id(): number | null {
    return this.#id;
  }

  /** Whether there is a connection now. */
  get isOpen(): boolean {
    return this.#client !== null;
  }

  /**
   * The connection, made if there is none. The replica has answered on it: whoever only listens,
   * such as a stopped process, counts as nobody.
   *
   * @throws {ConnectionError | TimeoutError} if nobody answers there within four seconds
   */
  open(): Promise<Client> {
    if (this.#client !== null) return Promise.resolve(this.#client);
    this.#opening ??= this.#connect().finally(() => this.#opening = null);
    return this.#opening;
  }

  /** Ends it; requests under way reject. */
  close(): void {
    this.#client?.close();
  }

  async #connect(): Promise<Client> {
    const deadline = performance.now() + CONNECT_TIMEOUT_MS;
    const client = await connect(this.address, {
      limits: LIMITS,
      requestTimeoutMs: this.#requestTimeoutMs,
    });
    this.#id = (await statusBy(client, deadline))?.id ?? null;
    this.#client = client;
    client.closed.then((error) => {
      this.#client = null;
      if (error !== undefined) this.#lost(error);
    });
    return client;
  }
}

/** The replica's status, or null from one that answers, but with an error. */
async function statusBy(client: Client, deadline: number): Promise<Status | null> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(
      new TimeoutError(
        `nobody answers at ${client.address}: connected, and no answer in ${
          CONNECT_TIMEOUT_MS / 1000
        } s`,
      ),
    );
  }, Math.max(0, deadline - performance.now()));
  try {
    return await Promise.race([client.status(), late.promise]);
  } catch (error) {
    if (error instanceof RequestError) return null;
    client.close();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
