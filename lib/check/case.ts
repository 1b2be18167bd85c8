/**
 * What all judgements of one history share.
 *
 * @module
 */

import { type Operations, operationsOf } from "./operations.ts";
import { Pairs } from "./pairs.ts";
import type { History } from "./recorded.ts";
import type { Budget } from "./search.ts";
import { Witness } from "./witness.ts";

/** A history that is judged. */
export interface Case {
  /** What was recorded. */
  readonly history: History;
  /** Its operations. */
  readonly operations: Operations;
  /** Its keys with their values. */
  readonly pairs: Pairs;
  /** Its total order; null if it has none. */
  readonly witness: Witness | null;
  /** What searches may still cost. */
  readonly budget: Budget;
}

/** Prepares a history for its judgements. */
export function caseOf(history: History, budget: Budget): Case {
  const pairs = new Pairs(history);
  const isOrdered = history.order.count > 0 || history.header.incomplete !== undefined;
  return {
    history,
    operations: operationsOf(history),
    pairs,
    witness: isOrdered ? new Witness(history, pairs) : null,
    budget,
  };
}
