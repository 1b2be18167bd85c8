/**
 * One run: a cluster, its load, its faults, its healing, and what was seen of all that.
 *
 * @module
 */

import { type Consistency, CONSISTENCY_LEVELS } from "../consistency.ts";
import { exists } from "@std/fs/exists";
import { connect } from "../client/mod.ts";
import type { HistoryLine } from "../check/history.ts";
import { FailedError, reason } from "../errors.ts";
import { CHAOS_COLLECT_MS, CHAOS_CONVERGE_MS_MAX } from "../limits.ts";
import { readLog, readUndelivered } from "../store/read_log.ts";
import { ChaosCluster } from "./cluster.ts";
import { untilConverged } from "./convergence.ts";
import { Gate } from "./gate.ts";
import { HistoryFile } from "./history_file.ts";
import { type FaultCounts, Injector, type Target } from "./injector.ts";
import { LoadClient, STYLES } from "./load_client.ts";
import { type Disagreement, OrderCollector } from "./order_collector.ts";
import { pause } from "./pause.ts";
import { describeFault, type Fault, type FaultKind, plan } from "./plan.ts";
import { Random } from "./random.ts";
import { type LevelCounts, Recorder } from "./recorder.ts";
import type { Program } from "./replica_process.ts";
import { epochUs } from "../trace/moment.ts";
import { RunTrace } from "./run_trace.ts";

/** What a run is told. */
export interface RunOptions {
  readonly seed: number;
  /** How long clients ask and faults come. */
  readonly durationMs: number;
  readonly replicas: number;
  readonly faults: readonly FaultKind[];
  readonly clients: number;
  /** Keys in each of the groups that clients use. */
  readonly keys: number;
  /** An empty folder for the replicas. */
  readonly data: string;
  /** Whether nobody wants that folder afterwards. */
  readonly isTemporary: boolean;
  /** Where the history goes. */
  readonly history: string;
  /** The trace that replicas and clients are told of in, which has begun; none if not given. */
  readonly trace?: string;
  readonly program: Program;
  /** Further flags of `kvdist serve`. */
  readonly serveFlags: readonly string[];
  /** Ends the run before its time. */
  readonly signal: AbortSignal;
  /** Told what happens. */
  readonly events: RunEvents;
}

/** What a run tells. */
export interface RunEvents {
  /** What it is about now. */
  phase(text: string): void;
  /** A fault was done, or something else happened that is worth a line. */
  line(text: string): void;
  /** How far it is. */
  progress(
    state: { readonly elapsedMs: number; readonly faults: number; readonly writes: number },
  ): void;
}

/** What was seen. */
export interface RunReport {
  readonly seed: number;
  readonly replicas: number;
  /** When the time of its history began, in microseconds since 1970. */
  readonly beganUs: number;
  /** How long clients asked and faults came. */
  readonly loadMs: number;
  readonly faults: FaultCounts;
  /** By level. */
  readonly levels: Readonly<Record<Consistency, LevelCounts>>;
  /** The longest time in which no write that waits for its place was answered. */
  readonly longestGapMs: number;
  /** Places of the total order: the last, how many before it are not known, a contradiction. */
  readonly order: {
    readonly last: number;
    readonly missing: number;
    readonly disagreement: Disagreement | null;
  };
  /** Replicas that ended though nobody killed them, and why. */
  readonly crashes: readonly string[];
  /** When all was healed and clients had stopped: how long until all were equal, or what was not. */
  readonly convergence: { readonly ms: number; readonly missing: string | null };
}

/** How long a replica may take to pass on what it has acknowledged, before it is not wiped. */
const DRAIN_MS_MAX = 2_500;
const LOOK_MS = 50;

/** How long clients go on when all is healed. */
const CALM_MS = 2_000;

/** Names of `eventual` writes begin with this: an acknowledged one may lie on one disk only. */
const EVENTUAL = "e";

/** Does it; what it has started has ended when this resolves or rejects. */
export async function runChaos(options: RunOptions): Promise<RunReport> {
  const { seed, replicas, history, signal } = options;
  using file = new HistoryFile(history, { replicas, seed, faults: options.faults });
  using trace = options.trace === undefined ? null : new RunTrace(options.trace);
  const crashes: string[] = [];
  await using cluster = new ChaosCluster({
    ...options,
    crashed: (_, why) => crashes.push(why),
  });
  const run = new Run(options, cluster, { file, trace }, crashes);
  options.events.phase("starting the replicas");
  await cluster.start();
  signal.throwIfAborted();
  return await run.carryOut();
}

