/**
 * Clients that ask all the time while something happens to the cluster: one writes a key after
 * the other, one reads what was written last.
 *
 * @module
 */

import type { Processes } from "./scenery.ts";
import type { Answered, Stage } from "./stage.ts";

/** Between two requests of a client: enough are asked to see a gap, and few to load a machine. */
const THINK_MS = 5;

/** What the clients ask. */
export interface LoadOptions {
  /** The replica at which one writes … */
  readonly writeAt: number;
  /** … and that at which one reads. */
  readonly readAt: number;
  /** What the keys begin with. */
  readonly prefix: string;
}

/** A time without something. */
export interface Gap {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The clients, at work until {@linkcode Load.end}. */
export class Load implements Disposable {
  readonly #stage: Stage<Processes>;
  readonly #options: LoadOptions;
  readonly #writes: Answered<string>[] = [];
  readonly #reads: Answered<string>[] = [];
  readonly #working: Promise<unknown>;
  #isOver = false;

  /** They begin. */
  constructor(stage: Stage<Processes>, options: LoadOptions) {
    this.#stage = stage;
    this.#options = options;
    this.#working = Promise.all([this.#write(), this.#read()]);
    // What fails is thrown by whoever waits for it; the other client ends too.
    this.#working.catch(() => this.#isOver = true);
  }

  /** How many writes were answered. */
  get written(): number {
    return this.#writes.length;
  }

  /** Waits until so many writes were asked after that moment, and answered. */
  async writtenSince(ms: number, count: number): Promise<void> {
    const asked = () => this.#writes.filter(({ askedMs }) => askedMs > ms).length;
    await this.#stage.until(
      () => Promise.resolve(asked() >= count || this.#isOver),
      `${count} more writes are answered`,
    );
    if (this.#isOver) await this.#working;
  }

  /** Lets them finish what they have asked. */
  async end(): Promise<void> {
    this.#isOver = true;
    await this.#working;
  }

  /** They ask no more, whatever becomes of what they have asked. */
  [Symbol.dispose](): void {
    this.#isOver = true;
  }

  /** The longest time after that moment in which no write was answered. */
  longestGapSince(ms: number): Gap {
    const times = this.#writes.map(({ answeredMs }) => answeredMs);
    let gap: Gap = { fromMs: ms, toMs: ms };
    for (const [i, toMs] of times.entries()) {
      const fromMs = times[i - 1] ?? toMs;
      if (toMs > ms && toMs - fromMs > gap.toMs - gap.fromMs) gap = { fromMs, toMs };
    }
    return gap;
  }

  /** How many reads were asked and answered in that time. */
  readsWithin({ fromMs, toMs }: Gap): number {
    return this.#reads.filter(({ askedMs, answeredMs }) => askedMs > fromMs && answeredMs < toMs)
      .length;
  }

  /** Which of the written keys are not in what a replica holds, or have another value there. */
  missingFrom(held: ReadonlyMap<string, string>): string[] {
    return this.#writes.flatMap((_, i) => held.get(this.#key(i)) === String(i) ? [] : this.#key(i));
  }

  async #write(): Promise<void> {
    const { writeAt } = this.#options;
    const options = { consistency: "sequential", quiet: true } as const;
    for (let i = 0; !this.#isOver; i++) {
      this.#writes.push(await this.#stage.set(writeAt, this.#key(i), String(i), options));
      await this.#stage.pause(THINK_MS);
    }
  }

  async #read(): Promise<void> {
    const { readAt } = this.#options;
    const options = { consistency: "sequential", quiet: true } as const;
    while (!this.#isOver) {
      if (this.written > 0) {
        this.#reads.push(await this.#stage.get(readAt, this.#key(this.written - 1), options));
      }
      await this.#stage.pause(THINK_MS);
    }
  }

  #key(i: number): string {
    return `${this.#options.prefix}${i}`;
  }
}
