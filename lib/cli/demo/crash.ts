/**
 * `kvdist demo crash`: replicas are killed, come back, and lose their folders.
 *
 * @module
 */

import { counted, duration, roundDuration } from "../../show/quantity.ts";
import { SUSPECT_AFTER_MS } from "../../limits.ts";
import { Load } from "./load.ts";
import { verdict } from "./one_key.ts";
import type { Demo, Outcome, Scene } from "./scene.ts";
import type { Processes } from "./scenery.ts";
import type { Stage } from "./stage.ts";
import { tried } from "./tried.ts";
import { heldAt, startAll, untilViewOf, untilWhole, whole } from "./whole.ts";

/** Who is killed, where it is one. */
const KILLED = 2;
const SURVIVORS = [0, 1];

/** Answered before and after something happens, so that one sees that clients are at work. */
const WRITES = 20;

/** The time limit of what is to be refused. */
const REFUSED_MS = 500;

const killed: Scene<Processes> = {
  title: "one of three is killed",
  why: "Every member of a view has to acknowledge a write, so that a crash loses nothing. When " +
    `one is silent for longer than the suspicion time, ${roundDuration(SUSPECT_AFTER_MS)}, the ` +
    "others go on in a new view without it. Reads are answered from the local store.",
  predicted: "writes pause until it is suspected, and go on; reads never stop; " +
    "no acknowledged write is missing",
  readsAlways: true,
  prepare: whole,
  async run(stage: Stage<Processes>): Promise<Outcome> {
    using load = new Load(stage, { writeAt: 0, readAt: 1, prefix: "a" });
    await load.writtenSince(0, WRITES);
    stage.tell(`${load.written} writes are answered at replica 0; kill -9 replica ${KILLED}`);
    const killedMs = stage.now();
    await stage.scenery.kill(KILLED);
    await untilViewOf(stage, 0, SURVIVORS);
    const viewAfterMs = stage.now() - killedMs;
    stage.tell(`replica 0 is in a view of ${SURVIVORS.join(" and ")}`);
    await load.writtenSince(stage.now(), WRITES);
    await load.end();
    const gap = load.longestGapSince(killedMs);
    const gapMs = gap.toMs - gap.fromMs;
    const reads = load.readsWithin(gap);
    // Towards the end of the gap there is the new view, which could be what a read had waited for.
    const early = load.readsWithin({ fromMs: killedMs, toMs: (killedMs + gap.toMs) / 2 });
    await stage.caughtUpWith(0, SURVIVORS);
    const missing = await missingAt(stage, load, SURVIVORS, "a");
    stage.tell(`${load.written} writes are answered, and ${SURVIVORS.join(" and ")} hold them`);
    return {
      verdict: missing.length > 0
        ? "not as predicted"
        : early > 0
        ? "as predicted"
        : "inconclusive",
      observed: `no write was answered for ${duration(gapMs)}, meanwhile ` +
        `${counted(reads, "read")} were; of ${counted(load.written, "write")} ` +
        `${missing.length === 0 ? "none is" : `${missing.length} are`} missing`,
      facts: { gapMs, viewAfterMs, readsInGap: reads, writes: load.written, missing },
    };
  },
};

const back: Scene<Processes> = {
  title: "it comes back",
  why: "A replica that was stopped never resumes its old view. It starts outside any, gets what " +
    "it has missed from the others while they go on, and a further view takes it in.",
  predicted: "it catches up, is taken in while clients go on, and holds everything",
  readsAlways: true,
  async prepare(stage: Stage<Processes>): Promise<void> {
    if (stage.scenery.isUp(KILLED)) {
      await whole(stage);
      await stage.scenery.kill(KILLED);
    }
    await untilViewOf(stage, 0, SURVIVORS);
  },
  async run(stage: Stage<Processes>): Promise<Outcome> {
    using load = new Load(stage, { writeAt: 0, readAt: 1, prefix: "b" });
    await load.writtenSince(0, WRITES);
    stage.tell(`${load.written} writes later, replica ${KILLED} is started again`);
    const startedMs = stage.now();
    await stage.scenery.start(KILLED);
    const readyMs = stage.now() - startedMs;
    stage.tell(`replica ${KILLED} answers local reads`);
    await untilViewOf(stage, KILLED, stage.replicas);
    const takenInMs = stage.now() - startedMs;
    stage.tell(`replica ${KILLED} is in a view of all`);
    await load.writtenSince(stage.now(), WRITES);
    await load.end();
    const gap = load.longestGapSince(startedMs);
    const gapMs = gap.toMs - gap.fromMs;
    await stage.caughtUpWith(0);
    const missing = await missingAt(stage, load, [KILLED], "b");
    return {
      verdict: verdict(missing.length === 0),
      observed: `taken in ${duration(takenInMs)} after its start; no write was answered for ` +
        `${duration(gapMs)} at most; of ${counted(load.written, "write")} it lacks ` +
        (missing.length === 0 ? "none" : String(missing.length)),
      facts: { readyMs, takenInMs, gapMs, writes: load.written, missing },
    };
  },
};

