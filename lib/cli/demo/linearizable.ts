/**
 * `kvdist demo linearizable`: a read that is old although the write was answered, and the same
 * read asked so that it cannot be.
 *
 * @module
 */

import { duration, roundDuration } from "../../show/quantity.ts";
import { AFTER, BEFORE, everywhereBefore, KEY, staleness, TIMER_MS, verdict } from "./one_key.ts";
import type { Demo, Outcome, Scene } from "./scene.ts";
import type { Threads } from "./scenery.ts";
import type { Stage } from "./stage.ts";

/** The replica that applies late. */
const LATE = 1;

const sequential: Scene<Threads> = {
  title: "sequential: old at another replica",
  why: "A sequential write is answered when its own replica has applied it, and a sequential " +
    "read from what the replica asked has applied. Another replica may be behind: its read is " +
    "old, though the write was answered before the read was asked.",
  predicted: `set is answered at once; then get at replica ${LATE} gives ${BEFORE}`,
  prepare: (stage) => everywhereBefore(stage, LATE),
  async run(stage: Stage<Threads>): Promise<Outcome> {
    const write = await stage.set(0, KEY, AFTER, { consistency: "sequential" });
    const read = await stage.get(LATE, KEY, { consistency: "sequential" });
    const leftMs = stage.delayMs - (stage.now() - write.askedMs);
    await stage.heldEverywhere(KEY, AFTER, { expectMs: leftMs });
    const setTookMs = write.answeredMs - write.askedMs;
    const readAfterMs = read.answeredMs - write.askedMs;
    return {
      verdict: staleness(stage, read.value, readAfterMs) ?? "as predicted",
      observed: `set answered after ${duration(setTookMs)}; ` +
        `get at replica ${LATE} gave ${read.value}`,
      facts: { setTookMs, read: read.value, readAt: LATE, readAfterMs },
    };
  },
};

const linearizable: Scene<Threads> = {
  title: "linearizable: it waits",
  why: "Asked for a linearizable read, the replica first asks a majority whether it is still in " +
    "the latest view, and waits until it has applied all that it had received before. An " +
    "answered write is among that: all replicas of the view hold it.",
  predicted: `get at replica ${LATE} waits for the delay and gives ${AFTER}`,
  prepare: (stage) => everywhereBefore(stage, LATE),
  async run(stage: Stage<Threads>): Promise<Outcome> {
    const write = await stage.set(0, KEY, AFTER, { consistency: "sequential" });
    const expectMs = stage.delayMs - (stage.now() - write.askedMs);
    const read = await stage.get(LATE, KEY, { consistency: "linearizable", expectMs });
    const readTookMs = read.answeredMs - read.askedMs;
    const readAfterMs = read.answeredMs - write.askedMs;
    const holds = read.value === AFTER && readAfterMs >= stage.delayMs - TIMER_MS;
    const hadToWait = read.askedMs - write.askedMs < stage.delayMs - TIMER_MS;
    return {
      verdict: holds && !hadToWait ? "inconclusive" : verdict(holds),
      observed: `get at replica ${LATE} gave ${read.value} after ${duration(readTookMs)}`,
      facts: { readTookMs, read: read.value, readAt: LATE, readAfterMs },
    };
  },
};

const inTime: Scene<Threads> = {
  title: "linearizable: nothing to wait for",
  why: "What a linearizable read costs is one question to a majority. A replica that has applied " +
    "all that it received, as replica 0 here, answers as soon as that is confirmed; that " +
    `replica ${LATE} is late does not matter.`,
  predicted: `get at replica 0 gives ${AFTER} before replica ${LATE} has applied the write`,
  prepare: (stage) => everywhereBefore(stage, LATE),
  async run(stage: Stage<Threads>): Promise<Outcome> {
    const write = await stage.set(0, KEY, AFTER, { consistency: "sequential" });
    const read = await stage.get(0, KEY, { consistency: "linearizable" });
    const held = await stage.held(LATE, KEY);
    stage.tell(`replica ${LATE} holds ${KEY}=${held}`);
    const heldAfterMs = stage.now() - write.askedMs;
    await stage.heldEverywhere(KEY, AFTER, { expectMs: stage.delayMs - heldAfterMs });
    const readTookMs = read.answeredMs - read.askedMs;
    return {
      verdict: read.value === AFTER
        ? staleness(stage, held ?? "", heldAfterMs) ?? "as predicted"
        : "not as predicted",
      observed: `get at replica 0 gave ${read.value} after ${duration(readTookMs)}; ` +
        `replica ${LATE} still held ${held}`,
      facts: { readTookMs, read: read.value, readAt: 0, heldMeanwhile: held ?? null },
    };
  },
};

/** The demo. */
export const linearizableDemo: Demo<Threads> = {
  name: "linearizable",
  summary: "an old read of an answered write, and the read that waits for it",
  replicas: 3,
  delayMs: 2_000,
  heldTo: ["sequential", "linearizable"],
  intro: (stage) =>
    `Three replicas, of which replica ${LATE} applies a write ${roundDuration(stage.delayMs)} ` +
    `after it has delivered it. Before each scene ${KEY} is ${BEFORE} at every replica. What a ` +
    "linearizable read says where no majority can be asked, kvdist demo partition shows.",
  scenes: [sequential, linearizable, inTime],
};
