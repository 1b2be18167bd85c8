/**
 * The space-time diagram of a trace as text: time goes down, each replica has a lane, and what goes
 * from one to another is drawn where it comes.
 *
 * @module
 */

import type { FaultStory, Story } from "../trace/story.ts";
import { laneNames, Lanes, lanesOf, PAUSED } from "./diagram/lanes.ts";
import {
  type DiagramStyle,
  goesOn,
  RARE_SIGNS,
  type Row,
  rowsOf,
  SETTLES_MS,
} from "./diagram/rows.ts";
import { Steady } from "./diagram/steady.ts";
import { counted } from "./quantity.ts";
import { cut, displayWidth, WIDTH } from "./text.ts";

/** What somebody says while it happens: it stands between the rows. */
export interface Note {
  /** Milliseconds of the story. */
  readonly at: number;
  readonly words: string;
}

/** How a diagram is drawn. */
export interface DiagramOptions {
  /** The cells of a line: {@linkcode WIDTH} unless said otherwise. */
  readonly width?: number;
  /** Sets a line's text off, e.g. by colours. */
  readonly paint?: (style: DiagramStyle, text: string) => string;
  /** Whether changes of view and repairs are drawn message by message, and long stretches in full. */
  readonly details?: boolean;
  /** Whether what clients read is drawn: it is, unless said otherwise. */
  readonly reads?: boolean;
  /** Only what happens from here to there, in milliseconds of the story; the time begins here. */
  readonly from?: number;
  readonly to?: number;
  /** May grow while the diagram does. */
  readonly notes?: readonly Note[];
}

/** Two rows that lie further apart have a gap between them. */
const GAP_MS = 50;

/** The signs that every diagram has. */
const SIGNS = [
  ...["» asked", "« answered", "■ submitted", "● delivered", "◆ applied", "○ received"],
  ...["─▶ broadcast", "╌▶ acknowledgement", "│ live in a view", "┊ in none", "(blank) down"],
];

const MEANINGS = new Map([...RARE_SIGNS, [PAUSED, "paused: it does nothing"]]);

/** What has lines at a moment. */
interface Event {
  readonly at: number;
  readonly lines: () => string[];
  /** A sign in them. */
  readonly sign?: string;
  /** Whether it is like what happens all the time. */
  readonly goesOn?: boolean;
}

/** The lines of the diagram of a whole story. */
export function diagram(story: Story, options: DiagramOptions = {}): string[] {
  const drawn = new Diagram(story.replicas, options);
  return [...drawn.head(), ...drawn.rest(story)];
}

/** A diagram that grows with its story: what is drawn stays as it is. */
export class Diagram {
  readonly #replicas: number;
  readonly #shown: number;
  readonly #options: Required<DiagramOptions>;
  /** What comes next is not before that. */
  #next: number;
  /** When the last row was. */
  #last: number | null = null;
  readonly #unsaid = new Map(MEANINGS);
  readonly #steady = new Steady<Event>();

  /** Nothing is drawn yet. */
  constructor(replicas: number, options: DiagramOptions = {}) {
    const { width = WIDTH, paint = (_, text) => text, details = false } = options;
    const { reads = true, from = 0, to = Infinity, notes = [] } = options;
    this.#replicas = replicas;
    this.#shown = Math.min(replicas, lanesOf(width));
    this.#options = { width, paint, details, reads, from, to, notes };
    this.#next = from;
  }

