/**
 * One replica: the protocol core, its store, its peers and its clients. Turns what comes from
 * sockets and timers into events of the core, and carries the core's effects out.
 *
 * What one turn of the event loop gathered becomes one transaction: broadcasts leave first, then
 * the disk has its say, then acknowledgements and answers leave.
 *
 * @module
 */

import type { Consistency } from "../consistency.ts";
import { FailedError, reason, RequestError } from "../errors.ts";
import { unreachable } from "../invariant.ts";
import {
  DRAIN_MS,
  FORCE_EVERY_MS,
  OUTBOX_BYTES_MAX,
  OUTBOX_MESSAGES_MAX,
  TICK_MS,
  type WireLimits,
  WRITE_BYTES_IN_FLIGHT_MAX,
  WRITES_IN_FLIGHT_MAX,
} from "../limits.ts";
import type { Log } from "../log.ts";
import { Fifo } from "../order/fifo.ts";
import type { Entry, Operation } from "../order/message.ts";
import { Order } from "../order/order.ts";
import type { Effects, Event, Notice, Write } from "../order/step.ts";
import { showBallot } from "../order/timestamp.ts";
import type { Fsync } from "../store/sqlite.ts";
import { operationBytes, type Page, type Store } from "../store/store.ts";
import { VERSION } from "../version.ts";
import type { Missing, Reply, RequestOptions, Status, Token } from "../wire/message.ts";
import { type Hello, PROTOCOL } from "../wire/peer.ts";
import { acceptAll } from "./accept.ts";
import { Channel } from "./channel.ts";
import { Links, type PeerAddress } from "./links.ts";
import { Session, type SessionReplica, type WriteRequest } from "./session.ts";
import { Turns } from "./turns.ts";

/** What a replica is told once. */
export interface ReplicaOptions {
  readonly id: number;
  readonly replicas: number;
  /** How many members a view must have. */
  readonly membersMin: number;
  /** Milliseconds of silence after which a peer is suspected; `SUSPECT_AFTER_MS` if not given. */
  readonly suspectAfterMs?: number;
  /** The operator allows a view although a majority of the folders is new. */
  readonly force?: boolean;
  /** The cluster's level. */
  readonly consistency: Consistency;
  readonly requestTimeoutMs: number;
  readonly applyDelayMs: number;
  readonly fsync: Fsync;
  readonly limits: WireLimits;
  readonly store: Store;
  readonly log: Log;
  /** Called when this replica is live in a view for the first time. */
  readonly live: () => void;
  /** Called once when this replica cannot go on; it has stopped. */
  readonly failed: (error: FailedError) => void;
}

/** Called with a write's answer. */
type Done = (reply: Reply) => void;

interface Waiting {
  readonly n: number;
  readonly done: Done;
  readonly deadline: number;
}

/** One replica. */
export class Replica implements SessionReplica {
  /** Bounds of keys, values and frames. */
  readonly limits: WireLimits;
  /** How long a request waits that says nothing else, in milliseconds. */
  readonly requestTimeoutMs: number;
  readonly #options: ReplicaOptions;
  readonly #store: Store;
  readonly #order: Order;
  readonly #identity: string;
  readonly #links: Links;
  readonly #turns = new Turns();
  readonly #sessions = new Set<Session>();
  readonly #began = performance.now();
  #applyDelayMs: number;

  // What this turn has gathered.
  #turning = false;
  #writes: Write[] = [];
  #deliver: Entry[] = [];
  #apply: Entry[] = [];
  #number = 0;
  #reads: { peer: number; from: number; to: number }[] = [];

  /** Delivered, and applied only at `due`. */
  readonly #delayed = new Fifo<{ readonly entry: Entry; readonly due: number }>();
  #delayTimer: ReturnType<typeof setTimeout> | undefined;
  /** `eventual` writes that are answered when this turn is on disk. */
  #safe: { readonly n: number; readonly done: Done }[] = [];
  /** `sequential` writes by n, answered when applied. */
  readonly #applying = new Map<number, Waiting>();
  /** Sessions whose next request waits for something of this replica. */
  readonly #waiting = new Set<Session>();
  /** Bytes of own messages not delivered, by what `operationBytes` counts. */
  #outboxBytes = 0;
  #wasLive = false;
  #silentSince = new Map<number, number>();
  readonly #timers: ReturnType<typeof setInterval>[] = [];
  #listener: Deno.TcpListener | null = null;
  #stopped = false;

