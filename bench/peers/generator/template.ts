/**
 * Requests as bytes that are made once, of which only the key's digits change.
 *
 * @module
 */

const KEY_DIGITS = 10;
const ZERO = 0x30;

const encoder = new TextEncoder();

/** The key of that number; all are of one length, in letters that every peer takes for a key. */
export function keyText(key: number): string {
  return `key-${String(key).padStart(KEY_DIGITS, "0")}`;
}

/** A value of that many bytes, none of which needs escaping anywhere. */
export function valueText(bytes: number): string {
  const letters = "abcdefghijklmnopqrstuvwxyz0123456789";
  // Steps of 7 through 36 letters visit all of them: nothing that a compressor would see at once.
  return Array.from({ length: bytes }, (_, i) => letters[(i * 7 + (i >> 5)) % letters.length])
    .join("");
}

/** Texts and bytes, one after the other. */
export function bytesOf(
  ...parts: readonly (string | Uint8Array | readonly number[])[]
): Uint8Array {
  const pieces = parts.map((part) =>
    typeof part === "string" ? encoder.encode(part) : Uint8Array.from(part)
  );
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/**
 * A request for any key, in the same bytes each time: only one of them is under way on a
 * connection.
 */
export class Template {
  /** The request, with the key that was last asked for. */
  readonly bytes: Uint8Array;
  readonly #end: number;

  /**
   * Takes a request for key 0.
   *
   * @throws {RangeError} if that key is not in it
   */
  constructor(bytes: Uint8Array) {
    const at = indexOf(bytes, encoder.encode(keyText(0)));
    if (at < 0) throw new RangeError("Cannot make a template: the request has no key");
    this.bytes = bytes;
    this.#end = at + keyText(0).length;
  }

  /** The request for this key, good until the next call. */
  for(key: number): Uint8Array {
    let rest = key;
    for (let digit = 1; digit <= KEY_DIGITS; digit++) {
      this.bytes[this.#end - digit] = ZERO + rest % 10;
      rest = Math.floor(rest / 10);
    }
    return this.bytes;
  }
}

function indexOf(bytes: Uint8Array, part: Uint8Array): number {
  for (let at = 0; at + part.length <= bytes.length; at++) {
    if (part.every((byte, i) => bytes[at + i] === byte)) return at;
  }
  return -1;
}
