/**
 * Judges what needs one total order of all keys: sequential consistency, and the guarantees of
 * sessions. Which operations count, and in which order each client's must stand, is said in
 * `clients.ts`.
 *
 * With the total order that the replicas delivered, the history is held to it. Without it, an
 * order is looked for: there is one if all that is judged was asked for at `linearizable` and is;
 * there is none if operations must come before each other in a circle; else small histories are
 * searched.
 *
 * Sources: L. Lamport, "How to Make a Multiprocessor Computer That Correctly Executes
 * Multiprocess Programs", IEEE Trans. Computers C-28(9), 1979; D. Terry et al., "Session
 * Guarantees for Weakly Consistent Replicated Data", PDIS 1994.
 *
 * @module
 */

import { CHECK_STEPS_MAX, ORDER_SEARCH_OPERATIONS_MAX, SHRINK_WORK_MAX } from "../limits.ts";
import type { Case } from "./case.ts";
import { Chains, type Discipline } from "./clients.ts";
import { type Bound, type Misfit, misfitOf } from "./fit.ts";
import { withTheirWrites } from "./operations.ts";
import { hasOrder } from "./order_search.ts";
import { circleOf } from "./precedence.ts";
import { FAIL, GET, type History, LINEARIZABLE, NONE, OK, SEQUENTIAL } from "./recorded.ts";
import { smallest } from "./smallest.ts";
import { type Verdict, type Violation, violationOf } from "./verdict.ts";
import type { Witness } from "./witness.ts";
import { indexWord, keyWord, named, valueWord } from "./words.ts";

/** Judges one discipline; `isLinearizable` says whether the history is that, if it matters. */
export function judgeOrdered(
  of: Case,
  discipline: Discipline,
  isLinearizable: () => boolean,
): Verdict {
  const { history, witness } = of;
  const chains = new Chains(history.tries, history.header.replicas, discipline);
  const judged = countJudged(history, chains);
  if (judged === 0) return { verdict: "ok", judged };
  if (witness === null || witness.flaw !== null) {
    if (followsRealTime(history, chains) && isLinearizable()) return { verdict: "ok", judged };
    return withoutWitness(of, chains, judged);
  }
  const misfit = misfitOf({ history, operations: of.operations, witness, chains });
  if (misfit === null) return { verdict: "ok", judged };
  return { verdict: "illegal", judged, violation: violationOfMisfit(of, chains, witness, misfit) };
}

function countJudged({ tries }: History, chains: Chains): number {
  let judged = 0;
  for (let row = 0; row < tries.count; row++) {
    if (chains.isJudged(row) && tries.outcome[row] === OK) judged++;
  }
  return judged;
}

/**
 * Whether an order that is linearizable is all that is asked for: it then keeps to real time for
 * all that is judged, and so to what each client did one after the other.
 */
function followsRealTime({ tries }: History, chains: Chains): boolean {
  for (let row = 0; row < tries.count; row++) {
    if (!chains.isJudged(row)) continue;
    const least = tries.op[row] === GET ? LINEARIZABLE : SEQUENTIAL;
    if (tries.level[row] < least || tries.client[row] !== tries.process[row]) return false;
  }
  return true;
}

function withoutWitness(of: Case, chains: Chains, judged: number): Verdict {
  const { history, operations, witness, budget } = of;
  const circle = circleOf(of, chains);
  if (circle !== null) {
    const text = "each of these would have to come before the next, and the last before the " +
      `first: ${circle.map((row) => named(history, row)).join(", ")}`;
    return { verdict: "illegal", judged, violation: violationOf(text, { operations: circle }) };
  }
  const found = judged > ORDER_SEARCH_OPERATIONS_MAX
    ? null
    : hasOrder({ history, operations, chains, isKept: () => true }, budget);
  if (found === true) return { verdict: "ok", judged };
  if (found === false) {
    return { verdict: "illegal", judged, violation: violationOfSearch(of, chains) };
  }
  const why = witness?.flaw ?? "the history has no total order";
  return { verdict: "unknown", judged, why: `${why}, and is too large to search for one` };
}

