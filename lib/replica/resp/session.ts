/**
 * One client's connection in Redis's protocol: commands in, answers out, in their order.
 *
 * Writes that follow each other are under way together; whatever else is asked waits until every
 * earlier write of its connection is answered, and is then answered at once. So answers wait for
 * their place only behind writes.
 *
 * @module
 */

import type { Consistency } from "../../consistency.ts";
import { RequestError, StreamError } from "../../errors.ts";
import {
  ANSWER_BYTES_MAX,
  DUMP_KEYS_MAX,
  REQUEST_BYTES_IN_FLIGHT_MAX,
  REQUESTS_IN_FLIGHT_MAX,
  RESP_SCAN_KEYS_MAX,
} from "../../limits.ts";
import { invariant } from "../../invariant.ts";
import { Fifo } from "../../order/fifo.ts";
import { needsOrder, type Operation, type Result } from "../../order/operation.ts";
import { failureError, type Reply, type RequestOptions } from "../../wire/message.ts";
import type { RespReader } from "../../wire/resp_reader.ts";
import type { RespWriter } from "../../wire/resp_writer.ts";
import type { Asker } from "../asker.ts";
import type { SessionReplica } from "../session.ts";
import type { Socket } from "../socket.ts";
import type { ClientTrace } from "../trace.ts";
import type { RespClient } from "./clients.ts";
import { askedBy } from "./commands.ts";
import { failureText } from "./failure.ts";
import {
  type Here,
  ok,
  type RespRequest,
  type RespWalk,
  type RespWrite,
  type ResultAnswer,
} from "./request.ts";

/** What a session of Redis's protocol asks its replica. */
export interface RespReplica extends SessionReplica, Here {}

/** A request that waits for its turn. */
interface Asked {
  readonly request: RespRequest;
  readonly bytes: number;
  /** The level that the connection had. */
  readonly options: RequestOptions;
  /** When it came. */
  readonly began: number;
  /** When its time limit ends. */
  readonly deadline: number;
  /** The confirmation that it needs, if it is a linearizable read. */
  readonly read: number | null;
}

/** Orders what this replica was given before, and changes nothing. */
const BARRIER: Exclude<Operation, { type: "fence" }> = {
  type: "several",
  key: "",
  pairs: [],
  bytes: 0,
};

/** One client's connection. */
export class RespSession {
  readonly #replica: RespReplica;
  readonly #socket: Socket<RespReader, RespWriter>;
  readonly #client: RespClient;
  readonly #clusterLevel: Consistency;
  readonly #trace: ClientTrace | undefined;
  readonly #asked = new Fifo<Asked>();
  readonly #underWay = new Fifo<WriteUnderWay>();
  #bytesUnderWay = 0;
  #options: RequestOptions = {};
  /** Whether something was answered that may not be ordered yet. */
  #unordered = false;
  #walking = false;
  #flushing = false;
  #ending = false;
  /** Is kept when the end that the client has asked for has reached it. */
  #ended: Promise<void> | null = null;
  #idlers: (() => void)[] = [];
  // Made once, since they are wanted for each command.
  readonly #ask = (): boolean => this.#askAll();
  readonly #proceed = (): void => this.proceed();

