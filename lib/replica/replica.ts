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
import { type ErrorCode, FailedError, reason, RequestError } from "../errors.ts";
import {
  DRAIN_MS,
  FORCE_EVERY_MS,
  FORCE_HERE_MESSAGES_MAX,
  OUTBOX_BYTES_MAX,
  OUTBOX_MESSAGES_MAX,
  REQUEST_IDS_KEPT,
  TICK_MS,
  type WireLimits,
  WRITE_BYTES_IN_FLIGHT_MAX,
  WRITES_IN_FLIGHT_MAX,
} from "../limits.ts";
import { invariant } from "../invariant.ts";
import type { Log } from "../log.ts";
import { Fifo } from "../order/fifo.ts";
import type { Entry, Message, Operation, Outcome, Snapshot } from "../order/message.ts";
import { needsOrder, type Result, STORED } from "../order/operation.ts";
import { Order } from "../order/order.ts";
import type { Effects, Event, Notice, Write } from "../order/step.ts";
import { majority } from "../order/view.ts";
import type { Fsync } from "../store/sqlite.ts";
import { type Commit, operationBytes, type Page, type Store } from "../store/store.ts";
import { VERSION } from "../version.ts";
import {
  errorReply,
  type Missing,
  type Reply,
  type RequestOptions,
  resultReply,
  type Status,
  type Token,
  tokenOf,
} from "../wire/message.ts";
import { encodeResult } from "../wire/operation.ts";
import type { RequestKind } from "../wire/request_counts.ts";
import { type Hello, PROTOCOL } from "../wire/peer.ts";
import { acceptAll } from "./accept.ts";
import type { Asker, WriteRequest } from "./asker.ts";
import { ClientConnection } from "./client_connection.ts";
import { ConfirmedReads } from "./confirmed_reads.ts";
import { Forcing } from "./forcing.ts";
import { Links, type PeerAddress } from "./links.ts";
import { logEventOf } from "./notices.ts";
import { highestIndex, orderStatus } from "./order_status.ts";
import { RecentTimes } from "./recent_times.ts";
import { RequestCounter } from "./request_counter.ts";
import { RespClients } from "./resp/clients.ts";
import type { RespReplica } from "./resp/session.ts";
import type { EndsTurn, OutcomeRequest, Session } from "./session.ts";
import { ScanPreparation } from "./scan_preparation.ts";
import { Since } from "./since.ts";
import { Staleness } from "./staleness.ts";
import { Supply, type Wanted } from "./supply.ts";
import type { ClientTrace, ReplicaTrace } from "./trace.ts";
import { Turns } from "./turns.ts";

/** What a replica is told once. */
export interface ReplicaOptions {
  readonly id: number;
  readonly replicas: number;
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
  /** Told what this replica does, if somebody wants to see it. */
  readonly trace?: ReplicaTrace;
}

/** An own operation that is not answered yet. */
interface Waiting {
  readonly operation: Operation;
  /** Whether it is answered when it is safe here; else when it is applied. */
  readonly isEventual: boolean;
  readonly deadline: number;
  /** Null once it was told. */
  asker: Asker | null;
}

/** An own `eventual` write that is answered when it is on disk. */
interface Safe {
  readonly n: number;
  readonly asker: Asker;
}

/** One replica. */
export class Replica implements RespReplica {
  /** Bounds of keys, values and frames. */
  readonly limits: WireLimits;
  /** How long a request waits that says nothing else, in milliseconds. */
  readonly requestTimeoutMs: number;
  /** All clients that speak Redis's protocol to it. */
  readonly clients = new RespClients();
  readonly #options: ReplicaOptions;
  readonly #store: Store;
  readonly #order: Order;
  readonly #trace: ReplicaTrace | undefined;
  readonly #identity: string;
  readonly #links: Links;
  readonly #turns = new Turns();
  readonly #connections = new Set<ClientConnection>();
  readonly #began = performance.now();
  /** Whether a commit that must be safe takes as long as the disk. */
  readonly #waitsForDisk: boolean;
  #applyDelayMs: number;

