/**
 * Carries faults out, several at a time, and undoes each when its time is over, or all at once.
 *
 * @module
 */

import { majority } from "../order/view.ts";
import { invariant, unreachable } from "../invariant.ts";
import type { Fault, FaultKind, Way } from "./plan.ts";
import { pause } from "./pause.ts";

/** What is done to a replica. */
export interface Victim {
  readonly isUp: boolean;
  start(): Promise<void>;
  kill(): Promise<void>;
  pause(): () => void;
}

/** What is done to the cluster. */
export interface Target {
  readonly replicas: readonly Victim[];
  cut(way: Way): () => void;
  slow(way: Way, delayMs: number): () => void;
  /** Breaks the connections of the link. */
  reset(way: Way): void;
  /**
   * Kills the replica and deletes its folder, if nothing but its own promise hangs on that folder;
   * otherwise says false, and has killed it or not.
   */
  wipe(replica: number): Promise<boolean>;
  /** Whether the replica's new folder counts toward a majority. */
  counts(replica: number): Promise<boolean>;
}

/** What an injector tells. */
export interface InjectorEvents {
  /** A fault was not done, and why. */
  skipped(why: string): void;
  /** A fault is being done, or undone. */
  phase(fault: Fault, phase: "begin" | "end"): void;
  /** A replica that was to run again does not. */
  failed(replica: number, error: unknown): void;
}

/** What was done, by kind. */
export type FaultCounts = Readonly<Record<FaultKind, number>>;

/** Between two looks whether a new folder counts. */
const LOOK_MS = 200;

/** Carries faults out on a cluster. */
export class Injector {
  readonly #target: Target;
  readonly #events: InjectorEvents;
  readonly #counts = { kill: 0, pause: 0, cut: 0, slow: 0, wipe: 0 };
  /** By replica: how many faults hold it down. */
  readonly #holds: number[];
  /** By replica: its start, or restart, that is under way. */
  readonly #starts: Promise<void>[];
  /** Replicas whose folders do not yet count. */
  readonly #lost = new Set<number>();
  readonly #healing = new AbortController();
  readonly #active = new Set<Promise<void>>();
  #isEnded = false;

  /** Nothing is done yet; all replicas run. */
  constructor(target: Target, events: InjectorEvents) {
    this.#target = target;
    this.#events = events;
    this.#holds = target.replicas.map(() => 0);
    this.#starts = target.replicas.map(() => Promise.resolve());
  }

  /** What was done so far. */
  get counts(): FaultCounts {
    return this.#counts;
  }

  /** How many faults were done so far. */
  get total(): number {
    return Object.values(this.#counts).reduce((sum, count) => sum + count, 0);
  }

  /**
   * Does it, and undoes it after its time.
   *
   * @returns false if it could not be done now: a further folder must not be lost
   */
  async inject(fault: Fault): Promise<boolean> {
    invariant(!this.#healing.signal.aborted, "after the healing there are no faults");
    const undo = await this.#begin(fault);
    if (undo === null) return false;
    this.#counts[fault.kind]++;
    this.#events.phase(fault, "begin");
    const active = pause(fault.ms, this.#healing.signal).then(() => {
      this.#events.phase(fault, "end");
      return undo();
    });
    this.#active.add(active);
    active.finally(() => this.#active.delete(active));
    return true;
  }

  /** Undoes all that is not undone; resolves when every replica runs again, or has failed to. */
  async heal(): Promise<void> {
    this.#healing.abort();
    await Promise.all(this.#active);
    // One that ended by itself is started too: what it holds is wanted.
    await Promise.all(this.#target.replicas.map((_, id) => this.#start(id)));
  }

  /** From now on nothing is started, whatever was to be undone. */
  end(): void {
    this.#isEnded = true;
    this.#healing.abort();
  }

  async #begin(fault: Fault): Promise<(() => void | Promise<void>) | null> {
    const { replicas } = this.#target;
    switch (fault.kind) {
      case "kill":
        await Promise.all(fault.replicas.map((id) => this.#down(id)));
        return () => this.#upAll(fault.replicas);
      case "pause": {
        const resumes = fault.replicas.map((id) => replicas[id].pause());
        return () => resumes.forEach((resume) => resume());
      }
      case "slow": {
        const heals = fault.ways.map((way) => this.#target.slow(way, fault.delayMs));
        return () => heals.forEach((heal) => heal());
      }
      case "cut": {
        const heals = fault.ways.map((way) => this.#target.cut(way));
        return () => {
          if (fault.then === "lost") fault.ways.forEach((way) => this.#target.reset(way));
          heals.forEach((heal) => heal());
        };
      }
      case "wipe":
        return await this.#wipe(fault.replica);
      default:
        return unreachable(fault);
    }
  }

  async #wipe(id: number): Promise<(() => Promise<void>) | null> {
    const { replicas } = this.#target;
    const kept = replicas.length - new Set([...this.#lost, id]).size;
    if (kept < majority(replicas.length)) {
      this.#events.skipped(
        `replica ${id} is not wiped: ${[...this.#lost].join(", ")} does not count yet`,
      );
      return null;
    }
    if (this.#lost.has(id) && this.#holds[id] > 0) {
      this.#events.skipped(`replica ${id} is not wiped: it is down, and has no folder`);
      return null;
    }
    // Nobody starts it while its folder goes.
    this.#holds[id]++;
    await this.#starts[id];
    if (!await this.#target.wipe(id)) {
      this.#events.skipped(`replica ${id} is not wiped: it alone holds what was acknowledged`);
      await this.#up(id);
      return null;
    }
    this.#lost.add(id);
    return async () => {
      await this.#up(id);
      this.#untilCounts(id);
    };
  }

  /** Waits, in the background, until the new folder counts. */
  async #untilCounts(id: number): Promise<void> {
    while (!this.#healing.signal.aborted) {
      if (await this.#target.counts(id)) {
        this.#lost.delete(id);
        return;
      }
      await pause(LOOK_MS, this.#healing.signal);
    }
  }

  async #down(id: number): Promise<void> {
    this.#holds[id]++;
    await this.#target.replicas[id].kill();
  }

  async #upAll(replicas: readonly number[]): Promise<void> {
    await Promise.all(replicas.map((id) => this.#up(id)));
  }

  /** One fault less holds it down: starts it if none does. */
  async #up(id: number): Promise<void> {
    this.#holds[id]--;
    await this.#start(id);
  }

  async #start(id: number): Promise<void> {
    this.#starts[id] = this.#starts[id].then(async () => {
      const replica = this.#target.replicas[id];
      if (this.#isEnded || this.#holds[id] > 0 || replica.isUp) return;
      try {
        await replica.start();
      } catch (error) {
        this.#events.failed(id, error);
      }
    });
    await this.#starts[id];
  }
}
