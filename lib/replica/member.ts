/**
 * A replica's worker as the main thread sees it, from its start to its end or failure.
 *
 * @module
 */

import { FailedError, FolderError, RefusedError } from "../errors.ts";
import { invariant, unreachable } from "../invariant.ts";
import { STOP_WAIT_MS } from "../limits.ts";
import type { Log } from "../log.ts";
import type { FailureKind, FromWorker, ToWorker } from "./control.ts";

/** One run of a replica's worker. */
export class Member {
  /** The replica's id. */
  readonly id: number;
  /** Resolves with the failure of this run, if it fails. */
  readonly failure: Promise<FailedError>;
  readonly #worker: Worker;
  readonly #waiting = new Map<FromWorker["type"], PromiseWithResolvers<FromWorker>>();
  readonly #log: Log;
  readonly #settleFailure: (error: FailedError) => void;
  #failed: FailedError | null = null;
  #stopping: Promise<void> | null = null;

  /** Starts the worker; it does nothing before it is told. */
  constructor(id: number, log: Log) {
    this.id = id;
    this.#log = log;
    const { promise, resolve } = Promise.withResolvers<FailedError>();
    this.failure = promise;
    this.#settleFailure = resolve;
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

  /** Why this run has failed; null if it has not. */
  get failed(): FailedError | null {
    return this.#failed;
  }

  /** Tells it what has no answer. */
  send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  /**
   * Sends, and gives the answer.
   *
   * @throws {FailedError} if the replica fails first
   */
  ask<T extends FromWorker["type"]>(
    message: ToWorker,
    answer: T,
  ): Promise<Extract<FromWorker, { type: T }>> {
    const next = this.next(answer);
    this.send(message);
    return next;
  }

  /**
   * The next message of this type.
   *
   * @throws {FailedError} if the replica fails first
   */
  async next<T extends FromWorker["type"]>(type: T): Promise<Extract<FromWorker, { type: T }>> {
    if (this.#failed !== null) throw this.#failed;
    const waiting = Promise.withResolvers<FromWorker>();
    this.#waiting.set(type, waiting);
    const message = await waiting.promise;
    invariant(isType(message, type), "a message goes to who waits for its type");
    return message;
  }

  /** Lets the replica finish what it has accepted. */
  drain(): Promise<void> {
    return this.#askInTime({ type: "drain" }, "drained");
  }

  /** Lets the replica close its store; then the worker is ended. Idempotent. */
  stop(): Promise<void> {
    this.#stopping ??= this.#askInTime({ type: "stop" }, "stopped")
      .finally(() => this.#worker.terminate());
    return this.#stopping;
  }

  /** Ends the worker at once: nothing is finished, nothing closed. */
  kill(): void {
    this.#stopping = Promise.resolve();
    this.#worker.terminate();
    this.#fail(new FailedError("it was killed, as somebody asked"));
  }

  /** Asks, and waits for the answer as long as a stop may take. */
  async #askInTime(message: ToWorker, answer: "drained" | "stopped"): Promise<void> {
    if (this.#failed !== null) return;
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
      case "failed":
        return this.#fail(failureOf(message.kind, message.text));
      case "inspected":
      case "listening":
      case "live":
      case "apply_delay_set":
      case "paused":
      case "cut_set":
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
    if (this.#failed !== null) return;
    this.#failed = error;
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
    this.#settleFailure(error);
  }
}

function failureOf(kind: FailureKind, text: string): FailedError {
  switch (kind) {
    case "folder":
      return new FolderError(text);
    case "refused":
      return new RefusedError(text);
    case "other":
      return new FailedError(text);
    default:
      return unreachable(kind);
  }
}

function isType<T extends FromWorker["type"]>(
  message: FromWorker,
  type: T,
): message is Extract<FromWorker, { type: T }> {
  return message.type === type;
}
