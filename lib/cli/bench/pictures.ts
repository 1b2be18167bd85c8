/**
 * Where the pictures of a benchmark go: to the terminal, to a page.
 *
 * @module
 */

import { reason, UsageError } from "../../errors.ts";
import type { DrawOptions } from "../../show/latencies.ts";
import type { FlagTable, Values } from "../flags.ts";
import { type Style, styled } from "../output.ts";
import { printable } from "../text.ts";

/** The flags that say so. */
export const PICTURE_FLAGS = {
  html: {
    kind: "text",
    value: "FILE",
    about: "Write pictures and figures to this file too, as one page for a browser",
  },
  plain: { kind: "boolean", about: "Only figures, no pictures" },
} as const satisfies FlagTable;

/** What {@linkcode PICTURE_FLAGS} say. */
export type PictureFlags = Values<typeof PICTURE_FLAGS>;

const CURVE_STYLES: readonly Style[] = ["cyan", "green", "yellow", "red"];

/** How the terminal is drawn on. */
export function drawOptions({ plain }: PictureFlags): DrawOptions {
  return { isPlain: plain, paint: (text, curve) => styled(CURVE_STYLES[curve], text) };
}

/**
 * Checks that the page can be written, so that nobody measures for one that cannot.
 *
 * @throws {UsageError} if not
 */
export function checkHtml({ html }: PictureFlags): void {
  if (html === undefined) return;
  try {
    Deno.openSync(html, { append: true, create: true }).close();
  } catch (error) {
    throw cannotWrite(html, error);
  }
}

/**
 * Writes the page, if it is asked for.
 *
 * @throws {UsageError} if it cannot be written
 */
export function writeHtml({ html }: PictureFlags, page: () => string): void {
  if (html === undefined) return;
  try {
    Deno.writeTextFileSync(html, page());
  } catch (error) {
    throw cannotWrite(html, error);
  }
}

function cannotWrite(file: string, error: unknown): UsageError {
  return new UsageError(`cannot write ${printable(file)}: ${reason(error)}`, { cause: error });
}
