/**
 * Those who watch: each gets the same bytes once a second, made once, and only while somebody does.
 *
 * @module
 */

import { HTTP_WATCH_MS, HTTP_WATCHER_BEHIND_MAX, HTTP_WATCHERS_MAX } from "../limits.ts";
import { HttpError } from "./failure.ts";

type Controller = ReadableStreamDefaultController<Uint8Array>;

/** Gives what is told, as a value for JSON; `first` if it was not asked a moment ago. Never rejects. */
export type Look = (first: boolean) => Promise<unknown>;

const encoder = new TextEncoder();

/** Says how soon a watcher comes back when the stream ends: the server is then being started. */
const RETRY = encoder.encode("retry: 1000\n\n");

/** All who watch, and what they are told. */
export class Watchers {
  readonly #look: Look;
  readonly #watchers = new Set<Controller>();
  /** What was told last, while others are being told. */
  #last: Uint8Array | null = null;
  #telling = false;
  #closed = false;
  /** Ends the pause between two looks at once. */
  #endPause: () => void = () => {};

  /** Nobody yet. */
  constructor(look: Look) {
    this.#look = look;
  }

  /** How many there are. */
  get size(): number {
    return this.#watchers.size;
  }

  /**
   * A stream of server-sent events: what is so now, and from then on once a second.
   *
   * @throws {HttpError} if there are too many already
   */
  open(): ReadableStream<Uint8Array> {
    if (this.size >= HTTP_WATCHERS_MAX) {
      const text = `${HTTP_WATCHERS_MAX} watch already, and no more may`;
      throw new HttpError(503, "internal", text, { "retry-after": "10" });
    }
    let own: Controller;
    return new ReadableStream({
      start: (controller) => {
        own = controller;
        this.#add(controller);
      },
      cancel: () => {
        this.#watchers.delete(own);
      },
    }, { highWaterMark: HTTP_WATCHER_BEHIND_MAX });
  }

  /** Ends all streams. */
  close(): void {
    this.#closed = true;
    for (const controller of this.#watchers) controller.close();
    this.#watchers.clear();
    this.#endPause();
  }

  #add(controller: Controller): void {
    if (this.#closed) return controller.close();
    this.#watchers.add(controller);
    controller.enqueue(RETRY);
    if (this.#last !== null) controller.enqueue(this.#last);
    if (!this.#telling) this.#tell();
  }

  async #tell(): Promise<void> {
    this.#telling = true;
    while (this.size > 0) {
      const next = performance.now() + HTTP_WATCH_MS;
      const seen = await this.#look(this.#last === null);
      const event = encoder.encode(`data: ${JSON.stringify(seen)}\n\n`);
      this.#last = event;
      for (const controller of this.#watchers) this.#send(controller, event);
      if (!this.#closed) await this.#pause(next - performance.now());
    }
    this.#last = null;
    this.#telling = false;
  }

  #send(controller: Controller, event: Uint8Array): void {
    if ((controller.desiredSize ?? 0) > 0) return controller.enqueue(event);
    this.#watchers.delete(controller);
    controller.error(new Error("the watcher does not read"));
  }

  async #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, Math.max(0, ms));
    this.#endPause = resolve;
    await promise;
    clearTimeout(timer);
  }
}
