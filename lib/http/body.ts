/**
 * The body of a request, within its bounds.
 *
 * @module
 */

import { HTTP_BODY_MS_MAX } from "../limits.ts";
import { HttpError } from "./failure.ts";

/** The bounds of a body. */
export interface BodyLimits {
  /** Its length. */
  readonly bytes: number;
  /** The whole of it must have come by then, in milliseconds. */
  readonly ms?: number;
}

/**
 * The whole body.
 *
 * @throws {HttpError} if it is longer than it may be, comes too slowly, or not whole
 */
export async function readBody(request: Request, limits: BodyLimits): Promise<Uint8Array> {
  const announced = Number(request.headers.get("content-length") ?? 0);
  if (announced > limits.bytes) throw tooLarge(limits.bytes);
  if (request.body === null) return new Uint8Array();
  const { ms = HTTP_BODY_MS_MAX } = limits;
  const reader = request.body.getReader();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    reader.cancel().catch(() => {});
  }, ms);
  try {
    const body = await readAll(reader, limits.bytes);
    if (!isLate) return body;
  } catch (error) {
    if (error instanceof HttpError) throw error;
    throw new HttpError(400, "bad_request", "the body has not come whole");
  } finally {
    clearTimeout(timer);
  }
  throw new HttpError(408, "timeout", `the body has not come within ${ms / 1_000} s`);
}

async function readAll(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  bytesMax: number,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return concat(parts, length);
    length += value.length;
    if (length > bytesMax) {
      reader.cancel().catch(() => {});
      throw tooLarge(bytesMax);
    }
    parts.push(value);
  }
}

function concat(parts: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function tooLarge(bytesMax: number): HttpError {
  return new HttpError(413, "too_large", `the value may have at most ${bytesMax} bytes`);
}
