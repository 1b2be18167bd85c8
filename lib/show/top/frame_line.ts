/**
 * A line of what `top` shows.
 *
 * @module
 */

/** How a line stands out. */
export type FrameStyle = "head" | "down" | "late" | "quiet";

/** One line. */
export interface FrameLine {
  /** What stands there. */
  readonly text: string;
  /** Null: as text does. */
  readonly style: FrameStyle | null;
}

/** A line with that text. */
export function frameLine(text: string, style: FrameStyle | null = null): FrameLine {
  return { text: text.trimEnd(), style };
}
