/**
 * A replica as sessions of Redis's protocol see it.
 *
 * @module
 */

import { RequestError } from "../../errors.ts";
import { type Fence, type Operation, type Result, STORED } from "../../order/operation.ts";
import type { Page } from "../../store/store.ts";
import type { Reply, RequestOptions, Status } from "../../wire/message.ts";
import type { SessionReplica } from "../session.ts";
import type { RespClients } from "./clients.ts";
import type { Here } from "./request.ts";

/** Is told once what came of a write: what it gave, or why it was not carried out in time. */
export interface Settled {
  /** What came of it. */
  settle(result: Result | RequestError): void;
}

/** What is the same in both protocols. */
type Common =
  | "limits"
  | "requestTimeoutMs"
  | "now"
  | "inTurn"
  | "beginRead"
  | "readObstacle"
  | "writeObstacle"
  | "scan"
  | "status"
  | "waits";

/** What a session of Redis's protocol asks its replica. */
export interface RespReplica extends Here, Pick<SessionReplica, Common> {
  /** Submits an operation that no obstacle holds back. */
  write(operation: Change, asked: Asked, write: Settled): void;
}

/** How a write is asked. */
export interface Asked {
  /** The level. */
  readonly options: RequestOptions;
  /** When its time limit ends. */
  readonly deadline: number;
}

type Change = Exclude<Operation, Fence>;

/** The replica that sessions of frames ask, for those of Redis's protocol. */
export class RespReplicaOf implements RespReplica {
  /** All clients that speak this protocol to it. */
  readonly clients: RespClients;
  readonly #replica: SessionReplica;

  /** Asks this replica. */
  constructor(replica: SessionReplica, clients: RespClients) {
    this.#replica = replica;
    this.clients = clients;
  }

  /** Bounds of keys, values and frames. */
  get limits(): SessionReplica["limits"] {
    return this.#replica.limits;
  }

  /** How long a request waits, in milliseconds. */
  get requestTimeoutMs(): number {
    return this.#replica.requestTimeoutMs;
  }

  /** The time that deadlines count in, in milliseconds. */
  now(): number {
    return this.#replica.now();
  }

  /** Carries out what a session has to do, at once or when it is its turn. */
  inTurn<T>(act: () => T): T | Promise<T> {
    return this.#replica.inTurn(act);
  }

  /** A read has come; if it is linearizable it needs a confirmation, of the number given. */
  beginRead(options: RequestOptions): number | null {
    return this.#replica.beginRead(options);
  }

  /** Why a read cannot be answered now, or null if it can. */
  readObstacle(options: RequestOptions, read: number | null): RequestError | null {
    return this.#replica.readObstacle(options, read);
  }

  /** Why a write cannot be submitted now, or null if it can. */
  writeObstacle(options: RequestOptions): RequestError | null {
    return this.#replica.writeObstacle(options);
  }

  /** Submits an operation that no obstacle holds back. */
  write(operation: Change, { options, deadline }: Asked, write: Settled): void {
    this.#replica.write(
      { operation, options },
      deadline,
      (reply) => write.settle(resultOf(reply)),
    );
  }

  /** The value of a key. */
  value(key: string): string | undefined {
    return this.#replica.value(key);
  }

  /** Keys of the local store. */
  scan(prefix: string, page: Page): (readonly [key: string, value: string])[] {
    return this.#replica.scan(prefix, page);
  }

  /** What the replica says of itself. */
  status(): Status {
    return this.#replica.status();
  }

  /** The session's next request waits; it is called to proceed when something has changed. */
  waits(session: { proceed(): void }): void {
    this.#replica.waits(session);
  }
}

function resultOf(reply: Reply): Result | RequestError {
  switch (reply.type) {
    case "result":
      return reply.result;
    case "error":
      return new RequestError(reply.code, reply.text, reply.details);
    default:
      return STORED;
  }
}
