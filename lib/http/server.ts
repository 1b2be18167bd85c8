/**
 * The HTTP server of `kvdist serve`: it answers for the replicas of its process, which it asks as
 * any client does. Whatever happens to them, it stays.
 *
 * @module
 */

import { formatAddress } from "../client/address.ts";
import { FailedError, reason } from "../errors.ts";
import {
  ACCEPT_PAUSE_MS,
  DRAIN_MS,
  HTTP_HEADERS_CHARACTERS_MAX,
  HTTP_REQUESTS_MAX,
  HTTP_TARGET_OVERHEAD_CHARACTERS,
  type WireLimits,
} from "../limits.ts";
import type { Log } from "../log.ts";
import type { FaultInjector } from "../fault.ts";
import { failureOf, HttpError, isExpected } from "./failure.ts";
import { FaultRequests } from "./faults.ts";
import { KeyValue } from "./key_value.ts";
import { Monitor } from "./monitor.ts";
import type { Place } from "./place.ts";
import { Replicas } from "./replicas.ts";
import { EVENTS_TYPE, type Route, routeOf, routes } from "./routes.ts";
import { checkSite } from "./site.ts";
import { type Target, targetOf } from "./target.ts";
import { Watching } from "./watching.ts";

/** What an HTTP server is made from. */
export interface HttpOptions {
  /** The address to listen on. */
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  /** The replicas of this process, one at least. */
  readonly replicas: readonly Place[];
  /** How long they let a request wait, in milliseconds. */
  readonly requestTimeoutMs: number;
  /** Their bounds of keys, values and frames. */
  readonly limits: WireLimits;
  /** Does faults to the replicas; null if nobody may ask for one. */
  readonly faults: FaultInjector | null;
  /** Is given what happens. */
  readonly log: Log;
}

/** What listens now. */
interface Running {
  readonly server: Deno.HttpServer<Deno.NetAddr>;
  /** Ends it without waiting for what is under way. */
  readonly abort: AbortController;
}

/** What every answer says: it is no page's business but our own, and never markup unless it says so. */
const HEADERS: Readonly<Record<string, string>> = {
  "cache-control": "no-store, no-transform",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "x-content-type-options": "nosniff",
};

/** A running HTTP server. */
export class HttpServer {
  /** Where it listens, as `host:port`. */
  readonly address: string;
  readonly #options: HttpOptions;
  readonly #replicas: Replicas;
  readonly #monitor: Monitor;
  readonly #watching: Watching;
  readonly #routes: readonly Route[];
  readonly #port: number;
  #running: Running;
  #underWay = 0;
  /** Of each answer that has not left wholly, when it has, or cannot any more. */
  readonly #leaving = new Set<Promise<void>>();
  #stopping = false;

