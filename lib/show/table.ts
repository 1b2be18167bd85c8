/**
 * Tables of text.
 *
 * @module
 */

import { displayWidth, pad, WIDTH, wrap } from "./text.ts";

/** One column: its heading, and on which side its cells stand. */
export interface Column {
  /** The heading. */
  readonly title: string;
  /** Numbers stand right, words (the default) left. */
  readonly align?: "left" | "right";
}

/** How a table is set. */
export interface TableOptions {
  /** The cells of a line: {@linkcode WIDTH} unless said otherwise. */
  readonly width?: number;
  /** Spaces before each line. */
  readonly indent?: number;
}

const GAP = "  ";
/** A column is not wrapped below this many cells. */
const CELLS_MIN = 6;

/**
 * The lines of a table: headings, a rule, the rows. Columns that do not fit side by side are
 * wrapped, the widest first.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { table } from "./table.ts";
 *
 * assertEquals(table([{ title: "level" }, { title: "time", align: "right" }], [["eventual", "3 ms"]]), [
 *   "level     time",
 *   "────────  ────",
 *   "eventual  3 ms",
 * ]);
 * ```
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  options: TableOptions = {},
): string[] {
  const { width = WIDTH, indent = 0 } = options;
  const natural = columns.map(({ title }, i) =>
    Math.max(displayWidth(title), ...rows.map((row) => displayWidth(row[i] ?? "")))
  );
  const widths = fit(natural, width - indent - GAP.length * (columns.length - 1));
  const line = (cells: readonly string[]) =>
    (" ".repeat(indent) +
      columns.map(({ align }, i) => pad(cells[i] ?? "", widths[i], align)).join(GAP)).trimEnd();
  return [
    ...wrapRow(columns.map(({ title }) => title), widths).map(line),
    line(widths.map((cells) => "─".repeat(cells))),
    ...rows.flatMap((row) => wrapRow(row, widths).map(line)),
  ];
}

/** One row as the lines that its wrapped cells need. */
function wrapRow(row: readonly string[], widths: readonly number[]): string[][] {
  // What fits is not wrapped, so that it may bear colours and runs of spaces.
  const cells = widths.map((width, i) =>
    displayWidth(row[i] ?? "") <= width ? [row[i] ?? ""] : wrap(row[i], width)
  );
  const height = Math.max(...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, i) => cells.map((lines) => lines[i] ?? ""));
}

/** Takes cells from the widest columns until all fit. */
function fit(natural: readonly number[], room: number): number[] {
  const widths = [...natural];
  let over = widths.reduce((sum, cells) => sum + cells, 0) - room;
  while (over > 0) {
    const widest = widths.indexOf(Math.max(...widths));
    if (widths[widest] <= CELLS_MIN) break;
    widths[widest]--;
    over--;
  }
  return widths;
}
