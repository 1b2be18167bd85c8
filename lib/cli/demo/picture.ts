/**
 * A scene as a picture that grows while it is played: what the replicas tell of it, drawn as text.
 *
 * @module
 */

import { TRACE_FLUSH_MS } from "../../limits.ts";
import { Diagram, type DiagramOptions, type Note } from "../../show/diagram.ts";
import type { TraceLine } from "../../trace/line.ts";
import { epochUs } from "../../trace/moment.ts";
import { storyOf, StoryTeller } from "../../trace/tell.ts";
import { atOf } from "../show/read_trace.ts";
import type { Drawing, Stage } from "./stage.ts";

/** How often it is looked what there is to draw. */
const DRAW_MS = 100;

/** By then every replica has written what it has to tell, on a machine that is not overloaded. */
const TOLD_MS = 5 * TRACE_FLUSH_MS;

/** How a picture is drawn. */
export interface PictureOptions extends Pick<DiagramOptions, "width" | "paint" | "reads"> {
  /** Takes each line. */
  readonly line: (text: string) => void;
  /** Told why it cannot be drawn on. */
  readonly failed: (error: unknown) => void;
}

/** The picture of one scene, which begins now. Moments are milliseconds since then. */
export class Picture implements Drawing, Disposable {
  readonly #stage: Stage;
  readonly #options: PictureOptions;
  readonly #beganUs = epochUs();
  readonly #notes: Note[] = [];
  readonly #read: () => TraceLine[];
  readonly #teller: StoryTeller;
  readonly #diagram: Diagram;
  readonly #drawn: string[] = [];
  readonly #timer: ReturnType<typeof setInterval>;
  /** What has come, and may yet have something before it. */
  #untold: TraceLine[] = [];

  /** Draws what happens on the stage, until it is told to end. */
  constructor(stage: Stage, options: PictureOptions) {
    const { replicas } = stage.scenery;
    this.#stage = stage;
    this.#options = options;
    this.#read = stage.record.reader();
    this.#teller = new StoryTeller(replicas, this.#beganUs);
    this.#diagram = new Diagram(replicas, this.#diagramOptions());
    this.#draw(this.#diagram.head());
    if (options.reads === false) this.note("clients read all the time, which is not drawn");
    this.#timer = setInterval(() => this.#grow(), DRAW_MS);
  }

  /** Says something between the rows. */
  note(words: string): void {
    this.#notes.push({ at: this.#now(), words });
  }

  /**
   * Draws what is left, once all is told. If something was told so late that what stood behind it
   * was drawn already, draws all of it again.
   */
  async end(): Promise<void> {
    await told(this.#stage);
    this[Symbol.dispose]();
    const whole = this.#whole();
    if (!this.#drawn.every((line, i) => line === whole[i])) {
      this.#options.line("Some of it was told late. This is all of it, in its order:");
      this.#drawn.length = 0;
    }
    this.#draw(whole.slice(this.#drawn.length));
  }

  /** Draws no more. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #grow(): void {
    try {
      const toldMs = this.#now() - TOLD_MS;
      const toldUs = this.#beganUs + toldMs * 1000;
      const lines = [...this.#untold, ...this.#read()].sort((a, b) => atOf(a) - atOf(b));
      const isLater = lines.findIndex((line) => atOf(line) > toldUs);
      this.#untold = isLater < 0 ? [] : lines.splice(isLater);
      for (const line of lines) this.#teller.take(line);
      this.#draw(this.#diagram.settled(this.#teller.story(), toldMs));
    } catch (error) {
      this[Symbol.dispose]();
      this.#options.failed(error);
    }
  }

  #whole(): string[] {
    const { scenery, record } = this.#stage;
    const story = storyOf(record.trace(), { replicas: scenery.replicas, began: this.#beganUs });
    const whole = new Diagram(story.replicas, this.#diagramOptions());
    return [...whole.head(), ...whole.rest(story, this.#now())];
  }

  #diagramOptions(): DiagramOptions {
    const { width, paint, reads } = this.#options;
    return { width, paint, reads, notes: this.#notes };
  }

  #draw(lines: readonly string[]): void {
    for (const line of lines) {
      this.#options.line(line);
      this.#drawn.push(line);
    }
  }

  #now(): number {
    return (epochUs() - this.#beganUs) / 1000;
  }
}

/** Replicas tell what they did a little later: waits for all that they have applied. */
async function told(stage: Stage): Promise<void> {
  for (const replica of stage.replicas) {
    const status = await stage.status(replica);
    if (status === null) continue;
    await stage.until(
      () => Promise.resolve(toldIndex(stage.record.traced(), replica) >= status.applied),
      `replica ${replica} has told what it has applied`,
    );
  }
}

/** The index that a replica has told last that it has applied. */
function toldIndex(lines: readonly TraceLine[], replica: number): number {
  let index = 0;
  for (const line of lines) {
    if (!("replica" in line) || line.replica !== replica) continue;
    if (line.type === "start" || line.type === "restore") index = Math.max(index, line.index);
    if (line.type === "apply") { for (const [at] of line.messages) index = Math.max(index, at); }
  }
  return index;
}
