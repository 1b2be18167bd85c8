/**
 * What the checker says of a demo's history.
 *
 * @module
 */

import type { HistoryLine } from "../../check/history.ts";
import { invariant } from "../../invariant.ts";
import { judge } from "../../check/judge.ts";
import { historyOf } from "../../check/reader.ts";
import type { History } from "../../check/recorded.ts";
import { type Guarantee, GUARANTEES, type Verdict, type Violation } from "../../check/verdict.ts";
import { actionWord } from "../../check/words.ts";

/** What is said of one guarantee. */
export interface Judged {
  readonly guarantee: Guarantee;
  readonly verdict: Verdict["verdict"];
  /** How many operations, or keys for convergence, were judged. */
  readonly judged: number;
  /** Which operations cannot be ordered, or why it cannot be told; null if all is well. */
  readonly words: string | null;
}

/** What the history keeps of what was asked for in it, as `kvdist check` says. */
export function judgeAsAsked(lines: readonly HistoryLine[]): Judged[] {
  const verdicts = judge(historyOf(lines));
  return GUARANTEES.flatMap((guarantee) => {
    const verdict = verdicts[guarantee];
    return verdict === undefined ? [] : judgedOf(guarantee, verdict, ({ text }) => text);
  });
}

/**
 * Whether the history keeps a guarantee, whatever was asked for: as if every operation had asked
 * for that level or, for sessions, carried a token.
 */
export function hold(lines: readonly HistoryLine[], guarantee: Guarantee): Judged {
  const history = historyOf(lines.map((line) => asking(line, guarantee)));
  const verdict = judge(history, { only: [guarantee] })[guarantee];
  invariant(verdict !== undefined, "what is asked for is judged");
  // Nobody sees these lines: the operations themselves say more than their numbers.
  return judgedOf(guarantee, verdict, (violation) => operationWords(history, violation));
}

/** The line as if everybody had asked for that guarantee. */
export function asking(line: HistoryLine, guarantee: Guarantee): HistoryLine {
  if (!("type" in line) || line.type !== "invoke") return line;
  if (guarantee === "session") return { ...line, session: true };
  const isLevel = guarantee === "sequential" || guarantee === "linearizable";
  return isLevel ? { ...line, level: guarantee } : line;
}

function judgedOf(
  guarantee: Guarantee,
  verdict: Verdict,
  words: (violation: Violation) => string,
): Judged {
  const { judged } = verdict;
  switch (verdict.verdict) {
    case "ok":
      return { guarantee, verdict: "ok", judged, words: null };
    case "illegal":
      return { guarantee, verdict: "illegal", judged, words: words(verdict.violation) };
    case "unknown":
      return { guarantee, verdict: "unknown", judged, words: verdict.why };
  }
}

/** The operations that cannot be, each with who was asked; the text alone if there are none. */
function operationWords(history: History, { operations, text }: Violation): string {
  if (operations.length === 0) return text;
  return operations.map((row) =>
    `${actionWord(history, row)} (replica ${history.tries.replica[row]})`
  ).join("; then ");
}
