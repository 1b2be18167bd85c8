/**
 * When the parts of the page are drawn. What a part shows changes with the cursor, with what is seen
 * of the trace, or with the key; it is drawn anew with the next frame if somebody looks at it, and
 * else, as a list that is slow to make, once nothing has changed for a while.
 *
 * @typedef {"cursor" | "seen" | "key"} Change
 * @typedef {{
 *   holder: Element, follows: Change[], draw: () => void, isPatient: boolean,
 *   isLookedAt: boolean, isDue: boolean,
 * }} Part
 */

/** Who drags and zooms pauses for less. */
const REST_MS = 150;

/** @type {Part[]} */
const parts = [];
let frame = 0;
let rest = 0;

const watcher = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    for (const part of parts) if (part.holder === target) part.isLookedAt = isIntersecting;
  }
  ask();
});

/**
 * Tells of a part; it is drawn for the first time with the next {@linkcode drawAll}.
 *
 * @param {Element} holder
 * @param {Change[]} follows
 * @param {() => void} draw
 * @param {{ isPatient?: boolean }} [options] `isPatient`: it is always drawn at rest
 */
export function part(holder, follows, draw, { isPatient = false } = {}) {
  parts.push({ holder, follows, draw, isPatient, isLookedAt: true, isDue: true });
  watcher.observe(holder);
}

/** @param {Change} change */
export function changed(change) {
  for (const part of parts) part.isDue ||= part.follows.includes(change);
  clearTimeout(rest);
  rest = setTimeout(drawAll, REST_MS);
  ask();
}

/** Draws all that is due, looked at or not. */
export function drawAll() {
  drawDue(parts);
}

function ask() {
  if (frame !== 0) return;
  frame = requestAnimationFrame(() => {
    frame = 0;
    drawDue(parts.filter(({ isPatient, isLookedAt }) => isLookedAt && !isPatient));
  });
}

/** @param {Part[]} some */
function drawDue(some) {
  for (const part of some) {
    if (!part.isDue) continue;
    part.isDue = false;
    part.draw();
  }
}
