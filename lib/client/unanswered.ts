/**
 * The requests of a connection that wait for their answers. Knows no socket and no clock.
 *
 * @module
 */

import { ConnectionError, TimeoutError } from "../errors.ts";
import type { Reply, Request } from "../wire/message.ts";

/** One request and who waits for its replies. */
interface Waiting {
  readonly request: Request;
  /** Given up when this time has come; the place stays, so that its answer finds it. */
  deadline: number;
  readonly waitMs: number;
  /** Whether its bytes have been given to the network. */
  sent: boolean;
  settled: boolean;
  readonly replies: Reply[];
  readonly resolve: (replies: Reply[]) => void;
  readonly reject: (error: Error) => void;
}

/** Answers come in the order of the requests: the first that waits is the one answered. */
export class Unanswered {
  /** By number, in the order asked. */
  readonly #waiting = new Map<number, Waiting>();
  #first = 0;
  #next = 0;
  /** The number of the first request that has not been sent. */
  #unsent = 0;

  /** How many wait, those given up included. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Adds a request that was asked at `now` (milliseconds) and is given up `waitMs` later. */
  add(request: Request, now: number, waitMs: number): Promise<Reply[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(this.#next++, {
        request,
        deadline: now + waitMs,
        waitMs,
        sent: false,
        settled: false,
        replies: [],
        resolve,
        reject,
      });
    });
  }

  /** Says that all that was added has been given to the network. */
  sent(): void {
    for (; this.#unsent < this.#next; this.#unsent++) {
      const waiting = this.#waiting.get(this.#unsent);
      if (waiting !== undefined) waiting.sent = true;
    }
  }

  /**
   * Takes the reply that came next.
   *
   * @throws {ConnectionError} if it is no answer to the request whose turn it is
   */
  answer(reply: Reply, now: number): void {
    const waiting = this.#waiting.get(this.#first);
    if (waiting === undefined || !waiting.sent) {
      throw new ConnectionError(
        reply.type === "error" ? reply.text : "an answer came that nobody had asked for",
      );
    }
    const progress = answers(reply, waiting.request);
    if (progress === "no") {
      const { request } = waiting;
      const asked = request.type === "write" ? request.operation.type : request.type;
      throw new ConnectionError(`${reply.type} is no answer to ${asked}`);
    }
    if (!waiting.settled) waiting.replies.push(reply);
    // Whoever sends a long answer in parts is not silent.
    waiting.deadline = now + waiting.waitMs;
    if (progress === "more") return;
    this.#waiting.delete(this.#first++);
    waiting.resolve(waiting.replies);
  }

  /** Gives up all whose time has come; returns when to look again, or null if none is left. */
  expire(now: number): number | null {
    let next: number | null = null;
    for (const waiting of this.#waiting.values()) {
      if (waiting.settled) continue;
      if (waiting.deadline <= now) {
        waiting.settled = true;
        waiting.replies.length = 0;
        waiting.reject(
          // Even one that has not been sent still will be.
          new TimeoutError(`no answer within ${waiting.waitMs} ms`, isWrite(waiting.request)),
        );
      } else if (next === null || waiting.deadline < next) {
        next = waiting.deadline;
      }
    }
    return next;
  }

  /** Rejects all that wait, each with the error made for it. */
  end(error: (maybe: boolean) => Error): void {
    for (const waiting of this.#waiting.values()) {
      waiting.reject(error(waiting.sent && isWrite(waiting.request)));
    }
    this.#waiting.clear();
    this.#first = this.#unsent = this.#next;
  }
}

function isWrite({ type }: Request): boolean {
  return type === "write";
}

/** Whether the reply answers the request: not at all, in part, or wholly. */
function answers(reply: Reply, request: Request): "no" | "more" | "wholly" {
  switch (reply.type) {
    case "error":
      return "wholly";
    case "stored":
    case "result":
      return isWrite(request) ? "wholly" : "no";
    case "value":
      if (request.type === "dump") return "more";
      return request.type === "get" && request.key === reply.key ? "wholly" : "no";
    case "key":
      return request.type === "keys" ? "more" : "no";
    case "end":
      return ["get", "dump", "keys"].includes(request.type) ? "wholly" : "no";
    case "outcome":
      return request.type === "outcome" ? "wholly" : "no";
    case "status":
      return request.type === "status" ? "wholly" : "no";
  }
}
