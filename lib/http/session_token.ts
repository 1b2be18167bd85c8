/**
 * Session tokens as a header has them: numbers with dots between, `3.0.17`.
 *
 * @module
 */

import type { Token } from "../client/mod.ts";
import { REPLICAS_MAX } from "../limits.ts";
import { HttpError } from "./failure.ts";

/** The token as a header. */
export function tokenText(token: Token): string {
  return token.join(".");
}

/**
 * The token that a header has.
 *
 * @throws {HttpError} if it is none
 */
export function readTokenText(text: string): Token {
  const token = text.split(".").map((digits) => /^\d{1,16}$/.test(digits) ? Number(digits) : NaN);
  if (token.length <= REPLICAS_MAX && token.every(Number.isSafeInteger)) return token;
  throw new HttpError(400, "bad_request", "Kvdist-Session must be as an answer gave it: 3.0.17");
}
