/**
 * A scene as a picture: what the replicas told of it, drawn as text.
 *
 * @module
 */

import { diagram, type DiagramOptions } from "../../show/diagram.ts";
import type { TraceLine } from "../../trace/line.ts";
import { storyOf } from "../../trace/tell.ts";
import { beganOf } from "../show/read_trace.ts";
import type { Stage } from "./stage.ts";

/** The diagram of what has happened since a moment, in milliseconds since 1970. */
export async function picture(
  stage: Stage,
  sinceMs: number,
  options: DiagramOptions,
): Promise<string[]> {
  await told(stage);
  const lines = stage.record.trace();
  const story = storyOf(lines, { replicas: stage.scenery.replicas, began: beganOf(lines) });
  return diagram(story, { ...options, from: sinceMs - story.began });
}

/** Replicas tell what they did a little later: waits for all that they have applied. */
async function told(stage: Stage): Promise<void> {
  for (const replica of stage.replicas) {
    const status = await stage.status(replica);
    if (status === null) continue;
    await stage.until(
      () => Promise.resolve(toldIndex(stage.record.traced(), replica) >= status.applied),
      `replica ${replica} has told what it has applied`,
    );
  }
}

/** The index that a replica has told last that it has applied. */
function toldIndex(lines: readonly TraceLine[], replica: number): number {
  let index = 0;
  for (const line of lines) {
    if (!("replica" in line) || line.replica !== replica) continue;
    if (line.type === "start" || line.type === "restore") index = Math.max(index, line.index);
    if (line.type === "apply") { for (const [at] of line.messages) index = Math.max(index, at); }
  }
  return index;
}
