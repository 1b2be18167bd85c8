/**
 * What each protocol is to the generator: requests as bytes, and answers found in bytes. It knows
 * no socket and waits for nothing.
 *
 * @module
 */

/** One connection's side of a protocol, with one request under way at a time. */
export interface Dialogue {
  /** What is written first; its answer counts as one. */
  readonly opening: Uint8Array;
  /** The request that makes a key, which may not be there yet. */
  create(key: number): Uint8Array;
  /** The request that writes a key that is there. */
  write(key: number): Uint8Array;
  /** The request that reads a key. */
  read(key: number): Uint8Array;
  /**
   * Takes in one unit of what has come, which lies at `from` up to `to`.
   *
   * @returns How many bytes that was; 0 if it is not whole yet.
   * @throws {ProtocolError} if what came is not the protocol, or ends it
   */
  take(bytes: Uint8Array, from: number, to: number): number;
  /** How many requests were answered, failed ones too. */
  readonly answers: number;
  /** How many of them failed: refused, too few replicas, or nothing found. */
  readonly failures: number;
  /** What the last failure was, or nothing. */
  readonly failure: string;
  /** What the protocol wants written besides the requests, such as the answer to a ping; once. */
  reply(): Uint8Array | null;
}

/** How the requests are made. */
export interface DialogueOptions {
  /** Bytes of each value. */
  readonly valueBytes: number;
  /** Redis: that many replicas must have received a write before it counts as answered. */
  readonly wait?: number;
  /** Tells one connection from another. */
  readonly connection: number;
}

/** The peer does not speak the protocol, or has ended the conversation. */
export class ProtocolError extends Error {
  /** Tells the class by its name. */
  override name = "ProtocolError";
}

const CR = 0x0d;
const LF = 0x0a;
const MINUS = 0x2d;
const ZERO = 0x30;

const decoder = new TextDecoder();

/** Where a line's text ends, before its CR LF; -1 if it is not whole. */
export function lineEnd(bytes: Uint8Array, from: number, to: number): number {
  for (let at = from; at + 1 < to; at++) {
    if (bytes[at] === CR && bytes[at + 1] === LF) return at;
  }
  return -1;
}

/** The whole number in decimal that stands there. */
export function decimal(bytes: Uint8Array, from: number, to: number): number {
  const isNegative = bytes[from] === MINUS;
  let value = 0;
  for (let at = isNegative ? from + 1 : from; at < to; at++) value = value * 10 + bytes[at] - ZERO;
  return isNegative ? -value : value;
}

/** The unsigned number in four bytes, the highest first. */
export function uint32(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 24 | bytes[at + 1] << 16 | bytes[at + 2] << 8 | bytes[at + 3]) >>> 0;
}

/** Writes a number in four bytes, the highest first. */
export function putUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** What stands there, as text. */
export function textAt(bytes: Uint8Array, from: number, to: number): string {
  return decoder.decode(bytes.subarray(from, to));
}
