/** The marks of the diagram: what happened at a replica. */

import { isSeen, replicaY, x } from "./scale.js";
import { glyph } from "./shapes.js";
import { marks } from "./story.js";
import { markWords } from "./words.js";

/** @type {Record<string, string>} Outlines around 0; the legend has them as characters. */
const OUTLINES = {
  submit: "m-4 -4h8v8h-8z",
  deliver: "m-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z",
  apply: "m0 -5l5 5l-5 5l-5 -5z",
  view: "m-4.5 -4.5h9v9h-9zm2 2v5h5v-5z",
  suspect: "m-1 -5.5h2v7h-2zm0 9h2v2h-2z",
  start: "m0 -5l5 9h-10z",
  restore: "m0 5l5 -9h-10z",
  sample: "m-4 -3h3v3h-3zm5 4h3v3h-3zm1 -5h2l-6 9h-2z",
};

/** @type {Record<string, number>} What comes together in time lies one above the other. */
const DOWN_PX = { submit: -10, apply: 10 };
const REACH_PX = 5;

/** @param {import("./shapes.js").Manner["thin"]} thin */
export function markLayer(thin) {
  const seen = marks.map((mark) => ({ mark, left: x(mark.replica, mark.at) }))
    .filter(({ left }) => isSeen(left, left));
  const shown = thin(seen, ({ mark: { kind, replica }, left }) => ({
    lane: `${kind} ${replica}`,
    right: left,
  }));
  return shown.map(({ mark, left }) =>
    glyph(`${mark.replica}`, `mark ${mark.kind}`, () => markWords(mark), {
      ...{ x: left, y: replicaY(mark.replica) + (DOWN_PX[mark.kind] ?? 0) },
      ...{ outline: OUTLINES[mark.kind], reach: REACH_PX },
    })
  );
}
