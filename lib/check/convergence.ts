/**
 * Judges convergence: at the very end, all replicas hold the same.
 *
 * @module
 */

import type { Case } from "./case.ts";
import { type History, NO_VALUE } from "./recorded.ts";
import { type Verdict, type Violation, violationOf } from "./verdict.ts";
import { keyWord, valueWord } from "./words.ts";

/** Judges all keys that a replica says something of. */
export function judgeConvergence({ history }: Case): Verdict {
  const { finals, header: { replicas } } = history;
  const keys = new Set([...finals.values()].flatMap(({ held }) => [...held.keys()]));
  const judged = keys.size;
  if (finals.size === 0) return { verdict: "ok", judged };
  let isPartial = false;
  for (const key of keys) {
    const known = [...finals.keys()].filter((replica) =>
      finalValue(history, replica, key) !== null
    );
    if (known.length < replicas) isPartial = true;
    const violation = violationOfKey(history, key, known);
    if (violation !== null) return { verdict: "illegal", judged, violation };
  }
  const silent = Array.from({ length: replicas }, (_, replica) => replica)
    .filter((replica) => !finals.has(replica));
  if (silent.length > 0) {
    const word = silent.length === 1 ? `replica ${silent[0]}` : `replicas ${silent.join(", ")}`;
    return { verdict: "unknown", judged, why: `what ${word} held at the end is not told` };
  }
  if (isPartial) {
    return { verdict: "unknown", judged, why: "some keys are not told of all replicas" };
  }
  return { verdict: "ok", judged };
}

function violationOfKey(
  history: History,
  key: number,
  replicas: readonly number[],
): Violation | null {
  const [first, ...others] = replicas;
  const differing = others.find((replica) =>
    finalValue(history, replica, key) !== finalValue(history, first, key)
  );
  if (differing === undefined) return null;
  const holds = (replica: number) =>
    `replica ${replica} holds ${valueWord(history, finalValue(history, replica, key) ?? NO_VALUE)}`;
  const text = `${keyWord(history, key)} is not the same at the end: ${holds(first)}, ` +
    holds(differing);
  return violationOf(text, { finals: [key] });
}

/** What the replica held for the key in the end; null if that is not told. */
export function finalValue({ finals }: History, replica: number, key: number): number | null {
  const final = finals.get(replica);
  const told = final?.held.get(key);
  if (told !== undefined) return told.value;
  return final !== undefined && final.wholeLine > 0 ? NO_VALUE : null;
}
