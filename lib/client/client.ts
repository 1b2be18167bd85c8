/**
 * What a client can ask, whether of one replica or of several.
 *
 * @module
 */

import type { Consistency } from "../consistency.ts";
import { ConnectionError, RequestError } from "../errors.ts";
import type { WireLimits } from "../limits.ts";
import { byteLength } from "../bytes.ts";
import type {
  Reply,
  Request,
  RequestOptions,
  RequestOutcome,
  Status,
  Token,
} from "../wire/message.ts";
import type { WriteOperation } from "../wire/write.ts";

/** How a connection is made, and what holds for each of its requests. */
export interface ConnectOptions {
  /** Milliseconds to wait for the connection; 4,000 unless said otherwise, 1,000 of several. */
  readonly timeoutMs?: number;
  /**
   * Milliseconds after which the replica answers `timeout` or `no_quorum`; the client itself gives
   * up a second later. Without it the replica's own limit holds, and the client gives up a second
   * after that if {@linkcode Client.status} has told it, else after a minute.
   */
  readonly requestTimeoutMs?: number;
  /** Milliseconds that the client waits beyond a limit for the replica's word; 1,000 by itself. */
  readonly graceMs?: number;
  /** The level of each request that names none, instead of the cluster's. */
  readonly consistency?: Consistency;
  /** The bounds that the server was started with, if not the usual ones. */
  readonly limits?: WireLimits;
  /**
   * Carries what answers depended on from request to request, as a token, and connects again when
   * the connection is lost: later answers are never older than earlier ones, whichever replica
   * gives them. Always so with several addresses; a client of one address sends no token else.
   */
  readonly session?: boolean;
  /** What a session begins with, such as another client's token; it makes it a session. */
  readonly token?: Token;
  /** With several addresses, or in a session: called when it is connected elsewhere, or again. */
  readonly moved?: (move: Move) => void;
  /** With several addresses, or in a session: called when none could be reached after a loss. */
  readonly lost?: (error: Error) => void;
}

/** A client's way from one replica to the next. */
export interface Move {
  /** The address that it has left. */
  readonly from: string;
  /** The address that it is connected to now; the same if the replica came back. */
  readonly to: string;
  /** Why, in words. */
  readonly reason: string;
}

/** A client of a cluster; {@linkcode connect} makes one. */
export abstract class Client {
  /** The address of the replica that it talks to, as `host:port`. */
  abstract readonly address: string;
  /**
   * Settles when the client has ended: with undefined if {@linkcode Client.close} was called, else
   * with what ended it. Never rejects.
   */
  abstract readonly closed: Promise<Error | undefined>;
  readonly #defaults: RequestOptions;

  /** Each request that names no level or limit gets those of the options. */
  constructor({ consistency, requestTimeoutMs: timeout }: ConnectOptions) {
    this.#defaults = {
      ...(consistency !== undefined && { consistency }),
      ...(timeout !== undefined && { timeout }),
    };
  }

  /**
   * Sends the request as it is, without the client's own `consistency` and `requestTimeoutMs`, and
   * gives back the replies as they came, an `ERROR` too: one, for a dump many.
   *
   * @throws {ConnectionError} if the connection ends first
   * @throws {TimeoutError} if no answer comes in time
   */
  abstract request(request: Request): Promise<Reply[]>;

  /** Ends it at once. What is under way rejects with a {@linkcode ConnectionError}. */
  abstract close(): void;

  /**
   * Sets the key to the value; resolves when it is stored, as the level says.
   *
   * @throws {RequestError} if the replica answers with an error
   * @throws {ConnectionError} if the connection ends first
   * @throws {TimeoutError} if no answer comes in time
   */
  async set(key: string, value: string, options?: RequestOptions): Promise<Token> {
    const operation = { type: "set", key, value, bytes: byteLength(value) } as const;
    return token(await this.#write(operation, options));
  }

  /**
   * The key's value, or undefined if the replica holds none.
   *
   * @throws {RequestError} if the replica answers with an error
   * @throws {ConnectionError} if the connection ends first
   * @throws {TimeoutError} if no answer comes in time
   */
  async get(key: string, options?: RequestOptions): Promise<string | undefined> {
    const [reply] = await this.request({ type: "get", key, options: this.#with(options) });
    if (reply.type === "error") throw requestError(reply);
    return reply.type === "value" ? reply.value : undefined;
  }

  /**
   * Deletes the key; resolves when that is stored, as the level says. A key that there is not is
   * deleted all the same.
   *
   * @throws {RequestError} if the replica answers with an error
   * @throws {ConnectionError} if the connection ends first
   * @throws {TimeoutError} if no answer comes in time
   */
  async delete(key: string, options?: RequestOptions): Promise<Token> {
    return token(await this.#write({ type: "delete", key }, options));
  }

  /**
   * What came of the write that was asked with this id. `never` is made certain: from then on no
   * `sequential` or `linearizable` write with the id is applied, so ask only of a write that you
   * have given up. The level, if it is not the cluster's, is that of the write.
   *
   * @throws {RequestError} if the replica answers with an error
   * @throws {ConnectionError} if the connection ends first
   * @throws {TimeoutError} if no answer comes in time
   */
  async outcome(id: string, options?: RequestOptions): Promise<RequestOutcome> {
    const [reply] = await this.request({ type: "outcome", id, options: this.#with(options) });
    if (reply.type === "error") throw requestError(reply);
    return reply.type === "outcome" ? reply.outcome : unexpected();
  }

  /**
   * What the replica says of itself.
   *
   * @throws {RequestError} if the replica answers with an error
   * @throws {ConnectionError} if the connection ends first
   * @throws {TimeoutError} if no answer comes in time
   */
  async status(): Promise<Status> {
    const [reply] = await this.request({ type: "status" });
    if (reply.type === "error") throw requestError(reply);
    return reply.type === "status" ? reply.status : unexpected();
  }

  /**
   * What the replica holds of the keys that begin with the prefix, in the order answered.
   *
   * @throws {RequestError} if the replica answers with an error
   * @throws {ConnectionError} if the connection ends first
   * @throws {TimeoutError} if it stops answering
   */
  async dump(prefix = ""): Promise<Map<string, string>> {
    const held = new Map<string, string>();
    for (const reply of await this.request({ type: "dump", prefix })) {
      if (reply.type === "error") throw requestError(reply);
      if (reply.type === "value") held.set(reply.key, reply.value);
    }
    return held;
  }

  /** As {@linkcode Client.close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  async #write(operation: WriteOperation, options?: RequestOptions): Promise<Reply> {
    const [reply] = await this.request({ type: "write", operation, options: this.#with(options) });
    return reply;
  }

  #with(options: RequestOptions = {}): RequestOptions {
    return { ...this.#defaults, ...options };
  }
}

function token(reply: Reply): Token {
  if (reply.type === "error") throw requestError(reply);
  return reply.type === "stored" ? reply.token : unexpected();
}

function requestError(reply: Extract<Reply, { type: "error" }>): RequestError {
  return new RequestError(reply.code, reply.text, reply.details);
}

/** Each reply was checked against its request when it came. */
function unexpected(): never {
  throw new ConnectionError("the answer does not fit the request");
}
