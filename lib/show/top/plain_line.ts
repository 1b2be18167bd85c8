/**
 * What `top` tells where no frame can be drawn: a line for each replica and look.
 *
 * @module
 */

import type { ReplicaSnapshot } from "../../watch/snapshot.ts";
import { CONDITION, fieldText, WORK } from "./columns.ts";
import { downText, idText } from "./words.ts";

/** Time, id and address, then what is told of the replica: `name=value`, or why it is down. */
export function plainLine(replica: ReplicaSnapshot, time: string): string {
  const head = `${time} ${idText(replica)} ${replica.client}`;
  if (!replica.up) return `${head} ${downText(replica, time)}`;
  const fields = [...CONDITION, ...WORK].map((fact) => fieldText(fact, replica));
  return `${head} ${fields.join(" ")}`;
}
