/**
 * Where the pictures of a benchmark go: to the terminal, to a page.
 *
 * @module
 */

import type { DrawOptions } from "../../show/latencies.ts";
import type { FlagTable, Values } from "../flags.ts";
import { type Style, styled } from "../output.ts";

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
