/**
 * One client's connection: requests in, answers out, in their order.
 *
 * Writes that follow each other are under way together; a read waits until every earlier write
 * of its connection is answered, and a write until every earlier read is. So a client sees its
 * own order, and no other client waits for it.
 *
 * @module
 */

import { RequestError, StreamError } from "../errors.ts";
import {
  ANSWER_BYTES_MAX,
  DUMP_KEYS_MAX,
  REQUEST_BYTES_IN_FLIGHT_MAX,
  REQUESTS_IN_FLIGHT_MAX,
  type WireLimits,
} from "../limits.ts";
import { Fifo } from "../order/fifo.ts";
import type { Page } from "../store/store.ts";
import type { RequestKind } from "../wire/request_counts.ts";
import {
  decodeRequest,
  encodeReply,
  errorReply,
  type Reply,
  type Request,
  type RequestOptions,
  resultReply,
  type Status,
  type Token,
  tokenOf,
} from "../wire/message.ts";
import type { Asker, WriteRequest } from "./asker.ts";
import type { Channel } from "./channel.ts";
import type { ClientTrace } from "./trace.ts";

/** What a session asks its replica. */
export interface SessionReplica {
  /** Bounds of keys, values and frames. */
  readonly limits: WireLimits;
  /** How long a request waits that says nothing else, in milliseconds. */
  readonly requestTimeoutMs: number;
  /** By origin: the highest `n` applied here. */
  readonly appliedN: Token;
  /** The time that deadlines count in, in milliseconds. */
  now(): number;
  /** Carries out what the session has to do, at once or when it is its turn. */
  inTurn<T>(act: () => T): T | Promise<T>;
  /** A read has come; if it is linearizable it needs a confirmation, of the number given. */
  beginRead(options: RequestOptions): number | null;
  /** Why a read cannot be answered now, or null if it can. */
  readObstacle(options: RequestOptions, read: number | null): RequestError | null;
  /** Why a write cannot be submitted now, or null if it can. */
  writeObstacle(options: RequestOptions): RequestError | null;
  /** Submits a write that no obstacle holds back; its asker is told once what came of it. */
  write(request: WriteRequest, deadline: number, asker: Asker): void;
  /** What came of a request, if that is certain here; null if the others must be asked. */
  outcome(request: OutcomeRequest): Reply | null;
  /** Makes certain what came of a request; its asker is told once. */
  fence(id: string, deadline: number, asker: Asker): void;
  /** The answer if nothing could be made certain in time. */
  unknownOutcome(obstacle: RequestError): Reply;
  /** The value of a key in the local store. */
  value(key: string): string | undefined;
  /** Why keys cannot be listed now, or null if they can. */
  scanObstacle(): RequestError | null;
  /** Keys of the local store. */
  scan(prefix: string, page: Page): (readonly [key: string, value: string])[];
  /** What the replica says of itself. */
  status(): Status;
  /** Tells of what a client asks, if that is wanted. */
  traceClient(): ClientTrace | undefined;
  /** A request that came at `began` is answered in this turn: it is counted. */
  answered(kind: RequestKind, options: RequestOptions, ok: boolean, began: number): void;
  /** Calls it at the end of this turn, when all its answers have been gathered. */
  endTurn(session: EndsTurn): void;
  /** The session's next request waits; it is called to proceed when something has changed. */
  waits(session: Pick<Session, "proceed">): void;
}

/** Has something to do at the end of a turn. */
export interface EndsTurn {
  /** All that the turn has to answer is gathered. */
  turnEnded(): void;
}

/** A question for many keys. */
type ListRequest = Extract<Request, { type: "dump" | "keys" }>;

/** A question what came of a request. */
export type OutcomeRequest = Extract<Request, { type: "outcome" }>;

/** A request that waits for its turn, or what is wrong with it. */
interface Asked {
  readonly request: Request | RequestError;
  readonly bytes: number;
  /** When it came. */
  readonly began: number;
  /** When its time limit ends. */
  readonly deadline: number;
  /** The confirmation that it needs, if it is a linearizable read. */
  readonly read: number | null;
}

/** An answer's place; its text is null until it is known. */
interface Answer {
  text: string | null;
  readonly asked: Asked;
}

/** One client's connection. */
export class Session {
  readonly #replica: SessionReplica;
  readonly #channel: Channel;
  readonly #trace: ClientTrace | undefined;
  readonly #asked = new Fifo<Asked>();
  readonly #answers = new Fifo<Answer>();
  #bytesUnderWay = 0;
  #writesUnderWay = 0;
  #listing = false;
  #flushing = false;
  #ending = false;
  #idlers: (() => void)[] = [];

