/** A key's value at each replica over time. */

import { cursorElements, cursorOver } from "./cursor.js";
import { element, select, svg, table } from "./dom.js";
import { hintsOf } from "./hint.js";
import { part } from "./parts.js";
import { CHARACTER_PX, fit, GUTTER, isSeen, within, x } from "./scale.js";
import { box, ON_PAGE } from "./shapes.js";
import { keys, lasts, messages, operations, replicas } from "./story.js";
import { ms } from "./words.js";

/** @typedef {{ replica: number, at: number, until: number, value: string }} Held */

const LANE = 30;
/** A value's first characters tell something. */
const CHARACTERS_MIN = 3;

/** The key that was looked at last, and its values. */
let known = { key: "", values: /** @type {Held[]} */ ([]) };

/** Those of the chosen key. */
function valuesNow() {
  const key = select("key").value;
  if (key !== known.key) known = { key, values: valuesOf(key) };
  return known;
}

export function showValues() {
  for (const key of keys) select("key").append(new Option(key, key));
  const stale = operations.find(({ staleBy }) => staleBy !== null);
  if (stale !== undefined) select("key").value = stale.key;

  const holder = element("values");
  const hints = hintsOf(holder);
  const cursor = cursorOver(holder);
  const rows = element("value-rows");
  part(rows, ["key"], () => {
    const { key, values } = valuesNow();
    const cells = values.map(({ replica, at, value }) => [`${replica}`, ms(at), value]);
    rows.replaceChildren(table(`Values of ${key}`, ["replica", "from", "value"], cells));
  }, { isPatient: true });
  part(holder, ["seen", "key"], () => {
    const { root, shapes } = picture(fit(holder));
    holder.querySelector("svg")?.remove();
    holder.prepend(root);
    hints.know(shapes, []);
    cursor.place();
  });
  part(holder, ["cursor"], cursor.place);
}

/** @param {number} width */
function picture(width) {
  const { key, values } = valuesNow();
  const height = replicas.length * LANE + 8;
  const root = svg("svg", {
    ...{ viewBox: `0 0 ${width} ${height}`, width, height, role: "img" },
    "aria-label": `The values of ${key} at each replica over time; the table tells them`,
  });
  const seen = values.map((held) => {
    const { replica, at, until } = held;
    return { held, from: x(replica, at), to: x(replica, until) };
  }).filter(({ from, to }) => isSeen(from, to));
  const shapes = seen.map(({ held: { replica, at, value }, from, to }) => {
    const told = () => `replica ${replica} holds ${value} from ${ms(at)}`;
    const width = Math.max(1, within(to) - within(from));
    const y = replica * LANE + 4;
    return box(`${replica}`, "value", told, { x: within(from), y, width, height: LANE - 8 });
  });
  const names = replicas.map((replica) =>
    svg("text", {
      ...{ x: GUTTER - 10, y: replica * LANE + 19, "text-anchor": "end" },
    }, `replica ${replica}`)
  );
  const texts = seen.flatMap(({ held: { replica, value }, from, to }) => {
    const room = Math.floor((within(to) - within(from) - 4) / CHARACTER_PX);
    if (room < Math.min(CHARACTERS_MIN, value.length)) return [];
    const told = value.length > room ? `${value.slice(0, room - 1)}…` : value;
    return [svg("text", { x: within(from) + 4, y: replica * LANE + 19 }, told)];
  });
  root.append(...names, ...ON_PAGE.elements(shapes), ...texts, ...cursorElements(0, height));
  return { root, shapes };
}

/** What each replica holds of a key, from when to when. @param {string} key */
function valuesOf(key) {
  const changes = messages.flatMap(({ changes, applied, index }) =>
    changes.filter(([changed]) => changed === key).map(([, value]) => ({ value, applied, index }))
  ).sort((a, b) => (a.index ?? 0) - (b.index ?? 0));
  return replicas.flatMap((replica) => {
    const held = changes.flatMap(({ value, applied }) => {
      const at = applied[replica];
      return at === null ? [] : [{ replica, at, value: value ?? "nothing" }];
    });
    return held.map((one, i) => ({ ...one, until: held[i + 1]?.at ?? lasts }));
  });
}
