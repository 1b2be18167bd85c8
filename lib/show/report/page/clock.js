/** What the replicas' Lamport clocks said, from when to when. */

import { arrows, begins, lasts, marks, replicas } from "./story.js";

/** By replica: what its clock said from when on. */
const clocks = replicas.map(() => /** @type {[at: number, time: number][]} */ ([]));
for (const { at, replica, time } of marks) clocks[replica].push([at, time]);
for (const { from, to, sent, received, sentTime, receivedTime } of arrows) {
  if (sent !== null) clocks[from].push([sent, sentTime]);
  if (received !== null) clocks[to].push([received, receivedTime]);
}
for (const clock of clocks) clock.sort((a, b) => a[0] - b[0]);

/** @param {number} replica @param {number} at */
export function lamport(replica, at) {
  const clock = clocks[replica];
  let [low, high] = [0, clock.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (clock[middle][0] <= at) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? 0 : clock[low - 1][1];
}

/** What is known from before what is shown may be long ago. */
export const firstTime = Math.min(
  ...replicas.map((replica) =>
    clocks[replica].find(([at]) => at >= begins)?.[1] ?? lamport(replica, begins)
  ),
);
export const lastTime = Math.max(
  firstTime + 1,
  ...replicas.map((replica) => lamport(replica, lasts)),
);
