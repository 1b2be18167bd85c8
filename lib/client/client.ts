/**
 * A client of one replica.
 *
 * @module
 */

import type { Consistency } from "../consistency.ts";
import { ConnectionError, reason, RequestError } from "../errors.ts";
import {
  CONNECT_TIMEOUT_MS,
  REPLY_GRACE_MS,
  REPLY_WAIT_MS,
  WIRE_LIMITS,
  type WireLimits,
} from "../limits.ts";
import { utf8Length } from "../wire/json.ts";
import {
  decodeReply,
  encodeRequest,
  type Reply,
  type Request,
  type RequestOptions,
  type Status,
  type Token,
} from "../wire/message.ts";
import { formatAddress, parseAddress } from "./address.ts";
import { dial, Transport } from "./transport.ts";
import { Unanswered } from "./unanswered.ts";

/** How a connection is made, and what holds for each of its requests. */
export interface ConnectOptions {
  /** Milliseconds to wait for the connection; 4,000 unless said otherwise. */
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
}

/**
 * Connects to a replica: `9889` (on this machine), `"host:9889"`, `"[::1]:9889"`.
 *
 * @throws {UsageError} if the address is none
 * @throws {ConnectionError} if nobody listens there, or the name is not known
 * @throws {TimeoutError} if there is no connection in time
 */
export async function connect(
  address: string | number,
  options: ConnectOptions = {},
): Promise<Client> {
  const target = parseAddress(address);
  const conn = await dial(target, options.timeoutMs ?? CONNECT_TIMEOUT_MS);
  return new Client(conn, formatAddress(target), options);
}

/**
 * A connection to one replica. Any number of requests may be under way: what is asked in one turn
 * of the event loop goes out in one write, and the answers come in the order asked.
 *
 * Every promise settles: with the answer, when its time is over, or when the connection ends. What
 * fails says in `maybe` whether a write may have happened, or may still happen.
 */
export class Client {
  /** The replica's address, as `host:port`. */
  readonly address: string;
  /**
   * Settles when the connection has ended: with undefined if {@linkcode Client.close} was called,
   * else with what ended it. Never rejects.
   */
  readonly closed: Promise<Error | undefined>;
  readonly #options: ConnectOptions;
  readonly #transport: Transport;
  readonly #unanswered = new Unanswered();
  readonly #settleClosed: (error?: Error) => void;
  /** The replica's own limit, once it is known. */
  #replicaLimitMs: number | undefined;
  #ended: Error | undefined;
  #closing = false;
  /** When the timer looks for requests whose time is over. */
  #lookAt = Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Takes over an open connection; most callers want {@linkcode connect}. */
  constructor(conn: Deno.TcpConn, address: string, options: ConnectOptions = {}) {
    this.address = address;
    this.#options = options;
    const closed = Promise.withResolvers<Error | undefined>();
    this.closed = closed.promise;
    this.#settleClosed = closed.resolve;
    this.#transport = new Transport(conn, (options.limits ?? WIRE_LIMITS).frameBytes, {
      frame: (frame) => this.#unanswered.answer(decodeReply(frame), performance.now()),
      sent: () => this.#unanswered.sent(),
      ended: (error) => this.#end(error),
    });
  }

  /**
   * Sets the key to the value; resolves when it is stored, as the level says.
   *
   * @throws {RequestError} if the replica answers with an error
   * @throws {ConnectionError} if the connection ends first
   * @throws {TimeoutError} if no answer comes in time
   */
  async set(key: string, value: string, options?: RequestOptions): Promise<Token> {
    const bytes = utf8Length(value);
    const [reply] = await this.request(
      { type: "set", key, value, bytes, options: this.#with(options) },
    );
    return token(reply);
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
    const [reply] = await this.request({ type: "delete", key, options: this.#with(options) });
    return token(reply);
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
    if (reply.type !== "status") return unexpected();
    this.#replicaLimitMs = reply.status.requestTimeout;
    return reply.status;
  }

  /**
   * What this replica holds of the keys that begin with the prefix, in the order answered.
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
   * Sends the request as it is, without the connection's `consistency` and `requestTimeoutMs`, and
   * gives back the replies as they came, an `ERROR` too: one, for a dump many.
   *
   * @throws {ConnectionError} if the connection ends first
   * @throws {TimeoutError} if no answer comes in time
   */
  request(request: Request): Promise<Reply[]> {
    if (this.#ended !== undefined) {
      return Promise.reject(
        new ConnectionError(this.#ended.message, false, { cause: this.#ended.cause }),
      );
    }
    const now = performance.now();
    const waitMs = this.#waitMs(request);
    const replies = this.#unanswered.add(request, now, waitMs);
    this.#lookIn(now + waitMs);
    this.#transport.send(encodeRequest(request));
    return replies;
  }

  /** Ends the connection at once. What is under way rejects with a {@linkcode ConnectionError}. */
  close(): void {
    this.#closing = true;
    this.#transport.close();
  }

  /** As {@linkcode Client.close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  #with(options: RequestOptions = {}): RequestOptions {
    const { consistency, requestTimeoutMs: timeout } = this.#options;
    return {
      ...(consistency !== undefined && { consistency }),
      ...(timeout !== undefined && { timeout }),
      ...options,
    };
  }

  #waitMs(request: Request): number {
    const named = "options" in request ? request.options.timeout : undefined;
    const limit = named ?? this.#options.requestTimeoutMs ?? this.#replicaLimitMs;
    if (limit === undefined) return REPLY_WAIT_MS;
    return limit + (this.#options.graceMs ?? REPLY_GRACE_MS);
  }

  /** One timer for all requests: it is only moved to an earlier time. */
  #lookIn(at: number): void {
    if (at >= this.#lookAt) return;
    clearTimeout(this.#timer);
    this.#lookAt = at;
    this.#timer = setTimeout(() => {
      this.#lookAt = Infinity;
      const next = this.#unanswered.expire(performance.now());
      if (next !== null) this.#lookIn(next);
    }, Math.max(1, at - performance.now()));
  }

  #end(error: Error | undefined): void {
    clearTimeout(this.#timer);
    const text = this.#closing
      ? `the connection to ${this.address} was closed by this client`
      : `the connection to ${this.address} ended: ${
        error === undefined ? "the replica closed it" : reason(error)
      }`;
    this.#ended = new ConnectionError(text, false, { cause: error });
    this.#unanswered.end((maybe) => new ConnectionError(text, maybe, { cause: error }));
    this.#settleClosed(this.#closing ? undefined : this.#ended);
  }
}

function token(reply: Reply): Token {
  if (reply.type === "error") throw requestError(reply);
  if (reply.type !== "stored") return unexpected();
  return reply.token;
}

function requestError(reply: Extract<Reply, { type: "error" }>): RequestError {
  return new RequestError(reply.code, reply.text, reply.details);
}

/** Each reply was checked against its request when it came. */
function unexpected(): never {
  throw new ConnectionError("the answer does not fit the request");
}
