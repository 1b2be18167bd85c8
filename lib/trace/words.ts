/**
 * Operations and messages in a few characters, for pictures.
 *
 * @module
 */

/** Of a longer key or value only the beginning is shown. */
const TEXT_SHOWN_MAX = 24;

/** Of what somebody tells in words a line is shown. */
const WORDS_SHOWN_MAX = 120;

/** Of an operation on more keys, or with more contents, only the first are shown. */
const CONTENTS_SHOWN_MAX = 3;

/** Controls, what changes the direction of a line, and halves of characters. */
const UNSAFE = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** What is called otherwise by its clients. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ["add", "incr"],
  ["put", "set"],
  ["take", "getdel"],
]);

/** A text on one line that drives no terminal, cut when it is long. */
export function shown(text: string, charactersMax = TEXT_SHOWN_MAX): string {
  const begin = text.length > charactersMax ? `${text.slice(0, charactersMax - 1)}…` : text;
  return begin.replaceAll(UNSAFE, "\u{fffd}");
}

/** What somebody tells in words, likewise. */
export function shownWords(text: string): string {
  return shown(text, WORDS_SHOWN_MAX);
}

/**
 * What is asked, as one says it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { operationWords } from "./words.ts";
 *
 * assertEquals(operationWords({ op: "set", key: "x", value: "1" }), "set x=1");
 * assertEquals(operationWords({ op: "add", key: "c", value: ["add", "2"] }), "incr c 2");
 * assertEquals(operationWords({ op: "get", key: "x" }), "get x");
 * ```
 */
export function operationWords(
  { op, key, value, id }: {
    readonly op: string;
    readonly key: string;
    readonly value?: unknown;
    readonly id?: string;
  },
): string {
  const name = NAMES.get(op) ?? shown(op);
  if (op === "fence") return `outcome ${shown(id ?? "")}`;
  if (typeof value === "string") return `${name} ${shown(key)}=${shown(value)}`;
  const contents = Array.isArray(value) ? value.slice(1) : [];
  const words = contents.slice(0, CONTENTS_SHOWN_MAX).map(contentWords);
  const more = contents.length > CONTENTS_SHOWN_MAX ? "…" : "";
  return [name, shown(key), ...words, more].filter((word) => word !== "").join(" ");
}

/** A content, or a key with its value. */
function contentWords(content: unknown): string {
  const parts = Array.isArray(content) ? content.slice(0, 2) : [content];
  return parts.flatMap((part) => typeof part === "string" ? shown(part) : []).join("=");
}

/** A message's name: its origin and its number there. */
export function messageName(origin: number, n: number): string {
  return `${origin}.${n}`;
}

/** The names of messages of one origin that follow each other. */
export function messageNames(origin: number, numbers: readonly number[]): string {
  const first = messageName(origin, numbers[0]);
  return numbers.length === 1 ? first : `${first}…${numbers[numbers.length - 1]}`;
}
