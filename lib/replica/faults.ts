/**
 * Faults of the replicas of a process, asked for by a person who wants to see what they cost. All of
 * them end by themselves; at each replica there is one at a time.
 *
 * @module
 */

import { FailedError, RequestError } from "../errors.ts";
import type { Fault, FaultInjector, FaultKind, FaultUnderWay } from "../fault.ts";
import { unreachable } from "../invariant.ts";
import type { Keeper } from "./keeper.ts";

/** Is told of each begin and end. */
export type FaultTold = (fault: FaultKind, phase: "begin" | "end", replica: number) => void;

/** What is asked of the keeper of a replica. */
export type Faulty = Pick<
  Keeper,
  "id" | "checkServes" | "pause" | "wake" | "setCut" | "addApplyDelay" | "kill"
>;

interface Active {
  readonly fault: Fault;
  /** When it ends, by this process's clock; null where that is not known. */
  readonly ends: number | null;
  readonly timer: ReturnType<typeof setTimeout> | undefined;
}

/** Does them, one after the other. */
export class Faults implements FaultInjector, Disposable {
  readonly #keepers: ReadonlyMap<number, Faulty>;
  readonly #told: FaultTold;
  readonly #active = new Map<number, Active>();
  #last: Promise<unknown> = Promise.resolve();

  /** None is under way. */
  constructor(keepers: readonly Faulty[], told: FaultTold) {
    this.#keepers = new Map(keepers.map((keeper) => [keeper.id, keeper]));
    this.#told = told;
  }

  /** The replicas of this process. */
  get replicas(): readonly number[] {
    return [...this.#keepers.keys()];
  }

  /** By replica, each at most once. */
  get underWay(): readonly FaultUnderWay[] {
    return [...this.#active].sort(([a], [b]) => a - b).map(([replica, { fault, ends }]) => ({
      replica,
      fault: fault.kind,
      leftMs: ends === null ? null : Math.max(0, Math.round(ends - performance.now())),
      ...(fault.kind === "delay" && { byMs: fault.byMs }),
    }));
  }

  /** Does it to this replica from now on, in place of what is done to it already. */
  begin(replica: number, fault: Fault): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#active.get(replica)?.fault.kind === "kill") throw isKilled(replica);
      await this.#end(replica);
      await this.#do(replica, fault);
      this.#begun(replica, fault);
    });
  }

  /** Ends what is done to this replica. */
  end(replica: number): Promise<void> {
    return this.#inTurn(async () => {
      const kind = this.#active.get(replica)?.fault.kind;
      if (kind === undefined) throw refused(`nothing is done to replica ${replica}`);
      if (kind === "kill") throw isKilled(replica);
      await this.#end(replica);
    });
  }

  /** Waits for no end any more: the replicas are stopped, and their keepers wake them. */
  [Symbol.dispose](): void {
    for (const replica of [...this.#active.keys()]) this.#ended(replica);
  }

  /** Beginnings and ends do not meet. */
  #inTurn(act: () => Promise<void>): Promise<void> {
    const done = this.#last.then(act);
    this.#last = done.catch(() => {});
    return done;
  }

  async #do(replica: number, fault: Fault): Promise<void> {
    const keeper = this.#keeper(replica);
    try {
      keeper.checkServes();
      switch (fault.kind) {
        case "pause":
          return await keeper.pause(fault.ms);
        case "cut":
          return await keeper.setCut(true);
        case "delay":
          return await keeper.addApplyDelay(fault.byMs);
        case "kill":
          return keeper.kill(() => this.#ended(replica));
        default:
          return unreachable(fault);
      }
    } catch (error) {
      if (!(error instanceof FailedError)) throw error;
      throw refused(`replica ${replica} does not run: ${error.message}`);
    }
  }

  #begun(replica: number, fault: Fault): void {
    const lasts = fault.kind === "kill" ? null : fault.ms;
    const timer = lasts === null
      ? undefined
      : setTimeout(() => this.#inTurn(() => this.#endInTime(replica, active)), lasts);
    const ends = lasts === null ? null : performance.now() + lasts;
    const active: Active = { fault, ends, timer };
    this.#active.set(replica, active);
    this.#told(fault.kind, "begin", replica);
  }

  /** Another may have taken its place since its time was over. */
  async #endInTime(replica: number, active: Active): Promise<void> {
    if (this.#active.get(replica) === active) await this.#end(replica);
  }

  /** Undoes what is done to this replica, if there is something. */
  async #end(replica: number): Promise<void> {
    const active = this.#active.get(replica);
    if (active === undefined) return;
    try {
      await this.#undo(replica, active.fault);
    } catch (error) {
      // A replica that has failed meanwhile is started again without it.
      if (!(error instanceof FailedError)) throw error;
    }
    this.#ended(replica);
  }

  async #undo(replica: number, { kind }: Fault): Promise<void> {
    const keeper = this.#keeper(replica);
    switch (kind) {
      case "pause":
        return keeper.wake();
      case "cut":
        return await keeper.setCut(false);
      case "delay":
        return await keeper.addApplyDelay(0);
      case "kill":
        return;
      default:
        return unreachable(kind);
    }
  }

  #ended(replica: number): void {
    const active = this.#active.get(replica);
    if (active === undefined) return;
    clearTimeout(active.timer);
    this.#active.delete(replica);
    this.#told(active.fault.kind, "end", replica);
  }

  #keeper(replica: number): Faulty {
    const keeper = this.#keepers.get(replica);
    if (keeper === undefined) throw refused(`there is no replica ${replica} in this process`);
    return keeper;
  }
}

function isKilled(replica: number): RequestError {
  return refused(
    `replica ${replica} was killed and is being started again: wait until it is there`,
  );
}

function refused(text: string): RequestError {
  return new RequestError("bad_request", text, { maybe: false });
}
