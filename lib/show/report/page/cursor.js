/**
 * The line of the moment. On the page it lies over a picture, so that moving it draws nothing else
 * anew; a picture that is printed or taken elsewhere has one in itself.
 */

import { svg } from "./dom.js";
import { isSeen, place } from "./scale.js";
import { cursorOnAxis } from "./view.js";

/** A line over what a holder has. @param {HTMLElement} holder */
export function cursorOver(holder) {
  const line = document.createElement("div");
  line.className = "cursor";
  holder.append(line);
  return {
    place() {
      const left = place(cursorOnAxis());
      line.hidden = !isSeen(left, left);
      line.style.transform = `translateX(${left}px)`;
    },
  };
}

/** A line in a picture, if it is seen there. @param {number} top @param {number} bottom */
export function cursorElements(top, bottom) {
  const left = place(cursorOnAxis());
  if (!isSeen(left, left)) return [];
  return [svg("line", { class: "cursor", x1: left, x2: left, y1: top, y2: bottom })];
}
