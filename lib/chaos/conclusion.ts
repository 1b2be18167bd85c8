/**
 * What a run has shown: good only if nothing speaks against it, and if it was really tested.
 *
 * @module
 */

import { CONSISTENCY_LEVELS } from "../consistency.ts";
import type { FaultKind } from "./plan.ts";
import type { RunReport } from "./run.ts";

/** `inconclusive`: nothing was found, and too little was tried. */
export type Conclusion = "good" | "violation" | "inconclusive";

/** What the checker says of one guarantee. */
export interface Judged {
  /** What was judged. */
  readonly guarantee: string;
  readonly verdict: "ok" | "illegal" | "unknown";
  /** Why, in words. */
  readonly words: string;
}

/** How much must have been tried before nothing found means anything. */
export interface Least {
  /** Each of these kinds must have come at least once … */
  readonly kinds: readonly FaultKind[];
  /** … and so many faults in all. */
  readonly faults: number;
  /** Writes answered at each level, and reads. */
  readonly operations: number;
}

/** What follows from what was seen, and why. */
export interface Concluded {
  readonly conclusion: Conclusion;
  /** A line for each reason; none if it is good. */
  readonly reasons: readonly string[];
}

/** Draws the conclusion. */
export function conclude(
  report: RunReport,
  judged: readonly Judged[],
  least: Least,
): Concluded {
  const violations = [...violationsOf(report), ...reasonsOf(judged, "illegal")];
  if (violations.length > 0) return { conclusion: "violation", reasons: violations };
  const lacking = [
    ...lackingOf(report, least),
    ...(judged.length === 0 ? ["nothing was judged"] : reasonsOf(judged, "unknown")),
  ];
  if (lacking.length > 0) return { conclusion: "inconclusive", reasons: lacking };
  return { conclusion: "good", reasons: [] };
}

function violationsOf({ order, crashes, convergence }: RunReport): string[] {
  const { disagreement } = order;
  return [
    ...(disagreement === null ? [] : [
      `replica ${disagreement.replica} has delivered something else than another at index ` +
      `${disagreement.index}: ${JSON.stringify(disagreement.says)}`,
    ]),
    ...crashes,
    ...(convergence.missing === null ? [] : [
      `${Math.round(convergence.ms / 1000)} s after all was healed, ${convergence.missing}`,
    ]),
  ];
}

function lackingOf(report: RunReport, { kinds, faults, operations }: Least): string[] {
  const { order, levels } = report;
  const total = Object.values(report.faults).reduce((sum, count) => sum + count, 0);
  return [
    ...kinds.filter((kind) => report.faults[kind] === 0).map((kind) => `there was no ${kind}`),
    ...(total < faults ? [`there were ${total} faults; ${faults} are wanted`] : []),
    ...CONSISTENCY_LEVELS.flatMap((level) =>
      (["writes", "reads"] as const)
        .filter((what) => levels[level][what] < operations)
        .map((what) =>
          `${levels[level][what]} ${level} ${what} were answered; ${operations} are wanted`
        )
    ),
    ...(order.missing > 0 ? [`${order.missing} places of the total order are not known`] : []),
  ];
}

function reasonsOf(judged: readonly Judged[], wanted: "illegal" | "unknown"): string[] {
  return judged
    .filter(({ verdict }) => verdict === wanted)
    .map(({ guarantee, words }) => `${guarantee}: ${words}`);
}
