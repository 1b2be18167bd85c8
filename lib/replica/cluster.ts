/**
 * A cluster in one process: each replica is a Deno worker, and the workers speak with each
 * other only over TCP.
 *
 * @module
 */

import type { Consistency } from "../consistency.ts";
import { FailedError, FolderError } from "../errors.ts";
import { invariant, unreachable } from "../invariant.ts";
import { STOP_WAIT_MS, WIRE_LIMITS, type WireLimits } from "../limits.ts";
import type { Log } from "../log.ts";
import { majority } from "../order/view.ts";
import type { Fsync, StoreFacts } from "../store/sqlite.ts";
import type { FromWorker, ToWorker, WorkerOptions } from "./control.ts";
import type { PeerAddress } from "./links.ts";

/** What a cluster is made from. */
export interface ClusterOptions {
  /** How many replicas. */
  readonly replicas: number;
  /** The cluster's level: what a request gets that names none. */
  readonly consistency: Consistency;
  /** The address that all listen on. */
  readonly host: string;
  /** The client port of replica 0; replica i has `port + i`. 0: free ones. */
  readonly port: number;
  /** The peer port of replica 0, likewise. */
  readonly peerPort: number;
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
  /** Bounds of keys, values and frames. */
  readonly limits?: WireLimits;
  /** Is given what happens. */
  readonly log?: Log;
  /** Called once if a replica fails after the start: the whole server should stop with this text. */
  readonly failed?: (error: FailedError) => void;
}

/** Where a replica is reached. */
export interface ReplicaAddress {
  /** The replica's id. */
  readonly id: number;
  /** `host:port` for clients. */
  readonly client: string;
  /** `host:port` for peers. */
  readonly peer: string;
}

/** A running cluster. */
export class Cluster {
  /** Where the replicas are reached, by id. */
  readonly replicas: readonly ReplicaAddress[];
  readonly #members: readonly Member[];
  #stopping: Promise<void> | null = null;

  private constructor(members: readonly Member[], replicas: readonly ReplicaAddress[]) {
    this.#members = members;
    this.replicas = replicas;
  }

