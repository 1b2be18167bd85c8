/**
 * Session tokens: what a client's answers have depended on so far.
 *
 * @module
 */

import type { Token } from "../wire/message.ts";

/**
 * What depends on both: for each origin the higher number.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { mergeTokens } from "./token.ts";
 *
 * assertEquals(mergeTokens([3, 0], [1, 7, 2]), [3, 7, 2]);
 * ```
 */
export function mergeTokens(one: Token, other: Token): Token {
  const [short, long] = one.length < other.length ? [one, other] : [other, one];
  return long.map((n, origin) => Math.max(n, short[origin] ?? 0));
}

/** Whether the token names nothing, so that any replica fulfils it. */
export function isEmptyToken(token: Token): boolean {
  return token.every((n) => n === 0);
}
