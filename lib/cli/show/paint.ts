/**
 * The colours of a diagram.
 *
 * @module
 */

import type { DiagramStyle } from "../../show/diagram/rows.ts";
import { type Style, styled } from "../output.ts";

const STYLES: Readonly<Record<DiagramStyle, Style>> = {
  stale: "red",
  failed: "yellow",
  applied: "green",
  quiet: "dim",
  head: "bold",
  note: "cyan",
};

/** Sets off what a diagram sets off. */
export function paintDiagram(style: DiagramStyle, text: string): string {
  return styled(STYLES[style], text);
}
