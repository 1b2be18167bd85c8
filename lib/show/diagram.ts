/**
 * The space-time diagram of a trace as text: time goes down, each replica has a lane, and what goes
 * from one to another is drawn where it comes.
 *
 * @module
 */

import type { Arrow, Band, Mark, Story } from "../trace/story.ts";
import { counted, roundDuration } from "./quantity.ts";
import { cut, displayWidth, graphemesOf, pad, WIDTH } from "./text.ts";

/** What stands out in a diagram. */
export type DiagramStyle = "stale" | "failed" | "applied" | "quiet" | "head";

/** How a diagram is drawn. */
export interface DiagramOptions {
  /** The cells of a line: {@linkcode WIDTH} unless said otherwise. */
  readonly width?: number;
  /** Sets a line's text off, e.g. by colours. */
  readonly paint?: (style: DiagramStyle, text: string) => string;
  /** Whether changes of view and repairs are drawn message by message. */
  readonly details?: boolean;
  /** Only what happens from here to there, in milliseconds of the story; the time begins here. */
  readonly from?: number;
  readonly to?: number;
}

/** The time stands left of the lanes. */
const TIME_CELLS = 9;
/** Before the first lane. */
const MARGIN_CELLS = 3;
/** A lane with less has no room for words. */
const LANE_CELLS_MIN = 9;

/** Two rows that lie further apart have a gap between them. */
const GAP_MS = 50;

/** A delivery and an application so soon after it are one row. */
const TOGETHER_MS = 5;

/** What is drawn in one line. */
interface Row {
  readonly at: number;
  /** Where its mark is. */
  readonly replica: number;
  readonly mark: string;
  readonly words: string;
  /** Where an arrow comes from, if it is one; its line, and whether it never came. */
  readonly from?: { readonly replica: number; readonly line: string; readonly isLost: boolean };
  readonly style?: DiagramStyle;
}

/** How many replicas a diagram of that width has room for. */
export function lanesOf(width: number): number {
  return Math.max(1, Math.floor((width - TIME_CELLS - MARGIN_CELLS) / LANE_CELLS_MIN));
}

/** The lines of the diagram. */
export function diagram(story: Story, options: DiagramOptions = {}): string[] {
  const { width = WIDTH, paint = (_, text) => text, details = false } = options;
  const { from = 0, to = Infinity } = options;
  const shown = Math.min(story.replicas, lanesOf(width));
  const lanes = new Lanes(story.bands, { shown, width, from });
  const rows = rowsOf(story, details).filter(({ replica, from }) =>
    replica < shown && (from === undefined || from.replica < shown)
  );
  const left = story.replicas - shown;
  const lines = [
    ...LEGEND.map((line) => paint("quiet", line)),
    paint("head", cut(lanes.head(), width)),
    ...(left > 0 ? [paint("quiet", cut(`${counted(left, "more replica")}: no room`, width))] : []),
  ];
  const events = [
    ...rows.map((row) => ({ at: row.at, lines: () => [lanes.row(row, paint)] })),
    ...story.faults.flatMap((fault) => faultLines(fault, lanes, paint)),
  ].filter(({ at }) => at >= from && at <= to).sort((a, b) => a.at - b.at);
  let last: number | null = null;
  for (const event of events) {
    if (last !== null && event.at - last >= GAP_MS) {
      lines.push(paint("quiet", lanes.gap(last, event.at)));
    }
    lines.push(...event.lines());
    last = event.at;
  }
  return lines;
}

const LEGEND = [
  "» asked  « answered  ■ submitted  ● delivered  ◆ applied  ○ received",
  "─▶ broadcast  ╌▶ acknowledgement  │ live in a view  ┊ in none  (blank) down",
];

const MARKS: Readonly<Record<Mark["kind"], string>> = {
  submit: "■",
  deliver: "●",
  apply: "◆",
  view: "▣",
  suspect: "!",
  start: "▲",
  restore: "▼",
  sample: "%",
};

/** All that is drawn, in the order of time; what follows from something stands behind it. */
function rowsOf(story: Story, details: boolean): Row[] {
  const arrows = story.arrows.filter(({ kind }) => kind !== "other" || details);
  return [
    ...arrows.filter(({ received }) => received !== null).flatMap(arrowRow),
    ...markRows(story),
    ...operationRows(story),
    ...arrows.filter(({ received }) => received === null).flatMap(arrowRow),
  ].sort((a, b) => a.at - b.at);
}

function operationRows({ operations }: Story): Row[] {
  return operations.flatMap((operation): Row[] => {
    const { began, ended, replica, words, answer, outcome, staleBy } = operation;
    const asked: Row = { at: began, replica, mark: "»", words };
    if (ended === null) return [asked];
    const isStale = staleBy !== null;
    const style = isStale ? "stale" : outcome === "ok" ? undefined : "failed";
    const told = isStale ? `${answer} (stale)` : answer;
    return [asked, { at: ended, replica, mark: "«", words: told, ...(style && { style }) }];
  });
}

