/**
 * Failures as answers over HTTP: a status, and one line of JSON with what every other port says.
 *
 * @module
 */

import {
  ConnectionError,
  type ErrorCode,
  type ErrorDetails,
  RequestError,
  TimeoutError,
} from "../errors.ts";

/** The status of an answer with this code. */
const STATUSES: Readonly<Record<ErrorCode, number>> = {
  bad_request: 400,
  too_large: 413,
  unknown_command: 404,
  timeout: 504,
  no_quorum: 503,
  needs_order: 409,
  not_a_number: 409,
  out_of_range: 409,
  no_key: 404,
  unauthorized: 403,
  internal: 500,
};

/** A request that HTTP itself has a status for. */
export class HttpError extends RequestError {
  /** Tells the class by its name. */
  override name = "HttpError";

  /** Makes the error that is answered with this status, and such headers. */
  constructor(
    /** The status of the answer. */
    readonly status: number,
    code: ErrorCode,
    text: string,
    /** Further headers of the answer. */
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(code, text, { maybe: false });
  }
}

/** An answer that is no success. */
export interface Failure {
  /** Its status. */
  readonly status: number;
  /** Its headers, besides those of every answer. */
  readonly headers: Readonly<Record<string, string>>;
  /** One line of JSON. */
  readonly body: string;
}

/** The answer to a failed request. Of what is no expected failure, no detail leaves the server. */
export function failureOf(error: unknown): Failure {
  if (error instanceof RequestError) {
    const { code, message, details } = error;
    const own = error instanceof HttpError ? error : { status: STATUSES[code], headers: {} };
    return failure(own.status, code, message, { details, headers: own.headers });
  }
  if (error instanceof ConnectionError) {
    return failure(503, "internal", error.message, { details: { maybe: error.maybe } });
  }
  if (error instanceof TimeoutError) {
    return failure(504, "timeout", error.message, { details: { maybe: error.maybe } });
  }
  return failure(500, "internal", "the server failed", { details: { maybe: true } });
}

/** Whether it is a failure that can be expected. */
export function isExpected(error: unknown): boolean {
  return [RequestError, ConnectionError, TimeoutError].some((type) => error instanceof type);
}

function failure(
  status: number,
  code: ErrorCode,
  text: string,
  { details, headers = {} }: { details: ErrorDetails; headers?: Failure["headers"] },
): Failure {
  return { status, headers, body: `${JSON.stringify({ code, text, ...details })}\n` };
}
