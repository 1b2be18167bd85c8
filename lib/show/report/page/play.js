/** Lets the cursor go with the time. */

import { select } from "./dom.js";
import { begins, lasts } from "./story.js";
import { moveTo, view } from "./view.js";

const button = /** @type {HTMLElement} */ (document.querySelector('[data-do="play"]'));

/** The frame that is asked for; 0 while nothing plays. */
let frame = 0;

/** So much of a second passes in one, at first. */
export function choosePace() {
  select("speed").value = lasts < 100_000 ? "0.01" : lasts < 2_000_000 ? "0.1" : "1";
}

/** Plays, or stops. */
export function play() {
  if (frame !== 0) return stop();
  if (view.cursor >= lasts) moveTo(begins);
  button.textContent = "■ stop";
  button.setAttribute("aria-pressed", "true");
  let before = performance.now();
  const on = (/** @type {number} */ now) => {
    moveTo(view.cursor + (now - before) * 1000 * Number(select("speed").value));
    before = now;
    if (view.cursor >= lasts) return stop();
    frame = requestAnimationFrame(on);
  };
  frame = requestAnimationFrame(on);
}

function stop() {
  cancelAnimationFrame(frame);
  frame = 0;
  button.textContent = "▶ play";
  button.setAttribute("aria-pressed", "false");
}
