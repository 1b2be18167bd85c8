/**
 * One key that has the same value everywhere, and is then written while replicas are late: what
 * the demos about stale reads have in common.
 *
 * @module
 */

import { FailedError } from "../../errors.ts";
import type { Verdict } from "./scene.ts";
import type { Threads } from "./scenery.ts";
import type { Stage } from "./stage.ts";

/** The key. */
export const KEY = "x";
/** What it is before each scene, at every replica. */
export const BEFORE = "0";
/** What a scene sets it to. */
export const AFTER = "42";

/**
 * Timers count whole milliseconds, so what they delay may look up to one shorter. No verdict rests
 * on an upper bound: a slow machine can only make a scene inconclusive.
 */
export const TIMER_MS = 1;

/**
 * Sets the key to what it is before each scene, everywhere and without the delay, which from then
 * on every replica has, or that one alone. Looking at the values alone would not do: a replica may
 * still have to apply an earlier scene's write.
 */
export async function everywhereBefore(stage: Stage<Threads>, late?: number): Promise<void> {
  await stage.scenery.setApplyDelay(0);
  await stage.set(0, KEY, BEFORE, { consistency: "sequential", quiet: true });
  await stage.caughtUpWith(0);
  for (const replica of stage.replicas) {
    const held = await stage.held(replica, KEY);
    if (held !== BEFORE) {
      throw new FailedError(`replica ${replica} holds ${KEY}=${held}, not ${BEFORE}`);
    }
  }
  await stage.scenery.setApplyDelay(stage.delayMs, late);
}

/**
 * What a read says about the time in which it has to be stale: null if it was. A fresh one is
 * wrong, unless its answer came so late that the delay may have been over.
 */
export function staleness(
  stage: Stage<Threads>,
  read: string,
  afterMs: number,
): Verdict | null {
  if (read === BEFORE) return null;
  return read === AFTER && afterMs >= stage.delayMs - TIMER_MS
    ? "inconclusive"
    : "not as predicted";
}

/** The verdict where nothing can be inconclusive. */
export function verdict(holds: boolean): Verdict {
  return holds ? "as predicted" : "not as predicted";
}
