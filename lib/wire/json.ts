/**
 * Frame bytes to checked values: the only `JSON.parse`, and the checks that every form is read
 * with. What is checked here is typed from here on.
 *
 * @module
 */

import { RequestError, StreamError } from "../errors.ts";
import { isCanonical, utf8TextOf } from "../bytes.ts";
import { FRAME_BYTES_UNCOUNTED } from "../limits.ts";

/**
 * The JSON array that a frame holds.
 *
 * A large frame with more than `valuesMax` values is refused before it is parsed: that could take
 * seconds, in which nobody else is served.
 *
 * @throws {StreamError} if the bytes are not UTF-8 or not JSON: the stream cannot be trusted
 * @throws {RequestError} `bad_request` if it is JSON, but no array, or has too many values
 */
export function decodeArray(frame: Uint8Array, valuesMax = Infinity): readonly unknown[] {
  if (
    valuesMax < Infinity && frame.length > FRAME_BYTES_UNCOUNTED && holdsMore(frame, valuesMax)
  ) {
    throw badRequest(`a message must have at most ${valuesMax} values`);
  }
  return parseArray(decodeText(frame));
}

/**
 * The text that a frame holds.
 *
 * @throws {StreamError} if the bytes are not UTF-8: the stream cannot be trusted
 */
export function decodeText(frame: Uint8Array): string {
  try {
    return utf8TextOf(frame);
  } catch (error) {
    throw notJson(error);
  }
}

/**
 * The JSON array that a text holds.
 *
 * @throws {StreamError} if it is not JSON: the stream cannot be trusted
 * @throws {RequestError} `bad_request` if it is JSON, but no array
 */
export function parseArray(text: string): readonly unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw notJson(error);
  }
  if (!Array.isArray(value)) throw badRequest("a message must be a JSON array");
  return value;
}

function notJson(cause: unknown): StreamError {
  return new StreamError("bad_request", "Cannot read frame: it is not UTF-8 JSON", { cause });
}

/** Whether there are more values than that, by what stands before each: a comma, `[` or `{`. */
function holdsMore(frame: Uint8Array, valuesMax: number): boolean {
  let values = 0;
  let inText = false;
  for (let at = 0; at < frame.length; at++) {
    switch (frame[at]) {
      case 0x22: // a quote
        inText = !inText;
        break;
      case 0x5c: // a backslash: what follows ends no text
        at++;
        break;
      case 0x2c:
      case 0x5b:
      case 0x7b:
        if (!inText && ++values > valuesMax) return true;
    }
  }
  return false;
}

/** What a text written by `JSON.stringify` holds: for what this program has kept itself. */
export function parseJson(text: string): unknown {
  return JSON.parse(text);
}

/** The error of a message that is wrong in itself. */
export function badRequest(text: string): RequestError {
  return new RequestError("bad_request", text, { maybe: false });
}

/** Whether the value is a plain JSON object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether the value is a number that counts: an integer from 0 on, exact as a double. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** The text, checked: the one that stands for its bytes (`../bytes.ts`). */
export function text(value: unknown, name: string): string {
  if (typeof value !== "string") throw badRequest(`${name} must be a string`);
  if (!isCanonical(value)) {
    throw badRequest(`${name} has a lone surrogate that stands for no byte`);
  }
  return value;
}

/** The count, checked. */
export function count(value: unknown, name: string): number {
  if (!isCount(value)) throw badRequest(`${name} must be a whole number, 0 or more`);
  return value;
}

/** The array, checked. */
export function array(value: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(value)) throw badRequest(`${name} must be an array`);
  return value;
}

/** The array, checked, each element read by `read`. */
export function list<T>(value: unknown, name: string, read: (element: unknown) => T): T[] {
  return array(value, name).map(read);
}

/** What was found instead, in a few characters; costs the same however large or deep it is. */
export function brief(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value.slice(0, 40));
    case "object":
      return value === null ? "null" : Array.isArray(value) ? "an array" : "an object";
    case "undefined":
      return "missing";
    default:
      return String(value);
  }
}
