/** What each replica waits for at the cursor, and whose acknowledgement is missing. */

import { element, marked, table } from "./dom.js";
import { part } from "./parts.js";
import { bands, every, messages, replicas } from "./story.js";
import { view } from "./view.js";

/** @typedef {import("./story.js").Message} Message */
/** @typedef {import("./story.js").Stay} Stay */

/** So much of a queue is shown: nothing is delivered before its head. */
const ROWS_MAX = 20;

const HEADS = ["message", "what", "timestamp", "acknowledged by", "missing acknowledgement of"];

export function showQueues() {
  const holder = element("queue");
  if (every > 1) {
    const told = `Of some messages, up to ${every - 1} of ${every}, nothing is told.`;
    holder.append(marked("dim", told, "p"));
  }
  const places = replicas.map(() => document.createElement("div"));
  holder.append(...places);
  /** @type {string[]} By replica: what is shown. */
  const shown = [];
  part(holder, ["cursor"], () => {
    for (const replica of replicas) {
      const queue = queueOf(replica);
      const content = JSON.stringify(queue);
      if (content === shown[replica]) continue;
      shown[replica] = content;
      places[replica].replaceChildren(queueElement(queue));
    }
    // What lies below does not jump with each step.
    holder.style.minHeight = `${holder.offsetHeight}px`;
  });
}

/** A replica's queue at the cursor, in texts. @param {number} replica */
function queueOf(replica) {
  const band = bands.findLast((band) => band.replica === replica && band.from <= view.cursor);
  const members = band?.members ?? [];
  const pending = pendingAt(replica);
  const rows = pending.slice(0, ROWS_MAX).map(({ message: { name, words, origin }, stay }) => {
    const has = (/** @type {number} */ member) =>
      (stay.acknowledged[member] ?? Infinity) <= view.cursor;
    return {
      texts: [name, words, `[${stay.time}, ${origin}]`, members.filter(has).join(" ") || "nobody"],
      missing: members.filter((member) => !has(member)).join(" "),
    };
  });
  return { replica, where: whereOf(band), count: pending.length, rows };
}

/** What is pending at a replica at the cursor, in the order of timestamps. @param {number} replica */
function pendingAt(replica) {
  /** @type {{ message: Message, stay: Stay }[]} */
  const pending = [];
  for (const message of messages) {
    for (const stay of message.stays[replica]) {
      if (stay.from > view.cursor || (stay.to !== null && stay.to <= view.cursor)) continue;
      pending.push({ message, stay });
    }
  }
  return pending.sort((a, b) => a.stay.time - b.stay.time || a.message.origin - b.message.origin);
}

/** @param {import("./story.js").Band | undefined} band */
function whereOf(band) {
  if (band === undefined) return "not begun";
  if (band.state === "down") return "down";
  if (band.view === "") return "in no view";
  return `${band.state} in view ${band.view} of ${band.members.join(" ")}`;
}

/** @param {ReturnType<typeof queueOf>} queue */
function queueElement({ replica, where, count, rows }) {
  const caption = `Replica ${replica}, ${where}: `;
  if (count === 0) return marked("dim", `${caption}nothing is pending`, "p");
  const first = count > rows.length ? `; the first ${rows.length}` : "";
  return table(
    `${caption}${count} pending, in this order${first}`,
    HEADS,
    rows.map(({ texts, missing }) => [
      ...texts,
      missing === "" ? "none" : marked("missing", missing),
    ]),
  );
}