class Run {
  readonly #options: RunOptions;
  readonly #cluster: ChaosCluster;
  readonly #crashes: string[];
  readonly #write: (line: HistoryLine) => void;
  readonly #trace: RunTrace | null;
  readonly #recorder: Recorder;
  readonly #collector: OrderCollector;
  readonly #gates: readonly Gate[];
  readonly #began = performance.now();
  #lastSkipped = "";

  constructor(
    options: RunOptions,
    cluster: ChaosCluster,
    { file, trace }: { readonly file: HistoryFile; readonly trace: RunTrace | null },
    crashes: string[],
  ) {
    this.#options = options;
    this.#cluster = cluster;
    this.#trace = trace;
    this.#crashes = crashes;
    const write = (line: HistoryLine) => {
      file.add(line);
      trace?.told(line, this.#began);
    };
    this.#write = write;
    this.#recorder = new Recorder(write, () => this.#elapsedMs);
    const folder = (id: number) => cluster.replicas[id].folder;
    this.#collector = new OrderCollector(
      options.replicas,
      (id, after, limit) => readLog(folder(id), after, limit),
      write,
    );
    this.#gates = cluster.replicas.map(() => new Gate());
  }

  get #elapsedMs(): number {
    return performance.now() - this.#began;
  }

  async carryOut(): Promise<RunReport> {
    const { seed, replicas, signal, events } = this.#options;
    // The first view needs all replicas: before it, faults would only keep it away.
    const notBegun = await this.#converged();
    signal.throwIfAborted();
    if (notBegun !== null) throw new FailedError(`the cluster does not begin: ${notBegun}`);
    const load = new AbortController();
    const injector = new Injector(this.#target(), {
      skipped: (why) => this.#once(why),
      phase: (fault, phase) => this.#trace?.fault(fault, phase),
      failed: (_, error) => this.#crashes.push(reason(error)),
    });
    const began = this.#elapsedMs;
    const working = Promise.all([
      this.#collectWhile(load.signal),
      ...this.#startClients(load.signal),
    ]);
    // Whoever fails ends the rest; what failed is thrown below.
    working.catch(() => load.abort());
    events.phase("faults and load");
    const ended = AbortSignal.any([signal, load.signal]);
    try {
      await this.#injectFaults(injector, ended);
      if (!ended.aborted) {
        events.phase("healing");
        await injector.heal();
        // What the faults have left behind is seen by clients that come after them.
        await pause(CALM_MS, ended);
      }
    } finally {
      injector.end();
      load.abort();
    }
    const loadMs = this.#elapsedMs - began;
    await working;
    signal.throwIfAborted();
    const converging = this.#elapsedMs;
    const missing = await this.#converged();
    const convergence = {
      ms: this.#elapsedMs - converging,
      missing: missing ?? await this.#lastWrites() ?? await this.#converged(),
    };
    signal.throwIfAborted();
    this.#collect();
    if (convergence.missing === null) await this.#readFinal();
    const { last, missing: unknown, disagreement } = this.#collector;
    return {
      seed,
      replicas,
      loadMs,
      faults: injector.counts,
      levels: this.#recorder.counts,
      longestGapMs: this.#recorder.longestGapMs,
      order: { last, missing: unknown, disagreement },
      crashes: this.#crashes,
      convergence,
      beganUs: epochUs(this.#began),
    };
  }

  #startClients(signal: AbortSignal): Promise<void>[] {
    const { clients, seed, replicas, keys } = this.#options;
    let names = 0;
    return Array.from({ length: clients }, (_, i) => {
      const client = new LoadClient({
        style: STYLES[i % STYLES.length],
        replica: Math.floor(i / STYLES.length) % replicas,
        replicas: {
          addresses: this.#cluster.addresses,
          mayWriteEventually: (id) => this.#gates[id].opened,
        },
        random: new Random(seed + i + 1),
        recorder: this.#recorder,
        keys,
        name: (level) => `${level === "eventual" ? EVENTUAL : "o"}${++names}`,
      });
      return client.run(signal);
    });
  }

  async #injectFaults(injector: Injector, signal: AbortSignal): Promise<void> {
    const { seed, replicas, faults, durationMs, events } = this.#options;
    const end = this.#elapsedMs + durationMs;
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    const timer = setTimeout(() => over.abort(), durationMs);
    const told = setInterval(() => {
      const writes = Object.values(this.#recorder.counts).reduce((sum, one) => sum + one.writes, 0);
      events.progress({
        elapsedMs: durationMs - (end - this.#elapsedMs),
        faults: injector.total,
        writes,
      });
    }, 200);
    // What could not be done in its turn is done in the next: every kind must come.
    let owed: Fault | null = null;
    try {
      for (const { afterMs, fault } of plan({ seed, replicas, kinds: faults })) {
        await pause(afterMs, either);
        if (owed !== null && !either.aborted && await this.#inject(injector, owed)) owed = null;
        if (either.aborted) return;
        if (!await this.#inject(injector, fault)) owed = fault;
      }
    } finally {
      clearTimeout(timer);
      clearInterval(told);
    }
  }

  async #inject(injector: Injector, fault: Fault): Promise<boolean> {
    const isDone = await injector.inject(fault);
    if (isDone) this.#line(describeFault(fault));
    return isDone;
  }

  /** What was owed is tried often, and fails for one reason. */
  #once(text: string): void {
    if (this.#lastSkipped !== text) this.#line(text);
    this.#lastSkipped = text;
  }

  #line(text: string): void {
    this.#options.events.line(`${(this.#elapsedMs / 1000).toFixed(1).padStart(6)} s  ${text}`);
  }

  #target(): Target {
    const cluster = this.#cluster;
    return {
      replicas: cluster.replicas,
      cut: (way) => cluster.cut(way),
      slow: (way, delayMs) => cluster.slow(way, delayMs),
      reset: (way) => cluster.reset(way),
      wipe: (id) => this.#wipe(id),
      counts: async (id) => (await cluster.status(id))?.counts === true,
    };
  }

  /**
   * An acknowledged `eventual` write lies on its own replica's disk alone until it is delivered:
   * a folder with such a write is not deleted, since no cluster could keep what was only there.
   */
  async #wipe(id: number): Promise<boolean> {
    const replica = this.#cluster.replicas[id];
    const open = this.#gates[id].close();
    try {
      await this.#drained(id);
      await replica.kill();
      this.#collector.collect(id);
      const undelivered = readUndelivered(replica.folder, id);
      if (undelivered.some(({ id }) => id?.startsWith(EVENTUAL))) return false;
      // One that was killed on its first start has not made it.
      if (await exists(replica.folder)) await Deno.remove(replica.folder, { recursive: true });
      this.#collector.forget(id);
      return true;
    } finally {
      open();
    }
  }

  /** Waits a while until the replica has nothing of its own that is not delivered. */
  async #drained(id: number): Promise<void> {
    const end = this.#elapsedMs + DRAIN_MS_MAX;
    while (this.#elapsedMs < end && !this.#options.signal.aborted) {
      const status = await this.#cluster.status(id);
      if (status === null || status.outbox === 0) return;
      await pause(LOOK_MS, this.#options.signal);
    }
  }

  async #collectWhile(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await pause(CHAOS_COLLECT_MS, signal);
      this.#collect();
    }
  }

  /** One that is just starting is left alone: it must find its store unused. */
  #collect(): void {
    for (const { id, isReady } of this.#cluster.replicas) {
      if (isReady) this.#collector.collect(id);
    }
  }

  #converged(): Promise<string | null> {
    return untilConverged(
      this.#cluster.replicas.map(({ id }) => id),
      (id) => this.#cluster.status(id),
      { timeMs: CHAOS_CONVERGE_MS_MAX, signal: this.#options.signal },
    );
  }

  /** A whole cluster takes writes: at each replica, at each level. What is wrong, or null. */
  async #lastWrites(): Promise<string | null> {
    for (const [replica, address] of this.#cluster.addresses.entries()) {
      using client = await connect(address);
      for (const level of CONSISTENCY_LEVELS) {
        const process = this.#recorder.process();
        const name = `last-${level}-${replica}`;
        const asked = { op: "set", key: name, value: name, id: name, level, replica } as const;
        process.invoke(asked);
        try {
          await client.set(name, name, { consistency: level, id: name });
          process.ok();
        } catch (error) {
          process.info("not taken");
          return `replica ${replica} takes no ${level} write: ${reason(error)}`;
        }
      }
    }
    return null;
  }

  async #readFinal(): Promise<void> {
    for (const [replica, address] of this.#cluster.addresses.entries()) {
      using client = await connect(address);
      this.#write({ type: "final", replica });
      for (const [key, value] of await client.dump()) {
        this.#write({ type: "final", replica, key, value });
      }
    }
  }
}
