/**
 * What is told: the rows of the element `story`, which `compact.ts` wrote, with names again.
 * Moments are microseconds since the trace began; null where the trace does not tell.
 *
 * @typedef {number | null} Moment
 * @typedef {{ from: number, to: Moment, time: number, acknowledged: Moment[] }} Stay
 * @typedef {{
 *   origin: number, n: number, name: string, words: string, time: number, index: Moment,
 *   submitted: Moment, stays: Stay[][], delivered: Moment[], applied: Moment[],
 *   changes: [key: string, value: string | null][],
 * }} Message
 * @typedef {{
 *   kind: string, from: number, to: number, sent: Moment, received: Moment, acknowledged: Moment,
 *   sentTime: number, receivedTime: number, words: string,
 * }} Arrow
 * @typedef {{ at: number, replica: number, time: number, kind: string, words: string }} Mark
 * @typedef {{
 *   number: number, client: number, replica: number, level: string, words: string, key: string,
 *   isRead: boolean, began: number, ended: Moment, outcome: string, answer: string,
 *   message: Message | null, staleBy: number | null, everywhere: Moment,
 * }} Operation `everywhere`: when a write that was answered before had been applied by all
 * @typedef {{
 *   replica: number, from: number, to: number, state: string, view: string, members: number[],
 * }} Band
 * @typedef {{
 *   fault: string, replicas: number[], ways: [number, number][], from: number, to: number,
 * }} Fault
 * @typedef {{
 *   guarantee: string, asked: string, verdict: string, words: string, operations: number[],
 * }} Verdict
 */

import { element } from "./dom.js";

const ARROWS = ["broadcast", "acknowledge", "other"];
const MARKS = ["submit", "deliver", "apply", "view", "suspect", "start", "restore", "sample"];
const OUTCOMES = ["ok", "fail", "info", "open"];
const STATES = ["live", "installed", "outside", "down"];

const story = JSON.parse(element("story").textContent ?? "");
const { words } = story;

export const lasts = Math.max(1, story.lasts);

/** What lies before is known only for where the replicas stood. */
export const begins = Math.min(story.from, lasts - 1);

/** @type {number[]} */
export const replicas = Array.from({ length: story.replicas }, (_, replica) => replica);

/** @type {number[]} By client: the replica that it asked first. */
export const clients = story.clients;

/** @type {number} Only messages are told whose number can be divided by this. */
export const every = story.every;

/** @type {Verdict[]} */
export const verdicts = story.verdicts;

/** @type {(began: number) => (moment: Moment) => Moment} */
const since = (began) => (moment) => moment === null ? null : began + moment;

/** @type {Message[]} */
export const messages = story.messages.map((/** @type {any[]} */ m) => ({
  origin: m[0],
  n: m[1],
  name: `${m[0]}.${m[1]}`,
  words: words[m[2]],
  time: m[3],
  index: m[4],
  submitted: since(m[5])(m[6]),
  stays: m[7].map((/** @type {any[]} */ stays) =>
    stays.map(([from, to, time, acknowledged]) => ({
      from: m[5] + from,
      to: since(m[5])(to),
      time: m[3] + time,
      acknowledged: acknowledged.map(since(m[5])),
    }))
  ),
  delivered: m[8].map(since(m[5])),
  applied: m[9].map(since(m[5])),
  changes: m[10].map((
    /** @type {any[]} */ c,
  ) => [words[c[0]], c[1] === null ? null : words[c[1]]]),
}));

/** @type {Arrow[]} */
export const arrows = story.arrows.map((/** @type {any[]} */ a) => ({
  kind: ARROWS[a[0]],
  from: a[1],
  to: a[2],
  sent: a[3],
  received: a[4],
  sentTime: a[5],
  receivedTime: a[6],
  words: words[a[7]],
  acknowledged: a[8] ?? null,
}));

/** @type {Mark[]} */
export const marks = story.marks.map((/** @type {any[]} */ m) => ({
  at: m[0],
  replica: m[1],
  time: m[2],
  kind: MARKS[m[3]],
  words: words[m[4]],
}));

/**
 * A write's staleness window goes from its answer to when the last replica has applied it.
 *
 * @param {Omit<Operation, "everywhere">} operation
 * @returns {Operation}
 */
function withWindow(operation) {
  const { message, ended, outcome } = operation;
  const applied = message?.applied.flatMap((at) => at ?? []) ?? [];
  const last = Math.max(...applied);
  const isStale = outcome === "ok" && ended !== null && applied.length === replicas.length &&
    last > ended;
  return { ...operation, everywhere: isStale ? last : null };
}

/** @type {Operation[]} */
export const operations = story.operations.map((
  /** @type {any[]} */ o,
  /** @type {number} */ number,
) =>
  withWindow({
    number,
    client: o[0],
    replica: o[1],
    level: words[o[2]],
    words: words[o[3]],
    key: words[o[4]],
    isRead: o[5] === 1,
    began: o[6],
    ended: since(o[6])(o[7]),
    outcome: OUTCOMES[o[8]],
    answer: words[o[9]],
    message: o[10] === null ? null : messages[o[10]],
    staleBy: o[11],
  })
);

/** @type {Band[]} */
export const bands = story.bands.map((/** @type {any[]} */ b) => ({
  replica: b[0],
  from: b[1],
  to: b[2] ?? lasts,
  state: STATES[b[3]],
  view: words[b[4]],
  members: b[5],
}));

/** @type {Fault[]} */
export const faults = story.faults.map((/** @type {any[]} */ f) => ({
  fault: words[f[0]],
  replicas: f[1],
  ways: f[2],
  from: f[3],
  to: f[4] ?? lasts,
}));

/** All moments at which something happens, ascending. */
export const moments = [
  ...new Set([
    ...marks.map(({ at }) => at),
    ...arrows.flatMap(({ sent, received }) => [sent, received].flatMap((at) => at ?? [])),
    ...operations.flatMap(({ began, ended }) => ended === null ? [began] : [began, ended]),
    ...faults.flatMap(({ from, to }) => [from, to]),
  ]),
].sort((a, b) => a - b);

/** All keys that are asked for, or changed. */
export const keys = [
  ...new Set([
    ...messages.flatMap(({ changes }) => changes.map(([key]) => key)),
    ...operations.map(({ key }) => key),
  ]),
].filter((key) => key !== "").sort();
