/**
 * A story as the page of a report holds it: the same, in few bytes. Moments are whole microseconds
 * since the trace began, those of a message or an operation since it did; what stands often stands
 * once, in `words`; of long keys and values only what tells them apart.
 *
 * @module
 */

import type { MessageStory, Moment, Story } from "../../trace/story.ts";
import { toldText } from "../../trace/told.ts";
import type { Verdict } from "../../check/verdict.ts";

/** What the checker says of a level, for the page. */
export interface ReportVerdict {
  readonly guarantee: string;
  readonly verdict: Verdict["verdict"];
  /** What was asked of the history: that, or as if every operation had asked for it. */
  readonly asked: "as asked" | "held to";
  readonly words: string;
  /** Places of the operations that break it. */
  readonly operations: readonly number[];
}

/** Of a longer key or value the beginning, the length and a checksum. */
const TEXT_CHARACTERS_MAX = 64;

/** The kinds of arrows and marks, outcomes and states: in the page a place in these. */
export const KINDS = {
  arrows: ["broadcast", "acknowledge", "other"],
  marks: ["submit", "deliver", "apply", "view", "suspect", "start", "restore", "sample"],
  outcomes: ["ok", "fail", "info", "open"],
  states: ["live", "installed", "outside", "down"],
} as const;

/** What the page tells. */
export interface Told {
  readonly story: Story;
  /** Where the window begins that it is of, in milliseconds of the story. */
  readonly from: number;
  readonly verdicts: readonly ReportVerdict[];
}

/** It as the page reads it. */
export function compact({ story, from, verdicts }: Told): unknown {
  const words = new Words();
  const { arrows, marks, outcomes, states } = KINDS;
  return {
    replicas: story.replicas,
    began: story.began,
    from: us(from),
    lasts: us(story.lasts),
    every: story.every,
    clients: story.clients,
    messages: story.messages.map((m) => messageRow(m, words)),
    arrows: story.arrows.map((a) => [
      ...[arrows.indexOf(a.kind), a.from, a.to, us(a.sent), us(a.received)],
      ...[a.sentTime, a.receivedTime, words.of(a.words)],
      ...(a.acknowledged === null ? [] : [us(a.acknowledged)]),
    ]),
    marks: story.marks.map((m) => [
      ...[us(m.at), m.replica, m.time, marks.indexOf(m.kind), words.of(m.words)],
    ]),
    operations: story.operations.map((o) => [
      ...[o.client, o.replica, words.of(o.level), words.of(o.words), words.text(o.key)],
      ...[o.isRead ? 1 : 0, us(o.began), sinceOf(o.began)(o.ended), outcomes.indexOf(o.outcome)],
      ...[words.of(o.answer), o.message, o.staleBy],
    ]),
    bands: story.bands.map((b) => [
      ...[b.replica, us(b.from), us(b.to), states.indexOf(b.state), words.of(b.view)],
      b.members,
    ]),
    faults: story.faults.map((f) => [words.of(f.fault), f.replicas, f.ways, us(f.from), us(f.to)]),
    verdicts,
    words: words.all,
  };
}

/** A message; its moments since the first of them. */
function messageRow(m: MessageStory, words: Words): unknown {
  const began = beginOf(m);
  const since = sinceOf(began);
  return [
    ...[m.origin, m.n, words.of(m.words ?? ""), m.time, m.index, us(began), since(m.submitted)],
    m.stays.map((stays) =>
      stays.map(({ from, to, time, acknowledged }) => [
        ...[since(from), since(to), time - (m.time ?? 0)],
        acknowledged.map(since),
      ])
    ),
    m.delivered.map(since),
    m.applied.map(since),
    m.changes.map(([key, value]) => [words.text(key), value === null ? null : words.text(value)]),
  ];
}

function beginOf({ submitted, stays, delivered, applied }: MessageStory): number {
  if (submitted !== null) return submitted;
  const froms = stays.flatMap((all) => all.map(({ from }) => from));
  const all = [...froms, ...delivered, ...applied].filter((moment) => moment !== null);
  return all.length === 0 ? 0 : Math.min(...all);
}

function sinceOf(began: number): (moment: Moment) => number | null {
  const first = Math.round(began * 1000);
  return (moment) => moment === null ? null : Math.round(moment * 1000) - first;
}

class Words {
  readonly all: string[] = [];
  readonly #places = new Map<string, number>();

  /** A key's or a value's place. */
  text(text: string): number {
    return this.of(toldText(text, TEXT_CHARACTERS_MAX));
  }

  of(text: string): number {
    const place = this.#places.get(text) ?? this.all.push(text) - 1;
    this.#places.set(text, place);
    return place;
  }
}

function us(moment: Moment): number | null {
  return moment === null ? null : Math.round(moment * 1000);
}
