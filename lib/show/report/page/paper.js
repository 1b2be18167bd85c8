/** On paper the page is drawn to the end, and nothing of it is folded away. */

import { changed, drawAll } from "./parts.js";
import { forPaper } from "./scale.js";

export function preparePaper() {
  addEventListener("beforeprint", () => {
    const folded = [...document.querySelectorAll("details")].filter(({ open }) => !open);
    for (const details of folded) details.open = true;
    forPaper(true);
    changed("seen");
    drawAll();
    addEventListener("afterprint", () => {
      for (const details of folded) details.open = false;
      forPaper(false);
      changed("seen");
    }, { once: true });
  });
}