function markRows({ marks }: Story): Row[] {
  const rows: Row[] = [];
  // By replica: the delivery that may be applied in the same row.
  const delivered: (Mark | undefined)[] = [];
  const flush = (replica: number) => {
    const mark = delivered[replica];
    if (mark !== undefined) rows.push(rowOf(mark));
    delivered[replica] = undefined;
  };
  for (const mark of marks) {
    const { kind, replica, at } = mark;
    const before = delivered[replica];
    const isSame = kind === "apply" && before?.words === mark.words;
    if (isSame && at - before.at <= TOGETHER_MS) {
      delivered[replica] = undefined;
      rows.push({ ...rowOf(mark), mark: MARKS.deliver + MARKS.apply });
      continue;
    }
    flush(replica);
    if (kind === "deliver") delivered[replica] = mark;
    else rows.push(rowOf(mark));
  }
  delivered.forEach((_, replica) => flush(replica));
  return rows;
}

function rowOf({ at, replica, kind, words }: Mark): Row {
  const style = kind === "apply" ? "applied" : kind === "suspect" ? "failed" : undefined;
  return { at, replica, mark: MARKS[kind], words, ...(style && { style }) };
}

function arrowRow({ kind, from, to, sent, received, words }: Arrow): Row[] {
  const line = kind === "acknowledge" ? "╌" : "─";
  const at = received ?? sent;
  if (at === null) return [];
  const isLost = received === null;
  return [{
    ...{ at, replica: to, words },
    mark: isLost ? "✕" : "○",
    from: { replica: from, line, isLost },
    ...(kind !== "broadcast" && { style: "quiet" as const }),
  }];
}

function faultLines(
  { fault, replicas, ways, from, to }: Story["faults"][number],
  lanes: Lanes,
  paint: (style: DiagramStyle, text: string) => string,
) {
  const whom = ways.length > 0
    ? ways.map((way) => way.join("→")).join(" ")
    : `of ${replicas.join(" ")}`;
  const line = (at: number, words: string) => ({
    at,
    lines: () => [paint("failed", lanes.across(at, words))],
  });
  return [
    line(from, `${fault} ${whom}`),
    ...(to === null ? [] : [line(to, `end of ${fault} ${whom}`)]),
  ];
}

/** The lanes of the replicas, and what is drawn on them. */
class Lanes {
  readonly #width: number;
  readonly #lane: number;
  readonly #shown: number;
  readonly #from: number;
  /** By replica. */
  readonly #bands: readonly (readonly Band[])[];

  constructor(
    bands: readonly Band[],
    { shown, width, from }: {
      readonly shown: number;
      readonly width: number;
      readonly from: number;
    },
  ) {
    this.#width = width;
    this.#from = from;
    this.#shown = shown;
    this.#lane = Math.floor((width - TIME_CELLS - MARGIN_CELLS) / shown);
    this.#bands = Array.from(
      { length: shown },
      (_, id) => bands.filter(({ replica }) => replica === id),
    );
  }

  head(): string {
    const names = this.#bands.map((_, id) => pad(`replica ${id}`, this.#lane));
    return (pad("ms", TIME_CELLS, "right") + " ".repeat(MARGIN_CELLS - 1) + names.join(""))
      .trimEnd();
  }

  /** A stretch in which nothing happens. */
  gap(from: number, to: number): string {
    const cells = this.#empty(from);
    const words = `⋮ ${roundDuration(to - from)}`;
    return pad(words, TIME_CELLS, "right") + cells.slice(TIME_CELLS).join("").trimEnd();
  }

  /** What concerns all lanes. */
  across(at: number, words: string): string {
    const text = cut(` ${words} `, this.#width - TIME_CELLS - 4);
    return `${this.#time(at)} ══${text}`.padEnd(this.#width - 1, "═");
  }

  row(row: Row, paint: (style: DiagramStyle, text: string) => string): string {
    const cells = this.#empty(row.at);
    const place = this.#place(row.replica);
    if (row.from !== undefined) {
      this.#arrow(cells, row, row.from);
    } else {
      this.#write(cells, place, row.mark);
      const room = this.#lane - displayWidth(row.mark) - 2;
      this.#write(cells, place + displayWidth(row.mark) + 1, cut(row.words, room));
    }
    const text = cells.slice(TIME_CELLS).join("").trimEnd();
    return this.#time(row.at) + (row.style === undefined ? text : paint(row.style, text));
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
    if (!from.isLost) cells[start < end ? end - 1 : end + 1] = start < end ? "▶" : "◀";
    // The words stand next to the sender, in its own lane.
    const room = Math.min(this.#lane, right - left) - 4;
    const text = cut(words, room);
    const first = start < end ? start + 2 : start - 1 - displayWidth(text);
    this.#write(cells, first, text);
  }

  #time(at: number): string {
    const ms = at - this.#from;
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
    const cells: string[] = Array(this.#width).fill(" ");
    for (let id = 0; id < this.#shown; id++) cells[this.#place(id)] = this.#laneAt(id, at);
    return cells;
  }

  #laneAt(replica: number, at: number): string {
    const band = this.#bands[replica].findLast(({ from }) => from <= at);
    if (band === undefined || band.state === "down") return " ";
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
