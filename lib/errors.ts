/**
 * Every expected failure, with the text that a user can act on.
 *
 * A failed request says whether its write certainly did not happen (*definite*) or may still
 * happen (*indefinite*, `maybe`); server, client and checker share this one table.
 *
 * @module
 */

/** The codes of an `ERROR` answer, and what each means. */
export const ERROR_CODES = {
  bad_request: "the request is wrong in itself; it was not carried out",
  too_large: "a key, a value or a frame is over its limit; it was not carried out",
  unknown_command: "no such command; nothing was done",
  timeout: "the time limit passed first",
  no_quorum: "too few replicas are reachable to order a write",
  needs_order: "this command needs `sequential` or above",
  not_a_number: "what is there is no decimal number of 64 bits; nothing was changed",
  out_of_range: "the sum has more than 64 bits; nothing was changed",
  no_key: "there is no such key; nothing was changed",
  unauthorized: "the server does not let this client do that",
  internal: "the server failed",
} as const;

/** One of the codes of an `ERROR` answer. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** Whether the text is one of {@linkcode ERROR_CODES}. */
export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERROR_CODES, text);
}

/** What an `ERROR` answer says besides its code and text. */
export interface ErrorDetails {
  /** For a write: true if it may still happen, false if it certainly did not. */
  readonly maybe?: boolean;
  /** Further facts, e.g. who is missing since when. */
  readonly [fact: string]: unknown;
}

/** A request that is answered with `["ERROR", code, text, details]`. */
export class RequestError extends Error {
  /** Tells the class by its name. */
  override name = "RequestError";

  /** Makes the error that is answered with this code, text and details. */
  constructor(
    /** What kind of failure it is. */
    readonly code: ErrorCode,
    text: string,
    /** Whether the write may still happen, and further facts. */
    readonly details: ErrorDetails = {},
    options?: ErrorOptions,
  ) {
    super(text, options);
  }

  /** Whether the request's write may have happened, or may still happen. */
  get maybe(): boolean {
    return this.details.maybe === true;
  }
}

/** The bytes of a stream cannot be trusted any further: it is answered and closed. */
export class StreamError extends Error {
  /** Tells the class by its name. */
  override name = "StreamError";

  /** Makes the error that is the last answer on a stream. */
  constructor(
    /** What kind of failure it is. */
    readonly code: "bad_request" | "too_large",
    text: string,
    options?: ErrorOptions,
  ) {
    super(text, options);
  }
}

/** A connection to a replica could not be made, or ended before the answer had come. */
export class ConnectionError extends Error {
  /** Tells the class by its name. */
  override name = "ConnectionError";

  /** Makes the error of what was asked on a connection that is no more. */
  constructor(
    text: string,
    /** Whether a write was under way, which may have happened or may still happen. */
    readonly maybe: boolean = false,
    options?: ErrorOptions,
  ) {
    super(text, options);
  }
}

/** No answer came in time. The connection goes on; the answer, should it come, is dropped. */
export class TimeoutError extends Error {
  /** Tells the class by its name. */
  override name = "TimeoutError";

  /** Makes the error of what was not answered in time. */
  constructor(
    text: string,
    /** Whether it was a write, which may have happened or may still happen. */
    readonly maybe: boolean = false,
    options?: ErrorOptions,
  ) {
    super(text, options);
  }
}

/** The program was called in a way it does not understand: exit 2. */
export class UsageError extends Error {
  /** Tells the class by its name. */
  override name = "UsageError";
}

/** A recorded history is not in the form that can be read; says which line and why. Exit 2. */
export class HistoryError extends UsageError {
  /** Tells the class by its name. */
  override name = "HistoryError";
}

/** The program understood and could not do it: one line for the user, exit 1. */
export class FailedError extends Error {
  /** Tells the class by its name. */
  override name = "FailedError";
}

/** A replica's folder cannot be used as it is; nothing was written to it. Exit 1. */
export class FolderError extends FailedError {
  /** Tells the class by its name. */
  override name = "FolderError";
}

/** The disk refuses what it must take or give while a replica runs: the replica stops. Exit 1. */
export class DiskError extends FailedError {
  /** Tells the class by its name. */
  override name = "DiskError";

  /** Makes the error whose text is both of these. */
  constructor(
    /** What is the matter, e.g. `the disk is full`. */
    readonly what: string,
    /** What a user can do. */
    readonly remedy: string,
    options?: ErrorOptions,
  ) {
    super(`${what}: ${remedy}`, options);
  }
}

/** The other replicas refuse this one for a reason that waiting does not heal. Exit 1. */
export class RefusedError extends FailedError {
  /** Tells the class by its name. */
  override name = "RefusedError";
}

/** The text of anything thrown, for one line of output. */
export function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.name === "NotCapable" ? notAllowed(error.message) : error.message;
}

const VERBS = new Map([["read", "read"], ["write", "write to"], ["run", "run"]]);

/** Deno's own words end with a hint at flags that a user of kvdist does not give. */
function notAllowed(text: string): string {
  const [, kind, what] = /^Requires (\w+) access(?: to (.*))?, /.exec(text) ?? [];
  if (kind === undefined) return text;
  if (what === undefined) return `Deno gives this program no ${kind} access`;
  return `Deno does not let this program ${VERBS.get(kind) ?? "use"} ${what}`;
}