  /** Serves the connection until it ends. */
  constructor(replica: SessionReplica, channel: Channel) {
    this.#replica = replica;
    this.#channel = channel;
    this.#trace = replica.traceClient();
    channel.onDrained(() => this.#drained());
  }

  /** Whether a request waits, or is under way, or its answer is not sent yet. */
  get busy(): boolean {
    return !this.#channel.closed &&
      (this.#asked.length > 0 || this.#answers.length > 0 || this.#channel.backlog > 0);
  }

  /** Reads requests until the client ends, the stream cannot be trusted, or the server stops. */
  async serve(): Promise<void> {
    try {
      await this.#read();
      await this.#idle(() => !this.busy);
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
      // What was asked before is answered first.
      await this.#idle(() => this.#asked.length === 0 && this.#answers.length === 0);
      this.#channel.add(encodeReply({
        type: "error",
        code: error.code,
        text: error.message,
        details: { maybe: false },
      }));
      await this.#channel.end();
    } finally {
      this.#channel.close();
    }
  }

  /** Reads no further request. */
  stopReading(): void {
    this.#ending = true;
  }

  /** Ends the connection at once. */
  close(): void {
    this.#channel.close();
    this.#wake();
  }

  /** Carries out requests as far as that is possible now. */
  proceed(): void {
    for (let head = this.#asked.first(); head !== undefined; head = this.#asked.first()) {
      if (this.#channel.closed) return this.#asked.clear();
      if (this.#listing || this.#channel.backlog > ANSWER_BYTES_MAX) return;
      if (!this.#carryOut(head)) return;
    }
    this.#wake();
  }

  async #drained(): Promise<void> {
    if (this.#asked.length > 0) await this.#replica.inTurn(() => this.proceed());
    this.#wake();
  }

  async #read(): Promise<void> {
    for (;;) {
      if (!this.#hasRoom()) await this.#idle(() => this.#hasRoom() || this.#ending);
      if (this.#ending || this.#channel.closed) return;
      const isMore = await this.#replica.inTurn(() => this.#askAll());
      if (!isMore && !await this.#channel.fill()) return;
    }
  }

  /** Asks what has come, as far as there is room; false if no whole frame is left. */
  #askAll(): boolean {
    try {
      while (this.#hasRoom() && !this.#ending) {
        const frame = this.#channel.next();
        if (frame === null) return false;
        this.#ask(frame);
      }
      return true;
    } finally {
      this.proceed();
    }
  }

  #ask(frame: Uint8Array): void {
    const bytes = frame.length;
    this.#bytesUnderWay += bytes;
    let request: Request | RequestError;
    try {
      request = decodeRequest(frame, this.#replica.limits);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      request = error;
    }
    const timeout = "options" in request ? request.options.timeout : undefined;
    const began = this.#replica.now();
    const deadline = began + (timeout ?? this.#replica.requestTimeoutMs);
    const read = "type" in request && request.type === "get"
      ? this.#replica.beginRead(request.options)
      : null;
    this.#asked.push({ request, bytes, began, deadline, read });
  }

  #hasRoom(): boolean {
    return this.#asked.length + this.#answers.length < REQUESTS_IN_FLIGHT_MAX &&
      this.#bytesUnderWay < REQUEST_BYTES_IN_FLIGHT_MAX &&
      this.#channel.backlog < ANSWER_BYTES_MAX;
  }

  /** Waits for a condition that {@linkcode proceed}, an answer or the network brings about. */
  async #idle(holds: () => boolean): Promise<void> {
    while (!holds() && !this.#channel.closed) {
      await new Promise<void>((resolve) => this.#idlers.push(resolve));
    }
  }

  /** Lets all who wait look again: a listing may wait besides the reader. */
  #wake(): void {
    if (this.#idlers.length === 0) return;
    const idlers = this.#idlers;
    this.#idlers = [];
    for (const resume of idlers) resume();
  }

  /** Carries out the request whose turn it is; false if it has to wait. */
  #carryOut(asked: Asked): boolean {
    const { request, deadline } = asked;
    if (request instanceof RequestError) return this.#answerNow(asked, errorReply(request));
    switch (request.type) {
      case "write": {
        const obstacle = this.#replica.writeObstacle(request.options);
        if (obstacle !== null) return this.#wait(asked, obstacle);
        const asker = this.#begin(asked);
        const traced = this.#trace?.write(request, asked.began, asker);
        this.#replica.write(request, deadline, traced ?? asker);
        return true;
      }
      case "get": {
        if (this.#writesUnderWay > 0) return false;
        const obstacle = this.#replica.readObstacle(request.options, asked.read);
        if (obstacle !== null) return this.#wait(asked, obstacle);
        const value = this.#replica.value(request.key);
        this.#trace?.read(request.key, value, request.options, asked.began);
        return this.#answerNow(asked, this.#valueReply(request.key, value));
      }
      case "outcome":
        if (this.#writesUnderWay > 0) return false;
        return this.#tellOutcome(asked, request);
      case "status":
        if (this.#writesUnderWay > 0) return false;
        return this.#answerNow(asked, { type: "status", status: this.#replica.status() });
      case "dump":
      case "keys": {
        if (this.#writesUnderWay > 0) return false;
        const obstacle = this.#replica.readObstacle({}, null) ?? this.#replica.scanObstacle();
        if (obstacle !== null) return this.#wait(asked, obstacle);
        this.#list(this.#take(asked), request);
        return true;
      }
    }
  }

  #valueReply(key: string, value: string | undefined): Reply {
    const token = this.#replica.appliedN;
    return value === undefined ? { type: "end", token } : { type: "value", key, value, token };
  }

  #tellOutcome(asked: Asked, request: OutcomeRequest): boolean {
    const known = this.#replica.outcome(request);
    if (known !== null) return this.#answerNow(asked, known);
    const { id, options } = request;
    const obstacle = this.#replica.writeObstacle({ ...options, consistency: "sequential" });
    if (obstacle === null) {
      this.#replica.fence(id, asked.deadline, this.#begin(asked));
      return true;
    }
    if (this.#replica.now() < asked.deadline) return this.#wait(asked, obstacle);
    return this.#answerNow(asked, this.#replica.unknownOutcome(obstacle));
  }

  /** The request is under way as a write; gives what takes its answer. */
  #begin(asked: Asked): Asker {
    const answer = this.#take(asked);
    this.#writesUnderWay++;
    const answered = (reply: Reply) => {
      this.#writesUnderWay--;
      this.#answer(answer, reply);
      if (this.#writesUnderWay === 0) this.proceed();
    };
    const replicas = this.#replica.appliedN.length;
    return {
      answered,
      carriedOut: (result, origin, n) =>
        answered(resultReply(result, tokenOf(origin, n, replicas))),
    };
  }

  /** The request waits for the replica, at most until its deadline. */
  #wait(asked: Asked, obstacle: RequestError): boolean {
    const { request, deadline } = asked;
    if (this.#replica.now() >= deadline) {
      if ("operation" in request) this.#trace?.refused(request, asked.began, obstacle);
      return this.#answerNow(asked, errorReply(obstacle));
    }
    this.#replica.waits(this);
    return false;
  }

  #take(asked: Asked): Answer {
    this.#asked.shift();
    const answer: Answer = { text: null, asked };
    this.#answers.push(answer);
    return answer;
  }

  #answerNow(asked: Asked, reply: Reply): true {
    this.#answer(this.#take(asked), reply);
    return true;
  }

  #answer(answer: Answer, reply: Reply): void {
    answer.text = encodeReply(reply);
    this.#count(answer.asked, reply);
    for (let head = this.#answers.first(); head; head = this.#answers.first()) {
      if (head.text === null) break;
      this.#answers.shift();
      this.#bytesUnderWay -= head.asked.bytes;
      this.#channel.add(head.text);
    }
    this.#flush();
    this.#wake();
  }

  #count({ request, began }: Asked, { type }: Reply): void {
    if (request instanceof RequestError) return;
    if (request.type !== "write" && request.type !== "get") return;
    const kind = request.type === "get" ? "read" : "write";
    this.#replica.answered(kind, request.options, type !== "error", began);
  }

  /** All answers of this turn go out in one write. */
  #flush(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    this.#replica.endTurn(this);
  }

  /** Sends what was answered. */
  turnEnded(): void {
    this.#flushing = false;
    this.#channel.flush();
  }

  /** Lists keys page by page; in between, others have their turn and the network its time. */
  async #list(answer: Answer, request: ListRequest): Promise<void> {
    this.#listing = true;
    let after: string | null | undefined;
    while (after !== null && !this.#channel.closed) {
      await this.#idle(() => this.#channel.backlog < ANSWER_BYTES_MAX);
      const from = after;
      after = await this.#replica.inTurn(() => this.#listPage(request, from));
    }
    this.#listing = false;
    this.#answer(answer, { type: "end", token: this.#replica.appliedN });
    this.proceed();
  }

  /** Lists the next keys; gives the last of them, or null if there are no more. */
  #listPage({ type, prefix }: ListRequest, after: string | undefined): string | null {
    if (this.#channel.closed) return null;
    const page = this.#replica.scan(prefix, { after, limit: DUMP_KEYS_MAX });
    const token = this.#replica.appliedN;
    for (const [key, value] of page) {
      const isDump = type === "dump";
      this.#channel.add(
        encodeReply(isDump ? { type: "value", key, value, token } : { type: "key", key }),
      );
    }
    this.#channel.flush();
    return page.length < DUMP_KEYS_MAX ? null : page[page.length - 1][0];
  }
}
