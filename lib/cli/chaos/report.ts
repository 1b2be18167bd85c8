/**
 * The report of a run, for people.
 *
 * @module
 */

import type { Concluded, Judged } from "../../chaos/conclusion.ts";
import type { RunReport } from "../../chaos/run.ts";
import { CONSISTENCY_LEVELS } from "../../consistency.ts";
import { count, counted, duration, rate } from "../../show/quantity.ts";
import { table } from "../../show/table.ts";

/** How verdicts are set off. */
export type Paint = (verdict: Judged["verdict"] | Concluded["conclusion"]) => string;

/** What was injected, answered and judged, in lines. */
export function reportLines(report: RunReport, judged: readonly Judged[], paint: Paint): string[] {
  return [
    ...faultLines(report),
    "",
    ...answerLines(report),
    "",
    ...table(
      [{ title: "judged" }, { title: "verdict" }, { title: "why" }],
      judged.map(({ guarantee, verdict, words }) => [guarantee, paint(verdict), words]),
    ),
  ];
}

function faultLines({ faults, crashes, convergence }: RunReport): string[] {
  const kinds = Object.entries(faults);
  const total = kinds.reduce((sum, [, number]) => sum + number, 0);
  const whole = convergence.missing === null
    ? `whole and equal ${duration(convergence.ms)} after all was healed and the clients had stopped`
    : `not whole ${duration(convergence.ms)} after all was healed and the clients had stopped`;
  return [
    ...table(
      [{ title: "injected" }, { title: "times", align: "right" }],
      [...kinds.map(([kind, number]) => [kind, count(number)]), ["all", count(total)]],
    ),
    "",
    `${whole}; ${counted(crashes.length, "failure")} of replicas by themselves`,
  ];
}

function answerLines({ levels, loadMs, longestGapMs, order }: RunReport): string[] {
  const seconds = loadMs / 1000;
  const rows = CONSISTENCY_LEVELS.map((level) => {
    const { writes, reads, failed, unknown } = levels[level];
    const perSecond = rate((writes + reads) / seconds);
    return [level, ...[writes, reads, failed, unknown].map(count), perSecond];
  });
  const numbers = ["writes ok", "reads ok", "failed", "unknown", "answered"];
  return [
    ...table([
      { title: "level" },
      ...numbers.map((title) => ({ title, align: "right" as const })),
    ], rows),
    "",
    `${count(order.last)} messages ordered; ` +
    `${duration(longestGapMs)} was the longest time without an ordered write`,
  ];
}
