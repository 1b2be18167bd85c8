/**
 * Judges a history: which guarantees it keeps.
 *
 * @module
 */

import { CHECK_STEPS_MAX } from "../limits.ts";
import { caseOf } from "./case.ts";
import { judgeConvergence } from "./convergence.ts";
import { judgeLinearizable } from "./linearizable.ts";
import { judgeOrdered } from "./ordered.ts";
import { judgePresent } from "./present.ts";
import type { History } from "./recorded.ts";
import { type Guarantee, GUARANTEES, type Verdict, type Verdicts } from "./verdict.ts";

/** How a history is judged. */
export interface JudgeOptions {
  /** Only by these guarantees; all unless given. */
  readonly only?: readonly Guarantee[];
  /** What all searches may cost together, in steps; then the verdict is unknown. */
  readonly steps?: number;
  /** Is told what is judged, and how much of it is done, 0 … 1. */
  readonly progress?: (guarantee: Guarantee, share: number) => void;
}

/**
 * Judges the history by each guarantee that is asked for.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { judge } from "./judge.ts";
 * import { historyOf } from "./reader.ts";
 *
 * const history = historyOf([
 *   { history: 1, replicas: 3 },
 *   { type: "invoke", process: 0, at: 0, op: "set", key: "x", value: "1", level: "sequential", replica: 0 },
 *   { type: "ok", process: 0, at: 1 },
 *   { type: "invoke", process: 1, at: 2, op: "get", key: "x", level: "linearizable", replica: 1 },
 *   { type: "ok", process: 1, at: 3, value: null },
 * ]);
 * const { linearizable, sequential } = judge(history);
 * assertEquals(linearizable?.verdict, "illegal");
 * assertEquals(sequential?.verdict, "ok");
 * ```
 */
export function judge(history: History, options: JudgeOptions = {}): Verdicts {
  const { only = GUARANTEES, steps = CHECK_STEPS_MAX, progress = () => {} } = options;
  const of = caseOf(history, { steps });
  const linearizable = once(() =>
    judgeLinearizable(of, (share) => progress("linearizable", share))
  );
  const judges: Readonly<Record<Guarantee, () => Verdict>> = {
    linearizable,
    sequential: () => judgeOrdered(of, "sequential", () => linearizable().verdict === "ok"),
    session: () => judgeOrdered(of, "session", () => linearizable().verdict === "ok"),
    convergence: () => judgeConvergence(of),
    present: () => judgePresent(of),
  };
  const verdicts: Partial<Record<Guarantee, Verdict>> = {};
  for (const guarantee of GUARANTEES) {
    if (!only.includes(guarantee)) continue;
    progress(guarantee, 0);
    verdicts[guarantee] = judges[guarantee]();
  }
  return verdicts;
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
