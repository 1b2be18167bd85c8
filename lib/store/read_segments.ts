/**
 * Reads the log on disk, and checks it: nothing is written.
 *
 * @module
 */

import { RequestError, StreamError } from "../errors.ts";
import { LogDecoder } from "./log_decoder.ts";
import type { Head, LogLine } from "./log_line.ts";
import { recordAt, wasForced } from "./log_record.ts";
import { segmentFile } from "./segments.ts";

/** What a segment says. */
export interface SegmentContent {
  readonly number: number;
  readonly head: Head;
  /** The other lines of its first record: queue and outbox that it begins with. */
  readonly beginning: readonly LogLine[];
  /** What came then. */
  readonly lines: readonly LogLine[];
  /** Where its last whole record ends … */
  readonly size: number;
  /** … and its first. */
  readonly headSize: number;
  /** Up to where it is known to be on disk. */
  readonly forced: number;
  /** Whether there is half a record behind it; zeros are none. */
  readonly torn: boolean;
}

/** What is wrong with a log. */
export class LogDamage extends Error {
  /** The name of this kind of error. */
  override readonly name = "LogDamage";
}

/**
 * The segments, which must have no gap, the oldest first. Only the last may end torn, as a crash
 * leaves it: behind what was on disk for certain.
 *
 * @throws {LogDamage} if one is not as it was written
 */
export function readSegments(path: string, numbers: readonly number[]): SegmentContent[] {
  return numbers.map((number, i) => {
    if (i > 0 && number !== numbers[i - 1] + 1) {
      throw new LogDamage(`segment ${numbers[i - 1] + 1} of its log is missing`);
    }
    const content = readSegment(Deno.readFileSync(segmentFile(path, number)), number);
    if (content.torn && i < numbers.length - 1) {
      throw new LogDamage(`segment ${number} of its log ends torn`);
    }
    return content;
  });
}

/**
 * What one segment says.
 *
 * @throws {LogDamage} if it is not as it was written
 */
export function readSegment(bytes: Uint8Array, number: number): SegmentContent {
  const decoder = new LogDecoder();
  const first = recordAt(bytes, 0);
  const [head, ...beginning] = first === null ? [] : decodeAll(decoder, first.texts, number);
  if (first === null || head?.type !== "head" || head.number !== number) {
    throw new LogDamage(`segment ${number} of its log has no head`);
  }
  const lines: LogLine[] = [];
  let { end: size, forced } = first;
  for (let next = recordAt(bytes, size); next !== null; next = recordAt(bytes, size)) {
    for (const line of decodeAll(decoder, next.texts, number)) lines.push(line);
    ({ end: size, forced } = next);
  }
  const torn = bytes.subarray(size).some((byte) => byte !== 0);
  if (torn && wasForced(bytes, size)) {
    throw new LogDamage(`segment ${number} of its log is not as it was written, at ${size}`);
  }
  const headSize = first.end;
  return { number, head, beginning, lines, size, headSize, forced, torn };
}

function decodeAll(decoder: LogDecoder, texts: readonly Uint8Array[], number: number): LogLine[] {
  try {
    return texts.map((text) => decoder.decode(text));
  } catch (error) {
    if (!(error instanceof RequestError) && !(error instanceof StreamError)) throw error;
    throw new LogDamage(`segment ${number} of its log: ${error.message}`, { cause: error });
  }
}
