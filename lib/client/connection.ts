/**
 * A client of one replica, over one connection.
 *
 * @module
 */

import { ConnectionError, reason } from "../errors.ts";
import { CONNECT_TIMEOUT_MS, REPLY_GRACE_MS, REPLY_WAIT_MS, WIRE_LIMITS } from "../limits.ts";
import {
  decodeReply,
  encodeRequest,
  type Reply,
  type Request,
  type Status,
} from "../wire/message.ts";
import { type Address, formatAddress } from "./address.ts";
import { Client, type ConnectOptions } from "./client.ts";
import { dial, Transport } from "./transport.ts";
import { Unanswered } from "./unanswered.ts";

/**
 * Connects to one replica.
 *
 * @throws {ConnectionError} if nobody listens there, or the name is not known
 * @throws {TimeoutError} if there is no connection in time
 */
export async function connectTo(address: Address, options: ConnectOptions): Promise<Connection> {
  const conn = await dial(address, options.timeoutMs ?? CONNECT_TIMEOUT_MS);
  return new Connection(conn, formatAddress(address), options);
}

/**
 * A connection to one replica. Any number of requests may be under way: what is asked in one turn
 * of the event loop goes out in one write, and the answers come in the order asked.
 *
 * Every promise settles: with the answer, when its time is over, or when the connection ends. What
 * fails says in `maybe` whether a write may have happened, or may still happen.
 */
export class Connection extends Client {
  /** The replica's address, as `host:port`. */
  override readonly address: string;
  /**
   * Settles when the connection has ended: with undefined if {@linkcode Client.close} was called,
   * else with what ended it. Never rejects.
   */
  override readonly closed: Promise<Error | undefined>;
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

  /** Takes over an open connection; most callers want `connect`. */
  constructor(conn: Deno.TcpConn, address: string, options: ConnectOptions = {}) {
    super(options);
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
   * What the replica says of itself.
   *
   * @throws {RequestError} if the replica answers with an error
   * @throws {ConnectionError} if the connection ends first
   * @throws {TimeoutError} if no answer comes in time
   */
  override async status(): Promise<Status> {
    const status = await super.status();
    this.#replicaLimitMs = status.requestTimeout;
    return status;
  }

  /**
   * Sends the request as it is, without the connection's `consistency` and `requestTimeoutMs`, and
   * gives back the replies as they came, an `ERROR` too: one, for a dump many.
   *
   * @throws {ConnectionError} if the connection ends first
   * @throws {TimeoutError} if no answer comes in time
   */
  override request(request: Request): Promise<Reply[]> {
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
  override close(): void {
    this.#closing = true;
    this.#transport.close();
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
