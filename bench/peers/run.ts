/**
 * Carries out a plan: all systems in turn, round by round.
 *
 * @module
 */

import { FailedError, reason } from "../../lib/errors.ts";
import { duration, percent, rate } from "../../lib/show/quantity.ts";
import type { Plan } from "./flags.ts";
import { isForRedisBenchmark, measure, type MeasureOptions, prepare, warmUp } from "./measure.ts";
import { isBound, type Measurement } from "./measurement.ts";
import { coresOf } from "./pinning.ts";
import { Fleet, isInstalled } from "./processes.ts";
import type { Absentee, Machine, Participant, Report } from "./report.ts";
import { sweep } from "./sweep.ts";
import { outputOf, type System, type Target } from "./systems/system.ts";
import type { Work } from "./targets.ts";

/** Where it runs, and to whom it is told. */
export interface RunOptions {
  /** Where the servers' folders are made. */
  readonly dir?: string;
  readonly signal: AbortSignal;
  /** Told a line for each thing that is done. */
  readonly tell: (line: string) => void;
}

/** Measures all that the plan asks for. */
export async function runPlan(plan: Plan, options: RunOptions): Promise<Report> {
  const begun = new Date().toISOString();
  const machine = await describeMachine(options.dir);
  const { participants, absentees, systems } = await muster(plan.systems, options);
  const pinnings = await possible(plan.pinnings, options);
  const run = new Run({ ...plan, systems, pinnings }, options);
  await run.all();
  return {
    ...settingsOf(plan),
    ...{ begun, machine, pinnings, participants },
    absentees: [...absentees, ...run.absentees],
    measurements: run.measurements,
    curves: [],
  };
}

/** Measures how kvdist grows, with the plan's rounds and times. */
export async function runSweep(plan: Plan, options: RunOptions): Promise<Report> {
  const begun = new Date().toISOString();
  const machine = await describeMachine(options.dir);
  const { rounds, durationMs, warmUpMs } = plan;
  const { curves, absentees } = await sweep({ rounds, durationMs, warmUpMs, ...options });
  return {
    ...settingsOf(plan),
    ...{ begun, machine, absentees, curves },
    pinnings: [],
    participants: [],
    measurements: [],
  };
}

/** Of the plan, what the report says of it. */
function settingsOf({ rounds, durationMs, warmUpMs, repetitions, keys, valueBytes }: Plan) {
  return { rounds, durationMs, warmUpMs, repetitions, keys, valueBytes };
}

/** Where there is no taskset, nothing is pinned. */
async function possible(
  pinnings: readonly boolean[],
  { tell }: RunOptions,
): Promise<readonly boolean[]> {
  if (!pinnings.includes(true) || await isInstalled("taskset")) return pinnings;
  tell("there is no taskset here: nothing is pinned");
  return [false];
}

/** Who is installed here, and who is not. */
async function muster(all: readonly System[], { tell }: RunOptions): Promise<
  { participants: Participant[]; absentees: Absentee[]; systems: System[] }
> {
  const participants: Participant[] = [];
  const absentees: Absentee[] = [];
  const systems: System[] = [];
  for (const system of all) {
    const { id, name, promise, settings } = system;
    const install = await system.missing();
    if (install === null) {
      systems.push(system);
      participants.push({ id, name, promise, settings, version: await system.version() });
    } else {
      const why = `not installed; ${install} installs it`;
      absentees.push({ name, why });
      tell(`${name}: ${why}`);
    }
  }
  return { participants, absentees, systems };
}

class Run {
  readonly measurements: Measurement[] = [];
  readonly absentees: Absentee[] = [];
  readonly #plan: Plan;
  readonly #options: RunOptions;

  constructor(plan: Plan, options: RunOptions) {
    this.#plan = plan;
    this.#options = options;
  }

  async all(): Promise<void> {
    const { pinnings, rounds, systems } = this.#plan;
    for (const isPinned of pinnings) {
      for (let round = 0; round < rounds; round++) {
        // There and back, so that a machine that grows slower or faster favours nobody.
        const turns = round % 2 === 0 ? systems : systems.toReversed();
        for (const system of turns) await this.#turn(system, { round, isPinned });
      }
    }
  }

  /** One system is started, does all works, and is stopped. */
  async #turn(system: System, where: { round: number; isPinned: boolean }): Promise<void> {
    const { signal, dir, tell } = this.#options;
    const { rounds, works } = this.#plan;
    const cores = coresOf(where.isPinned, navigator.hardwareConcurrency);
    const place = `${where.isPinned ? "pinned" : "unpinned"}, round ${
      where.round + 1
    } of ${rounds}`;
    await using fleet = await Fleet.create({ dir, cores: cores.servers, signal });
    try {
      const target = await system.start(fleet);
      const settings = this.#settings(cores.generator);
      await prepare(target, settings);
      await warmUp(target, this.#plan.warmUpMs, settings);
      for (const work of works) {
        if (!await canDo(target, work)) continue;
        const measured = await measure(target, work, settings);
        fleet.check();
        const measurement = { system: system.id, work: work.id, ...where, ...measured };
        this.measurements.push(measurement);
        tell(`${place}: ${system.name}: ${work.name}: ${inShort(measurement)}`);
      }
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof FailedError)) throw error;
      this.absentees.push({ name: `${system.name} (${place})`, why: error.message });
      tell(`${place}: ${system.name}: ${reason(error)}`);
    }
  }

  #settings(cores: string | null): MeasureOptions {
    const { durationMs, keys, valueBytes, repetitions } = this.#plan;
    return { durationMs, keys, valueBytes, repetitions, cores, signal: this.#options.signal };
  }
}

/** Only what speaks RESP can be asked by redis-benchmark, which cannot wait for replicas. */
async function canDo({ protocol, wait = 0 }: Target, work: Work): Promise<boolean> {
  if (!isForRedisBenchmark(work)) return true;
  return protocol === "resp" && wait === 0 && await isInstalled("redis-benchmark");
}

function inShort(measurement: Measurement): string {
  const { perSecond, p50Ms, pairsMs, coreShare } = measurement;
  const main = pairsMs === null ? rate(perSecond) : duration(pairsMs);
  const half = p50Ms === null ? "" : `, p50 ${duration(p50Ms)}`;
  const bound = isBound(measurement) ? " (at its limit)" : "";
  return `${main}${half}, generator ${percent(coreShare)}${bound}`;
}

async function describeMachine(dir?: string): Promise<Machine> {
  // Deno lets only those read /proc who may do everything.
  const cpuinfo = Deno.build.os === "linux" ? await outputOf("cat", "/proc/cpuinfo") : "";
  const folder = dir ?? Deno.env.get("TMPDIR") ?? "/tmp";
  return {
    cores: navigator.hardwareConcurrency,
    processor: /model name\s*: (.*)/.exec(cpuinfo)?.[1] ?? Deno.build.arch,
    system: `${Deno.build.os} ${Deno.osRelease()}`,
    deno: Deno.version.deno,
    load: Deno.loadavg()[0],
    disk: Deno.build.os === "linux" ? await outputOf("stat", "-f", "-c", "%T", folder) : "?",
  };
}
