/**
 * Operations and messages in a few characters, for pictures.
 *
 * @module
 */

/** Of a longer text only the beginning is shown. */
const TEXT_SHOWN_MAX = 24;

/** Controls, what changes the direction of a line, and halves of characters. */
const UNSAFE = /[\p{Cc}\p{Cs}\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** What is called otherwise by its clients. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ["add", "incr"],
  ["put", "set"],
  ["take", "getdel"],
]);

/** A text on one line that drives no terminal, cut when it is long. */
export function shown(text: string): string {
  const begin = text.length > TEXT_SHOWN_MAX ? `${text.slice(0, TEXT_SHOWN_MAX - 1)}…` : text;
  return begin.replaceAll(UNSAFE, "\u{fffd}");
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
  const name = NAMES.get(op) ?? op;
  if (op === "fence") return `outcome ${shown(id ?? "")}`;
  if (typeof value === "string") return `${name} ${shown(key)}=${shown(value)}`;
  const [, ...rest] = Array.isArray(value) ? value : [];
  return [name, shown(key), ...rest.flatMap(contentWords)].filter((word) => word !== "").join(" ");
}

function contentWords(content: unknown): string[] {
  if (typeof content === "string") return [shown(content)];
  return Array.isArray(content) ? [content.flatMap(contentWords).join("=")] : [];
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
