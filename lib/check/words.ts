/**
 * Operations, entries and values in words.
 *
 * @module
 */

import {
  DELETE,
  FENCE,
  GET,
  type History,
  LEVELS,
  NEVER,
  NONE,
  OK,
  OPS,
  OUTCOMES,
  SET,
  valueText,
} from "./recorded.ts";

/** Of a longer text only the beginning is shown. */
const TEXT_SHOWN_MAX = 40;

/** Controls, and what changes the direction of a line: a terminal may take them as commands. */
const UNSAFE = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** A text in quotes, cut when it is long; it stays one line and drives no terminal. */
export function quoted(text: string): string {
  const shown = text.length > TEXT_SHOWN_MAX ? `${text.slice(0, TEXT_SHOWN_MAX)}…` : text;
  return JSON.stringify(shown).replaceAll(
    UNSAFE,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** A key as it is, unless it needs quotes. */
export function keyWord({ keys }: History, key: number): string {
  const text = keys.text(key);
  return /^[\w.:/-]+$/.test(text) && text.length <= TEXT_SHOWN_MAX ? text : quoted(text);
}

/** A value in quotes, or `nothing`. */
export function valueWord(history: History, value: number): string {
  const text = valueText(history, value);
  return text === null ? "nothing" : quoted(text);
}

/** The lines of a try: from its beginning to its answer. */
export function linesWord({ tries }: History, row: number): string {
  const { begin, end } = tries;
  return end[row] === NEVER ? `line ${begin[row]}` : `lines ${begin[row]}–${end[row]}`;
}

/** Which operation it is: `the get of lines 20–22`. */
export function named(history: History, row: number): string {
  return `the ${OPS[history.tries.op[row]]} of ${linesWord(history, row)}`;
}

/** The place of an entry: `index 17`. */
export function indexWord({ order }: History, entry: number): string {
  return `index ${order.index[entry]}`;
}

/** What the try asked, and what was answered: `get k → "v"`. */
export function actionWord(history: History, row: number): string {
  const { tries, codes } = history;
  const key = keyWord(history, tries.key[row]);
  const outcome = OUTCOMES[tries.outcome[row]];
  const code = tries.code[row] === NONE
    ? ""
    : ` ${codes.text(tries.code[row]).replaceAll(/[^\w-]/g, "?")}`;
  if (tries.op[row] === GET) {
    const answer = tries.outcome[row] === OK ? valueWord(history, tries.value[row]) : outcome;
    return `get ${key} → ${answer}${code}`;
  }
  const value = tries.op[row] === SET ? ` ${valueWord(history, tries.value[row])}` : "";
  return `${OPS[tries.op[row]]} ${key}${value} → ${outcome}${code}`;
}

/** How the try asked: `sequential, session`. */
export function levelWord({ tries }: History, row: number): string {
  return LEVELS[tries.level[row]] + (tries.session[row] === 1 ? ", session" : "");
}

/** What an entry does: `set k "v"`. */
export function entryWord(history: History, entry: number): string {
  const { order, ids } = history;
  if (order.op[entry] === FENCE) return `fence ${quoted(ids.text(order.id[entry]))}`;
  const key = keyWord(history, order.key[entry]);
  if (order.op[entry] === DELETE) return `delete ${key}`;
  return `set ${key} ${valueWord(history, order.value[entry])}`;
}
