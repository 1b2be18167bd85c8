/** On paper the page is light, drawn to the end, and nothing of it is folded away. */

import { changed, drawAll } from "./parts.js";
import { forPaper } from "./scale.js";

const { dataset } = document.documentElement;

export function preparePaper() {
  addEventListener("beforeprint", () => {
    const { theme } = dataset;
    const folded = [...document.querySelectorAll("details")].filter(({ open }) => !open);
    delete dataset.theme;
    for (const details of folded) details.open = true;
    forPaper(true);
    changed("seen");
    drawAll();
    addEventListener("afterprint", () => {
      if (theme !== undefined) dataset.theme = theme;
      for (const details of folded) details.open = false;
      forPaper(false);
      changed("seen");
    }, { once: true });
  });
}
