/** Says what is drawn where one points. The tables tell the same to who does not. */

import { marked } from "./dom.js";
import { distance } from "./shapes.js";

/** @typedef {import("./shapes.js").Shape} Shape */

/** Something so near is meant. */
const NEAR_PX = 6;
/** So far from the pointer it stands. */
const ASIDE_PX = 14;

/** @param {HTMLElement} holder */
export function hintsOf(holder) {
  const hint = marked("hint", "", "div");
  hint.hidden = true;
  holder.append(hint);
  /** @type {{ front: Shape[], back: Shape[] }} */
  const known = { front: [], back: [] };
  const hide = () => hint.hidden = true;
  holder.addEventListener("pointermove", (event) => {
    const { left, top, width, height } = (holder.firstElementChild ?? holder)
      .getBoundingClientRect();
    const [x, y] = [event.clientX - left, event.clientY - top];
    const meant = nearest(known.front, NEAR_PX, x, y) ?? nearest(known.back, 0, x, y);
    if (meant === undefined || event.buttons !== 0) return hide();
    hint.hidden = false;
    hint.textContent = meant.told();
    const [right, below] = [x + ASIDE_PX, y + ASIDE_PX];
    const isRoom = below + hint.offsetHeight < height;
    hint.style.left = `${Math.max(0, Math.min(right, width - hint.offsetWidth))}px`;
    hint.style.top = `${isRoom ? below : y - ASIDE_PX - hint.offsetHeight}px`;
  });
  holder.addEventListener("pointerleave", hide);
  return {
    /** @param {Shape[]} front what is meant first @param {Shape[]} back what lies behind */
    know(front, back) {
      Object.assign(known, { front, back });
      hide();
    },
  };
}

/** The nearest to a point, of equals the one on top. */
function nearest(
  /** @type {Shape[]} */ shapes,
  /** @type {number} */ reach,
  /** @type {number} */ x,
  /** @type {number} */ y,
) {
  /** @type {Shape | undefined} */
  let found;
  let least = reach;
  for (const shape of shapes) {
    const far = distance(shape, x, y);
    if (far <= least) [found, least] = [shape, far];
  }
  return found;
}
