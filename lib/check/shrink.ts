/**
 * The smallest part of a history that still breaks a guarantee.
 *
 * @module
 */

import { CHECK_STEPS_MAX, SHRINK_WORK_MAX } from "../limits.ts";
import { type Case, caseOf } from "./case.ts";
import type { HistoryLine } from "./history.ts";
import { judge } from "./judge.ts";
import { type Piece, Pieces } from "./part.ts";
import { historyOf } from "./reader.ts";
import type { History } from "./recorded.ts";
import { smallest } from "./smallest.ts";
import type { Guarantee, Violation } from "./verdict.ts";

/**
 * The lines of a part of the history that breaks the guarantee as the history does: as little as
 * possible, so that leaving out anything more leaves nothing wrong.
 *
 * No part makes up a violation that is not in the whole: a read is never left without the
 * writes that it may have seen, nor an answered write without its place in the total order.
 */
export function shrink(
  history: History,
  guarantee: Guarantee,
  violation: Violation,
): HistoryLine[] {
  const of = caseOf(history, { steps: CHECK_STEPS_MAX });
  const pieces = new Pieces(of);
  const isBad = (parts: readonly Piece[]) => {
    const part = historyOf(pieces.linesOf(parts));
    return judge(part, { only: [guarantee] })[guarantee]?.verdict === "illegal";
  };
  const closed = (parts: readonly Piece[]) => pieces.closed(parts);
  const options = { isBad, closed, workMax: SHRINK_WORK_MAX };
  const beginnings = [
    () => pieces.named(violation),
    () => closed(pieces.all(keysOf(of, violation))),
    () => closed(pieces.all()),
  ];
  for (const beginning of beginnings) {
    const parts = beginning();
    if (parts.length > 0 && isBad(parts)) return pieces.linesOf(smallest(parts, options));
  }
  return pieces.linesOf(pieces.all());
}

/** The keys that the violation speaks of. */
function keysOf({ history: { tries, order } }: Case, violation: Violation): Set<number> {
  return new Set([
    ...violation.operations.map((row) => tries.key[row]),
    ...violation.entries.map((row) => order.key[row]),
    ...violation.finals,
  ]);
}
