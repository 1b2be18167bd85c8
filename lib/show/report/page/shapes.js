/**
 * What is drawn, before it becomes elements. Thousands of elements are slow to make and to move, so
 * on the page all that look alike in a lane are one path; where the picture is taken elsewhere, each
 * is an element that tells what it is.
 *
 * @typedef {{
 *   lane: string, look: string, d: string, told: () => string,
 *   place: [x1: number, y1: number, x2: number, y2: number], isLine: boolean,
 * }} Shape `place`: its corners, or its ends if it is a line
 */

import { svg } from "./dom.js";

/** So many of a kind are all drawn, wherever they lie. */
const CROWDED = 600;

/** A tenth of a pixel is seen by nobody. @param {number} pixels */
const round = (pixels) => Math.round(pixels * 10) / 10;

/**
 * @param {string} lane
 * @param {string} look its classes
 * @param {() => string} told
 * @param {{ x: number, y: number, width: number, height: number }} box
 * @returns {Shape}
 */
export function box(lane, look, told, { x, y, width, height }) {
  const [wide, tall] = [round(width), round(height)];
  return {
    ...{ lane, look, told, isLine: false, place: [x, y, x + width, y + height] },
    d: `M${round(x)} ${round(y)}h${wide}v${tall}h${-wide}z`,
  };
}

/**
 * @param {string} lane
 * @param {string} look
 * @param {() => string} told
 * @param {Shape["place"]} ends
 * @returns {Shape}
 */
export function line(lane, look, told, ends) {
  const [x1, y1, x2, y2] = ends.map(round);
  return { lane, look, told, isLine: true, place: ends, d: `M${x1} ${y1}L${x2} ${y2}` };
}

/**
 * @param {string} lane
 * @param {string} look
 * @param {() => string} told
 * @param {{ x: number, y: number, outline: string, reach: number }} around `outline`: around 0
 * @returns {Shape}
 */
export function glyph(lane, look, told, { x, y, outline, reach }) {
  return {
    ...{ lane, look, told, isLine: false, place: [x - reach, y - reach, x + reach, y + reach] },
    d: `M${round(x)} ${round(y)}${outline}`,
  };
}

/** One path for all that look alike in a lane. @param {Shape[]} shapes */
function together(shapes) {
  /** @type {Map<string, { look: string, ds: string[] }>} */
  const alike = new Map();
  for (const { lane, look, d } of shapes) {
    const known = alike.get(`${lane} ${look}`);
    if (known === undefined) alike.set(`${lane} ${look}`, { look, ds: [d] });
    else known.ds.push(d);
  }
  return [...alike.values()].map(({ look, ds }) =>
    svg("path", { class: look, d: ds.join(""), "data-count": ds.length })
  );
}

/** A path for each, with its words. @param {Shape[]} shapes */
function eachAlone(shapes) {
  return shapes.map(({ look, d, told }) => {
    const path = svg("path", { class: look, d });
    path.append(svg("title", {}, told()));
    return path;
  });
}

/**
 * Of very many, leaves out what would lie upon the one before in its lane: nobody would see it.
 *
 * @template T
 * @param {T[]} items in the order of time
 * @param {(item: T) => { lane: string, right: number, isSpecial?: boolean }} placeOf
 */
function sparse(items, placeOf) {
  if (items.length <= CROWDED) return items;
  /** @type {Map<string, number>} */
  const drawn = new Map();
  return items.filter((item) => {
    const { lane, right, isSpecial = false } = placeOf(item);
    if (!isSpecial && right < (drawn.get(lane) ?? -Infinity) + 1) return false;
    drawn.set(lane, right);
    return true;
  });
}

/** @typedef {{ elements: (shapes: Shape[]) => Element[], thin: typeof sparse }} Manner */

/** How shapes are drawn on the page: few elements, and nothing that nobody would see. @type {Manner} */
export const ON_PAGE = { elements: together, thin: sparse };

/** How they are drawn to be taken elsewhere: all, each by itself. @type {Manner} */
export const ELSEWHERE = { elements: eachAlone, thin: (items) => items };

/** How far a shape is from a point. @param {Shape} shape @param {number} x @param {number} y */
export function distance({ place: [x1, y1, x2, y2], isLine }, x, y) {
  if (!isLine) {
    return Math.hypot(Math.max(x1 - x, 0, x - x2), Math.max(y1 - y, 0, y - y2));
  }
  const [wide, tall] = [x2 - x1, y2 - y1];
  const along = ((x - x1) * wide + (y - y1) * tall) / (wide * wide + tall * tall || 1);
  const by = Math.min(Math.max(along, 0), 1);
  return Math.hypot(x1 + by * wide - x, y1 + by * tall - y);
}
