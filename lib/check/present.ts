/**
 * Judges that what was acknowledged is there, once, and nothing else is.
 *
 * - Whatever was read, at any level, was written by then, by a write that did not fail.
 * - With the total order: each write that was answered ok is in it, none that failed is, none
 *   stands there twice, and nobody's write is none; and what the replicas hold at the end is what
 *   the order leads to.
 * - Without it: what the replicas hold at the end was written; and for each write that was
 *   answered ok it is its value or one that may have been written after it.
 *
 * @module
 */

import type { Case } from "./case.ts";
import { finalValue } from "./convergence.ts";
import { violationOfUnwritten } from "./linearizable.ts";
import type { Pairs } from "./pairs.ts";
import { FAIL, GET, type History, NO_VALUE, NONE, OK } from "./recorded.ts";
import { type Verdict, type Violation, violationOf } from "./verdict.ts";
import type { Misplaced, Witness } from "./witness.ts";
import { entryWord, indexWord, keyWord, named, valueWord } from "./words.ts";

/** Judges all reads, writes and final values. */
export function judgePresent(of: Case): Verdict {
  const { history: { tries }, operations, witness } = of;
  const writes = writtenPairs(of);
  let judged = 0;
  for (let row = 0; row < tries.count; row++) {
    if (operations.outcome[row] === OK || operations.outcome[row] === FAIL) judged++;
  }
  const illegal = (violation: Violation): Verdict => ({ verdict: "illegal", judged, violation });
  const unwritten = findUnwritten(of, writes);
  if (unwritten !== null) return illegal(unwritten);
  if (witness === null) {
    const lost = findLost(of, writes);
    return lost === null ? { verdict: "ok", judged } : illegal(lost);
  }
  const misplaced = findMisplaced(of, witness);
  if (misplaced !== null) return illegal(misplaced);
  if (witness.flaw !== null) return { verdict: "unknown", judged, why: witness.flaw };
  const absent = findAbsent(of, witness) ?? findNotApplied(of, witness);
  return absent === null ? { verdict: "ok", judged } : illegal(absent);
}

/** By pair: what the writes say that may have happened. */
interface WrittenPairs {
  /** The one that began first, or NONE. */
  readonly first: Int32Array;
  /** When the last of them was over; 0 if there is none. */
  readonly end: Int32Array;
}

function writtenPairs({ history: { tries }, operations, pairs }: Case): WrittenPairs {
  const first = new Int32Array(pairs.count).fill(NONE);
  const end = new Int32Array(pairs.count);
  for (let row = 0; row < tries.count; row++) {
    if (tries.op[row] === GET || tries.operation[row] !== row) continue;
    if (operations.outcome[row] === FAIL) continue;
    const pair = pairs.ofTry[row];
    if (first[pair] === NONE) first[pair] = row;
    end[pair] = Math.max(end[pair], operations.end[row]);
  }
  return { first, end };
}

/** A value that was read, or is held at the end, and that nobody had written. */
function findUnwritten(of: Case, { first }: WrittenPairs): Violation | null {
  const { history, pairs } = of;
  const { tries, finals } = history;
  for (let row = 0; row < tries.count; row++) {
    if (tries.op[row] !== GET || tries.outcome[row] !== OK || tries.value[row] === NO_VALUE) {
      continue;
    }
    const write = first[pairs.ofTry[row]];
    if (write !== NONE && tries.begin[write] < tries.end[row]) continue;
    return violationOfUnwritten(of, { read: row, write });
  }
  for (const [replica, { held }] of finals) {
    for (const [key, { value }] of held) {
      const pair = value === NO_VALUE ? NONE : pairs.find(key, value);
      if (value === NO_VALUE || (pair !== NONE && first[pair] !== NONE)) continue;
      const text = `replica ${replica} holds ${keyWord(history, key)} = ` +
        `${valueWord(history, value)} at the end, and no write that did not fail says so`;
      const operations = writesOf(history, pairs, pair);
      return violationOf(text, { operations, finals: [key] });
    }
  }
  return null;
}

