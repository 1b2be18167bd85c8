/**
 * What the checker says of the history that a run has written.
 *
 * @module
 */

import type { Judged } from "../../chaos/conclusion.ts";

/** Judges the history in a file. */
export function judgeFile(_path: string): Promise<Judged[]> {
  return Promise.resolve([]);
}
