/**
 * The protocol core of one replica: total order broadcast within views, and the change of view
 * that begins, recovers and goes on after every fault. A pure state machine: its only door is
 * {@linkcode Order.step}; it opens no socket or file, reads no clock and draws no number.
 *
 * A change of view in short: a coordinator picks a ballot and asks for promises (`prepare`);
 * each replica stops helping older views and reports what it holds (`promise`); the coordinator
 * forms the view (`view.ts`) and tells its members (`install`); they fetch what they lack, put
 * it on disk and say so (`installed`); when all have, the view is live (`start`).
 *
 * @module
 */

import { invariant, unreachable } from "../invariant.ts";
import {
  ASKING_MS,
  CHANGE_WAIT_MS_MAX,
  CHANGE_WAIT_MS_MIN,
  HEARTBEAT_MS,
  INSTALL_WAIT_MS,
  JOIN_LAG_MAX,
  PROMISE_WAIT_MS,
  PROMISE_WAIT_MS_MAX,
  SILENT_LINK_FACTOR,
  SUSPECT_AFTER_MS,
  WRITE_BYTES_IN_FLIGHT_MAX,
  WRITES_IN_FLIGHT_MAX,
} from "../limits.ts";
import type {
  Answer,
  Entry,
  Heartbeat,
  Install,
  Message,
  Operation,
  PeerMessage,
  Position,
  Prepare,
  Promise,
  Snapshot,
  State,
  View,
} from "./message.ts";
import { Absences } from "./absences.ts";
import { CatchUp } from "./catch_up.ts";
import { Change } from "./change.ts";
import { Peers } from "./peers.ts";
import { Reads } from "./reads.ts";
import { Suspicions } from "./suspicions.ts";
import { type Durable, type Effects, type Event, noEffects } from "./step.ts";
import { type Ballot, compareBallots, sameBallot } from "./timestamp.ts";
import { type QueueLimits, TotalOrder } from "./total_order.ts";
import { majority, mutuallyHeard } from "./view.ts";

/** What a replica's core is told once. */
export interface OrderConfig {
  /** This replica's id, 0 … replicas - 1. */
  readonly id: number;
  /** How many replicas are configured. */
  readonly replicas: number;
  /** Milliseconds of silence after which a peer is suspected. */
  readonly suspectAfterMs?: number;
  /** How many own messages are in the queue at once. */
  readonly queue?: QueueLimits;
  /** How many entries a replica may lack when it is taken into a view. */
  readonly joinLagMax?: number;
  /** The operator lets a view form, of all replicas, though the folders of a majority are new. */
  readonly force?: boolean;
}

/** The protocol core of one replica. */
export class Order {
  readonly #id: number;
  readonly #replicas: number;
  readonly #suspectAfterMs: number;
  readonly #identity: string;
  readonly #former: string | null;
  readonly #force: boolean;
  readonly #joinLagMax: number;
  readonly #peers: Peers;
  readonly #absences: Absences;
  readonly #reads: Reads;
  readonly #order: TotalOrder;

  #state: State = "outside";
  #promised: Ballot;
  /** The view last installed, in this process or before it. */
  #view: View | null;
  /** The highest round seen anywhere. */
  #round: number;
  /** The change that this replica coordinates. */
  #change: Change | null = null;
  /** An installation that waits for log entries. */
  #installing: Install | null = null;
  /** What comes of the log: for an installation, or to catch up before this replica joins. */
  readonly #catchingUp = new CatchUp();
  /** Whether the folder's identity is in no installed view: it has forgotten what it did before. */
  #isNew: boolean;
  /** When a change began to be wanted; it is tried at once or after a random wait. */
  #wantedAt: number | null = null;
  /** After a try of its own that failed, no change is begun before. */
  #retryAt = -Infinity;
  /** Another's change under way: none is begun before `until`, as long as its coordinator is heard. */
  #following: { readonly coordinator: number; until: number } | null = null;
  /** When this replica's view became live here. */
  #liveAt = -Infinity;
  /** The members of the last view that was live here. */
  #lastMembers: readonly number[] = [];
  readonly #suspicions: Suspicions;
  #stuck = "";
  /** Whether it was told what this replica lacks since it was last live. */
  #lackTold = false;

  /** By peer: when it asked last for a linearizable read. */
  readonly #askedAt: number[];

