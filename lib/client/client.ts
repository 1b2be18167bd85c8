/**
 * What a client can ask, whether of one replica or of several.
 *
 * @module
 */

import type { Consistency } from "../consistency.ts";
import { ConnectionError, RequestError } from "../errors.ts";
import { VALUE_BYTES_MAX, type WireLimits } from "../limits.ts";
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
   * Sets the key to the value if it has none; gives whether it has done so. As all that follows down
   * to {@linkcode Client.rename} it is judged at its place in the total order, so it needs the level
   * `sequential` or above, and answers `needs_order` below it.
   *
   * @throws {RequestError} if the replica answers with an error
   * @throws {ConnectionError} if the connection ends first
   * @throws {TimeoutError} if no answer comes in time
   */
  async setIfAbsent(key: string, value: string, options?: RequestOptions): Promise<boolean> {
    return await this.#setIf(key, value, "absent", options);
  }

  /**
   * Sets the key to the value if it has one; gives whether it has done so.
   *
   * @throws {RequestError} if the replica answers with an error
   * @throws {ConnectionError} if the connection ends first
   * @throws {TimeoutError} if no answer comes in time
   */
  async setIfPresent(key: string, value: string, options?: RequestOptions): Promise<boolean> {
    return await this.#setIf(key, value, "present", options);
  }

  /**
   * Sets the key to the value if it has the expected one; gives whether it has done so. Null stands
   * for no value: what is expected to be absent is made, and what gets null is deleted.
   *
   * @throws {RequestError} if the replica answers with an error
   * @throws {ConnectionError} if the connection ends first
   * @throws {TimeoutError} if no answer comes in time
   */
  async cas(
    key: string,
    { expected, value }: { readonly expected: string | null; readonly value: string | null },
    options?: RequestOptions,
  ): Promise<boolean> {
    const bytes = byteLength(expected ?? "") + byteLength(value ?? "");
    return isDone(await this.#write({ type: "cas", key, expected, value, bytes }, options));
  }

  /**
   * Adds to the decimal number of 64 bits that is the value of the key, 0 if it has none; gives the
   * sum. What is no such number, or would be none, stays as it is: `not_a_number`, `out_of_range`.
   *
   * @throws {RangeError} if `by` is no integer that is exact
   * @throws {RequestError} if the replica answers with an error
   * @throws {ConnectionError} if the connection ends first
   * @throws {TimeoutError} if no answer comes in time
   */
  async incr(key: string, by: number | bigint = 1, options?: RequestOptions): Promise<bigint> {
    if (typeof by === "number" && !Number.isSafeInteger(by)) {
      throw new RangeError(`Cannot add ${by}: it is no integer that is exact`);
    }
    return BigInt(number(await this.#write({ type: "add", key, by: String(by) }, options)));
  }

  /**
   * Adds to the end of the value of the key, which is empty if there is none; gives its length in
   * bytes. What would be longer than values may be stays as it is: `too_large`.
   *
   * @throws {RequestError} if the replica answers with an error
   * @throws {ConnectionError} if the connection ends first
   * @throws {TimeoutError} if no answer comes in time
   */
  async append(key: string, value: string, options?: RequestOptions): Promise<number> {
    const bytes = byteLength(value);
    // The server's own limit holds: no form says another.
    const operation = { type: "append", key, value, bytes, bytesMax: VALUE_BYTES_MAX } as const;
    return Number(number(await this.#write(operation, options)));
  }

  /**
   * Gives the value of the key to another, whatever that held; the key has none from then on. Where
   * there is no such key, the error is `no_key`.
   *
   * @throws {RequestError} if the replica answers with an error
   * @throws {ConnectionError} if the connection ends first
   * @throws {TimeoutError} if no answer comes in time
   */
  async rename(key: string, to: string, options?: RequestOptions): Promise<Token> {
    return token(await this.#write({ type: "rename", key, to, when: "always" }, options));
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

  /**
   * The keys that begin with the prefix, as the replica holds them, in the order of their bytes.
   *
   * @throws {RequestError} if the replica answers with an error
   * @throws {ConnectionError} if the connection ends first
   * @throws {TimeoutError} if it stops answering
   */
  async keys(prefix = ""): Promise<string[]> {
    const replies = await this.request({ type: "keys", prefix });
    return replies.flatMap((reply) => {
      if (reply.type === "error") throw requestError(reply);
      return reply.type === "key" ? [reply.key] : [];
    });
  }

  /** As {@linkcode Client.close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  async #setIf(
    key: string,
    value: string,
    when: "absent" | "present",
    options?: RequestOptions,
  ): Promise<boolean> {
    const bytes = byteLength(value);
    const operation = { type: "put", key, value, bytes, when, previous: false } as const;
    return isDone(await this.#write(operation, options));
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

/** Whether a condition has held. */
function isDone(reply: Reply): boolean {
  if (reply.type === "error") throw requestError(reply);
  if (reply.type === "stored") return true;
  return reply.type === "result" && reply.result.type === "unchanged" ? false : unexpected();
}

function number(reply: Reply): string {
  if (reply.type === "error") throw requestError(reply);
  const isNumber = reply.type === "result" && reply.result.type === "number";
  return isNumber ? reply.result.number : unexpected();
}

function requestError(reply: Extract<Reply, { type: "error" }>): RequestError {
  return new RequestError(reply.code, reply.text, reply.details);
}

/** Each reply was checked against its request when it came. */
function unexpected(): never {
  throw new ConnectionError("the answer does not fit the request");
}
