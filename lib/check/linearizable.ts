/**
 * Judges linearizability, key by key: a history is linearizable exactly if each key's part is.
 *
 * What counts is what the levels promise together: reads that were asked for at `linearizable`
 * see every write that was answered at `sequential` or above before they began. So these reads
 * take effect between their beginning and their answer, and so do these writes. A write whose
 * outcome is unknown, or that was answered at `eventual`, takes effect at any time after it
 * began, or, as far as can be seen, never. Reads at lower levels may be old and do not count.
 *
 * Source: M. Herlihy and J. Wing, "Linearizability: A Correctness Condition for Concurrent
 * Objects", ACM TOPLAS 12(3), 1990; locality: theorem 1.
 *
 * @module
 */

import { CHECK_STEPS_MAX, SHRINK_WORK_MAX } from "../limits.ts";
import type { Case } from "./case.ts";
import { Groups, withTheirWrites } from "./operations.ts";
import {
  DELETE,
  FAIL,
  GET,
  LINEARIZABLE,
  NEVER,
  NO_VALUE,
  NONE,
  OK,
  valueText,
} from "./recorded.ts";
import type { RegisterOperation } from "./register.ts";
import { searchOrder } from "./search.ts";
import { smallest } from "./smallest.ts";
import { type Verdict, type Violation, violationOf } from "./verdict.ts";
import type { Witness } from "./witness.ts";
import { keyWord, named, valueWord } from "./words.ts";
import { type Conflict, Zones } from "./zones.ts";

/** Judges all keys; `progress` is told which share of them is done. */
export function judgeLinearizable(of: Case, progress: (share: number) => void): Verdict {
  const { history: { keys, tries }, operations } = of;
  const groups = new Groups(
    tries.count,
    keys.count,
    (row) => counts(of, row) ? tries.key[row] : NONE,
  );
  const zones = new Zones(of.history, operations);
  let judged = 0;
  let why: string | null = null;
  const illegal: (() => Violation)[] = [];
  for (let key = 0; key < keys.count; key++) {
    const rows = groups.rows(key);
    // Writes that nobody reads have nothing to contradict.
    if (!rows.some((row) => tries.op[row] === GET)) continue;
    judged += rows.length;
    const found = judgeKey(of, zones, key, rows);
    if (typeof found === "string") why ??= found;
    else if (found !== null) illegal.push(found);
    progress((key + 1) / keys.count);
  }
  const [explain] = illegal;
  if (explain !== undefined) {
    const violation = explain();
    const others = illegal.length === 1 ? "" : ` (one of ${illegal.length} keys that are not)`;
    return {
      verdict: "illegal",
      judged,
      violation: { ...violation, text: violation.text + others },
    };
  }
  return why === null ? { verdict: "ok", judged } : { verdict: "unknown", judged, why };
}

/** Whether the operation counts: not what failed, nor reads at lower levels or without an answer. */
function counts({ history: { tries }, operations: { outcome } }: Case, row: number): boolean {
  if (tries.operation[row] !== row || outcome[row] === FAIL) return false;
  return tries.op[row] !== GET || (outcome[row] === OK && tries.level[row] === LINEARIZABLE);
}

/** Tells what is wrong with a key, or why that is not known; null if it is linearizable. */
function judgeKey(
  of: Case,
  zones: Zones,
  key: number,
  rows: Int32Array,
): (() => Violation) | string | null {
  const { history, witness, budget } = of;
  const conflict = zones.check(rows);
  if (conflict === null) return null;
  if (conflict !== "repeated") return () => violationOfConflict(of, key, conflict);
  const isWhole = witness !== null && witness.flaw === null;
  if (isWhole && fitsInRealTime(of, witness, rows)) return null;
  const result = searchOrder(registerOperations(of, rows), budget);
  const word = keyWord(history, key);
  if (result.type === "ok") return null;
  if (result.type === "illegal") return () => violationOfSearch(of, key, rows, rows[result.at]);
  if (!isWhole) {
    return `${word} has values that were written twice, and too many ways to order them`;
  }
  // The replicas delivered in this order and in no other.
  return () => violationOfWitness(of, key, witness, rows);
}