  // What this turn has gathered.
  #turning = false;
  #now: number | null = null;
  #ordering: boolean | null = null;
  #writes: Write[] = [];
  #deliver: Entry[] = [];
  #apply: Entry[] = [];
  #number = 0;
  #wanted: Wanted[] = [];

  /** Delivered, and applied only at `due`. */
  readonly #delayed = new Fifo<{ readonly entry: Entry; readonly due: number }>();
  #delayTimer: ReturnType<typeof setTimeout> | undefined;
  /** Own operations that are given to the core together at the end of this turn. */
  #submitted: Waiting[] = [];
  /** `eventual` writes that are answered when this turn is on disk. */
  #safe: Safe[] = [];
  readonly #forcing: Forcing<Safe>;
  /** Writes that are answered when they are applied, in the order of n: each origin's are. */
  readonly #applying = new Fifo<{ readonly n: number; readonly waiting: Waiting }>();
  /** Who has something to do at the end of this turn. */
  #ending: EndsTurn[] = [];
  /** Sessions whose next request waits for something of this replica. */
  readonly #waiting = new Set<Pick<Session, "proceed">>();
  readonly #reads = new ConfirmedReads();
  readonly #scans: ScanPreparation;
  readonly #supply: Supply;
  readonly #fsyncTimes = new RecentTimes();
  readonly #requests = new RequestCounter();
  readonly #staleness = new Staleness();
  /** Bytes of own messages not delivered, by what `operationBytes` counts. */
  #outboxBytes = 0;
  /**
   * What clients were shown before this process began may be more than what is here; it is all
   * here again when this much is applied: what the first live view began with included.
   */
  #rememberedAt: number;
  #wasLive = false;
  readonly #missingSince = new Since();
  readonly #suspectedSince = new Since();
  readonly #timers: ReturnType<typeof setInterval>[] = [];
  #forceTimer: ReturnType<typeof setTimeout> | undefined;
  #listener: Deno.TcpListener | null = null;
  #stopped = false;