const wiped: Scene<Processes> = {
  title: "its folder is deleted",
  why: "A replica without its folder has forgotten what it promised. Its new folder is known as " +
    "new: it takes no write and counts for no majority until the others have brought it up to " +
    "date and a view with it has started. Its links are held here until we have looked at it.",
  predicted: "at first it holds nothing, does not count and refuses writes; then it is rebuilt, " +
    "counts, and holds everything",
  prepare: whole,
  async run(stage: Stage<Processes>): Promise<Outcome> {
    await stage.set(0, "c", "1", { consistency: "sequential" });
    stage.tell(`kill -9 replica ${KILLED}, delete its folder, start it without its links`);
    await stage.scenery.kill(KILLED);
    await stage.scenery.wipe(KILLED);
    const heal = stage.scenery.cutOff(KILLED);
    await stage.scenery.start(KILLED);
    const before = await stage.quietly(KILLED, (asker) => asker.status());
    stage.tell(`replica ${KILLED} says: keys ${before.keys}, counts ${before.counts}`);
    const write = await tried(
      stage.set(KILLED, "d", "1", { consistency: "eventual", timeoutMs: REFUSED_MS }),
    );
    stage.tell("its links are given back");
    const healedMs = stage.now();
    heal();
    await untilWhole(stage);
    const rebuiltMs = stage.now() - healedMs;
    const after = await stage.quietly(KILLED, (asker) => asker.status());
    stage.tell(`replica ${KILLED} says: keys ${after.keys}, counts ${after.counts}`);
    const lacks = await lacksOf(stage, KILLED);
    const holds = before.keys === 0 && !before.counts && write.answer === "no_quorum" &&
      after.counts && lacks === 0;
    return {
      verdict: verdict(holds),
      observed: `keys ${before.keys} → ${after.keys}, counts ${before.counts} → ${after.counts}; ` +
        `set gave ${write.answer}; rebuilt ${duration(rebuiltMs)} after it had links`,
      facts: {
        before: { keys: before.keys, counts: before.counts, joining: before.joining },
        write: write.answer,
        after: { keys: after.keys, counts: after.counts },
        rebuiltMs,
        lacks,
      },
    };
  },
};

const two: Scene<Processes> = {
  title: "two of three are killed",
  why: "Without a majority no write can get its place in the order. A replica that is left still " +
    "answers reads, and takes eventual writes: they wait on its disk. A sequential write is " +
    "refused at its time limit, and the refusal says who is missing and whether it may still happen.",
  predicted: "reads and eventual writes go on, a sequential write gets no_quorum; after the " +
    "restart every accepted write is everywhere, once",
  prepare: whole,
  async run(stage: Stage<Processes>): Promise<Outcome> {
    await stage.set(0, "e", "1", { consistency: "sequential" });
    stage.tell("kill -9 replica 1 and replica 2");
    await Promise.all([stage.scenery.kill(1), stage.scenery.kill(2)]);
    await stage.until(
      async () => (await stage.status(0))?.missing.length === 2,
      "replica 0 misses both",
    );
    const read = await stage.get(0, "e", { consistency: "sequential" });
    await stage.set(0, "f", "2", { consistency: "eventual", id: "crash-f" });
    const refused = await tried(
      stage.set(0, "g", "3", { consistency: "sequential", timeoutMs: REFUSED_MS, id: "crash-g" }),
    );
    const missing = missingOf(refused.refusal?.details.missing);
    stage.tell("replica 1 and replica 2 are started again");
    const startedMs = stage.now();
    await startAll(stage);
    await untilWhole(stage);
    const wholeMs = stage.now() - startedMs;
    stage.tell("all replicas are in one view and equal");
    const held = await Promise.all(stage.replicas.map((id) => heldAt(stage, id, "")));
    const times = stage.record.placesOf("crash-f").length;
    const kept = held.every((all) => all.get("e") === "1" && all.get("f") === "2");
    const dropped = refused.refusal?.maybe === true ||
      held.every((all) => !all.has("g")) && stage.record.placesOf("crash-g").length === 0;
    const holds = read.value === "1" && refused.answer === "no_quorum" &&
      missing.join() === "1,2" && kept && dropped && times === 1;
    return {
      verdict: verdict(holds),
      observed: `get gave ${read.value}, the eventual set was taken, the sequential one gave ` +
        `${refused.answer}, missing ${missing.join(", ")}; whole ${duration(wholeMs)} after the ` +
        `restart, the accepted write ${kept ? "everywhere" : "not everywhere"}, ` +
        `${times === 1 ? "once" : `${times} times`}`,
      facts: {
        read: read.value,
        refused: refused.answer,
        maybe: refused.refusal?.maybe ?? null,
        missing,
        wholeMs,
        kept,
        dropped,
        timesOrdered: times,
      },
    };
  },
};

/** The demo. */
export const crash: Demo<Processes> = {
  name: "crash",
  summary: "replicas are killed, come back, and lose their folders",
  replicas: 3,
  delayMs: null,
  heldTo: ["sequential", "linearizable"],
  intro: () =>
    "Three replicas, each a process of its own on this machine, with a folder of its own. " +
    "kill -9 ends a process without a chance to put anything in order.",
  scenes: [killed, back, wiped, two],
};

/** Which of the load's keys are missing at these replicas. */
async function missingAt(
  stage: Stage<Processes>,
  load: Load,
  replicas: readonly number[],
  prefix: string,
): Promise<string[]> {
  const all = await Promise.all(replicas.map((id) => heldAt(stage, id, prefix)));
  return [...new Set(all.flatMap((held) => load.missingFrom(held)))];
}

/** How many keys of replica 0 a replica does not hold as that does. */
async function lacksOf(stage: Stage<Processes>, replica: number): Promise<number> {
  const [all, held] = await Promise.all([heldAt(stage, 0, ""), heldAt(stage, replica, "")]);
  return [...all].filter(([key, value]) => held.get(key) !== value).length;
}

/** The ids in what an error says of missing replicas. */
function missingOf(details: unknown): number[] {
  if (!Array.isArray(details)) return [];
  return details.flatMap((one: unknown) =>
    typeof one === "object" && one !== null && "id" in one && typeof one.id === "number"
      ? one.id
      : []
  );
}
