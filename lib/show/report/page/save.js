/** What can be taken elsewhere: the picture as SVG, the run as a log for ShiViz. */

import { picture } from "./diagram.js";
import { element, svg } from "./dom.js";
import { fit } from "./scale.js";
import { ELSEWHERE } from "./shapes.js";
import { arrows, marks, replicas } from "./story.js";
import { isDark } from "./theme.js";
import { doneWords } from "./words.js";

/** @typedef {import("./story.js").Arrow} Arrow */
/** @typedef {{ at: number, replica: number, text: string, sends?: Arrow, receives?: Arrow }} Line */

/** What a picture alone does not have from a page. */
const ALONE = "svg{font:12px sans-serif;background:var(--page)}";

export function saveSvg() {
  const { root } = picture(fit(element("diagram")), ELSEWHERE);
  root.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  const looks = document.querySelector("style")?.textContent ?? "";
  root.prepend(svg("style", {}, looks.replaceAll(":root", "svg") + ALONE));
  if (isDark()) root.setAttribute("data-theme", "dark");
  save("kvdist.svg", "image/svg+xml", new XMLSerializer().serializeToString(root));
}

/** A host with its vector clock, made from the arrows, and a line of what happened there. */
export function saveShiviz() {
  const now = replicas.map(() => /** @type {number[]} */ (Array(replicas.length).fill(0)));
  /** @type {Map<Arrow, number[]>} */
  const sent = new Map();
  const told = lines().map(({ replica, text, sends, receives }) => {
    const clock = now[replica];
    clock[replica]++;
    const other = receives === undefined ? undefined : sent.get(receives);
    other?.forEach((count, id) => clock[id] = Math.max(clock[id], count));
    if (sends !== undefined) sent.set(sends, [...clock]);
    const shown = clock.flatMap((count, id) => count > 0 ? [`"replica${id}":${count}`] : []);
    return `replica${replica} {${shown.join(",")}}\n${text.replaceAll("\n", " ")}\n`;
  });
  save("kvdist.shiviz.log", "text/plain", told.join(""));
}

/** All that happened, in the order of time. @returns {Line[]} */
function lines() {
  const sendings = arrows.flatMap((arrow) => {
    const { sent: at, from, to, words } = arrow;
    const text = `sends ${words} to ${to}`;
    return at === null ? [] : [{ at, replica: from, text, sends: arrow }];
  });
  const comings = arrows.flatMap((arrow) => {
    const { received: at, from, to, words } = arrow;
    const text = `receives ${words} from ${from}`;
    return at === null ? [] : [{ at, replica: to, text, receives: arrow }];
  });
  const own = marks.map((mark) => {
    return { at: mark.at, replica: mark.replica, text: doneWords(mark) };
  });
  return [...sendings, ...comings, ...own].sort((a, b) => a.at - b.at);
}

/** @param {string} name @param {string} type @param {string} text */
function save(name, type, text) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const anchor = document.createElement("a");
  anchor.href = address;
  anchor.download = name;
  anchor.click();
  URL.revokeObjectURL(address);
}
