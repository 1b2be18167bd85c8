/**
 * The levels of consistency: when a client is answered.
 *
 * @module
 */

/** The levels, weakest first. */
export const CONSISTENCY_LEVELS = ["eventual", "sequential", "linearizable"] as const;

/**
 * When a client is answered. `eventual`: a write as soon as its own replica has it safe;
 * `sequential` and `linearizable`: a write when its own replica has delivered and applied it.
 * Reads are answered from the local store; `linearizable` ones when a majority has confirmed
 * that this replica misses nothing that was answered before.
 */
export type Consistency = typeof CONSISTENCY_LEVELS[number];

/** Whether the text names a level. */
export function isConsistency(text: unknown): text is Consistency {
  return CONSISTENCY_LEVELS.some((level) => level === text);
}
