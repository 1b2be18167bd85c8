/**
 * What the checker says of a run's history, and the smallest part that shows what is wrong.
 *
 * @module
 */

import type { HistoryLine } from "../check/history.ts";
import { judge } from "../check/judge.ts";
import type { History } from "../check/recorded.ts";
import { shrink } from "../check/shrink.ts";
import { type Guarantee, GUARANTEES, type Verdict, type Verdicts } from "../check/verdict.ts";
import { unreachable } from "../invariant.ts";
import type { Judged } from "./conclusion.ts";

/** What was judged, and the smallest part that breaks a guarantee. */
export interface Judgement {
  /** The verdicts themselves. */
  readonly verdicts: Verdicts;
  /** By guarantee. */
  readonly judged: readonly Judged[];
  /** The lines of that part, or null if nothing is wrong. */
  readonly smallest: readonly HistoryLine[] | null;
}

/** What each guarantee is about, in a word for people. */
const NAMES: Readonly<Record<Guarantee, string>> = {
  linearizable: "linearizable",
  sequential: "sequential",
  session: "session guarantees",
  convergence: "all replicas equal",
  present: "acknowledged is present",
};

/** Judges the history of a run; `progress` is told what it is about. */
export function judgeRun(
  history: History,
  progress: (what: string) => void = () => {},
): Judgement {
  const verdicts = judge(history, { progress: (guarantee) => progress(NAMES[guarantee]) });
  const judged = GUARANTEES.map((guarantee) => judgedOf(guarantee, verdicts[guarantee]));
  return { verdicts, judged, smallest: smallestOf(history, verdicts, progress) };
}

function smallestOf(
  history: History,
  verdicts: Verdicts,
  progress: (what: string) => void,
): HistoryLine[] | null {
  for (const guarantee of GUARANTEES) {
    const verdict = verdicts[guarantee];
    if (verdict?.verdict !== "illegal") continue;
    progress("the smallest part that shows it");
    return shrink(history, guarantee, verdict.violation);
  }
  return null;
}

function judgedOf(guarantee: Guarantee, verdict: Verdict | undefined): Judged {
  const name = NAMES[guarantee];
  const unknown = (words: string): Judged => ({ guarantee: name, verdict: "unknown", words });
  if (verdict === undefined) return unknown("it was not judged");
  switch (verdict.verdict) {
    case "ok":
      // Nothing to judge is nothing tested.
      if (verdict.judged === 0) return unknown("there was nothing to judge");
      return { guarantee: name, verdict: "ok", words: `${verdict.judged} judged` };
    case "illegal":
      return { guarantee: name, verdict: "illegal", words: verdict.violation.text };
    case "unknown":
      return unknown(verdict.why);
    default:
      return unreachable(verdict);
  }
}