  /**
   * Listens from now on.
   *
   * @throws {FailedError} if it cannot, e.g. the port is in use
   */
  constructor(options: HttpOptions) {
    const { replicas, requestTimeoutMs, limits } = options;
    this.#options = options;
    this.#replicas = new Replicas(replicas, { requestTimeoutMs, limits });
    this.#monitor = new Monitor(replicas);
    const faults = new FaultRequests(options.faults);
    this.#watching = new Watching(this.#monitor, faults);
    this.#routes = routes({
      keyValue: new KeyValue(this.#replicas, limits.valueBytes),
      monitor: this.#monitor,
      watching: this.#watching,
      faults,
    });
    this.#running = this.#listen(options.port);
    const { hostname, port } = this.#running.server.addr;
    this.#port = port;
    this.address = formatAddress({ hostname, port });
  }

  /** Ends those who watch, answers what is under way if that does not take long, and stops. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#watching.close();
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, DRAIN_MS);
    await Promise.race([Promise.all(this.#leaving), late.promise]);
    clearTimeout(timer);
    // Deno's own way to end gently cannot be cut short once it is begun.
    const { server, abort } = this.#running;
    abort.abort();
    await server.finished;
    this.#replicas.close();
    this.#monitor.close();
  }

  #listen(port: number): Running {
    const { host } = this.#options;
    const abort = new AbortController();
    try {
      const server = Deno.serve({
        hostname: host,
        port,
        signal: abort.signal,
        onListen: () => {},
        onError: (error) => this.#failed(error),
      }, (request, { completed }) => this.#handle(request, completed));
      server.finished.then(() => this.#ended(), (error) => this.#ended(error));
      return { server, abort };
    } catch (error) {
      throw listenError(error, `${host}:${port}`);
    }
  }

  /** The system had no descriptor left for another connection: that ends Deno's server, not ours. */
  #ended(error?: unknown): void {
    if (this.#stopping) return;
    this.#options.log({
      level: "error",
      event: "the HTTP server has ended; it is started again",
      reason: error === undefined ? undefined : reason(error),
    });
    this.#listenAgain();
  }

  #listenAgain(): void {
    setTimeout(() => {
      if (this.#stopping) return;
      try {
        this.#running = this.#listen(this.#port);
      } catch {
        // It was told why, and what holds the port, or every descriptor, may let it go.
        this.#listenAgain();
      }
    }, ACCEPT_PAUSE_MS);
  }

  async #handle(request: Request, completed: Promise<void>): Promise<Response> {
    if (this.#stopping) return this.#failed(stopping());
    if (this.#underWay >= HTTP_REQUESTS_MAX) return this.#failed(tooMany());
    const left = completed.catch(() => {}).finally(() => this.#leaving.delete(left));
    this.#leaving.add(left);
    this.#underWay++;
    const done = () => void this.#underWay--;
    try {
      const response = withHeaders(await this.#answer(request));
      // Who watches takes as long as it likes, and is counted apart.
      if (response.headers.get("content-type") === EVENTS_TYPE) done();
      else left.then(done);
      return response;
    } catch (error) {
      done();
      return this.#failed(error);
    }
  }

  async #answer(request: Request): Promise<Response> {
    const { method, url } = request;
    this.#checkSize(request);
    const target = targetOf(url);
    if (target === null) throw new HttpError(400, "bad_request", "the target must be a path");
    checkSite(
      { method, authority: target.authority, headers: request.headers },
      this.#options.host,
    );
    const handler = this.#handlerOf(method, target);
    return await handler(request, target);
  }

  #checkSize({ url, headers }: Request): void {
    const { keyBytes } = this.#options.limits;
    if (url.length > 3 * keyBytes + HTTP_TARGET_OVERHEAD_CHARACTERS) {
      throw new HttpError(414, "too_large", `a key may have at most ${keyBytes} bytes`);
    }
    let characters = 0;
    for (const [name, value] of headers) characters += name.length + value.length;
    if (characters > HTTP_HEADERS_CHARACTERS_MAX) {
      const text = `the headers may have at most ${HTTP_HEADERS_CHARACTERS_MAX} characters`;
      throw new HttpError(431, "too_large", text);
    }
  }

  #handlerOf(method: string, { path }: Target) {
    const route = routeOf(this.#routes, path);
    if (route === undefined) {
      throw new HttpError(404, "unknown_command", `there is nothing at ${path.slice(0, 100)}`);
    }
    const handler = route.methods.get(method);
    if (handler !== undefined) return handler;
    const allow = [...route.methods.keys()].join(", ");
    const text = `${method.slice(0, 20)} is not possible there; possible: ${allow}`;
    throw new HttpError(405, "unknown_command", text, { allow });
  }

  #failed(error: unknown): Response {
    if (!isExpected(error)) {
      const event = "an HTTP request failed unexpectedly";
      this.#options.log({ level: "error", event, reason: reason(error) });
    }
    const { status, headers, body } = failureOf(error);
    const type = { "content-type": "application/json" };
    return withHeaders(new Response(body, { status, headers: { ...headers, ...type } }));
  }
}

/** The answer with what every answer says, unless it says otherwise itself. */
function withHeaders(response: Response): Response {
  for (const [name, value] of Object.entries(HEADERS)) {
    if (!response.headers.has(name)) response.headers.set(name, value);
  }
  return response;
}

function tooMany(): HttpError {
  const text = `${HTTP_REQUESTS_MAX} requests are under way; try again later`;
  return new HttpError(503, "timeout", text, { "retry-after": "1" });
}

function stopping(): HttpError {
  return new HttpError(503, "timeout", "the server is stopping", { connection: "close" });
}

function listenError(error: unknown, at: string): FailedError {
  if (error instanceof Deno.errors.AddrInUse) {
    return new FailedError(
      `port ${at} for HTTP is in use: stop who uses it, or choose another --http`,
    );
  }
  if (error instanceof Deno.errors.AddrNotAvailable) {
    return new FailedError(
      `cannot listen on ${at} for HTTP: that is no address of this machine: say with --http-host on which to listen`,
    );
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return new FailedError(`may not listen on ${at} for HTTP: choose a port above 1023`);
  }
  return new FailedError(`cannot listen on ${at} for HTTP: ${reason(error)}`);
}
