/**
 * `kvdist demo move`: a client that goes to another replica, with and without what its answers
 * depended on.
 *
 * @module
 */

import { duration, roundDuration } from "../../show/quantity.ts";
import { Caller, SessionCaller } from "./caller.ts";
import { AFTER, BEFORE, everywhereBefore, KEY, staleness, TIMER_MS, verdict } from "./one_key.ts";
import type { Demo, Outcome, Scene } from "./scene.ts";
import type { Threads } from "./scenery.ts";
import type { Stage } from "./stage.ts";
import { tried } from "./tried.ts";

const WRITTEN_AT = 0;
const READ_AT = 1;

/** Of the delay: how long a read waits that is to be refused. */
const SHORT_SHARE = 0.25;

const without: Scene<Threads> = {
  title: "eventual, without a token",
  why: "In eventual a write is answered when its own replica has it safe, and a read from what " +
    "the replica asked has applied. A client that moves takes nothing along that the other " +
    "replica could know it by.",
  predicted: `at replica ${READ_AT} the client reads ${BEFORE}, not its own write`,
  prepare: (stage) => everywhereBefore(stage),
  async run(stage: Stage<Threads>): Promise<Outcome> {
    const caller = new Caller(stage.record.recorder);
    const write = await stage.set(WRITTEN_AT, KEY, AFTER, { consistency: "eventual", caller });
    stage.tell(`the client goes to replica ${READ_AT}`);
    const read = await stage.get(READ_AT, KEY, { consistency: "eventual", caller });
    const leftMs = stage.delayMs - (stage.now() - write.askedMs);
    await stage.heldEverywhere(KEY, AFTER, { expectMs: leftMs });
    const readAfterMs = read.answeredMs - write.askedMs;
    return {
      verdict: staleness(stage, read.value, readAfterMs) ?? "as predicted",
      observed: `get at replica ${READ_AT} gave ${read.value}, ${duration(readAfterMs)} after set`,
      facts: { read: read.value, readAt: READ_AT, readAfterMs },
    };
  },
};

const withToken: Scene<Threads> = {
  title: "eventual, with a session token",
  why: "Each answer bears a token: the last message of each replica that it depended on. A " +
    "client in a session sends it along, and a replica answers only when it has applied that " +
    "much. So the client reads what it wrote, wherever it goes.",
  predicted: `at replica ${READ_AT} get waits for the delay and gives ${AFTER}`,
  prepare: (stage) => everywhereBefore(stage),
  async run(stage: Stage<Threads>): Promise<Outcome> {
    const caller = new SessionCaller(stage.record.recorder, stage.scenery);
    const write = await stage.set(WRITTEN_AT, KEY, AFTER, { consistency: "eventual", caller });
    goes(stage, caller);
    const expectMs = stage.delayMs - (stage.now() - write.askedMs);
    const read = await stage.get(READ_AT, KEY, { consistency: "eventual", caller, expectMs });
    const readAfterMs = read.answeredMs - write.askedMs;
    const holds = read.value === AFTER && readAfterMs >= stage.delayMs - TIMER_MS;
    const hadToWait = read.askedMs - write.askedMs < stage.delayMs - TIMER_MS;
    return {
      verdict: holds && !hadToWait ? "inconclusive" : verdict(holds),
      observed: `get at replica ${READ_AT} gave ${read.value}, ${duration(readAfterMs)} after set`,
      facts: { read: read.value, readAt: READ_AT, readAfterMs, token: caller.token },
    };
  },
};

const tooShort: Scene<Threads> = {
  title: "a time limit that is too short",
  why: "If the replica has not applied by the time limit what the token names, it says so, and " +
    "what it lacks, instead of an old value. The session goes on: asked again with more time, " +
    "the same read is answered.",
  predicted: `get gives timeout and names what is lacking; asked again, it gives ${AFTER}`,
  prepare: (stage) => everywhereBefore(stage),
  async run(stage: Stage<Threads>): Promise<Outcome> {
    const caller = new SessionCaller(stage.record.recorder, stage.scenery);
    const write = await stage.set(WRITTEN_AT, KEY, AFTER, { consistency: "eventual", caller });
    goes(stage, caller);
    const options = { consistency: "eventual", caller } as const;
    const timeoutMs = Math.max(1, Math.round(stage.delayMs * SHORT_SHARE));
    const hurried = await tried(stage.get(READ_AT, KEY, { ...options, timeoutMs }));
    const hurriedAfterMs = stage.now() - write.askedMs;
    const lacking = hurried.refusal?.details.lacking ?? null;
    if (lacking !== null) stage.remark(`lacking: ${JSON.stringify(lacking)}`);
    const expectMs = stage.delayMs - (stage.now() - write.askedMs);
    const again = await stage.get(READ_AT, KEY, { ...options, expectMs });
    // A fresh answer in time is right too, if the delay was over by then.
    const tooLate = hurried.answer === AFTER && hurriedAfterMs >= stage.delayMs - TIMER_MS;
    const names = hurried.answer === "timeout" && namesOrigin(lacking, WRITTEN_AT);
    return {
      verdict: tooLate ? "inconclusive" : verdict(names && again.value === AFTER),
      observed: `get gave ${hurried.answer} with a limit of ${roundDuration(timeoutMs)}; ` +
        `asked again, ${again.value}`,
      facts: { timeoutMs, answer: hurried.answer, lacking, again: again.value },
    };
  },
};

/** The demo. */
export const move: Demo<Threads> = {
  name: "move",
  summary: "a client that goes to another replica, with and without a session token",
  replicas: 3,
  delayMs: 2_000,
  heldTo: ["session", "sequential", "linearizable"],
  intro: (stage) =>
    `Three replicas, each of which applies a write ${roundDuration(stage.delayMs)} after it has ` +
    `delivered it. A client writes at replica ${WRITTEN_AT}, goes to replica ${READ_AT} and ` +
    `reads there, all in eventual. Before each scene ${KEY} is ${BEFORE} at every replica.`,
  scenes: [without, withToken, tooShort],
};

function goes(stage: Stage<Threads>, { token }: SessionCaller): void {
  stage.tell(`the client goes to replica ${READ_AT} with its token ${JSON.stringify(token)}`);
}

/** Whether the list of what is lacking names messages of that replica. */
function namesOrigin(lacking: unknown, origin: number): boolean {
  return Array.isArray(lacking) &&
    lacking.some((one: unknown) =>
      typeof one === "object" && one !== null && "origin" in one && one.origin === origin
    );
}