  /**
   * Starts a cluster: resolves when every replica listens and the first view is live.
   *
   * All folders are looked at before any is made or written to.
   *
   * @throws {FolderError} if a folder cannot be used as it is; nothing was written to any
   * @throws {FailedError} if it cannot start, e.g. a port is in use; everything is stopped again
   */
  static async start(options: ClusterOptions, signal?: AbortSignal): Promise<Cluster> {
    const log = options.log ?? (() => {});
    const members = Array.from({ length: options.replicas }, (_, id) => new Member(id, log));
    const aborted = abortOf(signal);
    try {
      const started = Cluster.#startMembers(members, options);
      const addresses = await Promise.race([started, aborted.promise]);
      const cluster = new Cluster(members, addresses);
      for (const member of members) {
        member.onFailed((error) => {
          if (cluster.#stopping === null) options.failed?.(error);
        });
      }
      return cluster;
    } catch (error) {
      await Promise.all(members.map((member) => member.stop()));
      throw error;
    } finally {
      aborted.release();
    }
  }

  /** From now on each replica applies what it delivers so many milliseconds later. */
  async setApplyDelay(ms: number): Promise<void> {
    await Promise.all(
      this.#members.map((member) => member.ask({ type: "apply_delay", ms }, "apply_delay_set")),
    );
  }

  /** Finishes what is accepted, or leaves it safe on disk, and ends all workers. Idempotent. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    // As long as one has a write to finish, it needs all the others.
    await Promise.all(this.#members.map((member) => member.drain()));
    await Promise.all(this.#members.map((member) => member.stop()));
  }

  static async #startMembers(
    members: readonly Member[],
    options: ClusterOptions,
  ): Promise<ReplicaAddress[]> {
    const all = members.map(({ id }) => workerOptions(id, options));
    const inspected = await Promise.all(
      members.map((member, id) => member.ask({ type: "inspect", options: all[id] }, "inspected")),
    );
    const facts = inspected.map(({ facts }) => facts);
    checkFolders(facts, all);
    tellMissing(facts, all, options.log);
    const listening = await Promise.all(
      members.map((member) => member.ask({ type: "open" }, "listening")),
    );
    const live = members.map((member) => member.next("live"));
    const peers = listening.map(({ peer }) => peer);
    for (const member of members) member.send({ type: "connect", peers });
    await Promise.all(live);
    return listening.map(({ client, peer }, id) => ({
      id,
      client: showAddress(client),
      peer: showAddress(peer),
    }));
  }
}

/** A replica's worker as the main thread sees it. */
class Member {
  readonly id: number;
  readonly #worker: Worker;
  readonly #waiting = new Map<FromWorker["type"], PromiseWithResolvers<FromWorker>>();
  readonly #log: Log;
  #failure: FailedError | null = null;
  #failed: (error: FailedError) => void = () => {};
  #stopping: Promise<void> | null = null;

  constructor(id: number, log: Log) {
    this.id = id;
    this.#log = log;
    this.#worker = new Worker(new URL("./worker.ts", import.meta.url), {
      type: "module",
      name: `replica ${id}`,
    });
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#receive(data);
    this.#worker.onerror = (event) => {
      // Unless that is prevented, an error in a worker ends the whole process.
      event.preventDefault();
      this.#fail(new FailedError(`replica ${id} has crashed: ${event.message}`));
    };
  }

  send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  /** Sends, and gives the answer. */
  ask<T extends FromWorker["type"]>(
    message: ToWorker,
    answer: T,
  ): Promise<Extract<FromWorker, { type: T }>> {
    const next = this.next(answer);
    this.send(message);
    return next;
  }

  /** The next message of this type; rejects when the replica fails. */
  async next<T extends FromWorker["type"]>(type: T): Promise<Extract<FromWorker, { type: T }>> {
    if (this.#failure !== null) throw this.#failure;
    const waiting = Promise.withResolvers<FromWorker>();
    this.#waiting.set(type, waiting);
    const message = await waiting.promise;
    invariant(isType(message, type), "a message goes to who waits for its type");
    return message;
  }

  /** Is called when the replica fails; at once if it has. */
  onFailed(act: (error: FailedError) => void): void {
    this.#failed = act;
    if (this.#failure !== null) act(this.#failure);
  }

  /** Lets the replica finish what it has accepted. */
  drain(): Promise<void> {
    return this.#askInTime({ type: "drain" }, "drained");
  }

  /** Lets the replica close its store; then the worker is ended. */
  stop(): Promise<void> {
    this.#stopping ??= this.#askInTime({ type: "stop" }, "stopped")
      .finally(() => this.#worker.terminate());
    return this.#stopping;
  }

  /** Asks, and waits for the answer as long as a stop may take. */
  async #askInTime(message: ToWorker, answer: "drained" | "stopped"): Promise<void> {
    if (this.#failure !== null) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => timer = setTimeout(resolve, STOP_WAIT_MS));
    try {
      await Promise.race([this.ask(message, answer), late]);
    } catch {
      // It failed meanwhile: there is nothing left to finish.
    } finally {
      clearTimeout(timer);
    }
  }

  #receive(message: FromWorker): void {
    switch (message.type) {
      case "log":
        return this.#log(message.event);
      case "failed": {
        const Failure = message.folder ? FolderError : FailedError;
        return this.#fail(new Failure(message.text));
      }
      case "inspected":
      case "listening":
      case "live":
      case "apply_delay_set":
      case "drained":
      case "stopped":
        this.#waiting.get(message.type)?.resolve(message);
        this.#waiting.delete(message.type);
        return;
      default:
        return unreachable(message);
    }
  }

  #fail(error: FailedError): void {
    if (this.#failure !== null) return;
    this.#failure = error;
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
    this.#failed(error);
  }
}

function isType<T extends FromWorker["type"]>(
  message: FromWorker,
  type: T,
): message is Extract<FromWorker, { type: T }> {
  return message.type === type;
}

function workerOptions(id: number, options: ClusterOptions): WorkerOptions {
  const { replicas, consistency, host, port, peerPort, data, store, fsync } = options;
  return {
    id,
    replicas,
    membersMin: majority(replicas),
    consistency,
    hostname: host,
    port: port === 0 ? 0 : port + id,
    peerPort: peerPort === 0 ? 0 : peerPort + id,
    folder: store === "memory" || data === null ? null : `${data}/${id}`,
    fsync,
    requestTimeoutMs: options.requestTimeoutMs,
    applyDelayMs: options.applyDelayMs,
    limits: options.limits ?? WIRE_LIMITS,
  };
}

/** Refuses folders that do not belong together. */
function checkFolders(
  facts: readonly (StoreFacts | null)[],
  options: readonly WorkerOptions[],
): void {
  const clusters = new Map<string, number[]>();
  facts.forEach((fact, id) => {
    if (fact === null) return;
    const { folder, replicas } = options[id];
    if (fact.id !== id) {
      throw new FolderError(
        `The folder ${folder} belongs to replica ${fact.id}, not to replica ${id}: put it back where it was`,
      );
    }
    if (fact.replicas !== replicas) {
      throw new FolderError(
        `The folder ${folder} was made for ${fact.replicas} replicas: start with --replicas ${fact.replicas}, or choose another --data`,
      );
    }
    if (fact.cluster !== null) {
      clusters.set(fact.cluster, [...clusters.get(fact.cluster) ?? [], id]);
    }
  });
  if (clusters.size === 0) return;
  const lost = options.filter((_, id) => facts[id] === null).map(({ folder }) => folder);
  if (facts.length - lost.length < majority(facts.length)) {
    throw new FolderError(
      `The folders ${
        lost.join(", ")
      } are missing, and what is left is no majority: put them back, or choose another --data`,
    );
  }
  if (clusters.size === 1) return;
  const [most, ...others] = [...clusters.values()].sort((a, b) => b.length - a.length);
  const strange = options[others[0][0]].folder;
  throw new FolderError(
    `The folder ${strange} belongs to another cluster than ${
      options[most[0]].folder
    }: put the right one back, or move it away to have it rebuilt`,
  );
}

/** Says which folders are made anew though the cluster is not. */
function tellMissing(
  facts: readonly (StoreFacts | null)[],
  options: readonly WorkerOptions[],
  log: Log = () => {},
): void {
  if (!facts.some((fact) => fact !== null && fact.cluster !== null)) return;
  facts.forEach((fact, id) => {
    if (fact !== null) return;
    const event = "its store is missing, and is rebuilt from the others";
    log({ level: "warn", replica: id, event, folder: options[id].folder });
  });
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