  /** Takes up the store where it was left; in no view yet. */
  constructor(options: ReplicaOptions) {
    const { id, replicas, suspectAfterMs, force, store, limits, log } = options;
    this.#options = options;
    this.limits = limits;
    this.requestTimeoutMs = options.requestTimeoutMs;
    this.#waitsForDisk = store.kind !== "memory" && options.fsync === "always";
    this.#applyDelayMs = options.applyDelayMs;
    this.#store = store;
    this.#supply = new Supply(store);
    this.#forcing = new Forcing(
      () => this.#force(),
      (number, safe) => this.#persisted(number, safe),
      (error) => this.#fail(error),
    );
    this.#scans = new ScanPreparation(
      () => store.prepareScan(),
      () => this.#wakeWaiting(),
      (error) => this.#fail(error),
    );
    const durable = store.load();
    this.#identity = durable.identity;
    this.#order = new Order({ id, replicas, suspectAfterMs, force }, durable);
    this.#trace = options.trace;
    const { position: { index }, pending } = durable;
    this.#trace?.started({ index, pending }, this.#order.clock);
    this.#rememberedAt = !this.#order.counts || store.mayHaveForgotten ? Infinity : 0;
    this.#countOutbox();
    this.#applyLeftOver(durable.position.index);
    this.#links = new Links({
      hello: () => this.#hello(),
      identityOf: (peer) => this.#order.view?.identities[peer] ?? null,
      outcast: (error) => this.#fail(error),
      limits,
      log,
      events: {
        up: (peer) => this.#linked({ type: "link_up", peer }),
        down: (peer) => {
          this.#supply.drop(peer);
          this.#linked({ type: "link_down", peer });
        },
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
      this.#forceAtIntervals();
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

  /** Has no link to any peer from now on, or has them again. */
  setCut(isCut: boolean): void {
    this.#links.setCut(isCut);
  }

  /** Takes no more requests, and lets the accepted ones finish for a while. */
  async drain(): Promise<void> {
    this.#listener?.close();
    this.#listener = null;
    for (const client of this.#connections) client.stopReading();
    const until = this.now() + DRAIN_MS;
    while ([...this.#connections].some((client) => client.busy) && this.now() < until) {
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

  /** The time that deadlines count in, in milliseconds: the same for all of one turn. */
  now(): number {
    if (this.#now !== null) return this.#now;
    this.#wantTurn();
    return this.#now = performance.now();
  }

  /** By origin: the highest `n` applied here. */
  get appliedN(): Token {
    return this.#store.appliedN;
  }

  /** What a client asks is told from here on, if somebody wants to see it. */
  traceClient(): ClientTrace | undefined {
    return this.#trace?.client();
  }

  /** Carries out what a session has to do, at once or when it is its turn. */
  inTurn<T>(act: () => T): T | Promise<T> {
    return this.#turns.run(act);
  }

  /** A read has come; if it is linearizable it needs a confirmation, of this number. */
  beginRead({ consistency }: RequestOptions): number | null {
    if ((consistency ?? this.#options.consistency) !== "linearizable") return null;
    const read = this.#reads.next();
    this.#run({ type: "read", read });
    return read;
  }

  /**
   * Why a read cannot be answered now, or null if it can. What may have forgotten what it has
   * shown shows nothing in `sequential` before a view has filled the gap: a folder that is new, or whose
   * machine lost power.
   */
  readObstacle({ consistency, token }: RequestOptions, read: number | null): RequestError | null {
    const level = consistency ?? this.#options.consistency;
    const forgetful = this.#store.applied < this.#rememberedAt;
    if (forgetful && level !== "eventual") return this.#noQuorum(false);
    if (read !== null && !this.#reads.isReady(read, this.#store.applied)) {
      if (!this.#isOrdering()) return this.#noQuorum(false);
      const text =
        "no majority has confirmed within the time limit that this replica is up to date";
      return new RequestError("timeout", text, { maybe: false });
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
    const isOrdering = this.#isOrdering();
    if (!this.#order.counts || (level !== "eventual" && !isOrdering)) return this.#noQuorum(false);
    const [bytesMax, messagesMax] = isOrdering
      ? [WRITE_BYTES_IN_FLIGHT_MAX, WRITES_IN_FLIGHT_MAX]
      : [OUTBOX_BYTES_MAX, OUTBOX_MESSAGES_MAX];
    const waiting = this.#order.outboxLength + this.#submitted.length;
    if (this.#outboxBytes > bytesMax || waiting >= messagesMax) {
      const text = "too many writes wait to be ordered; try again later";
      return new RequestError("timeout", text, { maybe: false });
    }
    return null;
  }

  /** Submits a write that no {@linkcode writeObstacle} holds back. */
  write({ operation, options }: WriteRequest, deadline: number, asker: Asker): void {
    const isEventual = (options.consistency ?? this.#options.consistency) === "eventual";
    if (isEventual && needsOrder(operation)) return asker.answered(errorReply(needsOrderError()));
    const { id } = options;
    if (id === undefined) return this.#submit({ operation, isEventual, deadline, asker });
    const before = this.#store.outcome(id);
    // No fence holds back what is answered before it is ordered.
    if (before !== undefined && (before.applied || !isEventual)) {
      return asker.answered(this.#firstReply(before));
    }
    const lasting = isEventual
      ? { eventual: true as const }
      : { until: this.#store.applied + REQUEST_IDS_KEPT };
    this.#submit({ operation: { ...operation, id, ...lasting }, isEventual, deadline, asker });
  }

  /** What came of a request, as far as that is known or certain without asking the others. */
  outcome({ id, options }: OutcomeRequest): Reply | null {
    const known = this.#store.outcome(id);
    const isEventual = (options.consistency ?? this.#options.consistency) === "eventual";
    // No fence holds back what is answered before it is ordered: it may still come.
    if (known !== undefined && (known.applied || !isEventual)) return this.#outcomeReply(id);
    if (!isEventual) return null;
    return this.#unknown("it is not applied here; at `eventual` it may wait at another replica");
  }

  /** Makes sure that the request is carried out before this, or never; and answers which. */
  fence(id: string, deadline: number, asker: Asker): void {
    const operation: Operation = { type: "fence", key: "", id };
    this.#submit({ operation, isEventual: false, deadline, asker });
  }

  /** The answer to an `outcome` that could not be made certain. */
  unknownOutcome(obstacle: RequestError): Reply {
    return this.#unknown(obstacle.message, obstacle.code);
  }

  /** The value of a key in the local store. */
  value(key: string): string | undefined {
    return this.#store.get(key);
  }

  /** Why keys cannot be listed now, or null if they can: it is made possible, bit by bit. */
  scanObstacle(): RequestError | null {
    if (this.#scans.isReady()) return null;
    const text = "the keys are still being put in order; ask again";
    return new RequestError("timeout", text, { maybe: false });
  }

  /** Keys of the local store. */
  scan(prefix: string, page: Page): (readonly [key: string, value: string])[] {
    return this.#store.scan(prefix, page);
  }

  /** A request of this level, or the cluster's, that came at `began` is answered in this turn. */
  answered(kind: RequestKind, { consistency }: RequestOptions, ok: boolean, began: number): void {
    this.#requests.answered(kind, consistency ?? this.#options.consistency, ok, began);
  }

  /** Calls it at the end of this turn, when all its answers have been gathered. */
  endTurn(session: EndsTurn): void {
    this.#ending.push(session);
    this.#wantTurn();
  }

  /** The session's next request waits; it is called to proceed when something has changed. */
  waits(session: Pick<Session, "proceed">): void {
    this.#waiting.add(session);
  }

  /** What this replica says of itself. */
  status(): Status {
    const { id, replicas, consistency, fsync } = this.#options;
    const order = this.#order;
    return {
      id,
      replicas,
      consistency,
      requestTimeout: this.requestTimeoutMs,
      version: VERSION,
      ...orderStatus(order, { id, replicas }),
      suspects: [...order.suspects()].map(([peer, why]) => ({
        id: peer,
        since: this.#suspectedSince.of(peer),
        reason: why,
      })),
      missing: this.#missing(),
      applied: this.#store.applied,
      lag: highestIndex(order) - this.#store.applied,
      staleness: Math.round(this.#staleness.of(this.#store.applied, this.now())),
      obstacle: order.counts && this.#isOrdering() ? null : this.#noQuorum(false).message,
      outboxBytes: this.#outboxBytes,
      keys: this.#store.keys,
      store: this.#store.kind,
      fsync: this.#store.kind === "memory" ? "never" : fsync,
      fsyncP99: this.#fsyncTimes.p99(this.now()),
      uptime: Math.round(this.now() - this.#began),
      clients: this.#connections.size,
      requests: this.#requests.counts(),
      identity: this.#identity,
    };
  }

  // Events in, effects out

  async #accept(conn: Deno.TcpConn): Promise<void> {
    const client = new ClientConnection(this, conn);
    this.#connections.add(client);
    try {
      await client.serve();
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#connections.delete(client);
    }
  }

  #tick(): void {
    this.#now = null;
    this.#ordering = null;
    this.#run({ type: "tick", random: Math.random() });
    this.#missingSince.update(this.#order.missing());
    this.#suspectedSince.update(this.#order.suspects().keys());
    const now = this.now();
    this.#staleness.note(highestIndex(this.#order), this.#isOrdering(), now);
    for (const { waiting } of this.#applying) {
      if (now < waiting.deadline || waiting.asker === null) continue;
      const { asker, operation } = waiting;
      waiting.asker = null;
      asker.answered(this.#timedOut(operation));
    }
    this.#supply.dropIdle(now);
    this.#wakeWaiting();
  }

  #linked(event: Event): void {
    this.#ordering = null;
    this.#run(event);
  }

  /** One event into the core; what it wants is gathered for the end of this turn. */
  #run(event: Event): Effects | null {
    if (this.#stopped) return null;
    try {
      const out = this.#order.step(event, this.now());
      this.#trace?.stepped(event, out, this.#order.clock);
      return this.#carryOut(out);
    } catch (error) {
      this.#fail(error);
      return null;
    }
  }

  #carryOut(out: Effects): Effects {
    // First what must not get lost, should anything after it fail.
    for (const write of out.writes) {
      this.#writes.push(write);
      if (write.type === "snapshot" && write.last) this.#skipTo(write);
    }
    for (const entry of out.deliver) this.#deliver.push(entry);
    for (const wanted of out.read) this.#wanted.push(wanted);
    for (const confirmed of out.confirmed) this.#reads.add(confirmed);
    if (out.number > 0) this.#number = out.number;
    for (const { to, message, lazy } of out.send) this.#links.send(to, message, lazy);
    for (const { peer, reason } of out.breakLinks) this.#links.break(peer, reason);
    for (const notice of out.notices) {
      this.#ordering = null;
      this.#tell(notice);
    }
    this.#wantTurn();
    return out;
  }

  #wantTurn(): void {
    if (this.#turning) return;
    this.#turning = true;
    queueMicrotask(() => this.#turn());
  }

  /** The end of a turn: send, write, acknowledge, apply, answer. */
  #turn(): void {
    if (this.#stopped) return;
    // A delay's end begins one that nobody has asked for: it must not ask for the next by its clock.
    this.#turning = true;
    this.#guard(() => {
      let applied = false;
      const confirmed = this.#reads.news();
      for (;;) {
        this.#submitAll();
        // What goes to the peers need not wait for a disk that takes its time.
        if (this.#waitsForDisk) this.#links.flush();
        const commit = this.#gather();
        if (commit === null) break;
        const { number, safe } = commit;
        const later = number > 0 && this.#isForcedLater(commit);
        const results = this.#commit(commit, number > 0 && !later);
        if (later) this.#forcing.add(number, safe);
        this.#trace?.applied(commit.apply, this.#order.clock);
        commit.apply.forEach(({ message }, i) => this.#answerApplied(message, results[i]));
        const restored = commit.writes.some(({ type }) => type === "snapshot");
        if (restored) this.#answerRestored();
        applied ||= restored || commit.apply.length > 0;
        if (number > 0 && !later) this.#persisted(number, safe);
      }
      this.#links.flush();
      this.#answerFetches();
      // What is submitted from here on has a turn of its own.
      this.#turning = false;
      this.#now = null;
      if (applied || confirmed) this.#wakeWaiting();
      this.#endTurn();
    });
  }

  #endTurn(): void {
    const ending = this.#ending;
    if (ending.length === 0) return;
    this.#ending = [];
    this.#requests.turnEnded(performance.now());
    for (const session of ending) session.turnEnded();
  }

  #commit(commit: Commit, safe: boolean): readonly Result[] {
    if (!safe || !this.#waitsForDisk) return this.#store.commit(commit, safe);
    const began = performance.now();
    const results = this.#store.commit(commit, safe);
    this.#noteForced(began);
    return results;
  }

  /** Whether there is so much to write that other work should not wait for the disk. */
  #isForcedLater({ writes }: Commit): boolean {
    if (!this.#waitsForDisk) return false;
    if (this.#forcing.busy) return true;
    let messages = 0;
    for (const write of writes) {
      if (write.type === "received") messages += write.broadcast.messages.length;
      if (write.type === "outbox") messages += write.numbered.length;
    }
    return messages > FORCE_HERE_MESSAGES_MAX;
  }

  async #force(): Promise<void> {
    const began = performance.now();
    await this.#store.forceLater();
    this.#noteForced(began);
  }

  #forceAtIntervals(): void {
    this.#forceTimer = setTimeout(async () => {
      try {
        await this.#force();
      } catch (error) {
        return this.#fail(error);
      }
      if (!this.#stopped) this.#forceAtIntervals();
    }, FORCE_EVERY_MS);
  }

  #noteForced(began: number): void {
    const ended = performance.now();
    this.#fsyncTimes.add(ended - began, ended);
  }

  /** Writes up to this number are on disk. */
  #persisted(number: number, safe: readonly Safe[]): void {
    if (this.#stopped) return;
    for (const { n, asker } of safe) asker.carriedOut(STORED, this.#options.id, n);
    this.#run({ type: "persisted", number });
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

  /** Takes an own operation: it is ordered with all others of this turn. */
  #submit(waiting: Waiting): void {
    this.#submitted.push(waiting);
    this.#outboxBytes += operationBytes(waiting.operation);
    this.#wantTurn();
  }

  #submitAll(): void {
    const submitted = this.#submitted;
    if (submitted.length === 0) return;
    this.#submitted = [];
    const operations = submitted.map(({ operation }) => operation);
    // What is answered before it is ordered is in no hurry to be.
    const lazy = submitted.every(({ isEventual }) => isEventual);
    let n = this.#run({ type: "submit", operations, lazy })?.n;
    if (n === undefined) return;
    for (const waiting of submitted) {
      const { isEventual, asker } = waiting;
      if (!isEventual) this.#applying.push({ n, waiting });
      else if (asker !== null) this.#safe.push({ n, asker });
      n++;
    }
  }

  #answerApplied({ origin, n }: Message, result: Result): void {
    if (origin !== this.#options.id) return;
    const first = this.#applying.first();
    if (first === undefined || first.n > n) return;
    invariant(first.n === n, "own messages are applied in the order of n");
    this.#applying.shift();
    const { asker, operation } = first.waiting;
    if (asker === null) return;
    if (isNamed(operation)) asker.answered(this.#namedReply(operation));
    else asker.carriedOut(result, origin, n);
  }

  /** What was delivered before and is not applied yet is in the snapshot. */
  #skipTo({ position }: Snapshot): void {
    invariant(this.#deliver.every(({ index }) => index <= position.index), "a snapshot leads on");
    this.#deliver = [];
    this.#delayed.clear();
  }

  /** A snapshot may hold own operations whose entries never come here. */
  #answerRestored(): void {
    this.#countOutbox();
    const appliedN = this.#store.appliedN[this.#options.id];
    for (let first = this.#applying.first(); first; first = this.#applying.first()) {
      const { n, waiting: { asker, operation } } = first;
      if (n > appliedN) break;
      this.#applying.shift();
      if (asker === null) continue;
      if (isNamed(operation)) asker.answered(this.#namedReply(operation));
      else if (!needsOrder(operation)) asker.carriedOut(STORED, this.#options.id, n);
      else asker.answered(forgottenReply());
    }
  }

  #countOutbox(): void {
    this.#outboxBytes = 0;
    for (const operation of this.#order.undelivered()) {
      this.#outboxBytes += operationBytes(operation);
    }
    for (const { operation } of this.#submitted) this.#outboxBytes += operationBytes(operation);
  }

  /** The answer to an own operation that bears an id, and is applied: what came of the id. */
  #namedReply(operation: Operation & { readonly id: string }): Reply {
    if (operation.type === "fence") return this.#outcomeReply(operation.id);
    const outcome = this.#store.outcome(operation.id);
    if (outcome !== undefined) return this.#firstReply(outcome);
    const text = "its place in the order has come, too long ago to know whether it was ruled out";
    return errorReply(new RequestError("timeout", text, { maybe: true }));
  }

  #resultReply(origin: number, n: number, result: Result): Reply {
    return resultReply(result, this.#tokenOf(origin, n));
  }

  /** The answer to every write with an id: the first one's, if that was carried out. */
  #firstReply({ applied, origin, n, result }: Outcome): Reply {
    if (applied) return this.#resultReply(origin, n, result);
    const text = "an `outcome` has ruled this id out before: the write is never carried out";
    return errorReply(new RequestError("bad_request", text, { maybe: false }));
  }

  #outcomeReply(id: string): Reply {
    const outcome = this.#store.outcome(id);
    const token = this.#store.appliedN;
    if (outcome === undefined) return this.#unknown("it was asked about too long ago");
    const { applied, index, origin, n, result } = outcome;
    if (applied) {
      return {
        type: "outcome",
        outcome: "applied",
        token: this.#tokenOf(origin, n),
        details: {
          index,
          origin,
          ...(result.type !== "stored" && { result: encodeResult(result) }),
        },
      };
    }
    // Of what was applied before the oldest id that is remembered, nothing is known any more.
    const { forgotten } = this.#store;
    const details = forgotten > 0 ? { index, forgotten } : { index };
    return { type: "outcome", outcome: "never", token, details };
  }

  #unknown(why: string, code?: ErrorCode): Reply {
    const details = { reason: why, ...(code === undefined ? {} : { code }) };
    return { type: "outcome", outcome: "unknown", token: this.#store.appliedN, details };
  }

  #tokenOf(origin: number, n: number): Token {
    return tokenOf(origin, n, this.#options.replicas);
  }

  /** Sends the peers what they lack of the log. */
  #answerFetches(): void {
    const wanted = this.#wanted;
    this.#wanted = [];
    for (const fetch of wanted) {
      this.#links.send(fetch.peer, this.#supply.answer(fetch, this.now()));
    }
    if (wanted.length > 0) this.#links.flush();
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

  #timedOut(operation: Operation): Reply {
    const error = this.#isOrdering()
      ? new RequestError("timeout", "not applied within the time limit", { maybe: true })
      : this.#noQuorum(true);
    return operation.type === "fence" ? this.unknownOutcome(error) : errorReply(error);
  }

  /** Whether writes are ordered here as far as is known: a view may be live that has lost its majority. */
  #isOrdering(): boolean {
    const { replicas } = this.#options;
    return this.#ordering ??= this.#order.state === "live" &&
      replicas - this.#order.missing().length >= majority(replicas);
  }

  #noQuorum(maybe: boolean): RequestError {
    const { replicas } = this.#options;
    const missing = this.#missing();
    const who = missing.map(({ id }) => id).join(", ");
    const text = replicas - missing.length < majority(replicas)
      ? `no majority: of ${replicas} replicas ${who} cannot be reached`
      : this.#order.counts
      ? "the replicas are forming a view"
      : "this replica's folder is new: it takes part when it is brought up to date";
    return new RequestError("no_quorum", text, { maybe, missing });
  }

  #missing(): Missing[] {
    return this.#order.missing().map((id) => ({ id, since: this.#missingSince.of(id) }));
  }

  #tell(notice: Notice): void {
    this.#options.log(logEventOf(notice));
    if (notice.type !== "live") return;
    queueMicrotask(() => this.#wakeWaiting());
    if (this.#wasLive) return;
    this.#wasLive = true;
    this.#rememberedAt = Math.min(this.#rememberedAt, this.#order.position.index);
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
    clearTimeout(this.#forceTimer);
    this.#links.close();
    this.#scans.close();
    this.#supply.close();
    this.#trace?.close();
    this.#listener?.close();
    for (const client of this.#connections) client.close();
  }
}

function needsOrderError(): RequestError {
  const text =
    "what it gives depends on its place in the total order: ask at `sequential` or above";
  return new RequestError("needs_order", text, { maybe: false });
}

/** Of what a snapshot covers, only results that were kept by an id are known. */
function forgottenReply(): Reply {
  const text = "it has been carried out or not, and what it gave is not known here any more";
  return errorReply(new RequestError("timeout", text, { maybe: true }));
}

/** Whether it bears an id: then what came of that is the answer, whatever it gave. */
function isNamed(operation: Operation): operation is Operation & { readonly id: string } {
  return operation.id !== undefined;
}