  #now = 0;
  #random = 0;
  #heartbeatAt = -Infinity;
  /** The number of the last writes given out, and of the last known to be on disk. */
  #number = 0;
  #persisted = 0;
  /** What may be sent only when writes up to its number are on disk. */
  #held: { readonly number: number; readonly to: number; readonly message: PeerMessage }[] = [];
  /** Messages to oneself, handled in the same step. */
  #inbox: PeerMessage[] = [];
  #out: Effects = noEffects();

  /** Goes on from what the disk holds. A replica that was stopped never resumes its old view. */
  constructor(config: OrderConfig, durable: Durable) {
    const { id, replicas, suspectAfterMs = SUSPECT_AFTER_MS } = config;
    const queue = config.queue ?? {
      messages: WRITES_IN_FLIGHT_MAX,
      bytes: WRITE_BYTES_IN_FLIGHT_MAX,
    };
    this.#id = id;
    this.#replicas = replicas;
    this.#suspectAfterMs = suspectAfterMs;
    this.#identity = durable.identity;
    this.#former = durable.former;
    this.#force = config.force ?? false;
    this.#joinLagMax = config.joinLagMax ?? JOIN_LAG_MAX;
    this.#isNew = durable.installed?.identities[id] !== durable.identity;
    this.#promised = durable.promised;
    this.#view = durable.installed;
    this.#round = Math.max(durable.promised.round, durable.installed?.ballot.round ?? 0);
    this.#peers = new Peers(replicas, id, suspectAfterMs);
    this.#absences = new Absences(replicas);
    this.#reads = new Reads(id, majority(replicas));
    const around = {
      open: () => this.#openMembers(),
      number: () => this.#number + 1,
      isAsking: (member: number) => this.#now - this.#askedAt[member] < ASKING_MS,
    };
    this.#askedAt = Array(replicas).fill(-Infinity);
    this.#order = new TotalOrder(id, durable, around, queue);
    this.#suspicions = new Suspicions(id, suspectAfterMs, this.#peers, this.#order);
  }

  /** Where this replica stands with its view. */
  get state(): State {
    return this.#state;
  }

  /** The view last installed, in this process or before it. */
  get view(): View | null {
    return this.#view;
  }

  /** The highest ballot promised. */
  get promised(): Ballot {
    return this.#promised;
  }

  /** The Lamport clock. */
  get clock(): number {
    return this.#order.clock;
  }

  /** How far this replica has delivered. */
  get position(): Position {
    return this.#order.position;
  }

  /** By origin: the highest `n` delivered. */
  get deliveredN(): readonly number[] {
    return this.#order.deliveredN;
  }

  /** How many messages are received and not delivered. */
  get pendingLength(): number {
    return this.#order.pendingLength;
  }

  /** How many own operations are not delivered. */
  get outboxLength(): number {
    return this.#order.outboxLength;
  }

  /** Messages received and not delivered, in timestamp order. */
  pending(): Message[] {
    return this.#order.pending();
  }

  /**
   * Whether this folder counts for a majority and takes writes: not before its first view, since
   * until then it may be one that was lost, and would give its numbers a second time.
   */
  get counts(): boolean {
    return !this.#isNew;
  }

  /** Whom this replica suspects, of the view that it is in. */
  suspects(): ReadonlyMap<number, string> {
    return this.#suspicions.reasons;
  }

  /** What a peer said last of itself; null without a link. */
  said(peer: number): Heartbeat | null {
    return this.#peers.heartbeat(peer);
  }

  /** Own operations that are not delivered. */
  undelivered(): Iterable<Operation> {
    return this.#order.undelivered();
  }

  /** The peers that are heard now. */
  hears(): number[] {
    return this.#peers.heard(this.#now);
  }

