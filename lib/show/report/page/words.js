/** What is drawn, in words. */

import { fateOf } from "./fate.js";
import { operations } from "./story.js";

/** @param {number} us */
export const ms = (us) => `${(us / 1000).toFixed(us < 100_000 ? 3 : 1)} ms`;

/** @type {Record<string, string>} As the legend has it. */
const OUTCOMES = { fail: "failed", info: "unknown", open: "unknown" };

/** @param {import("./story.js").Operation} operation */
export function answerWords({ outcome, answer }) {
  return outcome === "ok" ? answer : `${OUTCOMES[outcome]}: ${answer || "no answer"}`;
}

/** @param {import("./story.js").Operation} operation */
export function operationWords(operation) {
  const { client, replica, level, words, began, ended, staleBy } = operation;
  const stale = staleBy === null ? "" : `, stale: it misses ${operations[staleBy].words}`;
  const after = ended === null ? "" : ` after ${ms(ended - began)}`;
  const end = answerWords(operation) + after;
  return `client ${client} at replica ${replica}, ${level}: ${words} → ${end}${stale}`;
}

/** @param {import("./story.js").Arrow} arrow */
export function arrowWords(arrow) {
  const { kind, from, to, sent, received, acknowledged, words } = arrow;
  const end = received !== null
    ? `came ${ms(received)}`
    : acknowledged !== null
    ? `had come by ${ms(acknowledged)}: it is acknowledged`
    : fateOf(arrow) === "lost"
    ? "not seen to come"
    : "still under way where the trace ends";
  const what = kind === "broadcast" ? `broadcast ${words}` : words;
  return `${what}: ${from} to ${to}, sent ${sent === null ? "?" : ms(sent)}, ${end}`;
}

/** @type {Record<string, string>} What a mark's own words do not say. */
const DOES = { submit: "submits ", deliver: "delivers ", apply: "applies " };

/** @param {import("./story.js").Mark} mark */
export const doneWords = ({ kind, words }) => `${DOES[kind] ?? ""}${words}`;

/** @param {import("./story.js").Mark} mark */
export const markWords = (mark) => `replica ${mark.replica}: ${doneWords(mark)}, ${ms(mark.at)}`;

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
