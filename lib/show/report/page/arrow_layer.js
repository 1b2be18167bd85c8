/** The arrows of the diagram: what goes from one replica to another. */

import { input, svg } from "./dom.js";
import { fateOf } from "./fate.js";
import { CHARACTER_PX, GUTTER, isSeen, replicaY, right, within, x } from "./scale.js";
import { glyph, line } from "./shapes.js";
import { arrows } from "./story.js";
import { arrowWords } from "./words.js";

/** @typedef {import("./shapes.js").Shape} Shape */
/** @typedef {import("./shapes.js").Manner} Manner */
/** @typedef {{ arrow: import("./story.js").Arrow, begin: number, end: number }} Seen */

/** An arrow that goes less far has no words. */
const WORDS_PX = 40;
/** So far before the lane it ends, beside the marks there … */
const SHORT_PX = 5;
/** … with a head so long and half as wide. */
const HEAD_PX = 7;
/** Of what did not come, so much is drawn. */
const STUB_PX = 14;

const CROSS = "m-3.5 -3.5l7 7m0 -7l-7 7";
const DOTS = "m-5 -1h2v2h-2zm4 0h2v2h-2zm4 0h2v2h-2z";

/**
 * The shapes, the words, and how many lie upon others and are left out.
 *
 * @param {Manner["thin"]} thin
 */
export function arrowLayer(thin) {
  const kinds = [
    "broadcast",
    ...(input("acks").checked ? ["acknowledge"] : []),
    ...(input("others").checked ? ["other"] : []),
  ];
  const seen = arrows.filter(({ kind }) => kinds.includes(kind)).map(placed).filter(isInSight);
  const shown = thin(seen, ({ arrow, end }) => ({ lane: laneOf(arrow), right: end }));
  return {
    shapes: shown.flatMap(arrowShapes),
    texts: arrowTexts(shown),
    leftOut: seen.length - shown.length,
  };
}

/** What is lost never lies unseen behind what came. @param {Seen["arrow"]} arrow */
const laneOf = (arrow) => `${arrow.kind} ${arrow.from} ${arrow.to} ${fateOf(arrow)}`;

/** @param {Seen} seen */
const isInSight = ({ begin, end }) => isSeen(Math.min(begin, end), Math.max(begin, end));

/** @param {Seen["arrow"]} arrow @returns {Seen} */
function placed(arrow) {
  const { from, to, sent, acknowledged } = arrow;
  const received = arrow.received ?? acknowledged;
  const begin = sent === null ? x(to, received ?? 0) : x(from, sent);
  return { arrow, begin, end: received === null ? begin : x(to, received) };
}

/** @param {Seen} seen @returns {Shape[]} */
function arrowShapes({ arrow, begin, end }) {
  const lane = laneOf(arrow);
  const told = () => arrowWords(arrow);
  const [y1, y2] = [replicaY(arrow.from), replicaY(arrow.to)];
  const fate = fateOf(arrow);
  if (fate === "lost" || fate === "under way") {
    const [x2, y] = [begin + STUB_PX, y1 + (y2 - y1) / 3];
    const [look, outline] = fate === "lost" ? ["lost", CROSS] : ["under-way", DOTS];
    return [
      line(lane, `${arrow.kind} ${look}`, told, [begin, y1, x2, y]),
      glyph(lane, look, told, { x: x2, y, outline, reach: 4 }),
    ];
  }
  const far = Math.hypot(end - begin, y2 - y1);
  const [wide, tall] = [(end - begin) / far, (y2 - y1) / far];
  const [tipX, tipY] = [end - SHORT_PX * wide, y2 - SHORT_PX * tall];
  const shaft = line(lane, arrow.kind, told, seenOf([begin, y1, tipX, tipY]));
  if (tipX < GUTTER || tipX > right()) return [shaft];
  const [back, side] = [
    [-HEAD_PX * wide, -HEAD_PX * tall],
    [HEAD_PX / 2 * tall, -HEAD_PX / 2 * wide],
  ];
  const turns = [back[0] + side[0], back[1] + side[1], -2 * side[0], -2 * side[1]];
  const outline = `l${turns.map((by) => by.toFixed(1)).join(" ")}z`;
  return [shaft, glyph(lane, `head ${arrow.kind}`, told, { x: tipX, y: tipY, outline, reach: 0 })];
}

/**
 * The part of a line that is seen: what lies far outside would be dashed in vain.
 *
 * @param {Shape["place"]} ends
 * @returns {Shape["place"]}
 */
function seenOf([x1, y1, x2, y2]) {
  const yAt = (/** @type {number} */ x) => y1 + (x - x1) / (x2 - x1) * (y2 - y1);
  const [from, to] = [within(x1), within(x2)];
  return [from, from === x1 ? y1 : yAt(from), to, to === x2 ? y2 : yAt(to)];
}

/** Words on those that go far, if there is room. @param {Seen[]} shown */
function arrowTexts(shown) {
  /** @type {Map<string, number>} By pair of replicas: up to where words stand. */
  const written = new Map();
  return shown.flatMap(({ arrow: { from, to, words }, begin, end }) => {
    const [y1, y2] = [replicaY(from), replicaY(to)];
    const [x1, , x2] = seenOf([begin, y1, end, y2]);
    const pair = [from, to].sort().join(" ");
    const [middle, half] = [(x1 + x2) / 2, words.length * CHARACTER_PX / 2];
    if (Math.abs(x2 - x1) < WORDS_PX || middle - half < (written.get(pair) ?? 0)) return [];
    written.set(pair, middle + half);
    const y = y1 + ((middle - begin) / (end - begin)) * (y2 - y1);
    return [svg("text", { class: "dim label", x: middle, y, "text-anchor": "middle" }, words)];
  });
}
