/** The line of the moment: it lies over a picture, so that moving it draws nothing else anew. */

import { isSeen, place } from "./scale.js";
import { cursorOnAxis } from "./view.js";

/** A line over what a holder has. @param {HTMLElement} holder */
export function cursorLine(holder) {
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
