/**
 * Plays the scenes of a demo one after the other, telling of each, and sums them up.
 *
 * @module
 */

import { roundDuration } from "../../show/quantity.ts";
import { table } from "../../show/table.ts";
import { labelled, WIDTH, wrap } from "../../show/text.ts";
import { hold, type Judged } from "./judged.ts";
import type { Demo, Outcome, Scene, Verdict } from "./scene.ts";
import type { Scenery } from "./scenery.ts";
import type { Drawing, Stage, Teller } from "./stage.ts";

/** An inconclusive scene is played again, with twice the delay if it has one: so often in all. */
export const ATTEMPTS_MAX = 3;

/** A scene and what came of it. */
export interface Played extends Outcome {
  /** Its number in the demo, from 1. */
  readonly number: number;
  readonly scene: Pick<Scene, "title" | "predicted">;
  /** What the checker says of its history. */
  readonly judged: readonly Judged[];
  /** How often it was played. */
  readonly attempts: number;
  /** The delay of the last time. */
  readonly delayMs: number;
}

/** How what matters is set off. */
export interface Paint {
  /** A scene's heading. */
  readonly title: (text: string) => string;
  readonly verdict: (verdict: Verdict) => string;
  readonly judged: (verdict: Judged["verdict"]) => string;
}

/** A scene that is drawn while it is played. */
export interface SceneDrawing extends Drawing, Disposable {
  /** Draws what is left. */
  end(): Promise<void>;
}

/** How a demo is played. */
export interface PlayOptions<S extends Scenery = Scenery> {
  /** The numbers of the scenes, from 1. */
  readonly scenes: readonly number[];
  readonly stage: Stage<S>;
  readonly teller: Teller;
  /** Sets off, e.g. by colours. */
  readonly paint: Paint;
  /** Begins to draw what happens on the stage in that scene. */
  readonly draw?: (stage: Stage<S>, scene: Pick<Scene, "readsAlways">) => SceneDrawing;
  /** Told of each scene when it is over. */
  readonly played?: (played: Played) => void;
}

/** Plays the scenes and gives back what came of each. */
export async function play<S extends Scenery>(
  demo: Demo<S>,
  options: PlayOptions<S>,
): Promise<Played[]> {
  const { stage, teller } = options;
  for (const line of wrap(demo.intro(stage), teller.width)) teller.line(line);
  const results: Played[] = [];
  for (const number of options.scenes) {
    const result = await playScene(demo, number, options);
    results.push(result);
    options.played?.(result);
  }
  return results;
}

/** The table at the end. */
export function summary(
  played: readonly Played[],
  paint: Pick<Paint, "verdict" | "judged">,
  width: number = WIDTH,
): string[] {
  const heldTo = played[0]?.judged.map(({ guarantee }) => guarantee) ?? [];
  return [
    ...table(
      [{ title: "scene" }, { title: "predicted" }, { title: "observed" }, { title: "verdict" }],
      played.map(({ number, scene, observed, verdict }) => [
        `${number} ${scene.title}`,
        scene.predicted,
        observed,
        paint.verdict(verdict),
      ]),
      { width },
    ),
    "",
    ...table(
      [{ title: "history, held to" }, ...heldTo.map((title) => ({ title }))],
      played.map(({ number, scene, judged }) => [
        `${number} ${scene.title}`,
        ...judged.map(({ verdict }) => paint.judged(verdict)),
      ]),
      { width },
    ),
  ];
}

/** What `--json` says of a scene. */
export function playedForm(
  demo: Pick<Demo, "name">,
  played: Played,
): Record<string, unknown> {
  const { number, scene, verdict, observed, facts, judged, attempts, delayMs } = played;
  return {
    demo: demo.name,
    scene: number,
    title: scene.title,
    predicted: scene.predicted,
    observed,
    verdict,
    judged,
    attempts,
    delayMs,
    facts,
  };
}

/** Plays one scene until it says something about its prediction. */
async function playScene<S extends Scenery>(
  demo: Demo<S>,
  number: number,
  options: PlayOptions<S>,
): Promise<Played> {
  const { teller, paint } = options;
  const scene = demo.scenes[number - 1];
  teller.line("");
  teller.line(paint.title(`Scene ${number} of ${demo.scenes.length}  ${scene.title}`));
  tellLabelled(teller, "why", scene.why);
  tellLabelled(teller, "predicted", scene.predicted);
  teller.line("");
  let stage = options.stage;
  for (let attempts = 1;; attempts++) {
    const began = stage.record.mark();
    await scene.prepare(stage);
    const outcome = await runScene(scene, stage, options);
    const judged = demo.heldTo.map((guarantee) => hold(stage.record.lines(began), guarantee));
    teller.line("");
    tellLabelled(teller, "observed", outcome.observed);
    teller.line(hang("verdict") + paint.verdict(outcome.verdict));
    tellJudged(teller, judged, paint);
    if (outcome.verdict !== "inconclusive" || attempts === ATTEMPTS_MAX) {
      return { ...outcome, number, scene, judged, attempts, delayMs: stage.delayMs };
    }
    stage = stage.withDelay(stage.delayMs * 2);
    tellLabelled(
      teller,
      "again",
      "this machine was too slow for what is to be seen; once more" +
        (stage.delayMs > 0 ? ` with a delay of ${roundDuration(stage.delayMs)}` : ""),
    );
    teller.line("");
  }
}

async function runScene<S extends Scenery>(
  scene: Scene<S>,
  stage: Stage<S>,
  { draw }: PlayOptions<S>,
): Promise<Outcome> {
  using drawing = draw?.(stage, scene) ?? null;
  stage.restart(drawing);
  const outcome = await scene.run(stage);
  await drawing?.end();
  stage.restart(null);
  return outcome;
}

/** Whether the scene's history keeps each guarantee, as if all of it had asked for that. */
function tellJudged(teller: Teller, judged: readonly Judged[], paint: Paint): void {
  for (const [i, { guarantee, verdict, words }] of judged.entries()) {
    const label = hang(i === 0 ? "checker" : "");
    teller.line(`${label}held to ${guarantee}: ${paint.judged(verdict)}`);
    if (words === null) continue;
    for (const line of labelled(`${hang("")}  `, words, teller.width)) teller.line(line);
  }
}

function hang(label: string): string {
  return `  ${label.padEnd(11)}`;
}

function tellLabelled(teller: Teller, label: string, text: string): void {
  for (const line of labelled(hang(label), text, teller.width)) teller.line(line);
}
