/**
 * Keys and values as words of a command line, and as text that is safe on a terminal.
 *
 * @module
 */

import { UsageError } from "../errors.ts";

/**
 * Controls, C1 included: a terminal may take them as commands. And what reorders a line, and what
 * stands for a byte that is no UTF-8.
 */
const UNSAFE = /[\p{Cc}\p{Cs}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

const SHORT_ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** The text with all controls escaped: it stays one line and drives no terminal. */
export function printable(text: string): string {
  return text.replaceAll(UNSAFE, escape);
}

/** As {@linkcode printable}, but line ends and tabs stay. */
export function printableLines(text: string): string {
  return text.replaceAll(UNSAFE, (unit) => unit === "\n" || unit === "\t" ? unit : escape(unit));
}

function escape(unit: string): string {
  return SHORT_ESCAPES[unit] ?? `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/**
 * The text as one field of a line: as it is, or in double quotes if it has controls or begins with
 * a double quote. {@linkcode splitWords} reads the quoted form back.
 */
export function quoteField(text: string): string {
  // search() does not look at lastIndex, so that the pattern can be shared.
  if (text.search(UNSAFE) < 0 && !text.startsWith('"')) return text;
  return `"${printable(text.replaceAll(/["\\]/g, "\\$&"))}"`;
}

/** Between words, in a word, or in quotes; what is not there yet is null. */
interface Splitting {
  readonly words: string[];
  word: string | null;
  quote: "'" | '"' | null;
}

/**
 * The words of a line, as a shell would take them: apart by blanks; in single quotes everything
 * stands for itself; a backslash takes the next character's meaning away; in double quotes it also
 * writes `\n`, `\t`, `\r`, `\xHH`, `\uHHHH` and `\u{…}`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { splitWords } from "./text.ts";
 *
 * assertEquals(splitWords(`set greeting "hello\\nworld" 'a b' c\\ d`), [
 *   "set",
 *   "greeting",
 *   "hello\nworld",
 *   "a b",
 *   "c d",
 * ]);
 * ```
 *
 * @throws {UsageError} if a quote is not closed, or the line ends in a backslash
 */
export function splitWords(line: string): string[] {
  const state: Splitting = { words: [], word: null, quote: null };
  for (let at = 0; at < line.length;) at += step(state, line, at);
  if (state.quote !== null) throw new UsageError(`a ${state.quote} is not closed`);
  if (state.word !== null) state.words.push(state.word);
  return state.words;
}

/** Reads what stands at this place; returns its length. */
function step(state: Splitting, line: string, at: number): number {
  const unit = line[at];
  if (unit === "\\" && state.quote !== "'") {
    const [text, length] = readEscape(line.slice(at), state.quote === '"');
    state.word = (state.word ?? "") + text;
    return length;
  }
  if (unit === state.quote) {
    state.quote = null;
  } else if (state.quote === null && (unit === "'" || unit === '"')) {
    state.quote = unit;
    state.word ??= "";
  } else if (state.quote === null && (unit === " " || unit === "\t")) {
    if (state.word !== null) state.words.push(state.word);
    state.word = null;
  } else {
    state.word = (state.word ?? "") + unit;
  }
  return 1;
}

const ESCAPED: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

/** What the escape that the text begins with stands for, and its length. */
function readEscape(text: string, inQuotes: boolean): [text: string, length: number] {
  if (text.length === 1) throw new UsageError("the line ends in a backslash");
  const code = inQuotes
    ? /^\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|u\{([0-9a-f]{1,6})\})/i.exec(text)
    : null;
  if (code !== null) {
    const point = parseInt(code[1] ?? code[2] ?? code[3], 16);
    if (point > 0x10ffff) throw new UsageError(`${code[0]} is no character`);
    return [String.fromCodePoint(point), code[0].length];
  }
  const [unit] = text.slice(1);
  return [inQuotes ? ESCAPED[unit] ?? unit : unit, 1 + unit.length];
}