  /** Serves the connection until it ends. */
  constructor(
    replica: RespReplica,
    socket: Socket<RespReader, RespWriter>,
    client: RespClient,
  ) {
    this.#replica = replica;
    this.#socket = socket;
    this.#client = client;
    this.#clusterLevel = replica.status().consistency;
    this.#trace = replica.traceClient();
    socket.onDrained(() => this.#drained());
  }

  /** Whether a request waits, or is under way, or its answer is not sent yet. */
  get busy(): boolean {
    return !this.#socket.closed && (!this.#isIdle() || this.#socket.backlog > 0);
  }

  /** Reads requests until the client ends, the stream cannot be trusted, or the server stops. */
  async serve(): Promise<void> {
    try {
      await this.#read();
      await this.#idle(() => !this.busy);
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
      // What was asked before is answered first.
      await this.#idle(() => this.#isIdle());
      this.#socket.output.error(`ERR ${error.message}`);
      await this.#socket.end();
    } finally {
      await this.#ended;
      this.#socket.close();
    }
  }

  /** Reads no further request. */
  stopReading(): void {
    this.#ending = true;
  }

  /** Ends the connection at once. */
  close(): void {
    this.#socket.close();
    this.#wake();
  }

  /** Carries out requests as far as that is possible now. */
  proceed(): void {
    for (let head = this.#asked.first(); head !== undefined; head = this.#asked.first()) {
      if (this.#socket.closed) return this.#asked.clear();
      if (this.#walking || this.#socket.backlog > ANSWER_BYTES_MAX) return;
      if (!this.#carryOut(head)) return;
    }
    this.#wake();
  }

  /** What came of a write is known. */
  settled(): void {
    for (let head = this.#underWay.first(); head; head = this.#underWay.first()) {
      if (head.result === null) break;
      this.#underWay.shift();
      this.#bytesUnderWay -= head.bytes;
      this.#answerWrite(head, head.result);
    }
    if (this.#underWay.length === 0) this.proceed();
    else this.#wake();
  }

  #isIdle(): boolean {
    return this.#asked.length === 0 && this.#underWay.length === 0 && !this.#walking;
  }

  #drained(): void {
    if (this.#asked.length > 0) this.#proceedInTurn();
    else this.#wake();
  }

  async #proceedInTurn(): Promise<void> {
    await this.#replica.inTurn(this.#proceed);
    this.#wake();
  }

  /** Reads until no more comes, or no more is wanted. */
  #read(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const readOn = (isMore: boolean): void => {
      try {
        if (!isMore || this.#ending || this.#socket.closed) return resolve();
        // What needs no waiting costs none.
        if (this.#hasRoom()) {
          const asked = this.#replica.inTurn(this.#ask);
          if (asked === false) return this.#socket.fillThen(readOn);
          if (asked !== true) return void asked.then(askedOn, reject);
        }
        this.#idle(() => this.#hasRoom() || this.#ending).then(() => readOn(true), reject);
      } catch (error) {
        reject(error);
      }
    };
    const askedOn = (isLeft: boolean): void =>
      isLeft ? readOn(true) : this.#socket.fillThen(readOn);
    readOn(true);
    return promise;
  }

  /** Asks what has come, as far as there is room; false if no whole command is left. */
  #askAll(): boolean {
    try {
      while (this.#hasRoom() && !this.#ending) {
        if (this.#socket.closed || !this.#socket.input.next()) return false;
        if (!this.#askAtOnce()) this.#askOne();
      }
      return true;
    } finally {
      this.proceed();
    }
  }

  #hasRoom(): boolean {
    return this.#asked.length + this.#underWay.length < REQUESTS_IN_FLIGHT_MAX &&
      this.#bytesUnderWay < REQUEST_BYTES_IN_FLIGHT_MAX &&
      this.#socket.backlog < ANSWER_BYTES_MAX;
  }

  /**
   * The two commands that are asked most, without waiting behind others: false if it is neither of
   * them, or something is in its way.
   */
  #askAtOnce(): boolean {
    if (this.#asked.length > 0 || this.#walking) return false;
    const args = this.#socket.input;
    const { keyBytes, valueBytes } = this.#replica.limits;
    if (args.length < 2 || args.length > 3) return false;
    if (args.size(0) !== 3 || args.size(1) === 0 || args.size(1) > keyBytes) return false;
    if (args.length === 2) return args.is(0, "get") && this.#get(args);
    return args.size(2) <= valueBytes && args.is(0, "set") && this.#set(args);
  }

  #get(args: RespReader): boolean {
    if (this.#underWay.length > 0 || this.#level() === "linearizable") return false;
    if (this.#replica.readObstacle(this.#options, null) !== null) return false;
    const key = args.text(1);
    const value = this.#replica.value(key);
    this.#trace?.read(key, value, this.#options, this.#replica.now());
    if (value === undefined) this.#socket.output.null();
    else this.#socket.output.bulk(value);
    this.#replica.answered("read", this.#options, true, this.#replica.now());
    this.#flush();
    return true;
  }

  #set(args: RespReader): boolean {
    if (this.#replica.writeObstacle(this.#options) !== null) return false;
    const bytes = args.size(2);
    const began = this.#replica.now();
    this.#bytesUnderWay += args.bytes;
    this.#write({
      operation: { type: "set", key: args.text(1), value: args.text(2), bytes },
      answer: ok,
      bytes: args.bytes,
      options: this.#options,
      began,
      deadline: began + this.#replica.requestTimeoutMs,
    });
    return true;
  }

  #askOne(): void {
    const args = this.#socket.input;
    const { bytes } = args;
    const request = this.#understand(args);
    // Such a client is none: it gets no answer, and nothing that it says is carried out.
    if (request.type === "drop") return this.close();
    const { consistency } = this.#client;
    if (consistency !== this.#options.consistency) this.#options = { consistency };
    const options = this.#options;
    const timeoutMs = request.type === "wait" && request.timeoutMs > 0
      ? Math.min(request.timeoutMs, this.#replica.requestTimeoutMs)
      : this.#replica.requestTimeoutMs;
    const began = this.#replica.now();
    const deadline = began + timeoutMs;
    const isRead = request.type === "read" || request.type === "walk";
    const read = isRead ? this.#replica.beginRead(options) : null;
    this.#bytesUnderWay += bytes;
    this.#asked.push({ request, bytes, options, began, deadline, read });
  }

  #understand(args: RespReader): RespRequest {
    try {
      return askedBy(args, { client: this.#client, limits: this.#replica.limits });
    } catch (error) {
      if (error instanceof RequestError) return { type: "refused", error };
      throw error;
    }
  }

  #level(options: RequestOptions = this.#options): Consistency {
    return options.consistency ?? this.#clusterLevel;
  }

  /** Carries out the request whose turn it is; false if it has to wait. */
  #carryOut(asked: Asked): boolean {
    const { request, options } = asked;
    if (request.type === "write") return this.#carryOutWrite(asked, request);
    if (this.#underWay.length > 0) return false;
    switch (request.type) {
      case "refused":
        return this.#fail(asked, request.error);
      case "read":
      case "walk": {
        const lists = request.type === "walk" || request.lists === true;
        const obstacle = this.#replica.readObstacle(options, asked.read) ??
          (lists ? this.#replica.scanObstacle() : null);
        if (obstacle !== null) return this.#wait(asked, obstacle);
        if (request.type === "read") {
          return this.#answer(asked, (out) => request.answer(out, this.#readBy(asked)));
        }
        this.#take(asked);
        this.#walk(request);
        return true;
      }
      case "tell":
        return this.#answer(asked, (out) => request.answer(out, this.#replica));
      case "wait":
        return this.#waitForReplicas(asked, request.replicas);
      case "quit":
        this.#answer(asked, ok);
        this.#asked.clear();
        this.#ending = true;
        this.#ended = this.#socket.end();
        return true;
      case "drop":
        return true;
    }
  }

  #carryOutWrite(asked: Asked, request: RespWrite): boolean {
    const { options, began, deadline, bytes } = asked;
    const { operation, locally } = request;
    const isEventual = this.#level(options) === "eventual";
    if (isEventual && needsOrder(operation)) {
      if (this.#underWay.length > 0) return false;
      return this.#fail(asked, needsOrderError(this.#client));
    }
    const obstacle = this.#replica.writeObstacle(options);
    if (obstacle !== null) {
      return this.#underWay.length === 0 && this.#wait(asked, obstacle);
    }
    this.#asked.shift();
    let { answer } = request;
    if (isEventual && locally !== undefined) {
      const result = locally(this.#replica);
      answer = (out) => request.answer(out, result);
    }
    this.#write({ operation, answer, bytes, options, began, deadline });
    return true;
  }

  #write(asked: WriteToAsk): void {
    const { operation, options, answer, began, deadline } = asked;
    if (this.#level(options) === "eventual") this.#unordered = true;
    const write = new WriteUnderWay(this, asked);
    this.#underWay.push(write);
    const traced = answer && this.#trace?.write({ operation, options }, began, write);
    this.#replica.write({ operation, options }, deadline, traced ?? write);
  }

  /** Answers how many other replicas have all that was written, once it is enough or time is up. */
  #waitForReplicas(asked: Asked, replicas: number): boolean {
    const isLate = this.#replica.now() >= asked.deadline;
    if (this.#unordered && !isLate) {
      const options = { consistency: "sequential" } as const;
      if (this.#replica.writeObstacle(options) !== null) return this.#waits();
      this.#unordered = false;
      const { began, deadline } = asked;
      this.#write({ operation: BARRIER, answer: null, bytes: 0, options, began, deadline });
      return false;
    }
    // Whoever is in the view has all that is ordered.
    const { view } = this.#replica.status();
    const others = this.#unordered ? 0 : (view?.members.length ?? 1) - 1;
    if (others < replicas && !isLate) return this.#waits();
    return this.#answer(asked, (out) => out.integer(others));
  }

  /** The replica as a command reads it: what it reads is told, if that is wanted. */
  #readBy({ options, began }: Asked): Here {
    const replica = this.#replica;
    const trace = this.#trace;
    if (trace === undefined) return replica;
    return {
      clients: replica.clients,
      now: () => replica.now(),
      status: () => replica.status(),
      scan: (prefix, page) => replica.scan(prefix, page),
      value(key) {
        const value = replica.value(key);
        trace.read(key, value, options, began);
        return value;
      },
    };
  }

  /** The request waits for the replica, at most until its deadline. */
  #wait(asked: Asked, obstacle: RequestError): boolean {
    const { request, options, began, deadline } = asked;
    if (this.#replica.now() < deadline) return this.#waits();
    if (request.type === "write") {
      this.#trace?.refused({ operation: request.operation, options }, began, obstacle);
    }
    return this.#fail(asked, obstacle);
  }

  #waits(): false {
    this.#replica.waits(this);
    return false;
  }

  #take(asked: Asked): void {
    this.#asked.shift();
    this.#bytesUnderWay -= asked.bytes;
  }

  #fail(asked: Asked, error: RequestError): true {
    return this.#answer(asked, (out) => out.error(failureText(error)), false);
  }

