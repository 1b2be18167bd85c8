/**
 * The replicas of a cluster that run in this process, all or one of them: each is a Deno worker,
 * and the workers speak with each other only over TCP.
 *
 * @module
 */

import type { Consistency } from "../consistency.ts";
import { FailedError } from "../errors.ts";
import { READY_WAIT_MS, SUSPECT_AFTER_MS, WIRE_LIMITS, type WireLimits } from "../limits.ts";
import type { Log } from "../log.ts";
import { majority } from "../order/view.ts";
import type { Fsync } from "../store/sqlite.ts";
import type { WorkerOptions } from "./control.ts";
import { Faults, type FaultTold } from "./faults.ts";
import { checkFolder, checkFolders, isNewCluster, tellMissing } from "./folders.ts";
import { Keeper, type Listening } from "./keeper.ts";
import type { PeerAddress } from "./links.ts";

/** What all replicas of a cluster are told alike. */
export interface ReplicaSettings {
  /** The cluster's level: what a request gets that names none. */
  readonly consistency: Consistency;
  /** The folder with a folder for each replica; null with `store: "memory"`. */
  readonly data: string | null;
  /** Where replicas keep what they hold. */
  readonly store: "sqlite" | "memory";
  /** When what must be safe is forced to disk. */
  readonly fsync: Fsync;
  /** How long a request waits that says nothing else, in milliseconds. */
  readonly requestTimeoutMs: number;
  /** How much later than delivered a write is applied, in milliseconds. */
  readonly applyDelayMs: number;
  /** Milliseconds of silence after which a replica is suspected; a second unless given. */
  readonly suspectAfterMs?: number;
  /** The operator allows to go on although a majority of the folders is new. */
  readonly force?: boolean;
  /** Bounds of keys, values and frames. */
  readonly limits?: WireLimits;
  /** Is given what happens. */
  readonly log?: Log;
  /** The trace that the replicas add to, which has begun; none unless given. */
  readonly trace?: string;
  /**
   * Called if a replica fails after the start in a way that no restart heals: the whole server
   * should stop with this text. From any other failure a replica is started again.
   */
  readonly failed?: (error: FailedError) => void;
}

/** What a cluster is made from whose replicas all run here. */
export interface ClusterOptions extends ReplicaSettings {
  /** How many replicas. */
  readonly replicas: number;
  /** The address that all listen on. */
  readonly host: string;
  /** The address that all listen on for each other; `host` unless given. */
  readonly peerHost?: string;
  /** The client port of replica 0; replica i has `port + i`. 0: free ones. */
  readonly port: number;
  /** The peer port of replica 0, likewise. */
  readonly peerPort: number;
}

/** What one replica is made from whose peers run elsewhere. */
export interface MemberOptions extends ReplicaSettings {
  /** Its id: its place in `peers`. */
  readonly id: number;
  /** Where the replicas reach each other, by id. */
  readonly peers: readonly PeerAddress[];
  /** The address that it listens on for clients. */
  readonly host: string;
  /** The address that it listens on for peers. */
  readonly peerHost: string;
  /** Its client port. 0: a free one. */
  readonly port: number;
  /** The port that it listens on for peers. */
  readonly peerPort: number;
}

/** Where a replica is reached. */
export interface ReplicaAddress {
  /** The replica's id. */
  readonly id: number;
  /** `host:port` for clients. */
  readonly client: string;
  /** `host:port` for peers. */
  readonly peer: string;
  /** The folder with what it holds; null if that is in memory. */
  readonly folder: string | null;
}

/** The running replicas of this process. */
export class Cluster {
  /** Where the replicas of this process are reached, by id. */
  readonly replicas: readonly ReplicaAddress[];
  readonly #keepers: readonly Keeper[];
  #stopping: Promise<void> | null = null;

  private constructor(keepers: readonly Keeper[], replicas: readonly ReplicaAddress[]) {
    this.#keepers = keepers;
    this.replicas = replicas;
  }

  /**
   * Starts all replicas of a cluster: resolves when every one listens and the first view is live
   * at all of them. One that takes long to catch up is not waited for if a majority is live.
   *
   * All folders are looked at before any is made or written to.
   *
   * @throws {FolderError} if a folder cannot be used as it is; nothing was written to any
   * @throws {FailedError} if it cannot start, e.g. a port is in use; everything is stopped again
   */
  static start(options: ClusterOptions, signal?: AbortSignal): Promise<Cluster> {
    const { replicas, host, peerHost = host, port, peerPort } = options;
    const all = Array.from({ length: replicas }, (_, id) =>
      workerOptions(options, replicas, {
        id,
        hostname: host,
        peerHostname: peerHost,
        port: port === 0 ? 0 : port + id,
        peerPort: peerPort === 0 ? 0 : peerPort + id,
      }));
    return Cluster.#begin(options, all, startAll, signal);
  }

  /**
   * Starts one replica: resolves when it listens and answers from its store. Its peers may come
   * later, in any order; the log tells when it is live.
   *
   * @throws {FolderError} if the folder cannot be used as it is; nothing was written to it
   * @throws {FailedError} if it cannot start, e.g. a port is in use; everything is stopped again
   */
  static startMember(options: MemberOptions, signal?: AbortSignal): Promise<Cluster> {
    const { id, peers, host, peerHost, port, peerPort } = options;
    const own = { id, hostname: host, peerHostname: peerHost, port, peerPort };
    const start: Start = async ([keeper], [worker]) => {
      checkFolder(await keeper.inspect(), worker);
      const listening = await keeper.open();
      // Failures are the keeper's from here on: it is ready, live or not.
      keeper.connect(peers).catch(() => {});
      return [listening];
    };
    return Cluster.#begin(options, [workerOptions(options, peers.length, own)], start, signal);
  }

