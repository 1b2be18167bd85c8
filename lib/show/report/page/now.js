/** What happens at the cursor, in words. */

import { element, input } from "./dom.js";
import { part } from "./parts.js";
import { arrows, begins, lasts, marks, operations } from "./story.js";
import { view } from "./view.js";
import { doneWords, ms } from "./words.js";

/** The slider goes so far. */
const STEPS = 1_000_000;

/** The moment that the slider is at. */
export const chosenMoment = () => begins + Number(input("moment").value) / STEPS * (lasts - begins);

export function showNow() {
  part(element("now"), ["cursor"], () => {
    const at = view.cursor;
    const told = [...asked(at), ...came(at), ...happened(at)].join("; ");
    element("now").textContent = `${ms(at)}${told === "" ? "" : `: ${told}`}`;
    input("moment").value = String(Math.round((at - begins) / (lasts - begins) * STEPS));
  });
}

/** @param {number} at */
const asked = (at) =>
  operations.filter(({ began, ended }) => began === at || ended === at)
    .map(({ client, began, words, answer }) =>
      began === at ? `client ${client} asks ${words}` : `client ${client} is told ${answer}`
    );

/** @param {number} at */
const came = (at) =>
  arrows.filter(({ received }) => received === at)
    .map(({ from, to, words }) => `${words} comes from ${from} to ${to}`);

/** @param {number} at */
const happened = (at) =>
  marks.filter((mark) => mark.at === at)
    .map((mark) => `replica ${mark.replica}: ${doneWords(mark)}`);
