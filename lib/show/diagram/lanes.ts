/**
 * The lanes of the replicas in a diagram, and what is drawn on them.
 *
 * @module
 */

import type { Band, FaultStory, Story } from "../../trace/story.ts";
import { roundDuration } from "../quantity.ts";
import { cut, displayWidth, graphemesOf, labelled, pad, wrap } from "../text.ts";
import type { DiagramStyle, Row } from "./rows.ts";

/** The time stands left of the lanes. */
const TIME_CELLS = 9;
/** Before the first lane. */
const MARGIN_CELLS = 3;
/** A lane with less has no room for words. */
const LANE_CELLS_MIN = 9;

/** The lane of a replica that is paused. */
export const PAUSED = "║";

/** How many replicas a diagram of that width has room for. */
export function lanesOf(width: number): number {
  return Math.max(1, Math.floor((width - TIME_CELLS - MARGIN_CELLS) / LANE_CELLS_MIN));
}

/** The names above the lanes of so many replicas. */
export function laneNames(shown: number, width: number): string {
  const lane = laneCells(shown, width);
  const names = Array.from({ length: shown }, (_, id) => pad(`replica ${id}`, lane));
  const line = pad("ms", TIME_CELLS, "right") + " ".repeat(MARGIN_CELLS - 1) + names.join("");
  return cut(line.trimEnd(), width);
}

/** What stands in a lane has no more lines. */
const LINES_MAX = 3;

/** Words in lines of a lane; what even then finds no room is cut. */
function laneLines(words: string, cells: number): string[] {
  if (displayWidth(words) <= cells) return [words];
  const lines = wrap(words, cells);
  const rest = lines.splice(LINES_MAX - 1).join(" ");
  return rest === "" ? lines : [...lines, cut(rest, cells)];
}

function laneCells(shown: number, width: number): number {
  return Math.floor((width - TIME_CELLS - MARGIN_CELLS) / shown);
}

/** How lanes are drawn. */
export interface LanesOptions {
  /** So many replicas, the first, are shown. */
  readonly shown: number;
  readonly width: number;
  /** Where the time begins, in milliseconds of the story. */
  readonly from: number;
}

/** The lanes, as the story has them so far. */
export class Lanes {
  readonly #options: LanesOptions;
  readonly #lane: number;
  /** By replica. */
  readonly #bands: readonly (readonly Band[])[];
  readonly #pauses: readonly (readonly FaultStory[])[];

  /** The lanes of that story. */
  constructor({ bands, faults }: Pick<Story, "bands" | "faults">, options: LanesOptions) {
    const { shown, width } = options;
    this.#options = options;
    this.#lane = laneCells(shown, width);
    const byReplica = <T>(of: (id: number) => T) =>
      Array.from({ length: shown }, (_, id) => of(id));
    const pauses = faults.filter(({ fault }) => fault === "pause");
    this.#bands = byReplica((id) => bands.filter(({ replica }) => replica === id));
    this.#pauses = byReplica((id) => pauses.filter(({ replicas }) => replicas.includes(id)));
  }

  /** A stretch in which nothing happens. */
  gap(from: number, to: number): string {
    const cells = this.#empty(from);
    const words = `⋮ ${roundDuration(to - from)}`;
    return pad(words, TIME_CELLS, "right") + cells.slice(TIME_CELLS).join("").trimEnd();
  }

  /** What concerns all lanes. */
  across(at: number, words: string): string {
    const { width } = this.#options;
    const text = cut(` ${words} `, width - TIME_CELLS - 4);
    return `${this.#time(at)} ══${text}`.padEnd(width - 1, "═");
  }

  /** What somebody says meanwhile. */
  note(at: number, words: string): string[] {
    return labelled(`${this.#time(at)} ── `, words, this.#options.width);
  }

  /** What a sign means. */
  meaning(sign: string, words: string): string[] {
    return labelled(" ".repeat(TIME_CELLS + 1) + `${sign} `, words, this.#options.width);
  }

  /** What happens in one lane, or comes into it from another. */
  row(row: Row, paint: (style: DiagramStyle, text: string) => string): string[] {
    const { at, replica, mark, words, from, style } = row;
    const line = (time: string, draw: (cells: string[]) => void) => {
      const cells = this.#empty(at);
      draw(cells);
      const text = cells.slice(TIME_CELLS).join("").trimEnd();
      return time + (style === undefined ? text : paint(style, text));
    };
    if (from !== undefined) return [line(this.#time(at), (cells) => this.#arrow(cells, row, from))];
    const place = this.#place(replica);
    const indent = displayWidth(mark) + 1;
    return laneLines(words, this.#lane - indent - 1).map((words, i) =>
      line(i === 0 ? this.#time(at) : " ".repeat(TIME_CELLS), (cells) => {
        if (i === 0) this.#write(cells, place, mark);
        this.#write(cells, place + indent, words);
      })
    );
  }

  /** Whether the lane of some replica is that of one that is paused. */
  hasPaused(at: number): boolean {
    return this.#pauses.some(({ length }, id) => length > 0 && this.#laneAt(id, at) === PAUSED);
  }

  /** From the sender's lane to the receiver's, with its words in the middle. */
  #arrow(cells: string[], { replica, mark, words }: Row, from: NonNullable<Row["from"]>): void {
    const [start, end] = [this.#place(from.replica), this.#place(replica)];
    const [left, right] = [Math.min(start, end), Math.max(start, end)];
    for (let at = left + 1; at < right; at++) {
      cells[at] = cells[at] === " " ? from.line : "┼";
    }
    cells[start] = start < end ? "├" : "┤";
    cells[end] = mark;
    if (from.comes) cells[start < end ? end - 1 : end + 1] = start < end ? "▶" : "◀";
    // The words stand next to the sender, in its own lane.
    const room = Math.min(this.#lane, right - left) - 4;
    const text = cut(words, room);
    const first = start < end ? start + 2 : start - 1 - displayWidth(text);
    this.#write(cells, first, text);
  }

  #time(at: number): string {
    const ms = at - this.#options.from;
    // After a quarter of an hour there is no room for microseconds.
    const text = [2, 1, 0].map((digits) => ms.toFixed(digits))
      .find((text) => text.length <= TIME_CELLS);
    return pad(text ?? ms.toExponential(1), TIME_CELLS, "right");
  }

  #place(replica: number): number {
    return TIME_CELLS + MARGIN_CELLS + replica * this.#lane;
  }

  /** A line with nothing but the lanes. */
  #empty(at: number): string[] {
    const cells: string[] = Array(this.#options.width).fill(" ");
    this.#bands.forEach((_, id) => cells[this.#place(id)] = this.#laneAt(id, at));
    return cells;
  }

  #laneAt(replica: number, at: number): string {
    const band = this.#bands[replica].findLast(({ from }) => from <= at);
    if (band === undefined || band.state === "down") return " ";
    const isPaused = this.#pauses[replica].some(({ from, to }) =>
      from <= at && (to === null || at < to)
    );
    if (isPaused) return PAUSED;
    return band.state === "live" ? "│" : "┊";
  }

  /** A text into its cells; a wide character takes the next cell too. */
  #write(cells: string[], at: number, text: string): void {
    for (const [grapheme, width] of graphemesOf(text)) {
      if (width === 0) cells[at - 1] += grapheme;
      else cells[at] = grapheme;
      if (width === 2) cells[at + 1] = "";
      at += width;
    }
  }
}
