/** What is drawn, in words. */

import { fateOf } from "./fate.js";
import { operations } from "./story.js";

/** @param {number} us */
export const ms = (us) => `${(us / 1000).toFixed(us < 100_000 ? 3 : 1)} ms`;

/** @param {import("./story.js").Operation} operation */
export function operationWords({ client, replica, level, words, answer, began, ended, staleBy }) {
  const stale = staleBy === null ? "" : `, stale: it misses ${operations[staleBy].words}`;
  const end = ended === null ? "not answered" : `${answer || "?"} after ${ms(ended - began)}`;
  return `client ${client} at replica ${replica}, ${level}: ${words} → ${end}${stale}`;
}

/** @param {import("./story.js").Arrow} arrow */
export function arrowWords(arrow) {
  const { kind, from, to, sent, received, words } = arrow;
  const end = received !== null
    ? `came ${ms(received)}`
    : fateOf(arrow) === "lost"
    ? "not seen to come"
    : "still under way where the trace ends";
  return `${kind} ${words}: ${from} to ${to}, sent ${sent === null ? "?" : ms(sent)}, ${end}`;
}

/** @param {import("./story.js").Mark} mark */
export const markWords = ({ at, replica, kind, words }) =>
  `replica ${replica}: ${kind} ${words}, ${ms(at)}`;

/** @param {import("./story.js").Band} band */
export function bandWords({ state, view, members }) {
  if (state === "down") return "down";
  return view === "" ? "in no view" : `${state} in view ${view}: ${members.join(" ")}`;
}

/** @param {import("./story.js").Fault} fault */
export function faultWords({ fault, replicas, ways, from, to }) {
  const where = ways.length > 0 ? ways.map((way) => way.join("→")) : replicas;
  return `${fault} of ${where.join(", ")}, ${ms(from)} to ${ms(to)}`;
}