  #answer(asked: Asked, write: (out: RespWriter) => void, ok = true): true {
    const { request: { type }, options, began } = asked;
    if (type === "read" || type === "write") this.#replica.answered(type, options, ok, began);
    this.#take(asked);
    write(this.#socket.output);
    this.#flush();
    return true;
  }

  #answerWrite(write: WriteUnderWay, result: Result | RequestError): void {
    const { answer, options, began } = write;
    if (answer === null) {
      // The barrier of a WAIT, which goes on to wait.
      if (result instanceof RequestError) this.#unordered = true;
      return;
    }
    const out = this.#socket.output;
    const isError = result instanceof RequestError;
    if (isError) out.error(failureText(result));
    else answer(out, result);
    this.#replica.answered("write", options, !isError, began);
    this.#flush();
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
    this.#socket.flush();
  }

  /** Goes through keys page by page; in between, others have their turn. */
  async #walk(request: RespWalk): Promise<void> {
    this.#walking = true;
    request.begin?.(this.#replica);
    let after: string | undefined;
    let limit = DUMP_KEYS_MAX;
    for (let isMore = true; isMore && !this.#socket.closed;) {
      const from = { after, limit };
      const page = await this.#replica.inTurn(() => this.#replica.scan(request.prefix, from));
      const keys = page.map(([key]) => key);
      isMore = request.see(keys) && keys.length === limit;
      after = keys.at(-1);
      // Large values are read a few at a time.
      const characters = page.reduce((sum, [, value]) => sum + value.length, 0);
      const isLight = characters < REQUEST_BYTES_IN_FLIGHT_MAX / 4;
      limit = isLight ? Math.min(limit * 2, RESP_SCAN_KEYS_MAX) : DUMP_KEYS_MAX;
    }
    this.#walking = false;
    request.answer(this.#socket.output, this.#replica);
    this.#flush();
    this.proceed();
  }

  /** Waits for a condition that {@linkcode proceed}, an answer or the network brings about. */
  async #idle(holds: () => boolean): Promise<void> {
    while (!holds() && !this.#socket.closed) {
      await new Promise<void>((resolve) => this.#idlers.push(resolve));
    }
  }

  /** Lets all who wait look again. */
  #wake(): void {
    if (this.#idlers.length === 0) return;
    const idlers = this.#idlers;
    this.#idlers = [];
    for (const resume of idlers) resume();
  }
}

