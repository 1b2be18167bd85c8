/** On paper the page is light, drawn to the end, and nothing of it is folded away. */

import { drawAll } from "./parts.js";

const { dataset } = document.documentElement;

export function preparePaper() {
  addEventListener("beforeprint", () => {
    const { theme } = dataset;
    const folded = [...document.querySelectorAll("details")].filter(({ open }) => !open);
    delete dataset.theme;
    for (const details of folded) details.open = true;
    drawAll();
    addEventListener("afterprint", () => {
      if (theme !== undefined) dataset.theme = theme;
      for (const details of folded) details.open = false;
    }, { once: true });
  });
}
