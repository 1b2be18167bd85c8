/**
 * Verdicts as programs read them.
 *
 * @module
 */

import {
  type History,
  LEVELS,
  NEVER,
  NONE,
  OK,
  OPS,
  OUTCOMES,
  valueText,
} from "../../check/recorded.ts";
import { type Verdict, type Verdicts, type Violation, worst } from "../../check/verdict.ts";

/** The verdicts for `--json`. Lines are numbers of lines of the history. */
export function verdictsForm(history: History, verdicts: Verdicts): Record<string, unknown> {
  const { tries, keys, header } = history;
  return {
    verdict: worst(verdicts),
    operations: tries.count,
    processes: new Set(tries.process).size,
    keys: keys.count,
    replicas: header.replicas,
    guarantees: Object.fromEntries(
      Object.entries(verdicts).map(([name, verdict]) => [name, verdictForm(history, verdict)]),
    ),
  };
}

function verdictForm(history: History, verdict: Verdict): Record<string, unknown> {
  if (verdict.verdict !== "illegal") return { ...verdict };
  const { violation, ...rest } = verdict;
  return { ...rest, violation: violationForm(history, violation) };
}

function violationForm(history: History, violation: Violation): Record<string, unknown> {
  const { keys, order } = history;
  return {
    text: violation.text,
    operations: violation.operations.map((row) => operationForm(history, row)),
    order: violation.entries.map((entry) => ({
      line: order.line[entry],
      index: order.index[entry],
    })),
    final: violation.finals.map((key) => ({ key: keys.text(key) })),
  };
}

function operationForm(history: History, row: number): Record<string, unknown> {
  const { tries, keys, codes } = history;
  const isRead = OPS[tries.op[row]] === "get";
  const hasValue = isRead ? tries.outcome[row] === OK : OPS[tries.op[row]] === "set";
  return {
    lines: [tries.begin[row], tries.end[row] === NEVER ? null : tries.end[row]],
    process: tries.process[row],
    op: OPS[tries.op[row]],
    key: keys.text(tries.key[row]),
    ...(hasValue ? { value: valueText(history, tries.value[row]) } : {}),
    level: LEVELS[tries.level[row]],
    replica: tries.replica[row],
    outcome: OUTCOMES[tries.outcome[row]],
    ...(tries.code[row] === NONE ? {} : { code: codes.text(tries.code[row]) }),
  };
}
