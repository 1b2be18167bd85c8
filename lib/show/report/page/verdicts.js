/** What the checker says of each level. */

import { element, link, marked, select, table } from "./dom.js";
import { operations, verdicts } from "./story.js";
import { measureBy, moveTo, name, see } from "./view.js";

const HEADS = [
  "guarantee",
  "verdict",
  "the operations that cannot be ordered, or why it is not known",
];

export function showVerdicts() {
  const rows = verdicts.map((verdict) => [
    `${verdict.asked === "held to" ? "held to " : ""}${verdict.guarantee}`,
    marked(verdict.verdict, verdict.verdict),
    verdict.operations.length === 0
      ? verdict.words
      : link(verdict.words, () => pointOut(verdict.operations)),
  ]);
  element("verdicts").replaceChildren(
    rows.length === 0
      ? marked("dim", "Nothing was judged.")
      : table("As asked for, and as if all had asked for that level", HEADS, rows),
  );
}

/** Shows the operations that break a guarantee. @param {number[]} numbers */
function pointOut(numbers) {
  const shown = numbers.map((number) => operations[number]);
  const from = Math.min(...shown.map(({ began }) => began));
  const to = Math.max(...shown.map(({ began, ended }) => ended ?? began));
  const room = Math.max(1000, (to - from) / 4);
  select("axis").value = "wall";
  measureBy("wall");
  name(numbers);
  see(from - room, to + room);
  moveTo(to);
  element("diagram").focus();
}
