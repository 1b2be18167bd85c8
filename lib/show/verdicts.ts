/**
 * Verdicts on a history in words: a line for each guarantee, and what breaks one.
 *
 * @module
 */

import { type History, NEVER } from "../check/recorded.ts";
import {
  type Guarantee,
  GUARANTEES,
  type Verdict,
  type Verdicts,
  type Violation,
} from "../check/verdict.ts";
import { actionWord, entryWord, indexWord, levelWord } from "../check/words.ts";
import { counted } from "./quantity.ts";
import { table } from "./table.ts";
import { WIDTH, wrap } from "./text.ts";

/** Operations that are shown of a violation; there are seldom more than four. */
const OPERATIONS_SHOWN_MAX = 20;

const INDENT = 2;

/** How the words of a verdict stand out. */
export type PaintVerdict = (verdict: Verdict["verdict"]) => string;

/** A table with a line for each guarantee that was judged. */
export function verdictLines(verdicts: Verdicts, paint: PaintVerdict = (word) => word): string[] {
  const rows = GUARANTEES.flatMap((guarantee) => {
    const verdict = verdicts[guarantee];
    return verdict === undefined
      ? []
      : [[guarantee, paint(verdict.verdict), judgedWord(guarantee, verdict)]];
  });
  return table([{ title: "guarantee" }, { title: "verdict" }, { title: "judged" }], rows);
}

/** What a verdict rests on. */
function judgedWord(guarantee: Guarantee, verdict: Verdict): string {
  if (verdict.verdict === "unknown") return verdict.why;
  if (verdict.judged === 0) return "nothing to judge";
  return counted(verdict.judged, guarantee === "convergence" ? "key" : "operation");
}

/** What breaks a guarantee: in a sentence, and the lines of the history that show it. */
export function violationLines(history: History, violation: Violation): string[] {
  const indent = " ".repeat(INDENT);
  const sentence = wrap(violation.text, WIDTH - INDENT).map((line) => indent + line);
  const rows = [...operationRows(history, violation), ...entryRows(history, violation)];
  if (rows.length === 0) return sentence;
  const shown = rows.slice(0, OPERATIONS_SHOWN_MAX);
  const rest = rows.length - shown.length;
  const columns = [{ title: "lines" }, { title: "who" }, { title: "what" }, { title: "how" }];
  return [
    ...sentence,
    "",
    ...table(columns, shown, { indent: INDENT }),
    ...(rest > 0 ? [`${indent}and ${counted(rest, "more line")}`] : []),
  ];
}

function operationRows(history: History, { operations }: Violation): string[][] {
  const { tries } = history;
  const first = new Set(operations);
  const rows: string[][] = [];
  for (let row = 0; row < tries.count; row++) {
    if (!first.has(tries.operation[row])) continue;
    const end = tries.end[row] === NEVER ? "" : `–${tries.end[row]}`;
    rows.push([
      `${tries.begin[row]}${end}`,
      `process ${tries.process[row]}`,
      actionWord(history, row),
      `${levelWord(history, row)}, replica ${tries.replica[row]}`,
    ]);
  }
  return rows;
}

function entryRows(history: History, { entries }: Violation): string[][] {
  const { order } = history;
  return entries.map((entry) => [
    String(order.line[entry]),
    "the order",
    entryWord(history, entry),
    indexWord(history, entry),
  ]);
}
