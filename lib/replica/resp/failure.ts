/**
 * Failures in Redis's words, or in ours where Redis has none.
 *
 * @module
 */

import type { ErrorCode, RequestError } from "../../errors.ts";

/** What Redis says of a failure, whatever we say. */
const WORDS: Partial<Record<ErrorCode, string>> = {
  not_a_number: "ERR value is not an integer or out of range",
  out_of_range: "ERR increment or decrement would overflow",
  no_key: "ERR no such key",
};

/** What stands in front of what we say. */
const PREFIXES: Partial<Record<ErrorCode, string>> = {
  too_large: "TOOLARGE",
  timeout: "TIMEOUT",
  no_quorum: "NOQUORUM",
  needs_order: "NEEDSORDER",
  unauthorized: "NOPERM",
};

/** The text of a failure. One whose write may still happen says so. */
export function failureText(error: RequestError): string {
  const text = WORDS[error.code] ?? `${PREFIXES[error.code] ?? "ERR"} ${error.message}`;
  return error.maybe ? `${text} (maybe: the write may still happen)` : text;
}