  /** The configured replicas that are not heard now. */
  missing(): number[] {
    const here = [this.#id, ...this.hears()];
    return Array.from({ length: this.#replicas }, (_, id) => id).filter((id) => !here.includes(id));
  }

  /** One event in, its effects out. `now` is in milliseconds from any start and never falls. */
  step(event: Event, now: number): Effects {
    this.#now = now;
    this.#out = noEffects();
    this.#handle(event);
    for (let message = this.#inbox.shift(); message; message = this.#inbox.shift()) {
      this.#receive(this.#id, message);
    }
    this.#releaseReads();
    const out = this.#out;
    if (out.writes.length > 0) out.number = ++this.#number;
    return out;
  }

  #handle(event: Event): void {
    switch (event.type) {
      case "tick":
        this.#random = event.random;
        return this.#tick();
      case "submit":
        return this.#order.submit(event.operations, this.#out, event.lazy);
      case "read":
        return this.#reads.add(event.read);
      case "link_up":
        return this.#linkUp(event.peer);
      case "link_down":
        return this.#peers.linkDown(event.peer);
      case "receive":
        return this.#receive(event.from, event.message);
      case "persisted":
        return this.#onPersisted(event.number);
      default:
        return unreachable(event);
    }
  }

  /** The view that this replica is in. */
  get #current(): View {
    invariant(this.#view !== null, "who is not outside is in a view");
    return this.#view;
  }

  #send(to: number, message: PeerMessage): void {
    if (to === this.#id) this.#inbox.push(message);
    else this.#out.send.push({ to, message });
  }

  /** Sends when all that was to be written up to and in this step is on disk. */
  #sendPersisted(to: number, message: PeerMessage): void {
    const number = this.#number + (this.#out.writes.length > 0 ? 1 : 0);
    if (number <= this.#persisted) this.#send(to, message);
    else this.#held.push({ number, to, message });
  }

  #onPersisted(number: number): void {
    this.#persisted = number;
    const due = this.#held.filter((held) => held.number <= number);
    if (due.length > 0) this.#held = this.#held.filter((held) => held.number > number);
    for (const { to, message } of due) this.#send(to, message);
    if (this.#state === "live") this.#order.persisted(number, this.#out);
  }

  // Links and liveness

  #linkUp(peer: number): void {
    this.#peers.linkUp(peer, this.#now);
    const heartbeat = this.#heartbeat();
    for (const id of this.#peers.up()) this.#send(id, heartbeat);
    this.#sendResume(peer);
    const missed = this.#change?.missedBy(peer) ?? null;
    if (missed === "prepare") this.#sendPrepare(peer);
    else if (missed !== null) this.#send(peer, missed);
    if (this.#catchingUp.source === peer) this.#fetchFrom(peer, this.#catchingUp.to);
  }

  #sendResume(peer: number): void {
    if (this.#state === "outside" || !this.#current.members.includes(peer)) return;
    const received = this.#order.received(peer);
    this.#send(peer, { type: "resume", ballot: this.#current.ballot, received });
  }

  /** The members whose link is open in the present view: they have said how far they received. */
  #openMembers(): number[] {
    const { members, ballot } = this.#current;
    return members.filter((id) => id !== this.#id && this.#peers.resumed(id, ballot) !== null);
  }

  #heartbeat(): Heartbeat {
    return {
      type: "heartbeat",
      clock: this.#order.clock,
      state: this.#state,
      ballot: this.#view?.ballot ?? null,
      round: this.#round,
      hears: this.hears(),
      wants: this.#wish() !== null,
      index: this.#order.position.index,
      fetched: this.#catchingUp.taken,
    };
  }

  #tick(): void {
    this.#suspect();
    this.#catchUp();
    if (this.#now - this.#heartbeatAt >= HEARTBEAT_MS) {
      this.#heartbeatAt = this.#now;
      const heartbeat = this.#heartbeat();
      for (const peer of this.#peers.up()) this.#send(peer, heartbeat);
      this.#breakSilentLinks();
    }
    if (this.#change !== null) this.#driveChange(this.#change);
    else this.#considerChange();
  }

  /** A connection may be dead without either side being told: it is made again. */
  #breakSilentLinks(): void {
    for (const peer of this.#peers.up()) {
      const since = this.#peers.silentSince(
        peer,
        this.#now - SILENT_LINK_FACTOR * this.#suspectAfterMs,
      );
      if (since !== null) this.#trust(peer, "nothing has come for too long");
    }
  }

  #suspect(): void {
    if (this.#state !== "live") return this.#suspicions.clear();
    const at = { view: this.#current, liveAt: this.#liveAt, now: this.#now };
    for (const news of this.#suspicions.update(at)) {
      this.#out.notices.push({ type: "suspect", ...news });
    }
  }

  // When a change of view is wanted, and by whom it is begun

  /** Why this replica wants a change of view; null if it wants none. */
  #wish(): string | null {
    switch (this.#state) {
      case "outside":
        return "outside";
      case "installed":
        return this.#isFollowing() ? null : "the view does not start";
      case "live":
        if (this.#suspicions.reasons.size > 0) return "a member is suspected";
        return this.#joiners().length > 0 ? "a replica wants to join" : null;
      default:
        return unreachable(this.#state);
    }
  }

  /** Who is to be taken into the view now. */
  #joiners(): number[] {
    return this.hears().filter((id) =>
      this.#isJoining(id) && this.#absences.mayJoin(id, this.#now)
    );
  }

  /** Whether this replica is outside and lacks little. */
  #isJoining(id: number): boolean {
    const said = this.#peers.heartbeat(id);
    return !this.#current.members.includes(id) && said?.state === "outside" &&
      said.index + this.#joinLagMax >= this.#order.position.index;
  }

  /**
   * The pre-vote, from the last heartbeats: a majority wants a change too or shares this
   * replica's view, so that a deaf replica does not disturb a working view.
   */
  #agreed(): boolean {
    const agree = this.hears().filter((id) => {
      const said = this.#peers.heartbeat(id);
      if (said === null) return false;
      return said.wants ||
        (this.#state === "live" && said.state === "live" &&
          sameBallot(said.ballot, this.#current.ballot));
    });
    return agree.length + 1 >= majority(this.#replicas);
  }

  /** Whether those that hear each other now would be enough for a view. */
  #enough(): boolean {
    const heard = this.hears();
    const hears = new Map<number, readonly number[]>([[this.#id, heard]]);
    for (const id of heard) hears.set(id, this.#peers.heartbeat(id)?.hears ?? []);
    return mutuallyHeard(this.#id, hears).length >= majority(this.#replicas);
  }

  /** Whether another one should begin, since all would have to wait for this one to catch up. */
  #isBehind(): boolean {
    const { index } = this.#order.position;
    return this.hears().some((id) =>
      (this.#peers.heartbeat(id)?.index ?? 0) > index + this.#joinLagMax
    );
  }

  #considerChange(): void {
    if (this.#wish() === null || this.#isBehind() || !this.#enough() || !this.#agreed()) {
      this.#wantedAt = null;
      return;
    }
    const heard = this.hears();
    if (this.#wantedAt === null) {
      // The lowest id begins at once, the others after a random wait.
      const wait = heard.every((id) => id > this.#id)
        ? 0
        : CHANGE_WAIT_MS_MIN + this.#random * (CHANGE_WAIT_MS_MAX - CHANGE_WAIT_MS_MIN);
      this.#wantedAt = this.#now + wait;
    }
    const due = Math.max(this.#wantedAt, this.#retryAt);
    if (this.#now >= due && !this.#isFollowing()) this.#beginChange();
  }

  /** Whether another's change of view is under way that may still come to its end. */
  #isFollowing(): boolean {
    if (this.#following === null) return false;
    const { coordinator, until } = this.#following;
    return this.#now < until && this.hears().includes(coordinator);
  }

  /** The members of the view that is being installed, as far as that is known here. */
  #forming(): readonly number[] {
    const install = this.#change?.install ?? this.#installing;
    if (install !== null) return install.view.members;
    return this.#state === "installed" ? this.#current.members : [];
  }

  /** The change that this replica takes part in has come closer to its end. */
  #progress(): void {
    this.#change?.progress(this.#now);
    if (this.#following !== null) this.#following.until = this.#now + INSTALL_WAIT_MS;
  }

  // The coordinator's part

  #beginChange(): void {
    this.#wantedAt = null;
    this.#round++;
    const ballot = { round: this.#round, id: this.#id };
    const coordinator = { id: this.#id, replicas: this.#replicas, joinLagMax: this.#joinLagMax };
    this.#change = new Change(ballot, coordinator, this.#now);
    this.#out.notices.push({ type: "prepare", ballot });
    // Its own promise comes first: what was sent with this ballot must not come twice.
    this.#sendPrepare(this.#id);
  }

  #sendPrepare(to: number): void {
    if (this.#change === null) return;
    this.#send(to, { type: "prepare", ballot: this.#change.ballot });
  }

  #driveChange(change: Change): void {
    const waited = change.waited(this.#now);
    if (change.install !== null) {
      if (waited >= INSTALL_WAIT_MS) this.#giveUp("not all members have installed the view");
    } else if (waited >= PROMISE_WAIT_MS_MAX || this.#allPromised(change)) {
      this.#formOrGiveUp(change);
    } else if (waited >= PROMISE_WAIT_MS) {
      // A replica that is heard may have much to report: without it, only if that is possible.
      const formed = change.form();
      if (typeof formed !== "string") this.#propose(change, formed);
    }
  }

  /** Whether all that are heard have promised: one that is heard no more is not waited for. */
  #allPromised(change: Change): boolean {
    return change.unpromised(this.hears()).length === 0;
  }

  #formOrGiveUp(change: Change): void {
    const formed = change.form();
    if (typeof formed === "string") this.#giveUp(formed);
    else this.#propose(change, formed);
  }

  #onPromise(from: number, promise: Promise): void {
    const change = this.#change;
    if (change === null || !sameBallot(change.ballot, promise.ballot)) return;
    if (change.install !== null) return;
    if (from === this.#id) {
      for (const id of this.#peers.up()) this.#sendPrepare(id);
    }
    change.promise(from, promise);
    if (this.#allPromised(change)) this.#formOrGiveUp(change);
  }

  #propose(change: Change, install: Install): void {
    change.propose(install, this.#now);
    for (const id of install.view.members) this.#send(id, install);
  }

  #giveUp(reason: string): void {
    this.#change = null;
    this.#stopInstalling();
    this.#retryAt = this.#now + this.#random * CHANGE_WAIT_MS_MAX;
    if (reason === this.#stuck) return;
    this.#stuck = reason;
    this.#out.notices.push({ type: "stuck", reason });
  }

  #onInstalled(from: number, ballot: Ballot): void {
    const change = this.#change;
    if (change === null || !sameBallot(change.ballot, ballot)) return;
    if (change.install === null) return;
    const { members } = change.install.view;
    if (!change.installed(from, this.#now)) return;
    this.#change = null;
    for (const id of members) this.#send(id, { type: "start", ballot });
  }

  // The part of every replica

  #receive(from: number, message: PeerMessage): void {
    this.#peers.hear(from, this.#now);
    switch (message.type) {
      case "heartbeat":
        return this.#onHeartbeat(from, message);
      case "resume":
        this.#peers.keep(from, message);
        return this.#openLink(from);
      case "broadcast":
        if (!this.#inView(message.ballot)) return;
        return this.#trust(from, this.#order.receive(message, from, this.#out));
      case "acknowledgement":
        if (!this.#inView(message.ballot)) return;
        return this.#trust(from, this.#order.acknowledge(message, from, this.#out));
      case "prepare":
        return this.#onPrepare(from, message);
      case "refuse":
        this.#round = Math.max(this.#round, message.promised.round);
        if (this.#change !== null && sameBallot(this.#change.ballot, message.ballot)) {
          this.#giveUp("another change of view is under way");
        }
        return;
      case "promise":
        return this.#onPromise(from, message);
      case "install":
        return this.#onInstall(message);
      case "installed":
        return this.#onInstalled(from, message.ballot);
      case "start":
        return this.#onStart(message.ballot);
      case "fetch":
        this.#out.read.push({
          peer: from,
          from: message.from,
          to: message.to,
          part: message.part,
          fetch: message.fetch,
        });
        return;
      case "answer":
        return this.#onAnswer(from, message);
      case "confirm":
        if (!this.#inView(message.ballot)) return;
        this.#askedAt[from] = this.#now;
        return this.#send(from, { ...message, type: "confirmed" });
      case "confirmed":
        if (!this.#inView(message.ballot)) return;
        return this.#reads.confirm(from, message.question);
      default:
        return unreachable(message);
    }
  }

  #onHeartbeat(from: number, heartbeat: Heartbeat): void {
    const before = this.#peers.heartbeat(from);
    this.#peers.keep(from, heartbeat);
    this.#round = Math.max(this.#round, heartbeat.round);
    // A long installation goes on as long as entries arrive at any of its members.
    if (before !== null && heartbeat.fetched > before.fetched && this.#forming().includes(from)) {
      this.#progress();
    }
    if (heartbeat.state !== "live" || heartbeat.ballot === null) return;
    // The change that this replica took part in has come to its end without it.
    if (compareBallots(heartbeat.ballot, this.#promised) >= 0) this.#following = null;
    // Or what it was about to install: nobody starts that any more.
    const installing = this.#installing?.view.ballot ?? null;
    if (installing !== null && compareBallots(heartbeat.ballot, installing) > 0) {
      this.#stopInstalling();
    }
    if (this.#view === null) return;
    this.#onStart(heartbeat.ballot);
    if (this.#state !== "outside" && compareBallots(heartbeat.ballot, this.#view.ballot) > 0) {
      this.#leave("a later view is live");
    }
  }

  /** Whether a frame of this view counts here. It proves that the view has started. */
  #inView(ballot: Ballot): boolean {
    this.#onStart(ballot);
    return this.#state === "live" && sameBallot(ballot, this.#current.ballot);
  }

  #trust(from: number, reason: string | null): void {
    if (reason !== null) this.#out.breakLinks.push({ peer: from, reason });
  }

  /** Resends to a peer, once both sides are in the same view and the peer has said from where. */
  #openLink(peer: number): void {
    if (this.#state === "outside") return;
    const received = this.#peers.resumed(peer, this.#current.ballot);
    if (received === null) return;
    this.#trust(peer, this.#order.resume(peer, received, this.#out));
    const question = this.#reads.unanswered(peer);
    if (question !== null && this.#state === "live") this.#sendQuestion(peer, question);
  }

  #onPrepare(from: number, { ballot }: Prepare): void {
    this.#round = Math.max(this.#round, ballot.round);
    // Nor the same again: a coordinator that lost its folder may use a ballot a second time.
    if (compareBallots(ballot, this.#promised) <= 0) {
      return this.#send(from, { type: "refuse", ballot, promised: this.#promised });
    }
    this.#promised = ballot;
    this.#out.writes.push({ type: "promised", ballot });
    if (!sameBallot(this.#change?.ballot ?? null, ballot)) this.#change = null;
    this.#stopInstalling();
    this.#leave("a new view is being formed");
    const until = this.#now + PROMISE_WAIT_MS_MAX;
    this.#following = from === this.#id ? null : { coordinator: from, until };
    this.#sendPersisted(from, {
      type: "promise",
      ballot,
      installed: this.#view,
      identity: this.#identity,
      former: this.#former,
      force: this.#force,
      position: this.#order.position,
      deliveredN: [...this.#order.deliveredN],
      pending: this.#order.pending(),
      hears: this.hears(),
    });
  }

  #onInstall(install: Install): void {
    const { ballot } = install.view;
    if (!sameBallot(this.#promised, ballot)) return;
    if (sameBallot(this.#view?.ballot ?? null, ballot)) {
      // Only from the process that has installed it: a restarted one is in no view.
      if (this.#state !== "outside") this.#sendPersisted(ballot.id, { type: "installed", ballot });
      return;
    }
    this.#installing = install;
    this.#progress();
    const { index } = install.base;
    if (this.#order.position.index >= index) return this.#install(install);
    this.#fetchFrom(install.source, index);
    this.#tellLack(install.source, index);
  }

  // What this replica lacks of the log

  /** Outside a view: fetches what others have delivered, so that it lacks little when it joins. */
  #catchUp(): void {
    if (this.#state !== "outside" || this.#installing !== null) return;
    const { source } = this.#catchingUp;
    const isAnswering = source !== null && this.hears().includes(source);
    if (isAnswering && this.#catchingUp.isAwaited(this.#now)) return;
    this.#catchingUp.end();
    const indexOf = (id: number) => this.#peers.heartbeat(id)?.index ?? 0;
    const [furthest] = this.hears().sort((a, b) => indexOf(b) - indexOf(a));
    if (furthest === undefined || indexOf(furthest) <= this.#order.position.index) return;
    this.#fetchFrom(furthest, indexOf(furthest));
    this.#tellLack(furthest, indexOf(furthest));
  }

  /** Once until it is live: under load the others are always a little further. */
  #tellLack(source: number, to: number): void {
    if (this.#lackTold) return;
    this.#lackTold = true;
    const from = this.#order.position.index + 1;
    this.#out.notices.push({ type: "fetch", from, to, source });
  }

  #fetchFrom(source: number, to: number): void {
    this.#catchingUp.begin(source, to);
    this.#fetchNext(source);
  }

  #fetchNext(source: number): void {
    this.#send(source, this.#catchingUp.next(this.#order.position.index + 1, this.#now));
  }

  #stopInstalling(): void {
    this.#installing = null;
    this.#catchingUp.end();
  }

  #onAnswer(from: number, answer: Answer): void {
    const content = this.#catchingUp.expect(from, answer);
    if (content === null) return;
    const isOfUse = content.type === "entries"
      ? this.#takeEntries(content.entries)
      : this.#takePart(from, content);
    if (isOfUse) this.#gotOn(from);
    // It leads no further: who catches up asks anew later, an installation is given up.
    else if (this.#installing === null) this.#catchingUp.end();
  }

  #takeEntries(entries: readonly Entry[]): boolean {
    if (entries.length === 0) return false;
    this.#catchingUp.tookEntries();
    this.#order.follow(entries.filter(({ index }) => index <= this.#catchingUp.to), this.#out);
    return true;
  }

  #takePart(from: number, part: Snapshot): boolean {
    const { index } = part.position;
    const max = this.#installing?.base.index ?? Infinity;
    if (part.part === 0 && (index <= this.#order.position.index || index > max)) return false;
    this.#catchingUp.tookPart(part);
    this.#out.writes.push(part);
    if (part.last) {
      this.#order.restore(part);
      this.#out.notices.push({ type: "restored", index, source: from });
    }
    return true;
  }

  #gotOn(source: number): void {
    if (this.#installing !== null) this.#progress();
    // Who only catches up follows what is delivered meanwhile.
    else this.#catchingUp.extend(this.#peers.heartbeat(source)?.index ?? 0);
    if (this.#order.position.index < this.#catchingUp.to) return this.#fetchNext(source);
    this.#catchingUp.end();
    if (this.#installing !== null) this.#install(this.#installing);
  }

  #install(install: Install): void {
    const { view } = install;
    this.#stopInstalling();
    this.#order.install(install, this.#isNew);
    this.#isNew = false;
    this.#view = view;
    this.#state = "installed";
    // Only members: whoever was left out because it is silent would else be heard again, and be
    // taken for a joiner by what it said last.
    this.#peers.forgive(view.members, this.#now);
    this.#out.writes.push({ type: "installed", view, ...this.#order.installed() });
    this.#out.notices.push({ type: "installed", view });
    this.#sendPersisted(view.ballot.id, { type: "installed", ballot: view.ballot });
    const up = this.#peers.up();
    for (const id of view.members.filter((member) => up.includes(member))) {
      this.#sendResume(id);
      this.#openLink(id);
    }
  }

  #onStart(ballot: Ballot): void {
    if (this.#state !== "installed" || !sameBallot(this.#current.ballot, ballot)) return;
    this.#state = "live";
    this.#lackTold = false;
    this.#liveAt = this.#now;
    this.#noteAbsences();
    this.#stuck = "";
    this.#following = null;
    this.#suspicions.clear();
    const { carried, resubmitted } = this.#order.start(this.#out);
    this.#out.notices.push({ type: "live", view: this.#current, carried, resubmitted });
  }

  #noteAbsences(): void {
    const { members } = this.#current;
    for (let id = 0; id < this.#replicas; id++) {
      if (members.includes(id)) this.#absences.takenIn(id, this.#now);
      else if (
        this.#lastMembers.includes(id) || (this.hears().includes(id) && this.#isJoining(id))
      ) {
        this.#absences.leftOut(id, this.#now);
      }
    }
    this.#lastMembers = members;
  }

  // Linearizable reads

  #askForReads(): void {
    if (this.#state !== "live" || !this.#reads.ask(this.#order.clock)) return;
    for (const peer of this.#openMembers()) {
      const question = this.#reads.unanswered(peer);
      if (question !== null) this.#sendQuestion(peer, question);
    }
  }

  #sendQuestion(peer: number, question: number): void {
    this.#send(peer, { type: "confirm", ballot: this.#current.ballot, question });
  }

  #releaseReads(): void {
    if (this.#state !== "live") return;
    this.#askForReads();
    const read = this.#reads.release(this.#order.head?.time ?? Infinity);
    if (read !== null) this.#out.confirmed.push({ read, index: this.#order.position.index });
  }

  #leave(reason: string): void {
    if (this.#state !== "outside") this.#out.notices.push({ type: "outside", reason });
    this.#state = "outside";
    this.#reads.restart();
    this.#order.leave();
  }
}