  /** Takes up the store where it was left; in no view yet. */
  constructor(options: ReplicaOptions) {
    const { id, replicas, membersMin, suspectAfterMs, store, limits, log } = options;
    this.#options = options;
    this.limits = limits;
    this.requestTimeoutMs = options.requestTimeoutMs;
    this.#applyDelayMs = options.applyDelayMs;
    this.#store = store;
    const durable = store.load();
    this.#identity = durable.identity;
    this.#order = new Order({ id, replicas, membersMin, suspectAfterMs }, durable);
    const own = [
      ...durable.outbox,
      ...durable.pending.filter(({ origin }) => origin === id),
    ];
    for (const { operation } of own) this.#outboxBytes += operationBytes(operation);
    this.#applyLeftOver(durable.position.index);
    this.#links = new Links({
      hello: () => this.#hello(),
      identityOf: (peer) => this.#order.view?.identities[peer] ?? null,
      outcast: (error) => this.#fail(error),
      limits,
      log,
      events: {
        up: (peer) => this.#run({ type: "link_up", peer }),
        down: (peer) => this.#run({ type: "link_down", peer }),
        receive: (from, message) => this.#run({ type: "receive", from, message }),
      },
    });
  }

  /** Begins to serve peers and clients. */
  start(peerListener: Deno.TcpListener, clientListener: Deno.TcpListener): void {
    this.#links.listen(peerListener);
    this.#listener = clientListener;
    acceptAll(clientListener, (conn) => this.#accept(conn), this.#options.log);
    this.#timers.push(setInterval(() => this.#tick(), TICK_MS));
    if (this.#options.fsync === "interval") {
      this.#timers.push(setInterval(() => this.#guard(() => this.#store.force()), FORCE_EVERY_MS));
    }
  }

  /** Dials the peers; by id. */
  connect(peers: readonly PeerAddress[]): void {
    this.#links.dial(peers);
  }

  /** From now on what is delivered is applied this much later. */
  setApplyDelay(ms: number): void {
    this.#applyDelayMs = ms;
  }

  /** Takes no more requests, and lets the accepted ones finish for a while. */
  async drain(): Promise<void> {
    this.#listener?.close();
    this.#listener = null;
    for (const session of this.#sessions) session.stopReading();
    const until = this.now() + DRAIN_MS;
    while ([...this.#sessions].some((session) => session.busy) && this.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
  }

  /** Ends; what was accepted and is not finished is on disk. */
  stop(): void {
    if (this.#stopped) return;
    this.#turn();
    this.#shut();
    this.#store.close();
  }

  // What a session asks

  /** The time that deadlines count in, in milliseconds. */
  now(): number {
    return performance.now();
  }

  /** By origin: the highest `n` applied here. */
  get appliedN(): Token {
    return this.#store.appliedN;
  }

  /** Carries out what a session has to do, when it is its turn. */
  inTurn<T>(work: () => T): Promise<T> {
    return this.#turns.run(work);
  }

  /**
   * Why a read cannot be answered now, or null if it can. After a power cut the store may have
   * forgotten what it has shown: it shows nothing in `sequential` until it has caught up.
   */
  readObstacle({ consistency, token }: RequestOptions): RequestError | null {
    const level = consistency ?? this.#options.consistency;
    if (this.#store.mayHaveForgotten && !this.#wasLive && level !== "eventual") {
      return this.#noQuorum(false);
    }
    return this.#lack(token);
  }

  /** What this replica has not applied of a token, or null if it lacks nothing. */
  #lack(token: Token | undefined): RequestError | null {
    if (token === undefined) return null;
    const { appliedN } = this.#store;
    const lacking = token.flatMap((n, origin) =>
      n > (appliedN[origin] ?? 0) ? [{ origin, n, applied: appliedN[origin] ?? null }] : []
    );
    if (lacking.length === 0) return null;
    return new RequestError(
      "timeout",
      "this replica has not yet applied what the token names",
      { maybe: false, lacking },
    );
  }

  /** Why a write cannot be submitted now, or null if it can. */
  writeObstacle({ consistency, token }: RequestOptions): RequestError | null {
    const lack = this.#lack(token);
    if (lack !== null) return lack;
    const level = consistency ?? this.#options.consistency;
    if (!this.#order.takesWrites || (level !== "eventual" && this.#order.state !== "live")) {
      return this.#noQuorum(false);
    }
    const [bytesMax, messagesMax] = this.#order.state === "live"
      ? [WRITE_BYTES_IN_FLIGHT_MAX, WRITES_IN_FLIGHT_MAX]
      : [OUTBOX_BYTES_MAX, OUTBOX_MESSAGES_MAX];
    if (this.#outboxBytes > bytesMax || this.#order.outboxLength >= messagesMax) {
      const text = "too many writes wait to be ordered; try again later";
      return new RequestError("timeout", text, { maybe: false });
    }
    return null;
  }

  /** Submits a write that no {@linkcode writeObstacle} holds back. */
  write(request: WriteRequest, deadline: number, done: Done): void {
    const { key, options } = request;
    const id = options.id === undefined ? {} : { id: options.id };
    const operation: Operation = request.type === "set"
      ? { type: "set", key, value: request.value, bytes: request.bytes, ...id }
      : { type: "delete", key, ...id };
    const n = this.#run({ type: "submit", operation })?.n;
    if (n === undefined) return;
    this.#outboxBytes += operationBytes(operation);
    const level = options.consistency ?? this.#options.consistency;
    switch (level) {
      case "eventual":
        this.#safe.push({ n, done });
        return;
      case "sequential":
        this.#applying.set(n, { n, done, deadline });
        return;
      default:
        return unreachable(level);
    }
  }

  /** The answer to a read of the local store. */
  get(key: string): Reply {
    const value = this.#store.get(key);
    const token = this.#store.appliedN;
    return value === undefined ? { type: "end", token } : { type: "value", key, value, token };
  }

  /** Keys of the local store. */
  scan(prefix: string, page: Page): (readonly [key: string, value: string])[] {
    return this.#store.scan(prefix, page);
  }

  /** The session's next request waits; it is called to proceed when something has changed. */
  waits(session: Session): void {
    this.#waiting.add(session);
  }

  /** What this replica says of itself. */
  status(): Status {
    const { id, replicas, consistency, fsync } = this.#options;
    const { view } = this.#order;
    const hears = this.#order.hears();
    const missing = this.#missing();
    return {
      id,
      replicas,
      consistency,
      requestTimeout: this.requestTimeoutMs,
      version: VERSION,
      state: this.#order.state,
      view: view === null
        ? null
        : { ballot: [view.ballot.round, view.ballot.id], members: [...view.members] },
      hears,
      suspects: missing.filter(({ id }) => view?.members.includes(id))
        .map((peer) => ({ ...peer, reason: "silent" })),
      missing,
      peers: Array.from({ length: replicas }, (_, peer) => ({
        id: peer,
        state: null,
        index: null,
        lag: null,
        member: view?.members.includes(peer) ?? false,
      })).filter((peer) => peer.id !== id),
      delivered: this.#order.position.index,
      applied: this.#store.applied,
      lag: this.#order.position.index - this.#store.applied,
      joining: null,
      pending: this.#order.pendingLength,
      outbox: this.#order.outboxLength,
      outboxBytes: this.#outboxBytes,
      keys: this.#store.keys,
      store: this.#store.kind,
      fsync: this.#store.kind === "memory" ? "never" : fsync,
      fsyncP99: null,
      uptime: Math.round(this.now() - this.#began),
      clients: this.#sessions.size,
      cluster: view?.cluster ?? null,
      identity: this.#identity,
      counts: view !== null,
    };
  }

  // Events in, effects out

  async #accept(conn: Deno.TcpConn): Promise<void> {
    const channel = new Channel(conn, this.limits.frameBytes);
    const session = new Session(this, channel);
    this.#sessions.add(session);
    try {
      await session.serve();
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#sessions.delete(session);
      this.#waiting.delete(session);
    }
  }

  #tick(): void {
    this.#run({ type: "tick", random: Math.random() });
    this.#noteSilence();
    const now = this.now();
    for (const { n, done, deadline } of this.#applying.values()) {
      if (now < deadline) continue;
      this.#applying.delete(n);
      done(this.#timedOut());
    }
    this.#wakeWaiting();
  }

  /** One event into the core; what it wants is gathered for the end of this turn. */
  #run(event: Event): Effects | null {
    if (this.#stopped) return null;
    try {
      return this.#carryOut(this.#order.step(event, this.now()));
    } catch (error) {
      this.#fail(error);
      return null;
    }
  }

  #carryOut(out: Effects): Effects {
    // First what must not get lost, should anything after it fail.
    for (const write of out.writes) this.#writes.push(write);
    for (const entry of out.deliver) this.#deliver.push(entry);
    for (const read of out.read) this.#reads.push(read);
    if (out.number > 0) this.#number = out.number;
    for (const { to, message } of out.send) this.#links.send(to, message);
    for (const { peer, reason } of out.breakLinks) this.#links.break(peer, reason);
    for (const notice of out.notices) this.#tell(notice);
    if (!this.#turning) {
      this.#turning = true;
      queueMicrotask(() => this.#turn());
    }
    return out;
  }

  /** The end of a turn: send, write, acknowledge, apply, answer. */
  #turn(): void {
    if (this.#stopped) return;
    this.#guard(() => {
      let applied = false;
      for (;;) {
        this.#links.flush();
        const commit = this.#gather();
        if (commit === null) break;
        const { number, safe } = commit;
        this.#store.commit(commit, number > 0);
        for (const { n, done } of safe) done({ type: "stored", token: this.#tokenOf(n) });
        for (const entry of commit.apply) this.#answerApplied(entry);
        applied ||= commit.apply.length > 0;
        if (number > 0) this.#run({ type: "persisted", number });
      }
      this.#readLog();
      // What is submitted from here on has a turn of its own.
      this.#turning = false;
      if (applied) this.#wakeWaiting();
    });
  }

  /** Takes what the turn has gathered; null if there is nothing. */
  #gather() {
    this.#delayOrApply(this.#deliver);
    const commit = {
      writes: this.#writes,
      deliver: this.#deliver,
      apply: this.#apply,
      number: this.#number,
      safe: this.#safe,
    };
    if (commit.writes.length + commit.deliver.length + commit.apply.length === 0) return null;
    this.#writes = [];
    this.#deliver = [];
    this.#apply = [];
    this.#number = 0;
    this.#safe = [];
    return commit;
  }

  #delayOrApply(delivered: readonly Entry[]): void {
    const now = this.now();
    for (const entry of delivered) {
      const { origin, operation } = entry.message;
      if (origin === this.#options.id) {
        // What an earlier folder of this replica was the origin of was never counted.
        this.#outboxBytes = Math.max(0, this.#outboxBytes - operationBytes(operation));
      }
      if (this.#applyDelayMs === 0 && this.#delayed.length === 0) this.#apply.push(entry);
      else this.#delayed.push({ entry, due: now + this.#applyDelayMs });
    }
    for (let head = this.#delayed.first(); head && head.due <= now; head = this.#delayed.first()) {
      this.#delayed.shift();
      this.#apply.push(head.entry);
    }
    const head = this.#delayed.first();
    if (head === undefined || this.#delayTimer !== undefined) return;
    this.#delayTimer = setTimeout(() => {
      this.#delayTimer = undefined;
      this.#turn();
    }, Math.max(0, head.due - now));
  }

  #answerApplied({ message: { origin, n } }: Entry): void {
    if (origin !== this.#options.id) return;
    const waiting = this.#applying.get(n);
    if (waiting === undefined) return;
    this.#applying.delete(n);
    waiting.done({ type: "stored", token: this.#tokenOf(n) });
  }

  /** The token of an answer that depends on this own message alone. */
  #tokenOf(n: number): Token {
    const token = Array(this.#options.replicas).fill(0);
    token[this.#options.id] = n;
    return token;
  }

  /** Sends the log entries that peers want. */
  #readLog(): void {
    const reads = this.#reads;
    this.#reads = [];
    for (const { peer, from, to } of reads) {
      this.#links.send(peer, { type: "entries", entries: this.#store.read(from, to) });
    }
    if (reads.length > 0) this.#links.flush();
  }

  /** What was delivered before the last stop and not applied. */
  #applyLeftOver(index: number): void {
    while (this.#store.applied < index) {
      const apply = this.#store.read(this.#store.applied + 1, index);
      this.#store.commit({ writes: [], deliver: [], apply }, false);
    }
  }

  /** Lets the sessions whose next request waits look again. */
  #wakeWaiting(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const session of waiting) session.proceed();
  }

  #hello(): Hello {
    const { id, replicas } = this.#options;
    const cluster = this.#order.view?.cluster ?? null;
    return { protocol: PROTOCOL, cluster, id, replicas, identity: this.#identity };
  }

  // What clients and operators are told

  #timedOut(): Reply {
    const live = this.#order.state === "live" && this.#order.missing().length === 0;
    const error = live
      ? new RequestError("timeout", "not applied within the time limit", { maybe: true })
      : this.#noQuorum(true);
    return { type: "error", code: error.code, text: error.message, details: error.details };
  }

  /** The replicas that cannot be reached, and since when. */
  #missing(): Missing[] {
    return this.#order.missing().map((id) => ({
      id,
      since: new Date(this.#silentSince.get(id) ?? Date.now()).toISOString(),
    }));
  }

  #noQuorum(maybe: boolean): RequestError {
    const missing = this.#missing();
    const who = missing.map(({ id }) => id).join(", ");
    const text = missing.length === 0
      ? "the replicas are forming a view"
      : `no writes are ordered: of ${this.#options.replicas} replicas ${who} cannot be reached`;
    return new RequestError("no_quorum", text, { maybe, missing });
  }

  #noteSilence(): void {
    const missing = this.#order.missing();
    if (missing.length === 0 && this.#silentSince.size === 0) return;
    const since = this.#silentSince;
    this.#silentSince = new Map(missing.map((id) => [id, since.get(id) ?? Date.now()]));
  }

  #tell(notice: Notice): void {
    const { log } = this.#options;
    switch (notice.type) {
      case "outside":
        return log({ level: "info", event: "left its view", reason: notice.reason });
      case "prepare":
        return log({ level: "debug", event: "forms a view", ballot: showBallot(notice.ballot) });
      case "fetch": {
        const { from, to, source } = notice;
        return log({ level: "info", event: "repairs its log", lacks: `${from}-${to}`, source });
      }
      case "installed":
        return log({ level: "debug", event: "installed", ballot: showBallot(notice.view.ballot) });
      case "live":
        return this.#tellLive(notice);
      case "suspect":
        return log({ level: "warn", event: "suspects", peer: notice.peer, reason: notice.reason });
      case "stuck":
        return log({ level: "warn", event: "no view yet", reason: notice.reason });
      default:
        return unreachable(notice);
    }
  }

  #tellLive({ view, carried, resubmitted }: Extract<Notice, { type: "live" }>): void {
    this.#options.log({
      level: "info",
      event: "live",
      view: showBallot(view.ballot),
      members: view.members,
      ...(carried > 0 ? { carried } : {}),
      ...(resubmitted > 0 ? { resubmitted } : {}),
    });
    queueMicrotask(() => this.#wakeWaiting());
    if (this.#wasLive) return;
    this.#wasLive = true;
    this.#options.live();
  }

  // The end

  #guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** This replica cannot go on: nothing more is answered, and nothing more is written. */
  #fail(error: unknown): void {
    if (this.#stopped) return;
    this.#shut();
    try {
      this.#store.close();
    } catch {
      // The disk that made it fail may fail again.
    }
    const { id } = this.#options;
    this.#options.failed(
      new FailedError(`replica ${id} has stopped: ${reason(error)}`, { cause: error }),
    );
  }

  #shut(): void {
    this.#stopped = true;
    for (const timer of this.#timers) clearInterval(timer);
    clearTimeout(this.#delayTimer);
    this.#links.close();
    this.#listener?.close();
    for (const session of this.#sessions) session.close();
  }
}
