/** What buttons, keys and the pointer do. */

import { element, input, select } from "./dom.js";
import { chosenMoment } from "./now.js";
import { changed } from "./parts.js";
import { play } from "./play.js";
import { saveShiviz, saveSvg } from "./save.js";
import { valueAt, valueOf } from "./scale.js";
import { begins } from "./story.js";
import { changeTheme } from "./theme.js";
import { measureBy, moveTo, see, seeAll, step, view, zoom } from "./view.js";

/** Who moves the pointer less has clicked. */
const CLICK_PX = 4;

/** @type {Record<string, () => void>} */
const ACTS = {
  first: () => moveTo(begins),
  back: () => step(-1),
  play,
  step: () => step(1),
  out: () => zoom(1.6),
  in: () => zoom(1 / 1.6),
  fit: seeAll,
  svg: saveSvg,
  shiviz: saveShiviz,
  theme: changeTheme,
};

/** @type {Record<string, string>} */
const KEYS = {
  Home: "first",
  ArrowLeft: "back",
  ArrowRight: "step",
  " ": "play",
  "-": "out",
  "+": "in",
  "=": "in",
  "0": "fit",
};

export function listen() {
  element("controls").addEventListener("click", ({ target }) => {
    const button = target instanceof Element ? target.closest("[data-do]") : null;
    ACTS[button?.getAttribute("data-do") ?? ""]?.();
  });
  document.addEventListener("keydown", pressed);
  input("moment").addEventListener("input", () => moveTo(chosenMoment()));
  select("axis").addEventListener(
    "change",
    () => measureBy(select("axis").value === "lamport" ? "lamport" : "wall"),
  );
  for (const id of ["acks", "others"]) {
    element(id).addEventListener("change", () => changed("seen"));
  }
  select("key").addEventListener("change", () => changed("key"));
  addEventListener("resize", () => changed("seen"));
  const diagram = element("diagram");
  diagram.addEventListener("wheel", wheeled, { passive: false });
  diagram.addEventListener("pointerdown", dragged);
}

/** @param {KeyboardEvent} event */
function pressed(event) {
  const isField = event.target instanceof HTMLElement &&
    ["INPUT", "SELECT", "BUTTON", "SUMMARY"].includes(event.target.tagName);
  const act = KEYS[event.key];
  if (isField || act === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  ACTS[act]();
}

/** What the pointer points at, in units of the axis. @param {MouseEvent} event */
const pointedAt = ({ clientX }) =>
  valueAt(clientX - element("picture").getBoundingClientRect().left);

/** @param {WheelEvent} event */
function wheeled(event) {
  if (!event.ctrlKey && !event.shiftKey) return;
  event.preventDefault();
  zoom(event.deltaY + event.deltaX > 0 ? 1.2 : 1 / 1.2, pointedAt(event));
}

/** Moves what is seen with the pointer; a mere click moves the cursor. @param {PointerEvent} down */
function dragged(down) {
  const { from, to } = view;
  const over = new AbortController();
  let isMoved = false;
  const move = (/** @type {PointerEvent} */ { clientX }) => {
    const by = down.clientX - clientX;
    isMoved ||= Math.abs(by) > CLICK_PX;
    if (isMoved) see(from + valueOf(by), to + valueOf(by));
  };
  const up = () => {
    over.abort();
    if (!isMoved && view.axis === "wall") moveTo(pointedAt(down));
  };
  addEventListener("pointermove", move, { signal: over.signal });
  addEventListener("pointerup", up, { signal: over.signal });
  addEventListener("pointercancel", () => over.abort(), { signal: over.signal });
}
