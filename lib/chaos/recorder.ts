/**
 * Records what clients ask and are told: into the history, and into the counts that tell how much
 * a run has tested.
 *
 * @module
 */

import type { HistoryLine, Invoke } from "../check/history.ts";
import type { Consistency } from "../consistency.ts";
import { invariant } from "../invariant.ts";

/** An operation as its client asks for it. */
export type Asked = Invoke extends infer I
  ? I extends Invoke ? Omit<I, "type" | "process" | "at"> : never
  : never;

/** What became of the operations of one level. */
export interface LevelCounts {
  /** Writes that were answered. */
  writes: number;
  /** Reads that were answered. */
  reads: number;
  /** Of both: what certainly did not happen. */
  failed: number;
  /** Writes that may have happened, or may still. */
  unknown: number;
}

/** Takes the lines of a history as they happen. */
export type Write = (line: HistoryLine) => void;

/** The recorder of one run. */
export class Recorder {
  /** By level. */
  readonly counts: Readonly<Record<Consistency, LevelCounts>> = {
    eventual: { writes: 0, reads: 0, failed: 0, unknown: 0 },
    sequential: { writes: 0, reads: 0, failed: 0, unknown: 0 },
    linearizable: { writes: 0, reads: 0, failed: 0, unknown: 0 },
  };
  readonly #write: Write;
  readonly #now: () => number;
  #processes = 0;
  #began: number | null = null;
  #orderedAt = 0;
  #gapMs = 0;

  /** `now` tells the time in milliseconds. */
  constructor(write: Write, now: () => number) {
    this.#write = write;
    this.#now = now;
  }

  /** The longest time without an answer to a write that waits for its place in the order. */
  get longestGapMs(): number {
    return this.#gapMs;
  }

  /** A new process: whoever does not know what became of its operation goes on as another. */
  process(): RecordedProcess {
    return new RecordedProcess(this.#processes++, this);
  }

  /** A process asks. */
  asked(process: number, asked: Asked): void {
    const at = this.#at();
    this.#began ??= this.#orderedAt = at;
    this.#write({ type: "invoke", process, at, ...asked });
  }

  /** What the process has asked is answered. */
  answered(process: number, { op, level }: Asked, value?: string | null): void {
    const at = this.#at();
    this.#write({ type: "ok", process, at, ...(op === "get" && { value }) });
    if (op === "get") {
      this.counts[level].reads++;
      return;
    }
    this.counts[level].writes++;
    if (level === "eventual") return;
    this.#gapMs = Math.max(this.#gapMs, (at - this.#orderedAt) / 1000);
    this.#orderedAt = at;
  }

  /** What the process has asked certainly does not happen (`fail`), or is unknown (`info`). */
  unanswered(process: number, { level }: Asked, type: "fail" | "info", code: string): void {
    this.#write({ type, process, at: this.#at(), code });
    this.counts[level][type === "fail" ? "failed" : "unknown"]++;
  }

  #at(): number {
    return Math.round(this.#now() * 1000);
  }
}

/** A process: it does one operation after the other. */
export class RecordedProcess {
  readonly #number: number;
  readonly #recorder: Recorder;
  #open: Asked | null = null;

  /** Use {@linkcode Recorder.process}. */
  constructor(number: number, recorder: Recorder) {
    this.#number = number;
    this.#recorder = recorder;
  }

  /** It asks. */
  invoke(asked: Asked): void {
    invariant(this.#open === null, "a process does one operation at a time");
    this.#open = asked;
    this.#recorder.asked(this.#number, asked);
  }

  /** It is answered; a read with a value, or null for none. */
  ok(value?: string | null): void {
    this.#recorder.answered(this.#number, this.#close(), value);
  }

  /** It certainly did not happen, and will not. */
  fail(code: string): void {
    this.#recorder.unanswered(this.#number, this.#close(), "fail", code);
  }

  /** It may have happened, or may still. */
  info(code: string): void {
    this.#recorder.unanswered(this.#number, this.#close(), "info", code);
  }

  #close(): Asked {
    const asked = this.#open;
    invariant(asked !== null, "only what was asked is answered");
    this.#open = null;
    return asked;
  }
}
