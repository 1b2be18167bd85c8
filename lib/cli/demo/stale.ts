/**
 * `kvdist demo stale`: a read that misses one's own write, and the level in which it cannot.
 *
 * The experiment of the original: each replica sleeps before it finishes a write, so that the time
 * between "answered" and "applied" is long enough to look into.
 *
 * @module
 */

import { duration, roundDuration } from "../../show/quantity.ts";
import { AFTER, BEFORE, everywhereBefore, KEY, staleness, TIMER_MS, verdict } from "./one_key.ts";
import type { Demo, Outcome, Scene } from "./scene.ts";
import type { Threads } from "./scenery.ts";
import type { Stage } from "./stage.ts";

const eventual: Scene<Threads> = {
  title: "eventual: a stale read",
  why: "In eventual a write is answered as soon as its own replica has it safe. " +
    "That is before it is applied, and a read is answered from what is applied: " +
    "so it can miss a write that was answered before it, even one's own.",
  predicted: `set is answered at once; get gives ${BEFORE}; ` +
    `when the delay is over, every replica holds ${AFTER}`,
  prepare: (stage) => everywhereBefore(stage),
  async run(stage: Stage<Threads>): Promise<Outcome> {
    const write = await stage.set(0, KEY, AFTER, { consistency: "eventual" });
    const read = await stage.get(0, KEY, { consistency: "eventual" });
    const leftMs = stage.delayMs - (stage.now() - write.askedMs);
    const heldMs = await stage.heldEverywhere(KEY, AFTER, { expectMs: leftMs });
    const setTookMs = write.answeredMs - write.askedMs;
    const heldAfterMs = heldMs.map((ms) => ms - write.askedMs);
    return {
      verdict: staleness(stage, read.value, read.answeredMs - write.askedMs) ??
        verdict(Math.min(...heldAfterMs) >= stage.delayMs - TIMER_MS),
      observed: `set answered after ${duration(setTookMs)}; get gave ${read.value}; ` +
        `every replica held ${AFTER} after ${duration(Math.max(...heldAfterMs))}`,
      facts: { setTookMs, read: read.value, readAt: 0, heldAfterMs },
    };
  },
};

const sequential: Scene<Threads> = {
  title: "sequential: a fresh read",
  why: "In sequential a write is answered only when its own replica has delivered it in the " +
    "one order that all replicas share, and has applied it. So it waits for the delay, and a " +
    "client of that replica reads what it wrote.",
  predicted: `set takes the delay; get gives ${AFTER}`,
  prepare: (stage) => everywhereBefore(stage),
  async run(stage: Stage<Threads>): Promise<Outcome> {
    const write = await stage.set(0, KEY, AFTER, {
      consistency: "sequential",
      expectMs: stage.delayMs,
    });
    const read = await stage.get(0, KEY, { consistency: "sequential" });
    const setTookMs = write.answeredMs - write.askedMs;
    return {
      verdict: verdict(setTookMs >= stage.delayMs - TIMER_MS && read.value === AFTER),
      observed: `set took ${duration(setTookMs)}; get gave ${read.value}`,
      facts: { setTookMs, read: read.value, readAt: 0 },
    };
  },
};

const elsewhere: Scene<Threads> = {
  title: "sequential: another replica",
  why: "Sequential puts all writes into one order. How soon a replica gets that far is its own " +
    "affair: here the second one has the write in its order, has not applied it yet, and " +
    "answers from what it has applied. A read can be old, but never out of order.",
  predicted: `before set is answered, get at replica 1 gives ${BEFORE}`,
  prepare: (stage) => everywhereBefore(stage),
  async run(stage: Stage<Threads>): Promise<Outcome> {
    const before = await stage.position(1);
    let answered = false;
    const writing = stage.set(0, KEY, AFTER, { consistency: "sequential" })
      .finally(() => answered = true);
    // Should the looking below fail first, the write's own failure is no news.
    writing.catch(() => {});

    let at = before;
    await stage.until(async () => {
      at = await stage.position(1);
      return at.delivered > before.delivered || answered;
    }, "replica 1 has delivered the write");
    stage.tell(`replica 1 has delivered message ${at.delivered} and applied ${at.applied}`);
    const read = await stage.get(1, KEY, { consistency: "sequential" });
    const readBeforeStored = !answered;

    const waiting = stage.waiting("until set is answered", stage.delayMs - stage.now());
    const write = await writing.finally(() => waiting.end());
    await stage.heldEverywhere(KEY, AFTER, { expectMs: 0 });
    const setTookMs = write.answeredMs - write.askedMs;
    const readAfterMs = read.answeredMs - write.askedMs;
    return {
      verdict: staleness(stage, read.value, readAfterMs) ??
        (readBeforeStored ? "as predicted" : "inconclusive"),
      observed: `get at replica 1 gave ${read.value} after ${duration(readAfterMs)}, ` +
        `${readBeforeStored ? "before" : "not before"} set was answered ` +
        `after ${duration(setTookMs)}`,
      facts: {
        setTookMs,
        read: read.value,
        readAt: 1,
        readAfterMs,
        readBeforeStored,
        ...at,
      },
    };
  },
};

/** The demo. */
export const stale: Demo<Threads> = {
  name: "stale",
  summary: "a read that misses one's own write, and the level in which it cannot",
  replicas: 3,
  delayMs: 5_000,
  heldTo: ["sequential", "linearizable"],
  intro: (stage) =>
    `Three replicas, each a thread with a store of its own, that know each other only over TCP. ` +
    `Each applies a write ${roundDuration(stage.delayMs)} after it has delivered it: ` +
    `this draws out what else lasts a millisecond. ` +
    `Before each scene ${KEY} is ${BEFORE} at every replica.`,
  scenes: [eventual, sequential, elsewhere],
};
