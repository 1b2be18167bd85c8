/**
 * The simulator: a second shell around the protocol core. One seed decides everything: delays,
 * lost links, slow disks, crashes, cuts, wiped folders, and what clients do. Invariants are
 * checked after every step; then everything is healed, and progress is demanded.
 *
 * @module
 */

import { BinaryHeap } from "@std/data-structures/binary-heap";
import {
  describe,
  type Operation,
  type PeerMessage,
  type Snapshot,
} from "../../lib/order/message.ts";
import { givesStored, type Result, STORED } from "../../lib/order/operation.ts";
import type { Order, OrderConfig } from "../../lib/order/order.ts";
import type { Durable, Effects, Event } from "../../lib/order/step.ts";
import { showBallot } from "../../lib/order/timestamp.ts";
import { ConfirmedReads } from "../../lib/replica/confirmed_reads.ts";
import { outcomeOf } from "../../lib/replica/trace.ts";
import { Supply, type SupplyStore } from "../../lib/replica/supply.ts";
import { MemoryStore } from "../../lib/store/memory.ts";
import type { FaultLine, TraceLine } from "../../lib/trace/line.ts";
import { type Moment, ProtocolTrace } from "../../lib/trace/protocol.ts";
import type { SnapshotReader } from "../../lib/store/store.ts";
import { encodeValue } from "../../lib/wire/operation.ts";
import { ClientLines } from "./client_lines.ts";
import { anyOperation, KEYS } from "./clients.ts";
import { type Batch, Disk, type StoreClass } from "./disk.ts";
import { type Asked, check, Invariants, Violation } from "./invariants.ts";
import { Network } from "./network.ts";
import { drawProfile, type Profile } from "./profile.ts";
import { Random } from "../../lib/chaos/random.ts";

/** The core to run: the real one, or one that was broken on purpose. */
export type Core = new (config: OrderConfig, durable: Durable) => Order;

/** What a run is made from. */
export interface SimulationOptions {
  readonly seed: number;
  readonly core: Core;
  /** The store to run on; the real one if none is given. */
  readonly store?: StoreClass;
  /** What is submitted to the core in place of what a client asks, if the shell is broken on purpose. */
  readonly submit?: (operation: Operation, store: MemoryStore) => Operation;
  /** Is given every line of the trace, for people. */
  readonly trace?: (line: string) => void;
  /**
   * Is given every line of the trace as `kvdist show` reads it; its time is the virtual one. What
   * clients asked comes with its answer, later than its time.
   */
  readonly lines?: (line: TraceLine) => void;
  /** What becomes of each message on its way, e.g. its wire form and back. */
  readonly wire?: (message: PeerMessage) => PeerMessage;
  /** Changes the seed's profile. */
  readonly adjust?: (profile: Profile) => Profile;
}

/** What a run came to. */
export interface Outcome {
  readonly seed: number;
  /** What was violated, or null. */
  readonly violation: string | null;
  readonly steps: number;
  readonly crashes: number;
  readonly breaks: number;
  readonly wipes: number;
  readonly views: number;
  readonly delivered: number;
  readonly answered: number;
  /** Linearizable reads answered. */
  readonly reads: number;
  /** Snapshots that took the place of a replica's state. */
  readonly snapshots: number;
  /** Clients told what came of a request. */
  readonly outcomes: number;
  /** Clients told something else than that it was stored. */
  readonly results: number;
}

/** Virtual milliseconds within which a healed run must have delivered everything (I7). */
const PROGRESS_MS_MAX = 120_000;

/** Runs one seed. */
export function simulate(options: SimulationOptions): Outcome {
  return new Simulation(options).run();
}

/** What a client has asked of a replica's process, and waits for. */
interface Try {
  readonly asked: Asked;
  /** In virtual milliseconds. */
  readonly began: number;
  readonly n: number;
}

