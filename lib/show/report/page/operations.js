/** The operations that are seen, as a table. */

import { element, link, marked, table } from "./dom.js";
import { part } from "./parts.js";
import { isSeen, x } from "./scale.js";
import { lasts, operations } from "./story.js";
import { moveTo, name } from "./view.js";
import { answerWords, ms } from "./words.js";

/** So many rows are shown at once. */
const ROWS_MAX = 300;

const HEADS = [
  ...["asked at", "who", "level", "what", "answer", "took", "stale", "staleness window"],
];

export function showOperations() {
  const holder = element("operations");
  part(holder, ["seen"], () => {
    const seen = operations.filter(({ replica, began, ended }) =>
      isSeen(x(replica, began), x(replica, ended ?? lasts))
    );
    const first = seen.length > ROWS_MAX ? `; the first ${ROWS_MAX} are listed` : "";
    element("window").textContent =
      `${seen.length} of ${operations.length} operations are seen${first}`;
    const rows = seen.slice(0, ROWS_MAX).map(rowOf);
    holder.replaceChildren(table("Operations in the diagram", HEADS, rows));
  }, { isPatient: true });
}

/** @param {import("./story.js").Operation} operation */
function rowOf(operation) {
  const { number, client, replica, level, words, outcome } = operation;
  const { began, ended, everywhere, staleBy } = operation;
  return [
    link(ms(began), () => {
      name([number]);
      moveTo(began);
    }),
    `client ${client} at ${replica}`,
    level,
    words,
    outcome === "ok" ? answerWords(operation) : marked("unanswered", answerWords(operation)),
    ended === null ? "–" : ms(ended - began),
    staleBy === null ? "" : marked("illegal", `✱ stale: misses ${operations[staleBy].words}`),
    ended === null || everywhere === null ? "" : ms(everywhere - ended),
  ];
}
