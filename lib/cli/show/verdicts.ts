/**
 * What the checker says of a trace: as asked, and as if every operation had asked for a level.
 *
 * @module
 */

import { judge } from "../../check/judge.ts";
import { historyOf } from "../../check/reader.ts";
import type { History } from "../../check/recorded.ts";
import { type Guarantee, GUARANTEES, type Verdict, type Verdicts } from "../../check/verdict.ts";
import { actionWord } from "../../check/words.ts";
import { HistoryError } from "../../errors.ts";
import type { ReportVerdict } from "../../show/report/compact.ts";
import { historyLinesOf, unknownHistory, wellFormed } from "../../trace/history.ts";
import type { Story } from "../../trace/story.ts";
import { toldText } from "../../trace/told.ts";
import { asking } from "../demo/judged.ts";
import type { Trace } from "./read_trace.ts";

/** The levels that all operations are held to, whatever they asked for. */
const HELD_TO = ["sequential", "linearizable"] as const;

/** What has been said of a run as it was asked for, of which a trace shows only a part. */
export interface KnownVerdicts {
  readonly history: History;
  readonly verdicts: Verdicts;
  /** When the history's time began, in microseconds since 1970. */
  readonly beganUs: number;
}

/** The verdicts, with the places of operations in the story. */
export function reportVerdicts(
  trace: Trace,
  story: Story,
  known?: KnownVerdicts,
): ReportVerdict[] {
  const isWhole = trace.before === 0 && trace.leftOut === 0;
  if (!isWhole && known !== undefined) return askedVerdicts(known, story);
  const asked = isWhole ? historyLinesOf(trace) : unknownHistory(
    trace.replicas,
    "only a part of the trace is shown: kvdist check judges all of it",
  );
  try {
    const history = historyOf(asked);
    return [
      ...askedVerdicts({ history, verdicts: judge(history), beganUs: 0 }, story),
      ...HELD_TO.flatMap((guarantee) => {
        const held = historyOf(asked.map((line) => asking(line, guarantee)));
        const verdict = judge(held, { only: [guarantee] })[guarantee];
        if (verdict === undefined || isIdle(verdict)) return [];
        const judged = { guarantee, asked: "held to", history: held, beganUs: 0, story } as const;
        return [verdictOf(verdict, judged)];
      }),
    ];
  } catch (error) {
    if (!(error instanceof HistoryError)) throw error;
    const why = `the checker cannot read it: ${error.message}`;
    return GUARANTEES.map((guarantee) => ({
      guarantee,
      asked: "as asked",
      verdict: "unknown",
      words: why,
      operations: [],
    }));
  }
}

/** When the last operation was asked that breaks a guarantee, in microseconds since 1970; null if none. */
export function brokenAtUs({ history, verdicts, beganUs }: KnownVerdicts): number | null {
  for (const guarantee of GUARANTEES) {
    const verdict = verdicts[guarantee];
    if (verdict?.verdict !== "illegal") continue;
    const { operations } = verdict.violation;
    if (operations.length === 0) continue;
    return beganUs + Math.max(...operations.map((row) => history.tries.beginAt[row]));
  }
  return null;
}

function askedVerdicts(known: KnownVerdicts, story: Story): ReportVerdict[] {
  return GUARANTEES.flatMap((guarantee) => {
    const verdict = known.verdicts[guarantee];
    if (verdict === undefined || isIdle(verdict)) return [];
    return [verdictOf(verdict, { ...known, guarantee, asked: "as asked", story })];
  });
}

/** Whether there was nothing to judge. */
function isIdle({ verdict, judged }: Verdict): boolean {
  return verdict === "ok" && judged === 0;
}

interface Judged extends Pick<KnownVerdicts, "history" | "beganUs"> {
  readonly guarantee: Guarantee;
  readonly asked: ReportVerdict["asked"];
  readonly story: Story;
}

function verdictOf(verdict: Verdict, judged: Judged): ReportVerdict {
  const { guarantee, asked, history } = judged;
  const facts = { guarantee, asked, verdict: verdict.verdict };
  switch (verdict.verdict) {
    case "ok":
      return { ...facts, words: `${verdict.judged} judged`, operations: [] };
    case "unknown":
      return { ...facts, words: verdict.why, operations: [] };
    case "illegal": {
      const { operations, text } = verdict.violation;
      const words = operations.map((row) =>
        `${actionWord(history, row)} (replica ${history.tries.replica[row]})`
      );
      return {
        ...facts,
        words: words.join("; then ") || text,
        operations: operations.flatMap((row) => placeOf(judged, row)),
      };
    }
  }
}

/** The operation of the story that a row of the history is: nobody else begins then and there. */
function placeOf({ history: { tries, keys }, beganUs, story }: Judged, row: number): number[] {
  const began = (beganUs + tries.beginAt[row]) / 1000 - story.began;
  const place = story.operations.findIndex((operation) =>
    Math.abs(operation.began - began) < 0.0005 && operation.replica === tries.replica[row] &&
    wellFormed(operation.key) === toldText(keys.text(tries.key[row]))
  );
  return place < 0 ? [] : [place];
}
