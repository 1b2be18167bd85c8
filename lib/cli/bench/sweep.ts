/**
 * A sweep: the same load at each level, on so many replicas, by so many clients.
 *
 * @module
 */

import type { Consistency } from "../../consistency.ts";
import { ConnectionError, FailedError, reason, RequestError, TimeoutError } from "../../errors.ts";
import { counted } from "../../show/quantity.ts";
import type { LoadProgress, LoadResult, LoadSettings } from "./load.ts";
import { errorWords, latenciesOf } from "./load_report.ts";

/** What is measured. */
export interface SweepPlan {
  readonly levels: readonly Consistency[];
  readonly replicas: readonly number[];
  readonly clients: readonly number[];
  /** What is the same in each case. */
  readonly load: Omit<LoadSettings, "targets" | "clients" | "consistency">;
}

/** One combination. */
export interface Case {
  readonly level: Consistency;
  readonly replicas: number;
  readonly clients: number;
}

/** A combination that was measured. */
export interface SweepPoint extends Case {
  readonly result: LoadResult;
}

/** One that could not be measured. */
export interface Absentee extends Case {
  /** The reason, for people. */
  readonly why: string;
}

/** All that came of it. */
export interface SweepResult {
  readonly points: readonly SweepPoint[];
  readonly absentees: readonly Absentee[];
  /** Whether it ran to its end. */
  readonly complete: boolean;
}

/** How it is measured. */
export interface SweepMeans {
  /** Runs `use` on that many replicas and ends them. The signal it gets aborts if one fails. */
  withReplicas(
    replicas: number,
    signal: AbortSignal,
    use: (targets: readonly string[], signal: AbortSignal) => Promise<void>,
  ): Promise<void>;
  /** Makes one load. When the signal aborts, it gives back what it has. */
  load(
    settings: LoadSettings,
    signal: AbortSignal,
    tell: (progress: LoadProgress) => void,
  ): Promise<LoadResult>;
  /** Told how far it is: what is measured now, how much of all is done, answers per second. */
  tell(one: Case, share: number, perSecond: number): void;
}

/** So many times the warm-up of each case is asked for when replicas were just started. */
const FIRST_WARM_UP_FACTOR = 10;

/** The combinations, in the order in which they are measured: replicas are started only once. */
export function casesOf({ levels, replicas, clients }: SweepPlan): Case[] {
  return replicas.flatMap((replicas) =>
    clients.flatMap((clients) => levels.map((level) => ({ level, replicas, clients })))
  );
}

/** The combination in words. */
export function caseWords({ level, replicas, clients }: Case): string {
  return `${level}, ${counted(replicas, "replica")}, ${counted(clients, "client")}`;
}

/** Measures all of them. When the signal aborts, what was measured to its end is given back. */
export async function sweep(
  plan: SweepPlan,
  means: SweepMeans,
  signal: AbortSignal,
): Promise<SweepResult> {
  const cases = casesOf(plan);
  const points: SweepPoint[] = [];
  const absentees: Absentee[] = [];
  for (const replicas of plan.replicas) {
    if (signal.aborted) break;
    const open = cases.filter((one) => one.replicas === replicas);
    try {
      await means.withReplicas(replicas, signal, async (targets, either) => {
        await warmUp(plan, replicas, { means, targets, signal: either });
        while (open.length > 0 && !either.aborted) {
          const [one] = open;
          const done = points.length + absentees.length;
          const tell = ({ phase, share, perSecond }: LoadProgress) => {
            const part = phase === "measuring" ? share : 0;
            means.tell(one, (done + part) / cases.length, perSecond);
          };
          const settings = settingsOf(plan, one, targets);
          const outcome = await measured(() => means.load(settings, either, tell));
          if (either.aborted) return;
          open.shift();
          if (typeof outcome === "string") absentees.push({ ...one, why: outcome });
          else points.push({ ...one, result: outcome });
        }
      });
    } catch (error) {
      if (signal.aborted) break;
      const why = expected(error);
      absentees.push(...open.map((one) => ({ ...one, why })));
    }
  }
  return { points, absentees, complete: points.length + absentees.length === cases.length };
}

/**
 * Asks replicas that were just started as much as they will be asked. Else the level that is first
 * would show how fast V8 compiles.
 */
async function warmUp(
  plan: SweepPlan,
  replicas: number,
  { means, targets, signal }: {
    means: SweepMeans;
    targets: readonly string[];
    signal: AbortSignal;
  },
): Promise<void> {
  const warmUpMs = plan.load.warmUpMs * FIRST_WARM_UP_FACTOR;
  if (warmUpMs === 0) return;
  const level = plan.levels[plan.levels.length - 1];
  const one = { level, replicas, clients: Math.max(...plan.clients) };
  const settings = { ...settingsOf(plan, one, targets), warmUpMs, durationMs: 0 };
  await measured(() => means.load(settings, signal, () => {}));
}

function settingsOf(
  { load }: SweepPlan,
  { level, clients }: Case,
  targets: readonly string[],
): LoadSettings {
  return { ...load, targets, clients, consistency: level };
}

/** The result, or why there is none. */
async function measured(load: () => Promise<LoadResult>): Promise<LoadResult | string> {
  try {
    const result = await load();
    if (latenciesOf(result).all.count > 0) return result;
    return `no request was answered; errors: ${errorWords(result)}`;
  } catch (error) {
    return expected(error);
  }
}

/** The reason of a failure that can happen; any other is thrown again. */
function expected(error: unknown): string {
  const kinds = [FailedError, ConnectionError, RequestError, TimeoutError];
  if (!kinds.some((kind) => error instanceof kind)) throw error;
  return reason(error);
}
