/**
 * Texts that stand for bytes: keys and values are bytes, and most of them are UTF-8.
 *
 * Bytes that are UTF-8 are the text they encode. Each byte that is part of no UTF-8 sequence, 0x80
 * to 0xFF, is the lone surrogate U+DC80 to U+DCFF, which no UTF-8 has: so every sequence of bytes
 * has one text, and JSON carries it as `\udc80`. A text is *canonical* if it is the one of its bytes.
 *
 * Source: Python's error handler "surrogateescape", PEP 383.
 *
 * @module
 */

const encoder = new TextEncoder();
// Without the option a text would lose a U+FEFF that it begins with.
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** Takes a fraction of the time of the other, and tells by this character what is no UTF-8. */
const lenient = new TextDecoder("utf-8", { ignoreBOM: true });
const REPLACEMENT = "\ufffd";

/** What a byte that is no UTF-8 is added to. */
const ESCAPE = 0xdc00;

/** The text that stands for the bytes. */
export function textOf(bytes: Uint8Array): string {
  try {
    return utf8TextOf(bytes);
  } catch {
    return escaped(bytes);
  }
}

/**
 * The text that the bytes encode.
 *
 * @throws {TypeError} if they are not UTF-8
 */
export function utf8TextOf(bytes: Uint8Array): string {
  const text = lenient.decode(bytes);
  return text.includes(REPLACEMENT) ? strict.decode(bytes) : text;
}

/** The bytes that a canonical text stands for. */
export function bytesOf(text: string): Uint8Array {
  if (text.isWellFormed()) return encoder.encode(text);
  const bytes = new Uint8Array(byteLength(text));
  writeBytes(text, bytes, 0);
  return bytes;
}

/** Writes the bytes of a canonical text to this place; gives the place behind them. */
export function writeBytes(text: string, into: Uint8Array, at: number): number {
  if (text.isWellFormed()) return at + encoder.encodeInto(text, into.subarray(at)).written;
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    if (!isEscape(text, i)) continue;
    at += encoder.encodeInto(text.slice(from, i), into.subarray(at)).written;
    into[at++] = text.charCodeAt(i) - ESCAPE;
    from = i + 1;
  }
  return at + encoder.encodeInto(text.slice(from), into.subarray(at)).written;
}

/**
 * How many bytes a text stands for, without making them. A lone surrogate that stands for none
 * counts as the replacement character that an encoder writes for it.
 */
export function byteLength(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    if (unit < 0x800) bytes += 1;
    else if (!isSurrogate(unit)) bytes += 2;
    // A pair of surrogates is four bytes.
    else if (isPair(text, i)) (bytes += 2, i++);
    else if (!isEscapeUnit(unit)) bytes += 2;
  }
  return bytes;
}

/** Whether the text is the one that stands for its bytes. */
export function isCanonical(text: string): boolean {
  return text.isWellFormed() || textOf(bytesOf(text)) === text;
}

/** Negative if the bytes of `a` come before those of `b`, positive if after, 0 if they are the same. */
export function compareBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    if (x < 0x80 || y < 0x80) return x - y;
    return compareArrays(bytesOf(a.slice(i && i - 1)), bytesOf(b.slice(i && i - 1)));
  }
  return a.length - b.length;
}

function compareArrays(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    if (a[i] !== b[i]) return a[i] - b[i];
  }
  return a.length - b.length;
}

/** Bytes of which some are no UTF-8: as much of them as is, and an escape for each other one. */
function escaped(bytes: Uint8Array): string {
  let text = "";
  let from = 0;
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes, at);
    if (length > 0) {
      at += length;
      continue;
    }
    text += strict.decode(bytes.subarray(from, at)) + String.fromCharCode(ESCAPE + bytes[at]);
    from = ++at;
  }
  return text + strict.decode(bytes.subarray(from));
}

/** The length of the UTF-8 sequence that begins here, or 0 if none does: Unicode, table 3-7. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at];
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  // Over-long forms, surrogates and what is beyond U+10FFFF show in the second byte.
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (!(bytes[at + 1] >= low && bytes[at + 1] <= high)) return 0;
  for (let i = 2; i < length; i++) {
    if (!(bytes[at + i] >= 0x80 && bytes[at + i] <= 0xbf)) return 0;
  }
  return length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xe000;
}

function isEscapeUnit(unit: number): boolean {
  return unit >= ESCAPE + 0x80 && unit <= ESCAPE + 0xff;
}

function isPair(text: string, i: number): boolean {
  const unit = text.charCodeAt(i);
  const next = text.charCodeAt(i + 1);
  return unit >= 0xd800 && unit < 0xdc00 && next >= 0xdc00 && next < 0xe000;
}

function isEscape(text: string, i: number): boolean {
  return isEscapeUnit(text.charCodeAt(i)) && !(i > 0 && isPair(text, i - 1));
}
