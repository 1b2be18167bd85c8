/**
 * Patterns of `KEYS` and `SCAN`, matched byte by byte as Redis does: `*`, `?`, `[a-z]`, `[^a]` and
 * `\` before what stands for itself.
 *
 * @module
 */

import { bytesOf } from "../../bytes.ts";

/** Tells whether a key, as a text that stands for bytes, fits. */
export type Match = (key: string) => boolean;

/** Makes the match of a pattern, itself a text that stands for bytes. */
export function glob(pattern: string): Match {
  if (pattern === "*") return () => true;
  const bytes = byteString(pattern);
  return (key) => matches(bytes, byteString(key));
}

/** What every key that fits begins with, as far as it can be told. */
export function prefixOf(pattern: string): string {
  // What is no UTF-8 may become some together with what follows.
  return /^[^*?[\\\ud800-\udfff]*/.exec(pattern)?.[0] ?? "";
}

/** One unit for each byte. */
function byteString(text: string): string {
  if (/^[\0-\x7f]*$/.test(text)) return text;
  return Array.from(bytesOf(text), (byte) => String.fromCharCode(byte)).join("");
}

/** Only the last `*` is ever tried anew: what came before it has its shortest match already. */
function matches(pattern: string, text: string): boolean {
  let [i, j] = [0, 0];
  let star = -1;
  let from = 0;
  while (j < text.length) {
    if (pattern[i] === "*") {
      star = i++;
      from = j;
      continue;
    }
    const next = i < pattern.length ? matchOne(pattern, i, text.charCodeAt(j)) : -1;
    if (next !== -1) {
      i = next;
      j++;
    } else if (star !== -1) {
      i = star + 1;
      j = ++from;
    } else {
      return false;
    }
  }
  while (pattern[i] === "*") i++;
  return i === pattern.length;
}

/** Where the pattern goes on behind what matches this one byte, or -1 if it does not. */
function matchOne(pattern: string, i: number, byte: number): number {
  switch (pattern[i]) {
    case "?":
      return i + 1;
    case "[":
      return matchSet(pattern, i + 1, byte);
    case "\\":
      if (i + 1 < pattern.length) i++;
  }
  return pattern.charCodeAt(i) === byte ? i + 1 : -1;
}

/** The same for a set, behind its bracket. One that is never closed ends with the pattern. */
function matchSet(pattern: string, i: number, byte: number): number {
  const isNegated = pattern[i] === "^";
  if (isNegated) i++;
  let isIn = false;
  for (; i < pattern.length && pattern[i] !== "]"; i++) {
    if (pattern[i] === "\\" && i + 1 < pattern.length) {
      isIn ||= pattern.charCodeAt(++i) === byte;
    } else if (pattern[i + 1] === "-" && i + 2 < pattern.length) {
      const [a, b] = [pattern.charCodeAt(i), pattern.charCodeAt(i + 2)];
      isIn ||= byte >= Math.min(a, b) && byte <= Math.max(a, b);
      i += 2;
    } else {
      isIn ||= pattern.charCodeAt(i) === byte;
    }
  }
  return isIn === isNegated ? -1 : Math.min(i + 1, pattern.length);
}
