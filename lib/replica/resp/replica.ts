/**
 * A replica as sessions of Redis's protocol see it.
 *
 * @module
 */

import type { RequestError } from "../../errors.ts";
import type { Fence, Operation } from "../../order/operation.ts";
import type { Page } from "../../store/store.ts";
import type { RequestOptions, Status } from "../../wire/message.ts";
import type { Asker, EndsTurn, SessionReplica } from "../session.ts";
import type { RespClients } from "./clients.ts";
import type { Here } from "./request.ts";

/** What is the same in both protocols. */
type Common =
  | "limits"
  | "requestTimeoutMs"
  | "now"
  | "inTurn"
  | "beginRead"
  | "readObstacle"
  | "writeObstacle"
  | "scanObstacle"
  | "scan"
  | "status"
  | "endTurn"
  | "waits";

/** What a session of Redis's protocol asks its replica. */
export interface RespReplica extends Here, Pick<SessionReplica, Common> {
  /** Submits an operation that no obstacle holds back. */
  write(operation: Change, asked: Asked, asker: Asker): void;
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

  /** Why keys cannot be listed now, or null if they can. */
  scanObstacle(): RequestError | null {
    return this.#replica.scanObstacle();
  }

  /** Submits an operation that no obstacle holds back. */
  write(operation: Change, { options, deadline }: Asked, asker: Asker): void {
    this.#replica.write({ operation, options }, deadline, asker);
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

  /** Calls it at the end of this turn, when all its answers have been gathered. */
  endTurn(session: EndsTurn): void {
    this.#replica.endTurn(session);
  }

  /** The session's next request waits; it is called to proceed when something has changed. */
  waits(session: { proceed(): void }): void {
    this.#replica.waits(session);
  }
}
