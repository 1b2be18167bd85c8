/**
 * What a request's target names: a path, a query, a key. Nothing of it is normalized: every key
 * has a target.
 *
 * @module
 */

import { textOf } from "../bytes.ts";
import { HttpError } from "./failure.ts";

/** The parts of a target. */
export interface Target {
  /** The host and port that it names. */
  readonly authority: string;
  /** The path as it was written, from its first slash on. */
  readonly path: string;
  /** What stands behind the question mark. */
  readonly query: string;
}

/** The parts of a request's URL; null if it has no path, as in `CONNECT` and `OPTIONS *`. */
export function targetOf(url: string): Target | null {
  const [, authority, path, query = ""] = /^http:\/\/([^/?]*)(\/[^?]*)(?:\?(.*))?$/s.exec(url) ??
    [];
  return path === undefined ? null : { authority, path, query };
}

/**
 * The parameters of a query, each given at most once.
 *
 * @throws {HttpError} if one is given twice, or is none of those known
 */
export function parametersOf(query: string, known: readonly string[]): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    if (!known.includes(name)) {
      const words = known.length === 0 ? "there are none" : `known: ${known.join(", ")}`;
      throw badRequest(`unknown parameter ${JSON.stringify(name.slice(0, 40))}; ${words}`);
    }
    if (parameters.has(name)) throw badRequest(`the parameter ${name} is given twice`);
    parameters.set(name, value);
  }
  return parameters;
}

const PERCENT = 0x25;
const encoder = new TextEncoder();

/**
 * The key that a part of a path names: bytes, of which some are written `%20`.
 *
 * @throws {HttpError} if a percent sign stands without two hexadecimal digits
 */
export function keyOf(part: string): string {
  if (/%(?![0-9a-f]{2})/i.test(part)) {
    throw badRequest("a % in a key must be followed by two hexadecimal digits; % itself is %25");
  }
  const bytes = encoder.encode(part);
  let length = 0;
  for (let at = 0; at < bytes.length; at++) {
    const isEscape = bytes[at] === PERCENT;
    bytes[length++] = isEscape ? digit(bytes[at + 1]) * 16 + digit(bytes[at + 2]) : bytes[at];
    if (isEscape) at += 2;
  }
  return textOf(bytes.subarray(0, length));
}

/** The value of a hexadecimal digit: letters follow 9 at a distance, and differ by a bit in case. */
function digit(byte: number): number {
  return byte <= 0x39 ? byte - 0x30 : (byte | 0x20) - 0x61 + 10;
}

function badRequest(text: string): HttpError {
  return new HttpError(400, "bad_request", text);
}
