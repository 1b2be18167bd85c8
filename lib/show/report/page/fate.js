/**
 * What became of what was sent and is not told to have come. A link is FIFO: if what was sent later
 * has come, it never will; nor will it if one of the two went down. Else it may still come, and only
 * the trace has ended.
 *
 * @typedef {import("./story.js").Arrow} Arrow
 * @typedef {"came" | "acknowledged" | "lost" | "under way"} Fate
 */

import { arrows, bands } from "./story.js";

/** @param {number} from @param {number} to */
const linkOf = (from, to) => `${from} ${to}`;

/** @type {Map<string, number>} By link: when that was sent of which it is told last that it came. */
const cameLast = new Map();
for (const { from, to, sent, received } of arrows) {
  if (sent === null || received === null) continue;
  const link = linkOf(from, to);
  cameLast.set(link, Math.max(sent, cameLast.get(link) ?? 0));
}

/** @type {Map<number, number>} By replica: up to when it was down; it may be so still. */
const downLast = new Map();
for (const { replica, state, to } of bands) if (state === "down") downLast.set(replica, to);

/** @param {Arrow} arrow @returns {Fate} */
export function fateOf({ from, to, sent, received, acknowledged }) {
  if (received !== null || sent === null) return "came";
  if (acknowledged !== null) return "acknowledged";
  const after = Math.max(
    cameLast.get(linkOf(from, to)) ?? 0,
    downLast.get(from) ?? 0,
    downLast.get(to) ?? 0,
  );
  return after > sent ? "lost" : "under way";
}
