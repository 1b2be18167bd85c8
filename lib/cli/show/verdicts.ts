/**
 * What the checker says of a trace: as asked, and as if every operation had asked for a level.
 *
 * @module
 */

import { judge } from "../../check/judge.ts";
import { historyOf } from "../../check/reader.ts";
import type { History } from "../../check/recorded.ts";
import { type Guarantee, GUARANTEES, type Verdict } from "../../check/verdict.ts";
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

/** The verdicts, with the places of operations in the story. */
export function reportVerdicts(trace: Trace, story: Story): ReportVerdict[] {
  const isWhole = trace.before === 0 && trace.leftOut === 0;
  const asked = isWhole ? historyLinesOf(trace) : unknownHistory(
    trace.replicas,
    "only a part of the trace is shown: kvdist check judges all of it",
  );
  try {
    const history = historyOf(asked);
    const verdicts = judge(history);
    return [
      ...GUARANTEES.flatMap((guarantee) => {
        const verdict = verdicts[guarantee];
        if (verdict === undefined || isIdle(verdict)) return [];
        return [verdictOf(verdict, { guarantee, asked: "as asked", history, story })];
      }),
      ...HELD_TO.flatMap((guarantee) => {
        const held = historyOf(asked.map((line) => asking(line, guarantee)));
        const verdict = judge(held, { only: [guarantee] })[guarantee];
        if (verdict === undefined || isIdle(verdict)) return [];
        return [verdictOf(verdict, { guarantee, asked: "held to", history: held, story })];
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

/** Whether there was nothing to judge. */
function isIdle({ verdict, judged }: Verdict): boolean {
  return verdict === "ok" && judged === 0;
}

interface Judged {
  readonly guarantee: Guarantee;
  readonly asked: ReportVerdict["asked"];
  readonly history: History;
  readonly story: Story;
}

function verdictOf(verdict: Verdict, { guarantee, asked, history, story }: Judged): ReportVerdict {
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
        operations: operations.flatMap((row) => placeOf(history, row, story)),
      };
    }
  }
}

/** The operation of the story that a row of the history is: nobody else begins then and there. */
function placeOf({ tries, keys }: History, row: number, story: Story): number[] {
  const began = tries.beginAt[row] / 1000 - story.began;
  const place = story.operations.findIndex((operation) =>
    Math.abs(operation.began - began) < 0.0005 && operation.replica === tries.replica[row] &&
    wellFormed(operation.key) === toldText(keys.text(tries.key[row]))
  );
  return place < 0 ? [] : [place];
}
