/**
 * A client of several replicas: it talks to one of them, and goes to the next when that one is
 * lost, silent, or cannot do what it is asked.
 *
 * What it promises, besides what the level does: an answer is never older than an earlier one, by
 * the session token that goes from answers to requests; a write is applied once, however often it
 * is asked, since it is asked under one id; and requests under way at the same time take effect in
 * the order asked, as on one connection. For the last, a move waits until all that is under way is
 * answered or lost, and then asks again, in order, from the first that failed on. If a later write
 * has gone through meanwhile, what failed before it is not asked again: it would overtake it.
 *
 * @module
 */

import { ConnectionError, reason, TimeoutError } from "../errors.ts";
import {
  FAILOVER_PAUSE_MS_MAX,
  FAILOVER_PAUSE_MS_MIN,
  FAILOVER_ROUNDS_MAX,
  OUTCOME_WAIT_MS,
  REQUEST_TIMEOUT_MS,
} from "../limits.ts";
import { firstReply, type Reply, type Request, type Status, type Token } from "../wire/message.ts";
import type { Address } from "./address.ts";
import {
  type Asked,
  attempt,
  isSuccess,
  maybeOf,
  named,
  reasonToMove,
  type Result,
  withMaybe,
} from "./asked.ts";
import { Client, type ConnectOptions } from "./client.ts";
import type { Connection } from "./connection.ts";
import { Route } from "./route.ts";
import { mergeTokens } from "./token.ts";

/** A client of several replicas, or of one in a session; `connect` makes one. */
export class FailoverClient extends Client {
  /** Settles with undefined when {@linkcode Client.close} was called: a loss does not end it. */
  override readonly closed: Promise<undefined>;
  readonly #options: ConnectOptions;
  readonly #route: Route;
  readonly #settleClosed: () => void;
  #token: Token;
  #next = 0;
  /** Asked and not sent, in order. */
  #waiting: Asked[] = [];
  /** Sent and not answered, in order. */
  readonly #underWay = new Set<Asked>();
  /** To be asked again after the move, each with what came of it here. */
  #again: Asked[] = [];
  /** Why the connection in use is given up as soon as nothing is under way on it. */
  #leaving: string | null = null;
  #moving: Promise<void> | null = null;
  /** Ends the pause between two tries at once. */
  #endPause: () => void = () => {};
  /** Why none could be reached, when that was tried last. */
  #unreachable: Error | null = null;
  /** Replicas that were lost since one last gave an answer. */
  #fruitless = 0;
  #closed = false;

