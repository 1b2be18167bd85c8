/**
 * Plays the scenes of a demo one after the other, telling of each, and sums them up.
 *
 * @module
 */

import { roundDuration } from "../../show/quantity.ts";
import { table } from "../../show/table.ts";
import { labelled, WIDTH, wrap } from "../../show/text.ts";
import type { Demo, Outcome, Scene, Verdict } from "./scene.ts";
import type { Stage, Teller } from "./stage.ts";

/** An inconclusive scene is played again with twice the delay, so often in all. */
export const ATTEMPTS_MAX = 3;

/** A scene and what came of it. */
export interface Played extends Outcome {
  /** Its number in the demo, from 1. */
  readonly number: number;
  readonly scene: Scene;
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
}

/** How a demo is played. */
export interface PlayOptions {
  /** The numbers of the scenes, from 1. */
  readonly scenes: readonly number[];
  readonly stage: Stage;
  readonly teller: Teller;
  /** Sets off, e.g. by colours. */
  readonly paint: Paint;
  /** Told of each scene when it is over. */
  readonly played?: (played: Played) => void;
}

/** Plays the scenes and gives back what came of each. */
export async function play(demo: Demo, options: PlayOptions): Promise<Played[]> {
  const { stage, teller } = options;
  for (const line of wrap(demo.intro(stage), WIDTH)) teller.line(line);
  const results: Played[] = [];
  for (const number of options.scenes) {
    const result = await playScene(demo, number, options);
    results.push(result);
    options.played?.(result);
  }
  return results;
}

/** The table at the end. */
export function summary(played: readonly Played[], paint: Paint["verdict"]): string[] {
  return table(
    [{ title: "scene" }, { title: "predicted" }, { title: "observed" }, { title: "verdict" }],
    played.map(({ number, scene, observed, verdict }) => [
      `${number} ${scene.title}`,
      scene.predicted,
      observed,
      paint(verdict),
    ]),
  );
}

/** What `--json` says of a scene. */
export function playedForm(demo: Demo, played: Played): Record<string, unknown> {
  const { number, scene, verdict, observed, facts, attempts, delayMs } = played;
  return {
    demo: demo.name,
    scene: number,
    title: scene.title,
    predicted: scene.predicted,
    observed,
    verdict,
    attempts,
    delayMs,
    facts,
  };
}

/** Plays one scene until it says something about its prediction. */
async function playScene(demo: Demo, number: number, options: PlayOptions): Promise<Played> {
  const { teller, paint } = options;
  const scene = demo.scenes[number - 1];
  teller.line("");
  teller.line(paint.title(`Scene ${number} of ${demo.scenes.length}  ${scene.title}`));
  tellLabelled(teller, "why", scene.why);
  tellLabelled(teller, "predicted", scene.predicted);
  teller.line("");
  let stage = options.stage;
  for (let attempts = 1;; attempts++) {
    await scene.prepare(stage);
    stage.restart();
    const outcome = await scene.run(stage);
    teller.line("");
    tellLabelled(teller, "observed", outcome.observed);
    teller.line(hang("verdict") + paint.verdict(outcome.verdict));
    if (outcome.verdict !== "inconclusive" || attempts === ATTEMPTS_MAX) {
      return { ...outcome, number, scene, attempts, delayMs: stage.delayMs };
    }
    stage = stage.withDelay(stage.delayMs * 2);
    tellLabelled(
      teller,
      "again",
      `this machine was too slow for what is to be seen; once more with ` +
        `a delay of ${roundDuration(stage.delayMs)}`,
    );
    teller.line("");
  }
}

function hang(label: string): string {
  return `  ${label.padEnd(11)}`;
}

function tellLabelled(teller: Teller, label: string, text: string): void {
  for (const line of labelled(hang(label), text)) teller.line(line);
}
