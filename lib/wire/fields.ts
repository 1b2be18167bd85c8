/**
 * The fields that several of the client port's forms have, read and checked.
 *
 * @module
 */

import { byteLength } from "../bytes.ts";
import { type Consistency, CONSISTENCY_LEVELS, isConsistency } from "../consistency.ts";
import { RequestError } from "../errors.ts";
import {
  REPLICAS_MAX,
  REQUEST_ID_BYTES_MAX,
  REQUEST_TIMEOUT_MS_MAX,
  type WireLimits,
} from "../limits.ts";
import { badRequest, brief, count, isCount, isObject, list, text } from "./json.ts";

/**
 * What a client's answers depended on: for each origin, by its id, the highest `n` of its
 * messages. A replica answers a request that bears a token only when it has applied that much.
 */
export type Token = readonly number[];

/** What a request may say besides its command. */
export interface RequestOptions {
  /** The level for this request instead of the cluster's. */
  readonly consistency?: Consistency;
  /** What the replica must have applied before it answers. */
  readonly token?: Token;
  /** Milliseconds after which the answer is `timeout` or `no_quorum`. */
  readonly timeout?: number;
  /** The request's own name: a write that bears one already applied is not applied again. */
  readonly id?: string;
}

/** The error of a key, a value or an operation that is over its limit. */
export function tooLarge(words: string): RequestError {
  return new RequestError("too_large", words, { maybe: false });
}

/** A key: a text that is not empty, within its limit. */
export function readKey(value: unknown, limits: WireLimits): string {
  const key = text(value, "the key");
  if (key === "") throw badRequest("the key must not be empty");
  const bytes = byteLength(key);
  if (bytes > limits.keyBytes) {
    throw tooLarge(`the key has ${bytes} bytes; the limit is ${limits.keyBytes}`);
  }
  return key;
}

/** The length of the text in bytes, which a form says besides it. */
export function checkBytes(value: unknown, of: string): number {
  const bytes = byteLength(of);
  if (value !== bytes) {
    throw badRequest(`bytes must be the value's UTF-8 length, ${bytes}, and is ${brief(value)}`);
  }
  return bytes;
}

/** What an answer depended on. */
export function readToken(value: unknown): Token {
  const token = list(value, "the token", (n) => count(n, "each number of the token"));
  if (token.length > REPLICAS_MAX) throw badRequest("the token is too long");
  return token;
}

/** A request's own name. */
export function readId(value: unknown): string {
  const id = text(value, "the id");
  if (id === "" || byteLength(id) > REQUEST_ID_BYTES_MAX) {
    throw badRequest(`the id must have 1 to ${REQUEST_ID_BYTES_MAX} bytes`);
  }
  return id;
}

const OPTIONS = ["consistency", "token", "timeout", "id"];

/** What a request says besides its command; `own` are the options that only its command has. */
export function readOptions(value: unknown, own: readonly string[] = []): RequestOptions {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) throw badRequest("the options must be an object");
  const known = [...OPTIONS, ...own];
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw badRequest(`unknown option ${brief(unknown)}; known: ${known.join(", ")}`);
  }
  const { consistency, token, timeout, id } = value;
  if (consistency !== undefined && !isConsistency(consistency)) {
    throw badRequest(`consistency must be one of ${CONSISTENCY_LEVELS.join(", ")}`);
  }
  if (timeout !== undefined && !(isCount(timeout) && timeout <= REQUEST_TIMEOUT_MS_MAX)) {
    throw badRequest(`timeout must be milliseconds, at most ${REQUEST_TIMEOUT_MS_MAX}`);
  }
  return {
    consistency,
    token: token === undefined ? undefined : readToken(token),
    timeout,
    id: id === undefined ? undefined : readId(id),
  };
}

/** The options as a form's last field; none if nothing is said. */
export function given<T extends object>(options: T): T[] {
  return Object.values(options).some((value) => value !== undefined) ? [options] : [];
}
