/**
 * One request of a client that may be asked at several replicas, and the rules for that: how long
 * each gets, what sends it to the next, and what is known in the end. Knows no socket and no clock.
 *
 * @module
 */

import { ConnectionError, TimeoutError } from "../errors.ts";
import type { Reply, Request, Token } from "../wire/message.ts";
import { isEmptyToken, mergeTokens } from "./token.ts";

/** What came of asking a replica: its replies, or why there are none. */
export type Result =
  | { readonly type: "replies"; readonly replies: Reply[] }
  | { readonly type: "none"; readonly error: Error };

/** A request, who waits for it, and how it has fared so far. */
export interface Asked {
  /** The request as it was asked; a write bears an id. */
  readonly request: Request;
  /** Its place among the client's requests. */
  readonly number: number;
  /** When its time limit ends. */
  readonly deadline: number;
  /** How many times it has been sent to a replica. */
  sent: number;
  /** For a write: whether a replica may have taken it. */
  maybe: boolean;
  /** What came of asking last. */
  result: Result | null;
  readonly resolve: (replies: Reply[]) => void;
  readonly reject: (error: Error) => void;
}

/** The request as it is asked again elsewhere: a write needs a name, so that it is applied once. */
export function named(request: Request): Request {
  if (request.type !== "write" || request.options.id !== undefined) return request;
  return { ...request, options: { ...request.options, id: crypto.randomUUID() } };
}

/**
 * The request as one replica is asked: with all that the client's answers have depended on, and
 * with its share of the time that is left, so that those not yet asked have theirs.
 */
export function attempt(asked: Asked, now: number, replicas: number, token: Token): Request {
  const { request, deadline, sent } = asked;
  if (!("options" in request)) return request;
  const { options } = request;
  const share = (deadline - now) / Math.max(1, replicas - sent);
  const depends = mergeTokens(options.token ?? [], token);
  return {
    ...request,
    options: {
      ...options,
      timeout: Math.max(1, Math.ceil(share)),
      ...(isEmptyToken(depends) ? {} : { token: depends }),
    },
  };
}

/**
 * Why another replica may do better, in words; null if this answer would be the same everywhere,
 * or is a success.
 */
export function reasonToMove(result: Result, address: string): string | null {
  if (result.type === "none") {
    const { error } = result;
    if (error instanceof TimeoutError) return `${address} gave ${error.message}`;
    return error instanceof ConnectionError ? error.message : null;
  }
  const last = result.replies.at(-1);
  if (last?.type !== "error") return null;
  const { code, text } = last;
  return code === "no_quorum" || code === "timeout" ? `${address} says ${code}: ${text}` : null;
}

/** Whether the replies are an answer and no error. */
export function isSuccess(result: Result): boolean {
  return result.type === "replies" && result.replies.at(-1)?.type !== "error";
}

/** Whether, by this result, a write may have been taken. */
export function maybeOf(result: Result): boolean {
  if (result.type === "replies") {
    const last = result.replies.at(-1);
    return last?.type === "error" && last.details.maybe === true;
  }
  const { error } = result;
  return (error instanceof ConnectionError || error instanceof TimeoutError) && error.maybe;
}

/** The result with what all attempts together tell of a write: whether it may (still) happen. */
export function withMaybe(result: Result, maybe: boolean): Result {
  if (maybeOf(result) === maybe) return result;
  if (result.type === "none") {
    const { error } = result;
    if (error instanceof ConnectionError) {
      return { type: "none", error: new ConnectionError(error.message, maybe, { cause: error }) };
    }
    if (error instanceof TimeoutError) {
      return { type: "none", error: new TimeoutError(error.message, maybe, { cause: error }) };
    }
    return result;
  }
  return {
    type: "replies",
    replies: result.replies.map((reply) =>
      reply.type === "error" ? { ...reply, details: { ...reply.details, maybe } } : reply
    ),
  };
}
