/**
 * What is explained, as points: a word or two on what each is about, and its text.
 *
 * @module
 */

import { displayWidth, labelled, pad, WIDTH, wrap } from "../../show/text.ts";
import { printable } from "../text.ts";

/** One thing that is said. */
export type Point = readonly [about: string, text: string];

/** What is said of one thing. */
export interface Explanation {
  /** What it is about. */
  readonly title: string;
  /** What is said of it, in order. */
  readonly points: readonly Point[];
}

/** How a title stands out. */
export type Paint = (title: string) => string;

/** The explanation in lines of at most 80 cells. */
export function explanationLines({ title, points }: Explanation, paint: Paint): string[] {
  const cells = Math.max(...points.map(([about]) => displayWidth(about)));
  return [
    ...wrap(printable(title), WIDTH).map(paint),
    ...points.flatMap(([about, text]) => labelled(`  ${pad(about, cells)}  `, printable(text))),
  ];
}

/** The explanation as data. */
export function explanationForm({ title, points }: Explanation): Record<string, unknown> {
  return { title, points: points.map(([about, text]) => ({ about, text })) };
}
