/**
 * The states of a cluster of processes that scenes begin with.
 *
 * @module
 */

import { whatIsMissing } from "../../chaos/convergence.ts";
import type { Processes } from "./scenery.ts";
import type { Stage } from "./stage.ts";

/** Starts who is down, and waits until all are in one view and equal. */
export async function whole(stage: Stage<Processes>): Promise<void> {
  await startAll(stage);
  await untilWhole(stage);
}

/** Starts who is down. */
export async function startAll(stage: Stage<Processes>): Promise<void> {
  const down = stage.replicas.filter((id) => !stage.scenery.isUp(id));
  await Promise.all(down.map((id) => stage.scenery.start(id)));
}

/** Waits until all replicas are in one view, have applied the same, and nothing is under way. */
export async function untilWhole(stage: Stage<Processes>): Promise<void> {
  await stage.until(
    async () =>
      whatIsMissing(await Promise.all(stage.replicas.map((id) => stage.status(id)))) === null,
    "all replicas are in one view and equal",
  );
}

/** Waits until that replica orders writes in a view of exactly these. */
export async function untilViewOf(
  stage: Stage<Processes>,
  replica: number,
  members: readonly number[],
): Promise<void> {
  await stage.until(async () => {
    const status = await stage.status(replica);
    const now = [...status?.view?.members ?? []].sort((a, b) => a - b);
    return status?.state === "live" && now.join() === members.join();
  }, `replica ${replica} is in a view of ${members.join(" and ")}`);
}

/** What a replica holds of the keys that begin so. */
export async function heldAt(
  stage: Stage<Processes>,
  replica: number,
  prefix: string,
): Promise<Map<string, string>> {
  return await stage.quietly(replica, (asker) => asker.dump(prefix));
}