  /** Makes the replicas, has them started, and keeps them running from then on. */
  static async #begin(
    settings: ReplicaSettings,
    workers: readonly WorkerOptions[],
    start: Start,
    signal: AbortSignal | undefined,
  ): Promise<Cluster> {
    const log = settings.log ?? (() => {});
    const failed = settings.failed ?? (() => {});
    const keepers = workers.map((worker) => newKeeper(worker, log, failed));
    const aborted = abortOf(signal);
    try {
      const listening = await Promise.race([start(keepers, workers, log), aborted.promise]);
      for (const keeper of keepers) keeper.keep();
      return new Cluster(keepers, listening.map((at, i) => addressesOf(workers[i], at)));
    } catch (error) {
      await Promise.all(keepers.map((keeper) => keeper.stop()));
      throw error;
    } finally {
      aborted.release();
    }
  }

  /** From now on each replica, or that one alone, applies what it delivers so much later. */
  async setApplyDelay(ms: number, replica?: number): Promise<void> {
    const late = this.#keepers.filter((_, id) => replica === undefined || id === replica);
    await Promise.all(late.map((keeper) => keeper.setApplyDelay(ms)));
  }

  /** What can do faults to these replicas; `told` hears of each. */
  faults(told: FaultTold): Faults {
    return new Faults(this.#keepers, told);
  }

  /** Finishes what is accepted, or leaves it safe on disk, and ends all workers. Idempotent. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    // As long as one has a write to finish, it needs the others.
    await Promise.all(this.#keepers.map((keeper) => keeper.drain()));
    await Promise.all(this.#keepers.map((keeper) => keeper.stop()));
  }
}

/** Brings replicas to where they are ready; gives where they listen. */
type Start = (
  keepers: readonly Keeper[],
  workers: readonly WorkerOptions[],
  log: Log,
) => Promise<Listening[]>;

async function startAll(
  keepers: readonly Keeper[],
  workers: readonly WorkerOptions[],
  log: Log,
): Promise<Listening[]> {
  const facts = await Promise.all(keepers.map((keeper) => keeper.inspect()));
  checkFolders(facts, workers, log);
  const listening = await Promise.all(keepers.map((keeper) => keeper.open()));
  const peers = listening.map(({ peer }) => peer);
  // The first view of all needs everybody; any later one a majority.
  const needed = isNewCluster(facts) ? keepers.length : majority(keepers.length);
  await untilLive(keepers, peers, needed, log);
  return listening;
}

/** Waits until all are live; for those who take long, only if they are `needed`. */
async function untilLive(
  keepers: readonly Keeper[],
  peers: readonly PeerAddress[],
  needed: number,
  log: Log,
): Promise<void> {
  const ready = Promise.withResolvers<void>();
  const waiting = new Set(keepers.map(({ id }) => id));
  let late = false;
  const look = () => {
    const live = keepers.length - waiting.size;
    if (waiting.size === 0 || (late && live >= needed)) ready.resolve();
  };
  const timer = setTimeout(() => {
    late = true;
    log({ level: "warn", event: "not live yet", replicas: [...waiting] });
    look();
  }, READY_WAIT_MS);
  for (const keeper of keepers) {
    keeper.connect(peers).then(() => {
      waiting.delete(keeper.id);
      look();
    }, ready.reject);
  }
  try {
    await ready.promise;
  } finally {
    clearTimeout(timer);
  }
}

function newKeeper(worker: WorkerOptions, log: Log, failed: (error: FailedError) => void): Keeper {
  return new Keeper({
    worker,
    log,
    checkFolder: (facts) => {
      checkFolder(facts, worker);
      if (facts === null && worker.folder !== null) tellMissing(worker, log);
    },
    failed,
  });
}

/** Where one replica listens: what the workers of a cluster are told differently. */
type Place = Pick<WorkerOptions, "id" | "hostname" | "peerHostname" | "port" | "peerPort">;

function workerOptions(
  settings: ReplicaSettings,
  replicas: number,
  place: Place,
): WorkerOptions {
  const { consistency, data, store, fsync, requestTimeoutMs, applyDelayMs } = settings;
  return {
    ...place,
    replicas,
    suspectAfterMs: settings.suspectAfterMs ?? SUSPECT_AFTER_MS,
    force: settings.force ?? false,
    consistency,
    folder: store === "memory" || data === null ? null : `${data}/${place.id}`,
    fsync,
    requestTimeoutMs,
    applyDelayMs,
    limits: settings.limits ?? WIRE_LIMITS,
    trace: settings.trace ?? null,
  };
}

function addressesOf({ id, folder }: WorkerOptions, { client, peer }: Listening): ReplicaAddress {
  return { id, client: showAddress(client), peer: showAddress(peer), folder };
}

function abortOf(signal: AbortSignal | undefined) {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(new FailedError("stopped while starting"));
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort);
  return { promise, release: () => signal?.removeEventListener("abort", abort) };
}

function showAddress({ hostname, port }: PeerAddress): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}
