/**
 * Text in a terminal's cells: how wide it is, padded, wrapped.
 *
 * @module
 */

/** The width that all output fits unless it is told another. */
export const WIDTH = 80;

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

// Escape sequences that colour text take no room.
// deno-lint-ignore no-control-regex
const STYLE = /\x1b\[[0-9;]*m/g;

/** A grapheme that takes no cell: only controls, formats and marks. */
const EMPTY = /^[\p{Cc}\p{Cf}\p{Mn}\p{Me}\p{Zl}\p{Zp}]*$/u;

/**
 * A grapheme that takes two cells: it begins with a character that Unicode calls Wide or
 * Fullwidth (UAX #11), is shown as an emoji by itself, or is asked to be (U+FE0F).
 */
const WIDE = new RegExp(
  "^(?:[\u1100-\u115f\u2e80-\u303e\u3041-\u4dbf\u4e00-\ua4cf\ua960-\ua97c\uac00-\ud7a3" +
    "\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6" +
    "\u{16fe0}-\u{18cff}\u{1aff0}-\u{1b2fb}\u{20000}-\u{3fffd}]" +
    "|\\p{Emoji_Presentation}|\\p{Emoji}\ufe0f|\\p{Regional_Indicator}{2})",
  "u",
);

/**
 * The cells that a text takes.
 *
 * @example A wide character takes two cells, a combining one none
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { displayWidth } from "./text.ts";
 *
 * assertEquals(displayWidth("x = 日本"), 8);
 * assertEquals(displayWidth("e\u0301"), 1);
 * ```
 */
export function displayWidth(text: string): number {
  // Printable ASCII, nearly everything there is, needs no segmenter.
  if (/^[ -~]*$/.test(text)) return text.length;
  let cells = 0;
  for (const { segment } of graphemes.segment(text.replaceAll(STYLE, ""))) {
    cells += graphemeWidth(segment);
  }
  return cells;
}

/** What a reader takes for the characters of a text, each with the cells that it takes. */
export function* graphemesOf(text: string): Generator<readonly [grapheme: string, cells: number]> {
  for (const { segment } of graphemes.segment(text)) yield [segment, graphemeWidth(segment)];
}

/** The text, filled with spaces to that many cells. A wider one stays as it is. */
export function pad(text: string, cells: number, align: "left" | "right" = "left"): string {
  const space = " ".repeat(Math.max(0, cells - displayWidth(text)));
  return align === "left" ? text + space : space + text;
}

/** The text in at most that many cells: a longer one ends in `…`. Expects no colours. */
export function cut(text: string, cells: number): string {
  if (displayWidth(text) <= cells) return text;
  return takeCells(text, Math.max(0, cells - 1)) + (cells > 0 ? "…" : "");
}

/**
 * The text in lines of at most that many cells, broken at spaces; a word that is longer than a
 * line is broken where the line ends. There is always at least one line. Expects no colours.
 */
export function wrap(text: string, cells: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (let word of text.split(/ +/)) {
    if (line !== "" && displayWidth(line) + 1 + displayWidth(word) <= cells) {
      line += ` ${word}`;
      continue;
    }
    if (line !== "") lines.push(line);
    while (word !== "" && displayWidth(word) > cells) {
      const head = takeCells(word, cells) || firstGrapheme(word);
      lines.push(head);
      word = word.slice(head.length);
    }
    line = word;
  }
  if (line !== "" || lines.length === 0) lines.push(line);
  return lines;
}

/** The text wrapped behind a label: further lines stand below the first one's text. */
export function labelled(label: string, text: string, cells = WIDTH): string[] {
  const indent = displayWidth(label);
  return wrap(text, cells - indent).map((line, i) => (i === 0 ? label : " ".repeat(indent)) + line);
}

function graphemeWidth(grapheme: string): number {
  if (EMPTY.test(grapheme)) return 0;
  return WIDE.test(grapheme) ? 2 : 1;
}

/** As much of the text's beginning as fits. */
function takeCells(text: string, cells: number): string {
  let taken = "";
  for (const { segment } of graphemes.segment(text)) {
    cells -= graphemeWidth(segment);
    if (cells < 0) break;
    taken += segment;
  }
  return taken;
}

function firstGrapheme(text: string): string {
  for (const { segment } of graphemes.segment(text)) return segment;
  return text;
}
