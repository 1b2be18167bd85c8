/** What stands behind the events of the diagram: lanes, axis, views, faults. */

import { svg } from "./dom.js";
import {
  CHARACTER_PX,
  clientY,
  GUTTER,
  height,
  isSeen,
  place,
  REPLICA_LANE,
  replicaY,
  right,
  TOP,
  within,
  x,
} from "./scale.js";
import { box } from "./shapes.js";
import { bands, clients, faults, replicas } from "./story.js";
import { view } from "./view.js";
import { bandWords, faultWords } from "./words.js";

/** Two marks of the axis are at least so far apart. */
const TICK_PX = 110;

/** Ways to fill that tell without colour, and what is seen of the lanes. */
export function definitions() {
  const defs = svg("defs", {});
  /** @param {string} id @param {string} path @param {string} colour */
  const pattern = (id, path, colour) => {
    const made = svg("pattern", { id, width: 8, height: 8, patternUnits: "userSpaceOnUse" });
    made.append(svg("path", { d: path, style: `stroke:${colour}`, "stroke-width": 1.2 }));
    defs.append(made);
  };
  pattern("down", "M0 8L8 0", "var(--dim)");
  pattern("struck", "M0 0L8 8M0 8L8 0", "var(--outside)");
  pattern("unknown", "M0 4H8M4 0V8", "var(--dim)");
  const lanes = svg("clipPath", { id: "lanes" });
  lanes.append(svg("rect", { x: GUTTER - 4, y: 0, width: right() - GUTTER + 8, height }));
  defs.append(lanes);
  return defs;
}

/** @param {number} y @param {string} name */
const lane = (y, name) => [
  svg("line", { class: "lane", x1: GUTTER, x2: right(), y1: y, y2: y }),
  svg("text", { x: GUTTER - 10, y: y + 4, "text-anchor": "end" }, name),
];

export const laneElements = () => [
  ...replicas.flatMap((replica) => lane(replicaY(replica), `replica ${replica}`)),
  ...clients.flatMap((replica, client) => lane(clientY(client), `client ${client} at ${replica}`)),
];

export function axisElements() {
  const raw = (view.to - view.from) / Math.max(2, Math.floor((right() - GUTTER) / TICK_PX));
  const power = 10 ** Math.floor(Math.log10(Math.max(raw, 1)));
  const step = [1, 2, 5, 10].map((by) => by * power).find((by) => by >= raw) ?? raw;
  const ticks = [];
  for (let at = Math.ceil(view.from / step) * step; at <= view.to; at += step) ticks.push(at);
  return ticks.flatMap((at) => {
    const left = place(at);
    const text = view.axis === "wall" ? `${Number((at / 1000).toFixed(3))} ms` : `t=${at}`;
    return [
      svg("line", { class: "grid", x1: left, x2: left, y1: TOP - 6, y2: height - 24 }),
      ...[TOP - 12, height - 8].map((y) =>
        svg("text", { class: "dim", x: left, y, "text-anchor": "middle" }, text)
      ),
    ];
  });
}

export function bandLayer() {
  const seen = bands.flatMap((band) => {
    const [from, to] = [x(band.replica, band.from), x(band.replica, band.to)];
    return isSeen(from, to) ? [{ band, from: within(from), to: within(to) }] : [];
  });
  const top = (/** @type {number} */ replica) => replicaY(replica) - REPLICA_LANE / 2 + 4;
  return {
    shapes: seen.map(({ band, from, to }) =>
      box(
        `${band.replica} ${band.view}`,
        `band-${band.state}`,
        () => `replica ${band.replica}: ${bandWords(band)}`,
        { x: from, y: top(band.replica), width: Math.max(1, to - from), height: REPLICA_LANE - 8 },
      )
    ),
    texts: seen.flatMap(({ band, from, to }) => {
      const told = bandWords(band);
      if (to - from < told.length * CHARACTER_PX) return [];
      return [svg("text", { class: "dim label", x: from + 4, y: top(band.replica) + 12 }, told)];
    }),
  };
}

export function faultLayer() {
  const seen = faults.flatMap((fault) => {
    const hit = fault.ways.length > 0 ? [...new Set(fault.ways.flat())] : fault.replicas;
    return hit.flatMap((replica) => {
      const [from, to] = [x(replica, fault.from), x(replica, fault.to)];
      if (!isSeen(from, to)) return [];
      return [{ fault, replica, from: within(from), to: within(to) }];
    });
  });
  const top = (/** @type {number} */ replica) => replicaY(replica) - REPLICA_LANE / 2 + 2;
  /** @type {Map<number, number>} By replica: up to where words stand. */
  const written = new Map();
  return {
    shapes: seen.map(({ fault, replica, from, to }) =>
      box(`${replica}`, "fault", () => faultWords(fault), {
        ...{ x: from, y: top(replica) },
        ...{ width: Math.max(2, to - from), height: REPLICA_LANE - 4 },
      })
    ),
    texts: seen.flatMap(({ fault, replica, from }) => {
      const told = `✂ ${fault.fault}`;
      if (from < (written.get(replica) ?? 0)) return [];
      written.set(replica, from + told.length * CHARACTER_PX);
      const [x, y] = [from + 4, top(replica) + REPLICA_LANE - 10];
      return [svg("text", { class: "label", "data-fault": fault.fault, x, y }, told)];
    }),
  };
}
