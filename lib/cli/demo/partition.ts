/**
 * `kvdist demo partition`: a replica is cut off from both others, and the cut heals.
 *
 * @module
 */

import { SUSPECT_AFTER_MS } from "../../limits.ts";
import { duration } from "../../show/quantity.ts";
import { verdict } from "./one_key.ts";
import type { Demo, Outcome, Scene } from "./scene.ts";
import type { Processes } from "./scenery.ts";
import type { Stage } from "./stage.ts";
import { tried } from "./tried.ts";
import { heldAt, untilViewOf, untilWhole, whole } from "./whole.ts";

/** Who is cut off. */
const ALONE = 2;
const OTHERS = [0, 1];

/** The time limit of what is to be refused. */
const REFUSED_MS = 500;

/** What is under way when the links are cut outlasts the suspicion time. */
const UNDER_WAY_MS = 2 * SUSPECT_AFTER_MS;

const cut: Scene<Processes> = {
  title: "cut off from the others",
  why: "Two of three are a majority and go on in a view of their own. The one that is cut off " +
    "cannot know what they write: it reads what it holds, which may be old, and refuses what " +
    "needs a majority. A write that was under way when the links were cut may still happen, and " +
    "its refusal says so; one that came later certainly does not.",
  predicted:
    "the majority writes; at the other a sequential read is old, a linearizable read and " +
    "sequential writes are refused; what became of them is as the refusals say",
  prepare: whole,
  async run(stage: Stage<Processes>): Promise<Outcome> {
    await stage.set(0, "x", "old", { consistency: "sequential" });
    await untilWhole(stage);
    const heal = cutLinks(stage);
    try {
      const underWay = tried(stage.set(ALONE, "m", "1", {
        consistency: "sequential",
        id: "cut-m",
        timeoutMs: UNDER_WAY_MS,
      }));
      // Should something else fail first, this is no news.
      underWay.catch(() => {});
      await noticed(stage);
      const limit = { timeoutMs: REFUSED_MS };
      await stage.set(0, "x", "new", { consistency: "sequential" });
      const near = await stage.get(0, "x", { consistency: "sequential" });
      const early = await underWay;
      const far = await stage.get(ALONE, "x", { consistency: "sequential" });
      const linearizable = await tried(
        stage.get(ALONE, "x", { consistency: "linearizable", ...limit }),
      );
      const late = await tried(
        stage.set(ALONE, "x", "no", { consistency: "sequential", id: "cut-x", ...limit }),
      );
      await healed(stage, heal);
      const outcome = await stage.quietly(
        ALONE,
        (asker) => asker.outcome("cut-m", { consistency: "sequential" }),
      );
      stage.tell(`what became of set m 1: ${outcome}`);
      const kept = await keptWord(
        stage,
        { key: "x", value: "no" },
        late.refusal?.maybe === false ? false : null,
      ) &&
        await keptWord(stage, { key: "m", value: "1" }, outcome === "applied");
      const holds = near.value === "new" && far.value === "old" && kept &&
        linearizable.answer === "no_quorum" && late.answer === "no_quorum" &&
        early.refusal !== null;
      return {
        verdict: verdict(holds),
        observed: `get at replica 0 gave ${near.value}, at replica ${ALONE} ${far.value}; there ` +
          `a linearizable get gave ${linearizable.answer}, set ${late.answer}, maybe ` +
          `${late.refusal?.maybe}; what was under way: ${early.answer}, maybe ` +
          `${early.refusal?.maybe}, later ${outcome}`,
        facts: {
          majority: near.value,
          alone: far.value,
          linearizable: linearizable.answer,
          underWay: early.answer,
          underWayMaybe: early.refusal?.maybe ?? null,
          outcome,
          write: late.answer,
          maybe: late.refusal?.maybe ?? null,
          kept,
        },
      };
    } finally {
      heal();
    }
  },
};