/** A write, and how it is answered; null: not at all. */
interface WriteToAsk {
  readonly operation: Exclude<Operation, { type: "fence" }>;
  readonly answer: ResultAnswer | null;
  readonly bytes: number;
  readonly options: RequestOptions;
  readonly began: number;
  readonly deadline: number;
}

/** An answer's place, until it is known what came of the write. */
class WriteUnderWay implements Asker {
  readonly bytes: number;
  readonly answer: ResultAnswer | null;
  readonly options: RequestOptions;
  readonly began: number;
  result: Result | RequestError | null = null;
  readonly #session: RespSession;

  constructor(session: RespSession, { bytes, answer, options, began }: WriteToAsk) {
    this.#session = session;
    this.bytes = bytes;
    this.answer = answer;
    this.options = options;
    this.began = began;
  }

  carriedOut(result: Result): void {
    this.#settle(result.type === "failed" ? failureError(result.reason) : result);
  }

  answered(reply: Reply): void {
    invariant(reply.type === "error", "a write without an id is carried out, or fails");
    this.#settle(new RequestError(reply.code, reply.text, reply.details));
  }

  #settle(result: Result | RequestError): void {
    this.result = result;
    this.#session.settled();
  }
}

function needsOrderError({ command }: RespClient): RequestError {
  const text =
    `what '${command}' does depends on what is there, which needs an order of all writes: choose ` +
    "`KVDIST CONSISTENCY sequential`, or `linearizable`";
  return new RequestError("needs_order", text, { maybe: false });
}