interface Node {
  readonly id: number;
  readonly disk: Disk;
  /** The process; null while it is down. */
  order: Order | null;
  /** Grows with each process. */
  life: number;
  /** What waits for the disk while it is at work: one write takes all of it. */
  diskQueue: Batch[];
  diskBusy: boolean;
  /** Writes that wait for their answer in this process. */
  waitEventual: (Try & { readonly number: number })[];
  readonly waitSequential: Map<number, Try>;
  /** What asks what came of an operation. */
  readonly waitFence: Map<number, Asked>;
  /** Linearizable reads in the order of their numbers, with what they must see. */
  waitReads: {
    readonly read: number;
    readonly floor: number;
    readonly key: string;
    /** In virtual milliseconds. */
    readonly began: number;
  }[];
  reads: ConfirmedReads;
  lastRead: number;
  /** What tells of its protocol, if somebody wants that; each process anew. */
  told: ProtocolTrace | null;
  supply: Supply;
  /** Its folder was lost, and no view with the new one has started yet. */
  wiped: boolean;
  /** Its clock: each replica's begins somewhere else. */
  clockOffset: number;
}

interface Due {
  readonly at: number;
  readonly order: number;
  readonly act: () => void;
}

class Simulation {
  readonly #seed: number;
  readonly #random: Random;
  readonly #profile: Profile;
  readonly #core: Core;
  readonly #trace: ((line: string) => void) | undefined;
  readonly #lines: ((line: TraceLine) => void) | undefined;
  readonly #clientLines: ClientLines | undefined;
  readonly #wire: (message: PeerMessage) => PeerMessage;
  readonly #shipped: (operation: Operation, store: MemoryStore) => Operation;
  readonly #due = new BinaryHeap<Due>((a, b) => a.at - b.at || a.order - b.order);
  readonly #network: Network;
  readonly #nodes: Node[];
  readonly #invariants = new Invariants();
  readonly #lost = new Set<string>();
  #now = 0;
  #scheduled = 0;
  #faults = true;
  #counts = {
    steps: 0,
    crashes: 0,
    breaks: 0,
    wipes: 0,
    views: 0,
    reads: 0,
    snapshots: 0,
    outcomes: 0,
    results: 0,
  };
  /** Operations with an id, to be tried again or asked about. */
  readonly #named: Asked[] = [];
  #written = 0;

  constructor(options: SimulationOptions) {
    const { seed, core, store = MemoryStore, trace, lines, wire, submit, adjust } = options;
    this.#seed = seed;
    this.#random = new Random(seed);
    const profile = drawProfile(this.#random);
    this.#profile = adjust === undefined ? profile : adjust(profile);
    this.#core = core;
    this.#trace = trace;
    this.#lines = lines;
    this.#clientLines = lines && new ClientLines(lines);
    this.#wire = wire ?? ((message) => message);
    this.#shipped = submit ?? ((operation) => operation);
    const { replicas, latencyMs, logKept } = this.#profile;
    this.#nodes = Array.from({ length: replicas }, (_, id) => ({
      id,
      disk: new Disk(id, `folder-${id}`, { replicas, logKept, store }),
      order: null,
      life: 0,
      diskQueue: [],
      diskBusy: false,
      waitEventual: [],
      waitSequential: new Map(),
      waitFence: new Map(),
      waitReads: [],
      reads: new ConfirmedReads(),
      lastRead: 0,
      told: null,
      supply: new Supply(new MemoryStore(id, replicas, "none yet")),
      wiped: false,
      clockOffset: this.#random.int(0, 1_000_000),
    }));
    this.#network = new Network(
      {
        random: this.#random,
        now: () => this.#now,
        at: (at, act) => this.#at(at, act),
        alive: (id) => this.#nodes[id].order !== null,
        linkUp: (id, peer) => this.#step(this.#nodes[id], { type: "link_up", peer }),
        linkDown: (id, peer) => {
          this.#nodes[id].supply.drop(peer);
          this.#step(this.#nodes[id], { type: "link_down", peer });
        },
        receive: (id, from, message) =>
          this.#step(this.#nodes[id], { type: "receive", from, message }),
      },
      replicas,
      latencyMs,
    );
  }

  run(): Outcome {
    let violation: string | null = null;
    try {
      this.#begin();
      this.#runUntil(() => this.#now >= this.#profile.faultsMs);
      this.#heal();
      const until = this.#now + PROGRESS_MS_MAX;
      this.#runUntil(() => this.#settled() || this.#now >= until);
      check(this.#settled(), `I7: no progress: ${this.#where()}`);
      this.#finish();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const expected = error instanceof Violation || error.name === "InvariantError";
      if (!expected) throw new Error(`seed ${this.#seed}: ${error.message}`, { cause: error });
      violation = error.message;
      this.#say(`violation: ${violation}`);
    }
    return {
      seed: this.#seed,
      violation,
      ...this.#counts,
      delivered: this.#invariants.log.length,
      answered: this.#invariants.asked.filter(({ answered }) => answered).length,
    };
  }

  // Time

  #at(at: number, act: () => void): void {
    this.#due.push({ at, order: this.#scheduled++, act });
  }

  #after(ms: number, act: () => void): void {
    this.#at(this.#now + ms, act);
  }

  #runUntil(done: () => boolean): void {
    while (!done()) {
      const due = this.#due.pop();
      if (due === undefined) return;
      this.#now = due.at;
      due.act();
    }
  }

  /** Does it again and again, with random pauses of this mean, as long as faults last. */
  #often(everyMs: number, act: () => void): void {
    if (everyMs === Infinity) return;
    this.#after(everyMs * 2 * this.#random.next(), () => {
      if (!this.#faults) return;
      act();
      this.#often(everyMs, act);
    });
  }

  // The run

  #begin(): void {
    const p = this.#profile;
    for (const node of this.#nodes) this.#after(this.#random.int(0, 100), () => this.#start(node));
    this.#often(p.writeEveryMs, () => this.#clientWrites());
    this.#often(p.readEveryMs, () => this.#clientReads());
    this.#often(p.writeEveryMs * 4, () => this.#clientAsks());
    this.#often(p.crashEveryMs, () => this.#crash(this.#random.pick(this.#nodes)));
    this.#often(p.massCrashEveryMs, () => this.#crashMany());
    this.#often(p.breakEveryMs, () => this.#network.break(...this.#twoNodes()));
    this.#often(p.stallEveryMs, () => {
      this.#network.stall(...this.#twoNodes(), this.#random.int(50, 3000));
    });
    this.#often(p.cutEveryMs, () => this.#cutOff());
  }

  #heal(): void {
    this.#say("heal");
    this.#faults = false;
    this.#network.heal();
    for (const node of this.#nodes) {
      if (node.order === null) this.#start(node);
    }
  }

  /** Whether all replicas are in one view of all, with nothing left to deliver. */
  #settled(): boolean {
    const [first] = this.#nodes;
    return this.#nodes.every(({ order, disk, waitReads }) =>
      order?.state === "live" && order.view?.members.length === this.#profile.replicas &&
      order.pendingLength === 0 && order.outboxLength === 0 && waitReads.length === 0 &&
      order.position.index === this.#invariants.log.length &&
      disk.store.applied === order.position.index &&
      showBallot(order.view.ballot) === showBallot(first.order?.view?.ballot ?? null)
    );
  }

  #where(): string {
    return this.#nodes.map(({ id, order, disk }) =>
      `${id} ${order?.state} ${
        showBallot(order?.view?.ballot ?? null)
      } at ${order?.position.index}/${disk.store.applied} pending ${order?.pendingLength} outbox ${order?.outboxLength}`
    ).join("; ");
  }

  #finish(): void {
    for (const node of this.#nodes) this.#checkKeys(node);
    this.#invariants.finish(({ level, identity }) =>
      level === "eventual" && this.#lost.has(identity)
    );
  }

  // Clients

  #clientWrites(): void {
    const { writers, eventual, quietEveryMs } = this.#profile;
    if ((this.#now % quietEveryMs) > quietEveryMs * 0.6) return;
    const node = this.#nodes[this.#random.pick(writers)];
    const { order } = node;
    if (order === null || !order.counts) return;
    const level = this.#random.chance(eventual) ? "eventual" : "sequential";
    if (level === "sequential" && order.state !== "live" && this.#random.chance(0.5)) return;
    // What clients ask in one turn is submitted at once.
    const count = this.#random.pick([1, 1, 1, 2, 5]);
    const asked = Array.from(
      { length: count },
      () =>
        this.#named.length > 0 && this.#random.chance(0.2)
          ? this.#random.pick(this.#named)
          : this.#ask(node, level),
    );
    this.#submit(node, asked);
  }

  /** What a client asks for the first time. */
  #ask(node: Node, level: Asked["level"]): Asked {
    const name = `v${++this.#written}`;
    const random = this.#random;
    const { changes, named } = this.#profile;
    const change = random.chance(changes)
      ? anyOperation(random, { name, isEventual: level === "eventual", store: node.disk.store })
      : { type: "set", key: random.pick(KEYS), value: name, bytes: name.length } as const;
    const eventual = level === "eventual" ? { eventual: true as const } : {};
    const asked: Asked = {
      name,
      operation: random.chance(named) ? { ...change, id: `id-${name}`, ...eventual } : change,
      node: node.id,
      level,
      floor: this.#invariants.answered,
      identity: node.disk.identity,
      index: null,
      answered: false,
      ruledOut: false,
    };
    this.#invariants.asked.push(asked);
    if (asked.operation.id !== undefined) this.#named.push(asked);
    return asked;
  }

  #submit(node: Node, all: readonly Asked[]): void {
    const { order } = node;
    const operations = all.map(({ operation }) => this.#shipped(operation, node.disk.store));
    const out = this.#step(node, { type: "submit", operations });
    const first = out?.n;
    if (first === undefined) return;
    all.forEach((asked, i) => this.#invariants.submitted(node.id, first + i, asked));
    if (node.order !== order) return;
    all.forEach((asked, i) => {
      const one = { asked, began: this.#now, n: first + i };
      if (asked.level === "sequential") node.waitSequential.set(first + i, one);
      // Only the first replica's answer is one that its folder stands for.
      else if (node.disk.identity === asked.identity) {
        node.waitEventual.push({ ...one, number: out?.number ?? 0 });
      }
    });
  }

  /** A client asks what came of a `sequential` write with an id. */
  #clientAsks(): void {
    const asked = this.#named.length === 0 ? undefined : this.#random.pick(this.#named);
    const node = this.#nodes[this.#random.pick(this.#profile.writers)];
    const { order } = node;
    const id = asked?.operation.id;
    if (asked === undefined || id === undefined || asked.level === "eventual") return;
    if (order === null || !order.counts) return;
    const out = this.#step(node, {
      type: "submit",
      operations: [{ type: "fence", key: "", id }],
    });
    if (out?.n === undefined) return;
    this.#invariants.submitted(node.id, out.n, null);
    if (node.order === order) node.waitFence.set(out.n, asked);
  }

  #clientReads(): void {
    const node = this.#random.pick(this.#nodes);
    const { disk, order, id } = node;
    if (order === null) return;
    const key = this.#random.pick(KEYS);
    const { store } = disk;
    this.#checkValue(node, key);
    // Outside a view a new folder would be asked, which servers do not let happen.
    if (order.state === "live") {
      this.#tellRead(node, { key, level: "sequential", began: this.#now });
    }
    const origin = this.#random.int(0, this.#nodes.length - 1);
    const index = this.#invariants.indexOf(origin, store.appliedN[origin]) ?? 0;
    check(
      index <= store.applied,
      `I6: ${id} says it has applied ${index}, and has ${store.applied}`,
    );
    if (!this.#random.chance(this.#profile.linearizable)) return;
    const read = ++node.lastRead;
    node.waitReads.push({ read, floor: this.#invariants.readFloor, key, began: this.#now });
    this.#step(node, { type: "read", read });
  }

  #checkValue({ id, disk: { store } }: Node, key: string): void {
    const value = store.get(key);
    const expected = this.#invariants.value(key, store.applied);
    check(
      value === expected,
      `${id} holds ${value} for ${key} at ${store.applied}, not ${expected}`,
    );
  }

  #checkKeys({ id, disk: { store } }: Node): void {
    this.#invariants.holds(id, store.applied, store.scan(""));
  }

  /** Answers the linearizable reads that are confirmed and have what they need. */
  #answerReads(node: Node): void {
    const { applied } = node.disk.store;
    for (let [next] = node.waitReads; next; [next] = node.waitReads) {
      if (!node.reads.isReady(next.read, applied)) return;
      node.waitReads.shift();
      this.#counts.reads++;
      this.#invariants.read(next.floor, applied);
      this.#checkValue(node, next.key);
      this.#tellRead(node, { ...next, level: "linearizable" });
    }
  }

  // Processes

  #start(node: Node): void {
    if (node.order !== null) return;
    const { replicas, suspectAfterMs, queueMax, joinLagMax } = this.#profile;
    const queue = { messages: queueMax, bytes: Infinity };
    const life = ++node.life;
    node.diskQueue = [];
    node.diskBusy = false;
    const config = { id: node.id, replicas, suspectAfterMs, joinLagMax, queue };
    node.reads = new ConfirmedReads();
    node.supply = new Supply(inSmallParts(node.disk.store));
    node.order = new this.#core(config, node.disk.load());
    this.#say(`${node.id} starts`);
    if (this.#lines !== undefined) {
      node.told = new ProtocolTrace(node.id, replicas, this.#lines);
      const { order } = node;
      const from = { index: order.position.index, pending: order.pending() };
      node.told.started(from, this.#moment(order));
    }
    const tick = () => {
      if (node.life !== life || node.order === null) return;
      this.#step(node, { type: "tick", random: this.#random.next() });
      this.#after(this.#profile.tickMs, tick);
    };
    tick();
    this.#network.start(node.id);
  }

  #crash(node: Node): void {
    if (!this.#faults || node.order === null) return;
    if (this.#counts.crashes >= this.#profile.crashesMax) return;
    this.#counts.crashes++;
    this.#tellFault("kill", "begin", [node.id]);
    node.order = null;
    node.life++;
    node.waitEventual = [];
    node.waitSequential.clear();
    node.waitFence.clear();
    node.waitReads = [];
    node.lastRead = 0;
    this.#network.crash(node.id);
    if (this.#random.chance(this.#profile.wipe) && this.#nodes.every(({ wiped }) => !wiped)) {
      this.#counts.wipes++;
      this.#lost.add(node.disk.identity);
      node.disk.wipe(`folder-${node.id}-${node.life}`);
      node.wiped = true;
      this.#say(`${node.id} crashes and loses its folder`);
    } else if (this.#profile.forgets) {
      // Two at once may forget what a majority had promised: then nothing is guaranteed.
      if (this.#random.chance(this.#profile.power) && this.#nodes.every(({ wiped }) => !wiped)) {
        this.#lost.add(node.disk.identity);
        node.disk.forget(this.#random.int(0, 20), `folder-${node.id}-${node.life}`);
        node.wiped = true;
        this.#say(`${node.id} loses power, and forgets down to ${node.disk.index}`);
      } else {
        node.disk.sync();
        this.#say(`${node.id} is killed`);
      }
    } else if (this.#random.chance(this.#profile.power)) {
      node.disk.cutPower(this.#random.int(0, 3));
      this.#say(`${node.id} loses power at ${node.disk.index}`);
    } else this.#say(`${node.id} is killed`);
    this.#after(this.#random.int(10, this.#profile.awayMs), () => {
      this.#tellFault("kill", "end", [node.id]);
      this.#start(node);
    });
  }

  #crashMany(): void {
    const part = this.#random.pick([1, 1, 0.6]);
    for (const node of this.#nodes) if (this.#random.chance(part)) this.#crash(node);
  }

  #cutOff(): void {
    const island = this.#nodes.filter(() => this.#random.chance(0.4)).map(({ id }) => id);
    const apart = island.flatMap((a) =>
      this.#nodes.filter(({ id }) => !island.includes(id)).map(({ id }) => [a, id])
    );
    // Or only two of them from each other, whom a third still hears both.
    const pairs = this.#random.chance(0.3) ? [this.#twoNodes()] : apart;
    for (const [a, b] of pairs) this.#network.cut(a, b, true);
    this.#say(`cut ${pairs.map(([a, b]) => `${a}-${b}`).join(" ")}`);
    const ways = pairs.map(([a, b]) => [a, b] as const);
    const tell = (phase: "begin" | "end") => {
      if (ways.length > 0) this.#tellFault("cut", phase, [], ways);
    };
    tell("begin");
    this.#after(this.#random.int(100, 4000), () => {
      for (const [a, b] of pairs) this.#network.cut(a, b, false);
      tell("end");
    });
  }

  #twoNodes(): [number, number] {
    const a = this.#random.int(0, this.#nodes.length - 1);
    const b = (a + this.#random.int(1, this.#nodes.length - 1)) % this.#nodes.length;
    return [a, b];
  }

  // One step of one replica

  #step(node: Node, event: Event): Effects | null {
    const { order } = node;
    if (order === null) return null;
    this.#counts.steps++;
    if (event.type === "receive") {
      this.#say(`${event.from} → ${node.id} ${describe(event.message)}`);
      event = { ...event, message: this.#wire(event.message) };
    }
    const before = order.state;
    const out = order.step(event, this.#now + node.clockOffset);
    node.told?.stepped(event, out, this.#moment(order));
    this.#checkState(node, order, before);
    const fetched = event.type === "receive" && event.message.type === "answer";
    if (out.deliver.length > 0 && !fetched) {
      check(order.state === "live", `I5: ${node.id} delivers and is ${order.state}`);
    }
    for (const entry of out.deliver) {
      this.#say(`${node.id} delivers ${entry.index} ${entry.message.origin}#${entry.message.n}`);
      this.#invariants.deliver(node.id, entry);
    }
    for (const notice of out.notices) this.#say(`${node.id} ${JSON.stringify(notice)}`);
    this.#persist(node, out);
    for (const { to, message, lazy } of out.send) {
      this.#invariants.send(node.id, message, node.disk);
      this.#network.send(node.id, to, message, lazy);
    }
    for (const { peer } of out.breakLinks) {
      this.#counts.breaks++;
      this.#network.break(node.id, peer);
    }
    for (const wanted of out.read) {
      const answer = node.supply.answer(wanted, this.#now);
      const some = this.#random.int(1, 20 + wanted.to - wanted.from);
      const content = answer.content.type === "snapshot"
        ? answer.content
        : { ...answer.content, entries: answer.content.entries.slice(0, some) };
      this.#network.send(node.id, wanted.peer, { ...answer, content });
    }
    for (const confirmed of out.confirmed) node.reads.add(confirmed);
    this.#answerReads(node);
    this.#crashAfter(node, out);
    return out;
  }

  #checkState(node: Node, order: Order, before: string): void {
    if (order.state !== "live" || order.view === null) return;
    const ballot = showBallot(order.view.ballot);
    this.#invariants.live(node.id, node.disk, ballot, order.view.members);
    if (before === "live") return;
    this.#counts.views++;
    node.wiped = false;
  }

  #persist(node: Node, { writes, deliver, number }: Effects): void {
    if (writes.length === 0 && deliver.length === 0) return;
    node.diskQueue.push({ writes, deliver, number });
    if (!node.diskBusy) this.#writeDisk(node);
  }

  /** Group commit: all that waits is written, then synced if it must be. */
  #writeDisk(node: Node): void {
    const batches = node.diskQueue;
    node.diskQueue = [];
    node.diskBusy = batches.length > 0;
    if (batches.length === 0) return;
    const { life } = node;
    const p = this.#profile;
    const hang = this.#faults && this.#random.chance(p.hang) ? p.hangMs : 0;
    this.#after(p.writeMs * this.#random.next() + hang, () => {
      if (node.life !== life) return;
      // As a replica does: all writes of a turn, then all that it delivered.
      const writes = batches.flatMap(({ writes }) => writes);
      const skipped = writes.findLast((write) => write.type === "snapshot" && write.last);
      const from = skipped?.type === "snapshot" ? skipped.position.index : 0;
      const merged = {
        writes,
        deliver: batches.flatMap(({ deliver }) => deliver).filter(({ index }) => index > from),
        number: batches.reduce((last, batch) => Math.max(last, batch.number), 0),
      };
      const results = node.disk.write(merged);
      if (node.order !== null) node.told?.applied(merged.deliver, this.#moment(node.order));
      merged.deliver.forEach(({ index, message: { origin, n } }, i) => {
        this.#invariants.gave(node.id, index, results[i]);
        if (origin === node.id) this.#answerApplied(node, n, results[i]);
      });
      if (this.#random.chance(0.2)) this.#checkKeys(node);
      if (from > 0) this.#answerRestored(node);
      this.#answerReads(node);
      if (this.#random.chance(p.crashAfterWrite)) this.#crash(node);
      if (node.life !== life) return;
      const { number } = merged;
      if (number === 0) return this.#writeDisk(node);
      this.#after(p.syncMs * this.#random.next(), () => {
        if (node.life === life) this.#syncDisk(node, number);
      });
    });
  }

  #syncDisk(node: Node, number: number): void {
    node.disk.sync();
    this.#invariants.synced(node.id, node.disk);
    this.#answerEventual(node, number);
    const { life } = node;
    this.#step(node, { type: "persisted", number });
    if (node.life === life) this.#writeDisk(node);
  }

  #answerEventual(node: Node, number: number): void {
    const due = node.waitEventual.filter((wait) => wait.number <= number);
    if (due.length === 0) return;
    node.waitEventual = node.waitEventual.filter((wait) => wait.number > number);
    for (const one of due) {
      this.#invariants.answer(one.asked, null);
      this.#tellWrite(node, one, STORED);
    }
  }

  /** Own operations may be in a snapshot whose entries never come here. */
  #answerRestored(node: Node): void {
    this.#counts.snapshots++;
    this.#checkKeys(node);
    const applied = node.disk.store.appliedN[node.id];
    for (const n of [...node.waitSequential.keys(), ...node.waitFence.keys()]) {
      if (n <= applied) this.#answerApplied(node, n, null);
    }
  }

  /** An own operation is applied; what it gave is null if a snapshot has brought it. */
  #answerApplied(node: Node, n: number, result: Result | null): void {
    const fenced = node.waitFence.get(n);
    if (fenced !== undefined) {
      node.waitFence.delete(n);
      this.#tellOutcome(node, fenced);
    }
    const one = node.waitSequential.get(n);
    if (one === undefined) return;
    node.waitSequential.delete(n);
    const { store } = node.disk;
    const { asked } = one;
    const { operation } = asked;
    const first = operation.id === undefined ? undefined : store.outcome(operation.id);
    if (first?.applied === false) return;
    const gave = first?.result ?? result ?? (givesStored(operation) ? STORED : null);
    // It has been carried out, and nobody can say what it gave.
    if (gave === null) return;
    const index = first?.index ?? this.#invariants.indexOf(node.id, n);
    check(index !== undefined, `${node.id} answers ${asked.name}, which nobody has delivered`);
    this.#invariants.answer(asked, index, gave);
    this.#tellWrite(node, one, gave);
    if (gave.type !== "stored") this.#counts.results++;
    check(store.applied >= index, `${node.id} answers ${index} and has applied ${store.applied}`);
    this.#checkValue(node, operation.key);
  }

  #tellOutcome(node: Node, asked: Asked): void {
    const outcome = node.disk.store.outcome(asked.operation.id ?? "");
    check(outcome !== undefined, `${node.id} does not know what came of ${asked.name}`);
    this.#counts.outcomes++;
    this.#say(`${node.id} tells that ${asked.name} is ${outcome.applied} at ${outcome.index}`);
    this.#invariants.told(asked, outcome.applied, outcome.index);
  }

  #crashAfter(node: Node, { send }: Effects): void {
    const p = this.#profile;
    for (const { message } of send) {
      const chance = message.type === "promise"
        ? p.crashAfterPromise
        : message.type === "installed"
        ? p.crashAfterInstalled
        : message.type === "start"
        ? p.crashAfterStart
        : 0;
      if (chance > 0 && this.#random.chance(chance)) return this.#crash(node);
    }
  }

  #moment(order: Order): Moment {
    return { at: Math.round(this.#now * 1000), time: order.clock };
  }

  #tellFault(
    fault: string,
    phase: FaultLine["phase"],
    replicas: readonly number[],
    ways?: FaultLine["ways"],
  ): void {
    const at = Math.round(this.#now * 1000);
    this.#lines?.({ type: "fault", at, fault, phase, replicas, ...(ways && { ways }) });
  }

  #tellWrite({ id: replica, life }: Node, { asked, began, n }: Try, result: Result): void {
    const { operation, level } = asked;
    const { type: op, key, id } = operation;
    const at = Math.round(began * 1000);
    const value = encodeValue(operation);
    const request = { at, op, key, value, level, replica, ...(id !== undefined && { id }) };
    const answer = { ...outcomeOf(operation, result), at: Math.round(this.#now * 1000) };
    this.#clientLines?.answered(request, life, { ...answer, origin: replica, n });
  }

  #tellRead(
    { id: replica, life, disk: { store } }: Node,
    { key, level, began }: { key: string; level: "sequential" | "linearizable"; began: number },
  ): void {
    const request = { at: Math.round(began * 1000), op: "get", key, level, replica };
    const value = store.get(key) ?? null;
    this.#clientLines?.answered(request, life, {
      ...{ type: "ok", at: Math.round(this.#now * 1000), value },
    });
  }

  #say(line: string): void {
    this.#trace?.(`${this.#now.toFixed(1).padStart(9)} ${line}`);
  }
}