const heals: Scene<Processes> = {
  title: "a late write overwrites",
  why: "An eventual write is taken wherever it is given, and its promise is to be delivered, not " +
    "to win or lose by the clock. It gets its place in the order when the cut heals, behind all " +
    "that the majority has written meanwhile. Keys that must not lose a newer value want " +
    "sequential writes.",
  predicted: "written first on the cut-off side, late comes last: every replica ends with it, " +
    "and newer, acknowledged after it, is gone",
  prepare: whole,
  async run(stage: Stage<Processes>): Promise<Outcome> {
    const heal = cutLinks(stage);
    try {
      await noticed(stage);
      await stage.set(ALONE, "y", "late", { consistency: "eventual", id: "cut-late" });
      await stage.set(0, "y", "newer", { consistency: "sequential", id: "cut-newer" });
      const waiting = (await stage.quietly(ALONE, (asker) => asker.status())).outbox;
      stage.tell(`replica ${ALONE} says: ${waiting} of its writes wait to be ordered`);
      const meanwhile = await stage.get(0, "y", { consistency: "sequential" });
      const healedMs = await healed(stage, heal);
      const held: string[] = [];
      for (const id of stage.replicas) {
        held.push((await stage.get(id, "y", { consistency: "sequential" })).value);
      }
      const [late, newer] = ["cut-late", "cut-newer"].map((id) => stage.record.placesOf(id));
      stage.tell(`in the total order: newer is message ${newer.join()}, late ${late.join()}`);
      const holds = meanwhile.value === "newer" && held.every((value) => value === "late") &&
        late.length === 1 && newer.length === 1 && newer[0] < late[0];
      return {
        verdict: verdict(holds),
        observed: `while cut, replica 0 held ${meanwhile.value}; whole ${duration(healedMs)} ` +
          `after the cut healed, the replicas hold ${held.join(", ")}`,
        facts: { meanwhile: meanwhile.value, waiting, held, late, newer, healedMs },
      };
    } finally {
      heal();
    }
  },
};

/** The demo. */
export const partition: Demo<Processes> = {
  name: "partition",
  summary: "a replica is cut off: what each side can do, and what a late write overwrites",
  replicas: 3,
  delayMs: null,
  heldTo: ["sequential", "linearizable"],
  intro: () =>
    "Three replicas, each a process of its own, with a proxy in each link between them. " +
    `The proxies hold all that goes between replica ${ALONE} and the others, both ways, as if ` +
    "the cable were pulled. Clients reach every replica all the time.",
  scenes: [cut, heals],
};

/** Cuts; gives back what heals. */
function cutLinks(stage: Stage<Processes>): () => void {
  stage.tell(`all links of replica ${ALONE} are cut`);
  return stage.scenery.cutOff(ALONE);
}

/** Waits until both sides have noticed the cut. */
async function noticed(stage: Stage<Processes>): Promise<void> {
  await untilViewOf(stage, 0, OTHERS);
  await stage.until(
    async () => (await stage.status(ALONE))?.missing.length === OTHERS.length,
    `replica ${ALONE} misses both`,
  );
  stage.tell(`replica 0 is in a view of ${OTHERS.join(" and ")}; replica ${ALONE} misses both`);
}

/** Heals, waits until all are whole, and gives the time that this took. */
async function healed(stage: Stage<Processes>, heal: () => void): Promise<number> {
  const beganMs = stage.now();
  stage.tell("the links are given back");
  heal();
  await untilWhole(stage);
  stage.tell("all replicas are in one view and equal");
  return stage.now() - beganMs;
}

/** Whether what was said of a write holds: it happened, or did not; null: nothing was said. */
async function keptWord(
  stage: Stage<Processes>,
  { key, value }: { readonly key: string; readonly value: string },
  happened: boolean | null,
): Promise<boolean> {
  if (happened === null) return true;
  const held = await Promise.all(stage.replicas.map((id) => heldAt(stage, id, key)));
  return held.every((all) => (all.get(key) === value) === happened);
}
