/** Where the cursor stands, what is seen of the trace, and how both are moved. */

import { firstTime, lamport, lastTime } from "./clock.js";
import { changed } from "./parts.js";
import { begins, lasts, moments } from "./story.js";

export const view = {
  /** A moment. */
  cursor: begins,
  /** Whether time is told by the wall clock, or by Lamport's. */
  axis: /** @type {"wall" | "lamport"} */ ("wall"),
  /** What is seen, in units of the axis: moments, or Lamport times. */
  from: begins,
  to: lasts,
  /** The numbers of the operations that are pointed out. */
  named: /** @type {Set<number>} */ (new Set()),
};

/** A moment at a replica, in units of the axis. @param {number} replica @param {number} at */
export const onAxis = (replica, at) => view.axis === "wall" ? at : lamport(replica, at);

/** The cursor, in units of the axis. */
export const cursorOnAxis = () => onAxis(0, view.cursor);

const start = () => view.axis === "wall" ? begins : firstTime;
const span = () => view.axis === "wall" ? lasts - begins : lastTime - firstTime;

/** @param {number} from @param {number} to */
export function see(from, to) {
  const wide = Math.min(Math.max(to - from, view.axis === "wall" ? 20 : 2), span() * 1.04);
  const least = start() - span() * 0.02;
  view.from = Math.min(Math.max(from, least), start() + span() * 1.02 - wide);
  view.to = view.from + wide;
  changed("seen");
}

export const seeAll = () => see(start() - span() * 0.02, start() + span() * 1.02);

/** @param {number} by @param {number} [at] in units of the axis */
export function zoom(by, at = middle()) {
  see(at - (at - view.from) * by, at + (view.to - at) * by);
}

/** The cursor, if it is seen; else the middle. */
function middle() {
  const at = cursorOnAxis();
  return at >= view.from && at <= view.to ? at : (view.from + view.to) / 2;
}

/** @param {"wall" | "lamport"} axis */
export function measureBy(axis) {
  view.axis = axis;
  seeAll();
}

/** Moves the cursor. @param {number} at */
export function moveTo(at) {
  view.cursor = Math.min(Math.max(at, begins), lasts);
  const shown = cursorOnAxis();
  const wide = view.to - view.from;
  if (shown < view.from || shown > view.to) see(shown - wide / 2, shown + wide / 2);
  changed("cursor");
}

/** Moves the cursor to where something happens next. @param {1 | -1} way */
export function step(way) {
  const at = way === 1
    ? moments.find((moment) => moment > view.cursor)
    : moments.findLast((moment) => moment < view.cursor);
  if (at !== undefined) moveTo(at);
}

/** Points operations out. @param {number[]} numbers */
export function name(numbers) {
  view.named = new Set(numbers);
  changed("seen");
}