/** Whether each operation can take effect while it is under way, at its place in the order. */
function fitsInRealTime(
  { history: { tries }, operations: { end } }: Case,
  witness: Witness,
  rows: Int32Array,
): boolean {
  const byEnd = rows.slice().sort((a, b) => end[a] - end[b]);
  const places = new Map<number, number>();
  let floor = 0;
  let next = 0;
  for (const row of rows) {
    for (; next < byEnd.length && end[byEnd[next]] < tries.begin[row]; next++) {
      floor = Math.max(floor, places.get(byEnd[next]) ?? 0);
    }
    const isRead = tries.op[row] === GET;
    const place = isRead
      ? witness.firstHeld(tries.key[row], tries.value[row], floor)
      : witness.place[row];
    if (isRead ? place < 0 : place === 0 ? end[row] < NEVER : place <= floor) return false;
    places.set(row, place);
  }
  return true;
}

function registerOperations(
  { history, operations: { end } }: Case,
  rows: ArrayLike<number>,
): RegisterOperation[] {
  const { tries } = history;
  return Array.from(rows, (row) => {
    const value = valueText(history, tries.op[row] === DELETE ? NO_VALUE : tries.value[row]);
    return {
      action: { type: tries.op[row] === GET ? "read" : "write", value },
      begin: tries.begin[row],
      end: end[row] === NEVER ? Infinity : end[row],
    };
  });
}

/** As few operations as no order explains; it shows at the end of `last`. */
function violationOfSearch(of: Case, key: number, rows: Int32Array, last: number): Violation {
  const { history, operations: { end } } = of;
  const { tries } = history;
  const untilThen = rows.filter((row) =>
    tries.begin[row] < end[last] && (tries.op[row] !== GET || end[row] <= end[last])
  );
  const parts = smallest([...untilThen], {
    isBad: (parts) =>
      searchOrder(registerOperations(of, parts), { steps: CHECK_STEPS_MAX }).type === "illegal",
    closed: (parts) => withTheirWrites(history, of.pairs, untilThen, parts),
    workMax: SHRINK_WORK_MAX,
  });
  // Of so few, the zones can often say more.
  const conflict = new Zones(history, of.operations).check(Int32Array.from(parts));
  if (conflict !== null && conflict !== "repeated") return violationOfConflict(of, key, conflict);
  const text = `${keyWord(history, key)}: no order of these operations explains what was read`;
  return violationOf(text, { operations: parts });
}

/** As few operations as do not fit the order in real time. */
function violationOfWitness(of: Case, key: number, witness: Witness, rows: Int32Array): Violation {
  const parts = smallest([...rows], {
    isBad: (parts) => !fitsInRealTime(of, witness, Int32Array.from(parts)),
    closed: (parts) => parts,
    workMax: SHRINK_WORK_MAX,
  });
  const text = `${
    keyWord(of.history, key)
  }: these operations do not fit the total order in real time`;
  const entries = parts.map((row) => witness.place[row] - 1);
  return violationOf(text, { operations: parts, entries });
}

function violationOfConflict(of: Case, key: number, conflict: Conflict): Violation {
  const { history } = of;
  const { tries } = history;
  if (conflict.type === "unwritten") return violationOfUnwritten(of, conflict);
  const { firstThenSecond: [a, b], secondThenFirst: [c, d] } = conflict;
  const word = keyWord(history, key);
  const second = valueWord(history, tries.value[b]);
  const operations = [a, b, c, d];
  if (a === NONE) {
    // The last one to find nothing, and the first sign of something.
    const text =
      `${word} was never deleted, and held ${second} before ${named(history, d)} began: ` +
      `${named(history, c)} was over by then`;
    return violationOf(text, { operations });
  }
  const first = valueWord(history, tries.value[a]);
  const text =
    `${word} held ${first} before ${second}, since ${named(history, a)} was over before ` +
    `${named(history, b)} began; and ${second} before ${first}, since ${
      named(history, c)
    } was over ` +
    `before ${named(history, d)} began`;
  return violationOf(text, { operations });
}

/** Someone read what nobody had begun to write. */
export function violationOfUnwritten(
  { history, operations }: Case,
  { read, write }: { readonly read: number; readonly write: number },
): Violation {
  const { tries } = history;
  const isIt = (row: number) =>
    tries.op[row] !== GET && tries.key[row] === tries.key[read] &&
    tries.value[row] === tries.value[read] && operations.outcome[row] === FAIL;
  const failed = write === NONE ? tries.op.findIndex((_, row) => isIt(row)) : NONE;
  const what = write !== NONE
    ? `before ${named(history, write)} began to write it`
    : failed !== NONE
    ? `and ${named(history, failed)} was answered fail: it certainly did not happen`
    : "and nobody wrote it";
  const word = `${keyWord(history, tries.key[read])} = ${valueWord(history, tries.value[read])}`;
  return violationOf(`${named(history, read)} read ${word}, ${what}`, {
    operations: [read, write, failed],
  });
}