function writesOf({ tries }: History, { ofTry }: Pairs, pair: number): number[] {
  return [...tries.op.keys()].filter((row) => tries.op[row] !== GET && ofTry[row] === pair);
}

/** An answered write of a key that at the end holds neither its value nor a later one. */
function findLost({ history, operations, pairs }: Case, { end }: WrittenPairs): Violation | null {
  const { tries, finals } = history;
  for (let row = 0; row < tries.count; row++) {
    if (tries.op[row] === GET || operations.outcome[row] !== OK) continue;
    for (const replica of finals.keys()) {
      const key = tries.key[row];
      const value = finalValue(history, replica, key);
      if (value === null || value === tries.value[row]) continue;
      const pair = pairs.find(key, value);
      if (pair !== NONE && end[pair] > tries.begin[row]) continue;
      const text =
        `${named(history, row)} was answered ok, and at the end replica ${replica} holds ` +
        `${keyWord(history, key)} = ${valueWord(history, value)}, which was before it`;
      const older = pair === NONE ? [] : writesOf(history, pairs, pair);
      return violationOf(text, { operations: [row, ...older], finals: [key] });
    }
  }
  return null;
}

/** An entry of the total order that no operation explains. */
function findMisplaced({ history }: Case, { misplaced, place }: Witness): Violation | null {
  const [found] = misplaced;
  if (found === undefined) return null;
  const { entry, operation } = found;
  const first = operation === NONE ? NONE : place[operation] - 1;
  const here = `${indexWord(history, entry)} of the total order has ${entryWord(history, entry)}`;
  const why: Readonly<Record<Misplaced["type"], () => string>> = {
    twice: () => `a second time: ${named(history, operation)} is at ${indexWord(history, first)}`,
    changed: () => `with the id of ${named(history, operation)}, which asked for something else`,
    foreign: () => "which nobody asked for",
  };
  const text = `${here}${found.type === "foreign" ? "," : ""} ${why[found.type]()}`;
  return violationOf(text, { operations: [operation], entries: [entry, first] });
}

/** An answered write that is not in the order, or a failed one that is. */
function findAbsent({ history, operations }: Case, { place }: Witness): Violation | null {
  const { tries } = history;
  for (let row = 0; row < tries.count; row++) {
    if (tries.op[row] === GET || tries.operation[row] !== row) continue;
    if (operations.outcome[row] === OK && place[row] === 0) {
      const text = `${named(history, row)} was answered ok and is not in the total order`;
      return violationOf(text, { operations: [row] });
    }
    if (operations.outcome[row] === FAIL && place[row] > 0) {
      const entry = place[row] - 1;
      const text = `${named(history, row)} was answered fail and stands in the total order at ` +
        indexWord(history, entry);
      return violationOf(text, { operations: [row], entries: [entry] });
    }
  }
  return null;
}

/** A replica that at the end holds another value than the last that the order gives the key. */
function findNotApplied({ history }: Case, witness: Witness): Violation | null {
  const { finals, order } = history;
  const last = witness.lastEntries();
  for (const [replica, { held }] of finals) {
    for (const key of new Set([...held.keys(), ...last.keys()])) {
      const value = finalValue(history, replica, key);
      const entry = last.get(key) ?? NONE;
      const wanted = entry === NONE ? NO_VALUE : order.value[entry];
      if (value === null || value === wanted) continue;
      const text = `replica ${replica} holds ${keyWord(history, key)} = ` +
        `${valueWord(history, value)} at the end, and the total order leads to ` +
        valueWord(history, wanted) + (entry === NONE ? "" : ` at ${indexWord(history, entry)}`);
      const operations = entry === NONE ? [] : [witness.operation[entry]];
      return violationOf(text, { operations, entries: [entry], finals: [key] });
    }
  }
  return null;
}
