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
const NAMES: ReadonlyMap<string, string> = new Map([["add", "incr"], ["take", "getdel"]]);

/** What `SET` and `RENAME` of Redis say of when they are carried out. */
const WHEN: ReadonlyMap<unknown, string> = new Map([["absent", "nx"], ["present", "xx"]]);

/** A text on one line that drives no terminal, cut when it is long. */
export function shown(text: string, charactersMax = TEXT_SHOWN_MAX): string {
  const begin = text.length > charactersMax ? `${text.slice(0, charactersMax - 1)}…` : text;
  return begin.replaceAll(UNSAFE, "\u{fffd}");
}

/** What somebody tells in words, likewise. */
export function shownWords(text: string): string {
  return shown(text, WORDS_SHOWN_MAX);
}

/** What a trace tells of an operation. */
interface Told {
  readonly op: string;
  readonly key: string;
  readonly value?: unknown;
  readonly id?: string;
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
export function operationWords({ op, key, value, id }: Told): string {
  if (op === "fence") return `outcome ${shown(id ?? "")}`;
  if (typeof value === "string") return `${shown(op)} ${pairWords(key, value)}`;
  const contents: readonly unknown[] = Array.isArray(value) ? value.slice(1) : [];
  return wordsOf(op, key, contents).filter((word) => word !== "").join(" ");
}

function wordsOf(op: string, key: string, contents: readonly unknown[]): string[] {
  const [first, second, third] = contents;
  switch (op) {
    case "put":
      return ["set", pairWords(key, first), WHEN.get(second) ?? "", third === true ? "get" : ""];
    case "cas":
      return [op, shown(key), `${valueWords(first)}→${valueWords(second)}`];
    case "rename":
      return [op, shown(key), valueWords(first), WHEN.get(second) ?? ""];
    case "several":
      return severalWords(contents);
    default: {
      const texts = contents.filter((content) => typeof content === "string");
      return [NAMES.get(op) ?? shown(op), shown(key), ...texts.map(valueWords)];
    }
  }
}

/** Many keys at once: all are set, or all are deleted. */
function severalWords(contents: readonly unknown[]): string[] {
  const pairs = contents.map((pair): readonly unknown[] => Array.isArray(pair) ? pair : []);
  const name = pairs.every(([, value]) => value === null) ? "del" : "mset";
  const words = pairs.slice(0, CONTENTS_SHOWN_MAX).map(([key, value]) => pairWords(key, value));
  return [name, ...words, pairs.length > CONTENTS_SHOWN_MAX ? "…" : ""];
}

/** A key with its value, if it has one. */
function pairWords(key: unknown, value: unknown): string {
  const name = typeof key === "string" ? shown(key) : "";
  return typeof value === "string" ? `${name}=${valueWords(value)}` : name;
}

/** A value, of which one sees that it is one. */
export function valueWords(value: unknown): string {
  if (typeof value !== "string") return "nothing";
  return value === "" ? '""' : shown(value);
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
