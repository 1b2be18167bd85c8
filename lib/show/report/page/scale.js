/** Where the lanes and the moments lie in a picture, in pixels. */

import { clients, replicas } from "./story.js";
import { onAxis, view } from "./view.js";

/** The lanes' names stand left of this. */
export const GUTTER = 118;
const RIGHT = 16;
export const TOP = 26;
const CLIENT_LANE = 34;
export const REPLICA_LANE = 74;
const BOTTOM = 30;

/** So wide is a character, about. */
export const CHARACTER_PX = 6.9;

export const height = TOP + clients.length * CLIENT_LANE + replicas.length * REPLICA_LANE + BOTTOM;

const WIDTH_MIN = 480;
/** So wide a sheet is, at the size of the words on the page … */
const PAPER_WIDTH = 760;
/** … and so is what fills it, to its height: more clients than it has room for are drawn smaller. */
const PAPER_RATIO = 190 / 210;

let width = 1000;
let isPaper = false;

/** From now on pictures are drawn for paper, or not. @param {boolean} is */
export function forPaper(is) {
  isPaper = is;
}

/** The pictures become as wide as their holder, or as paper. @param {HTMLElement} holder */
export function fit(holder) {
  width = isPaper
    ? Math.max(PAPER_WIDTH, height * PAPER_RATIO)
    : Math.max(WIDTH_MIN, holder.clientWidth);
  return width;
}

/** Where the lanes end. */
export const right = () => width - RIGHT;

/** @param {number} replica */
export const replicaY = (replica) => TOP + replica * REPLICA_LANE + REPLICA_LANE / 2;

/** @param {number} client */
export const clientY = (client) =>
  TOP + replicas.length * REPLICA_LANE + client * CLIENT_LANE + CLIENT_LANE / 2 + 8;

const pixels = () => (right() - GUTTER) / (view.to - view.from);

/** @param {number} value in units of the axis */
export const place = (value) => GUTTER + (value - view.from) * pixels();

/** @param {number} replica @param {number} at a moment */
export const x = (replica, at) => place(onAxis(replica, at));

/** What lies there, in units of the axis. @param {number} left */
export const valueAt = (left) => view.from + (left - GUTTER) / pixels();

/** How much so many pixels are, in units of the axis. @param {number} wide */
export const valueOf = (wide) => wide / pixels();

/** @param {number} from @param {number} to */
export const isSeen = (from, to) => to >= GUTTER && from <= right();

/** @param {number} at */
export const within = (at) => Math.min(Math.max(at, GUTTER), right());