/** As few operations as no order explains. */
function violationOfSearch({ history, operations, pairs }: Case, chains: Chains): Violation {
  const { tries } = history;
  const all = [...tries.op.keys()].filter((row) =>
    tries.operation[row] === row && operations.outcome[row] !== FAIL
  );
  const parts = smallest(all, {
    isBad: (parts) => {
      const kept = new Set(parts);
      const question = { history, operations, chains, isKept: (row: number) => kept.has(row) };
      return hasOrder(question, { steps: CHECK_STEPS_MAX }) === false;
    },
    closed: (parts) => withTheirWrites(history, pairs, all, parts),
    workMax: SHRINK_WORK_MAX,
  });
  const text = "no order of these operations explains what was read";
  return violationOf(text, { operations: parts });
}

function violationOfMisfit(
  of: Case,
  { discipline }: Chains,
  witness: Witness,
  misfit: Misfit,
): Violation {
  const { history } = of;
  const { tries } = history;
  switch (misfit.type) {
    case "missing": {
      const text = `${
        named(history, misfit.operation)
      } was answered ok and is not in the total order`;
      return violationOf(text, { operations: [misfit.operation] });
    }
    case "never": {
      const { operation } = misfit;
      const word = keyWord(history, tries.key[operation]);
      const value = valueWord(history, tries.value[operation]);
      const text =
        `${named(history, operation)} read ${word} = ${value}, which ${word} never was ` +
        "in the total order";
      return violationOf(text, { operations: [operation] });
    }
    case "time": {
      const entries = [misfit.earlier, misfit.later].map((row) => witness.place[row] - 1);
      const [earlier, later] = entries.map((entry) => indexWord(history, entry));
      const text = `${named(history, misfit.earlier)} was answered before ` +
        `${named(history, misfit.later)} began, and stands behind it: ${earlier} and ${later}`;
      return violationOf(text, { operations: [misfit.earlier, misfit.later], entries });
    }
    case "chain": {
      const promise = discipline === "session" ? `${promiseOf(history, misfit)}: ` : "";
      return violationOfChain(of, witness, misfit, promise);
    }
  }
}

/** What a session promised of these two operations. */
function promiseOf(
  { tries }: History,
  { operation, after }: { operation: number; after: Bound },
): string {
  const isRead = tries.op[operation] === GET;
  const isAfterRead = after.by === NONE || tries.op[after.by] === GET;
  if (isRead) return isAfterRead ? "monotonic reads" : "read your writes";
  return isAfterRead ? "writes follow reads" : "monotonic writes";
}

function violationOfChain(
  { history }: Case,
  witness: Witness,
  { operation, after }: { operation: number; after: Bound },
  promise: string,
): Violation {
  const { tries } = history;
  const seen = after.place - 1;
  const client = `its client had come to ${indexWord(history, seen)} by ${
    named(history, after.by)
  }`;
  const causes = causesOf(after);
  if (tries.op[operation] === GET) {
    const ending = witness.endedBy(tries.key[operation], tries.value[operation]);
    const value = valueWord(history, tries.value[operation]);
    const text = `${promise}${named(history, operation)} read ` +
      `${keyWord(history, tries.key[operation])} = ${value}, which was over at ` +
      `${indexWord(history, ending)}; but ${client}`;
    return violationOf(text, {
      operations: [operation, ...causes, witness.operation[ending]],
      entries: [ending, seen],
    });
  }
  const entry = witness.place[operation] - 1;
  const text =
    `${promise}${named(history, operation)} stands at ${indexWord(history, entry)}; but ` +
    `before, ${client}`;
  return violationOf(text, { operations: [operation, ...causes], entries: [entry, seen] });
}

/** The operations that together show how far a client had come. */
function causesOf(bound: Bound): number[] {
  const causes: number[] = [];
  for (let at: Bound | undefined = bound; at !== undefined; at = at.from) causes.push(at.by);
  return causes;
}
