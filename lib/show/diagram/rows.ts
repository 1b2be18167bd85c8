/**
 * The rows of a space-time diagram: what of a story is drawn in a line of its own, and when.
 *
 * Whether something is a row, and which, is known {@linkcode SETTLES_MS} after it, and stays so: a
 * diagram may grow while the story goes on.
 *
 * @module
 */

import type { Arrow, Mark, OperationStory, Story } from "../../trace/story.ts";

/** What stands out in a diagram. */
export type DiagramStyle = "stale" | "failed" | "applied" | "quiet" | "head" | "note";

/** What is drawn in one line. */
export interface Row {
  /** Milliseconds of the story. */
  readonly at: number;
  /** Where its mark is. */
  readonly replica: number;
  readonly mark: string;
  readonly words: string;
  /** Where an arrow comes from, if it is one; its line, and whether it comes here. */
  readonly from?: { readonly replica: number; readonly line: string; readonly comes: boolean };
  readonly style?: DiagramStyle;
}

/** Which rows are asked for. */
export interface RowsOptions {
  /** Whether changes of view and repairs are drawn message by message. */
  readonly details: boolean;
  /** Whether what clients read is drawn. */
  readonly reads: boolean;
  /** Nobody sees what was before, in milliseconds of the story. */
  readonly from: number;
  /** Up to here everything was told. */
  readonly until: number;
}

/** A delivery and an application so soon after it are one row. */
const TOGETHER_MS = 5;

/** What has not come by then is drawn where it was sent: longer than links take that are well. */
const LATE_MS = 200;

/** So long after a moment its rows are known. */
export const SETTLES_MS = Math.max(LATE_MS, TOGETHER_MS);

/** An arrow that came: then, or before its acknowledgement came then. */
const CAME = "○";
const ACKNOWLEDGED = "◌";

/** An arrow that had its time, and did not come; or nobody told, such as who was killed then. */
const LATE = "✕";

/** An arrow that is under way where the story ends. */
const UNDER_WAY = "…";

/** What the signs mean that few diagrams have: it is said where they come first. */
export const RARE_SIGNS: ReadonlyMap<string, string> = new Map([
  [ACKNOWLEDGED, "it had come by then, since it is acknowledged; nothing tells when"],
  [LATE, `nothing tells that it came within ${LATE_MS} ms; ○ where it comes later`],
  [UNDER_WAY, "still under way where this ends"],
]);

const ASKED = "»";

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
export function rowsOf(story: Story, { details, reads, from, until }: RowsOptions): Row[] {
  const arrows = story.arrows.filter(({ kind }) => kind !== "other" || details);
  const operations = story.operations.filter(({ isRead }) => !isRead || reads);
  const clients = operationRows(operations, from);
  return [
    ...clients.filter(({ mark }) => mark === ASKED),
    ...arrows.flatMap(comingRow),
    ...markRows(story.marks),
    ...clients.filter(({ mark }) => mark !== ASKED),
    ...arrows.flatMap((arrow) => sendingRow(arrow, until)),
  ].sort((a, b) => a.at - b.at);
}

/** A level is said where none was, or another than that of the operation before. */
function operationRows(operations: readonly OperationStory[], from: number): Row[] {
  return operations.flatMap((operation, i): Row[] => {
    const { began, ended, replica, level, answer, outcome, staleBy } = operation;
    const before = operations[i - 1];
    const isSaid = before?.level === level && before.began >= from;
    const words = isSaid ? operation.words : `${operation.words} ${level}`;
    const asked: Row = { at: began, replica, mark: ASKED, words };
    if (ended === null) return [asked];
    const isStale = staleBy !== null;
    const style = isStale ? "stale" : outcome === "ok" ? undefined : "failed";
    const told = isStale ? `${answer} (stale)` : answer;
    return [asked, { at: ended, replica, mark: "«", words: told, ...(style && { style }) }];
  });
}

function markRows(marks: readonly Mark[]): Row[] {
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

/** Marks of what happens with every request. */
const USUAL = [ASKED, "«", MARKS.submit, MARKS.deliver, MARKS.apply, MARKS.deliver + MARKS.apply];

/** Whether a row is one of those that each request has, and nothing to stop at. */
export function goesOn({ mark, from, style }: Row): boolean {
  if (style === "stale" || style === "failed") return false;
  return from === undefined ? USUAL.includes(mark) : from.comes;
}

function rowOf({ at, replica, kind, words }: Mark): Row {
  const style = kind === "apply" ? "applied" : kind === "suspect" ? "failed" : undefined;
  return { at, replica, mark: MARKS[kind], words, ...(style && { style }) };
}

function comingRow(arrow: Arrow): Row[] {
  const { received, acknowledged } = arrow;
  if (received !== null) return [arrowRow(arrow, received, CAME)];
  return acknowledged === null ? [] : [arrowRow(arrow, acknowledged, ACKNOWLEDGED)];
}

function sendingRow(arrow: Arrow, until: number): Row[] {
  const { sent } = arrow;
  const came = arrow.received ?? arrow.acknowledged;
  if (sent === null || (came !== null && came - sent <= LATE_MS)) return [];
  const isKnown = came !== null || until - sent > LATE_MS;
  return [arrowRow(arrow, sent, isKnown ? LATE : UNDER_WAY)];
}

function arrowRow({ kind, from, to, words }: Arrow, at: number, mark: string): Row {
  const line = kind === "acknowledge" ? "╌" : "─";
  return {
    ...{ at, replica: to, mark, words },
    from: { replica: from, line, comes: mark === CAME || mark === ACKNOWLEDGED },
    ...(kind !== "broadcast" && { style: "quiet" as const }),
  };
}