/** The store, whose snapshots come with one key in each part: so many are never taken whole. */
function inSmallParts(store: MemoryStore): SupplyStore {
  return {
    get logFrom() {
      return store.logFrom;
    },
    read: (from, to) => store.read(from, to),
    keepFrom: (index) => store.keepFrom(index),
    snapshot: () => new SmallParts(store.snapshot()),
  };
}

class SmallParts implements SnapshotReader {
  readonly #whole: SnapshotReader;
  #parts: Snapshot[] | null = null;

  constructor(whole: SnapshotReader) {
    this.#whole = whole;
  }

  next(): Snapshot {
    this.#parts ??= this.#split();
    const part = this.#parts.shift();
    check(part !== undefined, "nobody asks for more than the last part");
    return part;
  }

  close(): void {
    this.#whole.close();
  }

  /** One key in each part, and the request ids in the last. */
  #split(): Snapshot[] {
    const parts = [this.#whole.next()];
    while (parts.at(-1)?.last === false) parts.push(this.#whole.next());
    const keys = parts.flatMap(({ keys }) => keys);
    const requests = parts.flatMap(({ requests }) => requests);
    const [head] = parts;
    return [
      ...keys.map((pair, part) => ({ ...head, part, last: false, keys: [pair], requests: [] })),
      { ...head, part: keys.length, last: true, keys: [], requests },
    ];
  }
}
