/**
 * What one replica adds to a trace: the steps of its protocol, and what its clients ask and are
 * told.
 *
 * @module
 */

import type { Consistency } from "../consistency.ts";
import type { RequestError } from "../errors.ts";
import { unreachable } from "../invariant.ts";
import type { Entry } from "../order/message.ts";
import type { Operation, Result } from "../order/operation.ts";
import type { Effects, Event } from "../order/step.ts";
import type { AnswerLine, InvokeLine } from "../trace/line.ts";
import { epochUs } from "../trace/moment.ts";
import { ProtocolTrace, type Started } from "../trace/protocol.ts";
import { told, toldText } from "../trace/told.ts";
import type { Reply, RequestOptions } from "../wire/message.ts";
import { encodeValue } from "../wire/operation.ts";
import type { Asker, WriteRequest } from "./asker.ts";
import type { TraceFile } from "../trace/file.ts";

/** What a client asks, and when, in milliseconds of the replica's clock. */
type Asked = Pick<InvokeLine, "op" | "key" | "level" | "id"> & {
  /** Null: it reads. */
  readonly operation: Operation | null;
  readonly askedMs: number;
};

type Answered = Omit<AnswerLine, "process" | "at">;

/** Far enough apart for thousands of clients, and small enough for 32 bits with many replicas. */
const FIRST_CLIENT_MAX = 2 ** 24;

/** Whose trace it is. */
interface Traced {
  readonly id: number;
  readonly replicas: number;
  /** The level of a request that names none. */
  readonly consistency: Consistency;
}

/** One replica's part of a trace. */
export class ReplicaTrace {
  readonly #traced: Traced;
  readonly #file: TraceFile;
  readonly #protocol: ProtocolTrace;
  /** Its numbers go on at random, so that it gives others after a restart. */
  #clients = Math.floor(Math.random() * FIRST_CLIENT_MAX);
  #processes = 0;
  #asked = 0;

  /** Adds to the file what the replica does. */
  constructor(traced: Traced, file: TraceFile) {
    this.#traced = traced;
    this.#file = file;
    this.#protocol = new ProtocolTrace(traced.id, traced.replicas, (line) => file.add(line));
  }

  /** The process has begun, and goes on from there. */
  started(from: Started, time: number): void {
    this.#protocol.started(from, { at: epochUs(), time });
  }

  /** The core has made a step; `time` is its Lamport clock. */
  stepped(event: Event, out: Effects, time: number): void {
    const moment = { at: epochUs(), time };
    this.#file.addLater(() => this.#protocol.stepped(event, out, moment));
  }

  /** What was delivered has taken effect. */
  applied(entries: readonly Entry[], time: number): void {
    if (entries.length === 0) return;
    const moment = { at: epochUs(), time };
    this.#file.addLater(() => this.#protocol.applied(entries, moment));
  }

  /** A client has come; nothing if it is not to be told of. */
  client(): ClientTrace | undefined {
    if (!this.#file.hasClients) return undefined;
    return new ClientTrace(this, this.#own(this.#clients++), this.#traced.consistency);
  }

  /**
   * Tells of a request and its answer, if its message, or as many of those without one, are told
   * of. It is a process of its own: a client may have asked several at once.
   */
  answered(client: number, asked: Asked, answered: Answered): void {
    const ended = epochUs();
    this.#file.addLater(() => this.#answered(client, asked, answered, ended));
  }

  #answered(
    client: number,
    { askedMs, operation, ...asked }: Asked,
    { type, ...answer }: Answered,
    ended: number,
  ): void {
    if (!this.#protocol.takes(answer.n ?? this.#asked++)) return;
    const process = this.#own(this.#processes++);
    const replica = this.#traced.id;
    const value = operation === null ? {} : { value: told(encodeValue(operation)) };
    const facts = { ...asked, ...value, replica, client };
    this.#file.add({ type: "invoke", process, at: epochUs(askedMs), ...facts });
    this.#file.add({ type, process, at: ended, ...answer });
  }

  /** Writes what is not written, and ends it. */
  close(): void {
    this.#file[Symbol.dispose]();
  }

  /** The replica's own number, which none of the others gives. */
  #own(number: number): number {
    return number * this.#traced.replicas + this.#traced.id;
  }
}

/** What one client asks and is told. */
export class ClientTrace {
  readonly #trace: ReplicaTrace;
  readonly #client: number;
  readonly #level: Consistency;

  /** Use {@linkcode ReplicaTrace.client}. */
  constructor(trace: ReplicaTrace, client: number, level: Consistency) {
    this.#trace = trace;
    this.#client = client;
    this.#level = level;
  }

  /** A key was read. */
  read(
    key: string,
    value: string | undefined,
    { consistency }: RequestOptions,
    askedMs: number,
  ): void {
    const read = value === undefined ? null : toldText(value);
    const level = consistency ?? this.#level;
    const request = { op: "get", key, level, operation: null, askedMs };
    this.#trace.answered(this.#client, request, { type: "ok", value: read });
  }

  /** Takes a write's answer, tells of it, and passes it on. */
  write({ operation, options }: WriteRequest, askedMs: number, asker: Asker): Asker {
    const request = this.#request(operation, options, askedMs);
    return {
      carriedOut: (result, origin, n) => {
        this.#trace.answered(this.#client, request, { ...outcomeOf(operation, result), origin, n });
        asker.carriedOut(result, origin, n);
      },
      answered: (reply) => {
        this.#trace.answered(this.#client, request, answerOf(reply));
        asker.answered(reply);
      },
    };
  }

  /** A write was refused before it was ordered. */
  refused({ operation, options }: WriteRequest, askedMs: number, { code }: RequestError): void {
    const request = this.#request(operation, options, askedMs);
    this.#trace.answered(this.#client, request, { type: "fail", code });
  }

  #request(operation: Operation, { consistency, id }: RequestOptions, askedMs: number): Asked {
    return {
      op: operation.type,
      key: operation.key,
      operation,
      level: consistency ?? this.#level,
      ...(id !== undefined && { id }),
      askedMs,
    };
  }
}

/** What a client is told of an operation that gave this. */
export function outcomeOf(operation: Operation, result: Result): Answered {
  switch (result.type) {
    case "stored":
      return { type: "ok" };
    case "unchanged":
      return { type: "ok", code: "unchanged" };
    case "value":
      return { type: "ok", value: result.value === null ? null : toldText(result.value) };
    case "number":
      return { type: "ok", ...(isAskedFor(operation) && { value: result.number }) };
    case "failed":
      return { type: "fail", code: result.reason };
    default:
      return unreachable(result);
  }
}

/** Whoever only sets many keys does not ask how many it has deleted. */
function isAskedFor(operation: Operation): boolean {
  return operation.type !== "several" || operation.pairs.some(([, value]) => value === null);
}

function answerOf(reply: Reply): Answered {
  if (reply.type !== "error") return { type: "ok" };
  return { type: reply.details.maybe ? "info" : "fail", code: reply.code };
}