  /** What stands above the lanes. */
  head(): string[] {
    const { width, paint } = this.#options;
    const left = this.#replicas - this.#shown;
    return [
      ...flowing(SIGNS, width).map((line) => paint("quiet", line)),
      paint("head", laneNames(this.#shown, width)),
      ...(left > 0
        ? [paint("quiet", cut(`${counted(left, "more replica")}: no room`, width))]
        : []),
    ];
  }

  /** The further lines that are certain, when all up to that moment is in the story. */
  settled(story: Story, toldMs: number): string[] {
    const next = Math.max(this.#next, toldMs - SETTLES_MS);
    const lines = this.#draw(story, toldMs, next);
    this.#next = next;
    return lines;
  }

  /** All further lines, when the story has ended: then, or with the last that it tells. */
  rest(story: Story, endedMs: number = story.lasts): string[] {
    const lanes = this.#lanes(story);
    return [
      ...this.#draw(story, endedMs, Infinity),
      ...this.#steady.rest().flatMap((one) => this.#linesOf(one, lanes)),
    ];
  }

  #draw(story: Story, until: number, before: number): string[] {
    const { to, details } = this.#options;
    const lanes = this.#lanes(story);
    return this.#events(story, lanes, until)
      .filter(({ at }) => at >= this.#next && at < before && at <= to)
      .sort((a, b) => a.at - b.at)
      .flatMap((event) => this.#steady.take(event, event.goesOn === true && !details))
      .flatMap((one) => this.#linesOf(one, lanes));
  }

  #lanes(story: Story): Lanes {
    const { width, from } = this.#options;
    return new Lanes(story, { shown: this.#shown, width, from });
  }

  #linesOf(one: Event | number, lanes: Lanes): string[] {
    const { paint } = this.#options;
    if (typeof one === "number") {
      // What is left out is no gap.
      this.#last = null;
      return lanes.meaning("⋮", `${counted(one, "row")} like these`).map((line) =>
        paint("quiet", line)
      );
    }
    const { at, lines, sign } = one;
    const gap = this.#last !== null && at - this.#last >= GAP_MS
      ? [paint("quiet", lanes.gap(this.#last, at))]
      : [];
    this.#last = at;
    return [...gap, ...lines(), ...this.#meanings(lanes, at, sign)];
  }

  #events(story: Story, lanes: Lanes, until: number): Event[] {
    const { paint, details, reads, from, notes } = this.#options;
    const rows = rowsOf(story, { details, reads, from, until });
    return [
      ...rows.filter((row) => this.#hasRoom(row)).map((row) => ({
        at: row.at,
        lines: () => lanes.row(row, paint),
        goesOn: goesOn(row),
        ...(row.from && { sign: row.mark }),
      })),
      ...story.faults.flatMap(faultEvents).map(({ at, words }) => ({
        at,
        lines: () => [paint("failed", lanes.across(at, words))],
      })),
      ...notes.map(({ at, words }) => ({
        at,
        lines: () => lanes.note(at, words).map((line) => paint("note", line)),
      })),
    ];
  }

  #hasRoom({ replica, from }: Row): boolean {
    return replica < this.#shown && (from === undefined || from.replica < this.#shown);
  }

  /** Says of rare signs what they mean, where each comes first. */
  #meanings(lanes: Lanes, at: number, sign?: string): string[] {
    const signs = [...(sign === undefined ? [] : [sign]), ...(lanes.hasPaused(at) ? [PAUSED] : [])];
    return signs.flatMap((sign) => {
      const words = this.#unsaid.get(sign);
      if (words === undefined) return [];
      this.#unsaid.delete(sign);
      return lanes.meaning(sign, words).map((line) => this.#options.paint("quiet", line));
    });
  }
}

function faultEvents({ fault, replicas, ways, from, to }: FaultStory): Note[] {
  const whom = ways.length > 0
    ? ways.map((way) => way.join("→")).join(" ")
    : `of ${replicas.join(" ")}`;
  return [
    { at: from, words: `${fault} ${whom}` },
    ...(to === null ? [] : [{ at: to, words: `end of ${fault} ${whom}` }]),
  ];
}

/** Words that belong together, as many in a line as it has room for. */
function flowing(all: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const words of all) {
    const line = lines.at(-1);
    const longer = `${line}  ${words}`;
    if (line === undefined || displayWidth(longer) > width) lines.push(cut(words, width));
    else lines[lines.length - 1] = longer;
  }
  return lines;
}