  private constructor(addresses: readonly Address[], options: ConnectOptions) {
    super(options);
    this.#options = options;
    this.#route = new Route(addresses, options, (error) => {
      this.#leaving ??= error.message;
      this.#proceed();
    });
    this.#token = options.token ?? [];
    const closed = Promise.withResolvers<undefined>();
    this.closed = closed.promise;
    this.#settleClosed = () => closed.resolve(undefined);
  }

  /**
   * Connects to the first that answers, of those in a working view if there are any.
   *
   * @throws {ConnectionError | TimeoutError} if none answers
   */
  static async open(
    addresses: readonly Address[],
    options: ConnectOptions = {},
  ): Promise<FailoverClient> {
    const client = new FailoverClient(addresses, options);
    await client.#route.connect();
    return client;
  }

  /** The address of the replica that it talks to, or that it talked to last. */
  override get address(): string {
    return this.#route.address;
  }

  /** Whether there is a connection now. */
  get isConnected(): boolean {
    return this.#route.connection !== null;
  }

  /** What the replica that it talks to said of itself when they connected. */
  get replica(): Status | null {
    return this.#route.status;
  }

  /** What its answers have depended on so far. */
  get token(): Token {
    return this.#token;
  }

  /**
   * Connects if there is no connection now.
   *
   * @throws {ConnectionError | TimeoutError} if none answers
   */
  async reconnect(): Promise<void> {
    await this.#moving;
    if (this.isConnected) return;
    if (this.#moving === null) this.#move();
    await this.#moving;
    if (!this.isConnected) throw this.#unreachable ?? closedError();
  }

  /**
   * Sends the request, with the session's token and, if it is a write, an id; gives back the
   * replies as they came, an `ERROR` too. What another replica may do better is asked there.
   *
   * @throws {ConnectionError} if no replica can be reached within the time limit
   * @throws {TimeoutError} if none of those asked answers in time
   */
  override request(request: Request): Promise<Reply[]> {
    if (this.#closed) return Promise.reject(closedError());
    const limitMs = ("options" in request ? request.options.timeout : undefined) ??
      this.#options.requestTimeoutMs ?? this.#route.status?.requestTimeout ?? REQUEST_TIMEOUT_MS;
    return new Promise((resolve, reject) => {
      this.#waiting.push({
        request: named(request),
        number: this.#next++,
        deadline: performance.now() + limitMs,
        sent: 0,
        maybe: false,
        result: null,
        resolve,
        reject,
      });
      this.#proceed();
    });
  }

  /** Ends it at once. What is under way rejects with a {@linkcode ConnectionError}. */
  override close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#route.close();
    this.#endPause();
    for (const asked of [...this.#again, ...this.#waiting]) {
      settle(asked, withMaybe({ type: "none", error: closedError() }, asked.maybe));
    }
    this.#again = [];
    this.#waiting = [];
    this.#settleClosed();
  }

  /** Sends what waits, or moves, or does nothing until more answers have come. */
  #proceed(): void {
    if (this.#closed || this.#moving !== null) return;
    const { connection } = this.#route;
    if (this.#leaving !== null || connection === null) {
      if (this.#underWay.size === 0) this.#move();
      return;
    }
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const asked of waiting) this.#send(asked, connection);
  }

  #send(asked: Asked, connection: Connection): void {
    const request = attempt(asked, performance.now(), this.#route.length, this.#token);
    asked.sent++;
    this.#underWay.add(asked);
    connection.request(request).then(
      (replies) => this.#came(asked, { type: "replies", replies }),
      (error) => this.#came(asked, { type: "none", error: this.#cause(error) }),
    );
  }

  /** Why a request has no answer: not that the client then closed the connection, but why it did. */
  #cause(error: unknown): Error {
    if (this.#leaving !== null && error instanceof ConnectionError) {
      return new ConnectionError(this.#leaving, error.maybe, { cause: error });
    }
    return error instanceof Error ? error : new Error(reason(error));
  }

  #came(asked: Asked, result: Result): void {
    this.#underWay.delete(asked);
    asked.result = result;
    asked.maybe ||= maybeOf(result);
    if (this.#closed) settle(asked, withMaybe(result, asked.maybe));
    else if (isSuccess(result)) this.#succeeded(asked, result);
    else this.#failed(asked, result);
    this.#proceed();
  }

  #succeeded(asked: Asked, result: Result): void {
    this.#fruitless = 0;
    if (this.#again.length === 0) return this.#finish(asked, result);
    // A read before which something failed would be answered before it takes effect.
    if (asked.request.type !== "write") return void this.#again.push(asked);
    const overtaken = this.#again;
    this.#again = [];
    for (const earlier of overtaken) this.#finish(earlier, lastOf(earlier));
    this.#finish(asked, result);
  }

  #failed(asked: Asked, result: Result): void {
    const why = reasonToMove(result, this.address);
    if (why === null) return this.#finish(asked, result);
    // Of one replica alone, another connection is better only if this one is lost or silent.
    if (result.type === "none" || this.#route.length > 1) this.#leaving ??= why;
    // What else is under way at a silent replica is lost too: it may have been stopped.
    if (result.type === "none") this.#route.drop();
    if (this.#leaving !== null && this.#mayAskAgain(asked)) this.#again.push(asked);
    else this.#finish(asked, result);
  }

  #mayAskAgain({ sent, deadline }: Asked): boolean {
    return sent < this.#route.length * FAILOVER_ROUNDS_MAX && performance.now() < deadline;
  }

  #finish(asked: Asked, result: Result): void {
    if (isSuccess(result)) {
      if (result.type === "replies") this.#depend(result.replies);
      settle(asked, result);
    } else if (asked.request.type === "write" && asked.maybe) {
      this.#tellOutcome(asked, result);
    } else {
      settle(asked, result);
    }
  }

  #depend(replies: readonly Reply[]): void {
    const last = replies.at(-1);
    if (last !== undefined && "token" in last) this.#token = mergeTokens(this.#token, last.token);
  }

  // The move

  #move(): void {
    const why = this.#leaving;
    this.#leaving = null;
    this.#waiting = [...this.#again, ...this.#waiting].sort((a, b) => a.number - b.number);
    this.#again = [];
    const moving = this.isConnected ? this.#goElsewhere(why) : this.#goAnywhere(why);
    this.#moving = moving.finally(() => {
      this.#moving = null;
      if (this.isConnected || this.#leaving !== null) this.#proceed();
    });
  }

  /** The replica refuses: another may do better, or else it is asked again when it has more time. */
  async #goElsewhere(why: string | null): Promise<void> {
    const from = this.address;
    if (await this.#route.elsewhere()) return this.#tellMove(from, why);
    for (const asked of this.#waiting) asked.sent = Math.max(asked.sent, this.#route.length - 1);
  }

  /** The replica is lost: tries all, for as long as somebody waits for it; once at least. */
  async #goAnywhere(why: string | null): Promise<void> {
    if (why !== null && ++this.#fruitless % this.#route.length === 0) await this.#pause(0);
    for (let round = 1; !this.#closed; round++) {
      try {
        const from = this.address;
        await this.#route.connect();
        return this.#tellMove(from, why);
      } catch (error) {
        if (!(error instanceof ConnectionError || error instanceof TimeoutError)) throw error;
        this.#unreachable = error;
        this.#giveUpLate(error);
        if (this.#waiting.length === 0) {
          if (why !== null) this.#options.lost?.(new ConnectionError(why));
          return;
        }
      }
      await this.#pause(round);
    }
  }

  /** Those whose time is over while no replica can be reached. */
  #giveUpLate(error: Error): void {
    const late = this.#waiting.filter((asked) => performance.now() >= asked.deadline);
    this.#waiting = this.#waiting.filter((asked) => !late.includes(asked));
    for (const asked of late) settle(asked, withMaybe({ type: "none", error }, asked.maybe));
  }

  /** Waits before all are tried again, but not beyond the time of the first that waits. */
  async #pause(round: number): Promise<void> {
    const now = performance.now();
    const untilLate = Math.min(...this.#waiting.map(({ deadline }) => deadline - now));
    const pause = Math.min(FAILOVER_PAUSE_MS_MIN * 2 ** round, FAILOVER_PAUSE_MS_MAX, untilLate);
    const paused = Promise.withResolvers<void>();
    const timer = setTimeout(paused.resolve, Math.max(1, pause));
    this.#endPause = paused.resolve;
    await paused.promise;
    clearTimeout(timer);
  }

  #tellMove(from: string, why: string | null): void {
    if (this.#closed) return;
    this.#options.moved?.({ from, to: this.address, reason: why ?? "it answers again" });
  }

  // What came of a write that nobody could tell

  /** Asks what came of the write, and settles it with what is known then. */
  async #tellOutcome(asked: Asked, result: Result): Promise<void> {
    const outcome = await this.#outcomeOf(asked);
    if (outcome?.outcome === "applied") {
      settle(asked, { type: "replies", replies: [firstReply(outcome)] });
    } else {
      settle(asked, withMaybe(result, outcome?.outcome !== "never"));
    }
  }

  /** A replica's word, or null if there is none in time. */
  async #outcomeOf({ request }: Asked): Promise<Extract<Reply, { type: "outcome" }> | null> {
    if (request.type !== "write") return null;
    const { id, consistency } = request.options;
    if (id === undefined) return null;
    const options = {
      ...(consistency !== undefined && { consistency }),
      timeout: OUTCOME_WAIT_MS,
    };
    try {
      const [reply] = await this.request({ type: "outcome", id, options });
      return reply.type === "outcome" ? reply : null;
    } catch (error) {
      if (error instanceof ConnectionError || error instanceof TimeoutError) return null;
      throw error;
    }
  }
}

function settle({ resolve, reject }: Asked, result: Result): void {
  if (result.type === "replies") resolve(result.replies);
  else reject(result.error);
}

/** What came of asking it last. */
function lastOf({ result }: Asked): Result {
  return result ?? { type: "none", error: closedError() };
}

function closedError(): ConnectionError {
  return new ConnectionError("the connection was closed by this client");
}
