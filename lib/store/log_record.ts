/**
 * Records of the log on disk: what one commit wrote, whole or not at all.
 *
 *     CRC-32 (4 bytes) | length (4) | forced (4) | JSON texts, each between 0x1E and a line's end
 *
 * all numbers big-endian; the CRC is that of all behind it. `forced` is up to where the segment
 * was known to be on disk when the record was written: a record before that place was not torn by
 * a crash. JSON has no 0x1E anywhere, so texts are kept as they came.
 *
 * Source for the texts: RFC 7464, JSON text sequences.
 *
 * @module
 */

import { crc32 } from "node:zlib";
import { LOG_BUFFER_BYTES_KEPT } from "../limits.ts";

const HEADER_BYTES = 12;
const LENGTH_AT = 4;
const FORCED_AT = 8;
const SEPARATOR = 0x1e;
const LINE_END = 0x0a;

const encoder = new TextEncoder();

/** Gathers the texts of one record, in memory that is used again. */
export class RecordBuffer {
  #bytes = new Uint8Array(LOG_BUFFER_BYTES_KEPT);
  #at = HEADER_BYTES;

  /** Whether no text was added. */
  get isEmpty(): boolean {
    return this.#at === HEADER_BYTES;
  }

  /** Adds a JSON text. */
  add(text: string): void {
    // No UTF-16 unit becomes more than three bytes.
    this.#makeRoom(text.length * 3 + 2);
    this.#bytes[this.#at++] = SEPARATOR;
    this.#at += encoder.encodeInto(text, this.#bytes.subarray(this.#at)).written;
    this.#bytes[this.#at++] = LINE_END;
  }

  /** The record, until the next text is added. */
  finish(forced: number): Uint8Array {
    const record = this.#bytes.subarray(0, this.#at);
    const view = new DataView(record.buffer);
    view.setUint32(LENGTH_AT, this.#at - HEADER_BYTES);
    view.setUint32(FORCED_AT, forced);
    view.setUint32(0, crc32(record.subarray(LENGTH_AT)));
    return record;
  }

  /** Empties it. */
  clear(): void {
    this.#at = HEADER_BYTES;
    if (this.#bytes.length > LOG_BUFFER_BYTES_KEPT) {
      this.#bytes = new Uint8Array(LOG_BUFFER_BYTES_KEPT);
    }
  }

  #makeRoom(bytes: number): void {
    const needed = this.#at + bytes;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = grown;
  }
}

/** A record as it stands in a segment. */
export interface FoundRecord {
  /** Where it ends. */
  readonly end: number;
  /** Up to where the segment was on disk when it was written. */
  readonly forced: number;
  /** Its texts. */
  readonly texts: readonly Uint8Array[];
}

/** The record that begins at this place of a segment; null if none does, or not a whole one. */
export function recordAt(segment: Uint8Array, at: number): FoundRecord | null {
  const end = endOfRecord(segment, at);
  if (end === null) return null;
  const view = new DataView(segment.buffer, segment.byteOffset, segment.byteLength);
  const texts = textsOf(segment.subarray(at + HEADER_BYTES, end));
  return { end, forced: view.getUint32(at + FORCED_AT), texts };
}

/** Whether a record behind this place says that the segment was on disk beyond it. */
export function wasForced(segment: Uint8Array, place: number): boolean {
  const view = new DataView(segment.buffer, segment.byteOffset, segment.byteLength);
  for (let at = place + 1; at + HEADER_BYTES < segment.length; at++) {
    if (view.getUint32(at + FORCED_AT) > place && endOfRecord(segment, at) !== null) return true;
  }
  return false;
}

function endOfRecord(segment: Uint8Array, at: number): number | null {
  if (at + HEADER_BYTES >= segment.length) return null;
  const view = new DataView(segment.buffer, segment.byteOffset, segment.byteLength);
  const length = view.getUint32(at + LENGTH_AT);
  const end = at + HEADER_BYTES + length;
  if (length === 0 || end > segment.length) return null;
  return crc32(segment.subarray(at + LENGTH_AT, end)) === view.getUint32(at) ? end : null;
}

function textsOf(payload: Uint8Array): Uint8Array[] {
  const texts: Uint8Array[] = [];
  for (let at = payload.indexOf(SEPARATOR); at !== -1;) {
    const next = payload.indexOf(SEPARATOR, at + 1);
    texts.push(payload.subarray(at + 1, next === -1 ? payload.length : next));
    at = next;
  }
  return texts;
}
