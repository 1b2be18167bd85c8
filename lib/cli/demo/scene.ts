/**
 * What a demo is: scenes that predict what will be seen, do it, and say what was seen.
 *
 * A further demo is one file with a {@linkcode Demo}, and a line in the table of `demos.ts`.
 *
 * @module
 */

import type { Guarantee } from "../../check/verdict.ts";
import type { Scenery } from "./scenery.ts";
import type { Stage } from "./stage.ts";

/**
 * What became of a prediction. `inconclusive`: the machine was too slow for the observation to
 * fall into the time that it is about; it says nothing about the prediction.
 */
export type Verdict = "as predicted" | "not as predicted" | "inconclusive";

/** What a scene has seen. */
export interface Outcome {
  /** Follows from the facts, and from nothing else. */
  readonly verdict: Verdict;
  /** What was seen, in words, for the table at the end. */
  readonly observed: string;
  /** The values behind the verdict: what was read, held and measured. */
  readonly facts: Readonly<Record<string, unknown>>;
}

/** One prediction and its proof, on a cluster that lets happen what the scene needs. */
export interface Scene<S extends Scenery = Scenery> {
  /** A few words; the heading. */
  readonly title: string;
  /** What the level promises, and why the prediction follows from it. */
  readonly why: string;
  /** What will be seen, in words, for the table at the end. */
  readonly predicted: string;
  /** Whether clients read all the time: so much, that it would hide the rest if it were drawn. */
  readonly readsAlways?: boolean;
  /** Brings about the state in which the scene begins. Not part of what is judged. */
  prepare(stage: Stage<S>): Promise<void>;
  /** Does it and looks. */
  run(stage: Stage<S>): Promise<Outcome>;
}

/** Scenes that belong together. */
export interface Demo<S extends Scenery = Scenery> {
  /** What it is called on the command line. */
  readonly name: string;
  /** One line, for the list of demos. */
  readonly summary: string;
  /** How many replicas it needs. */
  readonly replicas: number;
  /**
   * How much later a replica applies what it delivers, in milliseconds, where a scene asks for
   * that; null if none does.
   */
  readonly delayMs: number | null;
  /** What the checker holds each scene's history to, whatever was asked for in it. */
  readonly heldTo: readonly Guarantee[];
  /** What it is about, and what the cluster does in it. */
  intro(stage: Stage<S>): string;
  /** In order; each can also be shown alone. */
  readonly scenes: readonly Scene<S>[];
}
