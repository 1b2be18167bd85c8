/**
 * A few replicas' cores with links and disks that do nothing by themselves: each message is
 * delivered, each disk write finished, when it is said. No chance, no clock of its own.
 *
 * @module
 */

import {
  type Answer,
  describe,
  type Operation,
  type PeerMessage,
  showMessage,
} from "../../lib/order/message.ts";
import { Order } from "../../lib/order/order.ts";
import type { Durable, Effects, Event, Notice, Write } from "../../lib/order/step.ts";
import { showBallot } from "../../lib/order/timestamp.ts";
import { unreachable } from "../../lib/invariant.ts";
import { Supply } from "../../lib/replica/supply.ts";
import { MemoryStore } from "../../lib/store/memory.ts";
import type { StoreBounds } from "../../lib/store/store.ts";

/** How a cluster is made. */
export interface ClusterOptions {
  readonly replicas?: number;
  /** How many entries a replica may lack when it is taken into a view. */
  readonly joinLagMax?: number;
  /** How much each store keeps of its log. */
  readonly bounds?: StoreBounds;
  /** Is given each line of what happens; heartbeats are left out. */
  readonly say?: (line: string) => void;
}

interface Node {
  readonly id: number;
  store: MemoryStore;
  /** What its process sends to peers that lack part of the log. */
  supply: Supply;
  /** The process; null while there is none. */
  order: Order | null;
  /** What the disk has not finished, oldest first. */
  unfinished: Effects[];
  folders: number;
  /** A new identity of the folder, with the one it had before; neither as a rule. */
  renewed: Partial<Pick<Durable, "identity" | "former">>;
  /** Linearizable reads that came to its process. */
  reads: number;
}

/** How much time passes at once when a cluster is left to itself. */
const STEP_MS = 50;

/** The replicas and what is between them. */
export class Cluster {
  /** In milliseconds. */
  now = 0;
  /** Whether what replicas fetch from each other is read and sent; else it is as if disks hung there. */
  supplying = true;
  /** Who is cut off: its links stay up, and nothing arrives over them. */
  readonly mute = new Set<number>();
  readonly #nodes: Node[];
  readonly #options: ClusterOptions;
  readonly #say: (line: string) => void;
  /** By `from->to`: what is on its way; there is a stream in each direction of a link. */
  readonly #streams = new Map<string, PeerMessage[]>();

  /** No process runs, no link is up. */
  constructor(options: ClusterOptions = {}) {
    const { replicas = 3, bounds, say = () => {} } = options;
    this.#options = options;
    this.#say = say;
    this.#nodes = Array.from({ length: replicas }, (_, id) => {
      const store = new MemoryStore(id, replicas, `folder-${id}`, bounds);
      const supply = new Supply(store);
      return { id, store, supply, order: null, unfinished: [], folders: 1, renewed: {}, reads: 0 };
    });
  }

  /** All processes started, linked and in their first view. */
  static formed(options: ClusterOptions = {}): Cluster {
    const cluster = new Cluster(options);
    for (const { id } of cluster.#nodes) cluster.start(id);
    cluster.stabilize();
    return cluster;
  }

  /** The ids of all replicas. */
  get ids(): number[] {
    return this.#nodes.map(({ id }) => id);
  }

  /** The core of a replica whose process runs. */
  order(id: number): Order {
    const { order } = this.#nodes[id];
    if (order === null) throw new Error(`${id} has no process`);
    return order;
  }

  /** What the replica's disk has finished. */
  store(id: number): MemoryStore {
    return this.#nodes[id].store;
  }

  /** What is on its way, without heartbeats. */
  underWay(from: number, to: number): PeerMessage[] {
    const stream = this.#streams.get(`${from}->${to}`) ?? [];
    return stream.filter(({ type }) => type !== "heartbeat");
  }

  /** One event for one replica; its effects are carried out, except that disks take their time. */
  step(id: number, event: Event): Effects {
    const node = this.#nodes[id];
    const out = this.order(id).step(event, this.now);
    this.#tell(id, out);
    if (out.number > 0 || node.unfinished.length > 0) node.unfinished.push(out);
    else this.#commit(node, out);
    for (const { to, message } of out.send) this.#streams.get(`${id}->${to}`)?.push(message);
    for (const wanted of this.supplying ? out.read : []) {
      const answer: Answer = node.supply.answer(wanted, this.now);
      this.#sends(id, [wanted.peer], answer);
      this.#streams.get(`${id}->${wanted.peer}`)?.push(answer);
    }
    for (const { peer } of out.breakLinks) this.drop(id, peer);
    return out;
  }

  /** A client's write. */
  submit(id: number, key: string, value: string): Effects {
    const bytes = new TextEncoder().encode(value).length;
    return this.operate(id, { type: "set", key, value, bytes });
  }

  /** A client's operation. */
  operate(id: number, operation: Operation): Effects {
    return this.step(id, { type: "submit", operations: [operation] });
  }

  /** A client's linearizable read; its number is one more than that of the last. */
  read(id: number): Effects {
    return this.step(id, { type: "read", read: ++this.#nodes[id].reads });
  }

  /** A message comes that no stream bears. */
  receive(id: number, from: number, message: PeerMessage): Effects {
    return this.step(id, { type: "receive", from, message });
  }

  /** Delivers the first of what is on its way, or all; gives the effects of the last. */
  deliver(from: number, to: number, count = Infinity): Effects | null {
    let out: Effects | null = null;
    if (this.#isCut(from, to)) return null;
    for (let left = count; left > 0;) {
      const message = this.#streams.get(`${from}->${to}`)?.shift();
      if (message === undefined) break;
      if (message.type !== "heartbeat") {
        this.#say(`${to} receives from ${from}: ${describe(message)}`);
        left--;
      }
      out = this.receive(to, from, message);
    }
    return out;
  }

  /** The disk finishes all that was given to it. */
  persist(id: number): Effects | null {
    const node = this.#nodes[id];
    const batches = node.unfinished;
    if (batches.length === 0) return null;
    node.unfinished = [];
    for (const batch of batches) this.#commit(node, batch);
    const number = Math.max(...batches.map((batch) => batch.number));
    this.#say(`${id} has it on disk`);
    return this.step(id, { type: "persisted", number });
  }

  /** Starts a process on what the disk holds; it has no link yet. */
  start(id: number, { force = false } = {}): void {
    const node = this.#nodes[id];
    const { joinLagMax } = this.#options;
    const config = { id, replicas: this.#nodes.length, joinLagMax, force };
    node.order = new Order(config, { ...node.store.load(), ...node.renewed });
    node.supply = new Supply(node.store);
    node.unfinished = [];
    node.reads = 0;
  }

  /** Ends a process by a power cut: what the disk has not finished is gone. */
  crash(id: number): void {
    for (const peer of this.ids) if (peer !== id) this.drop(id, peer);
    this.#nodes[id].order = null;
    this.#nodes[id].unfinished = [];
  }

  /** Replaces the folder of a replica that has no process by an empty one. */
  lose(id: number): void {
    const node = this.#nodes[id];
    const identity = `folder-${id}-${++node.folders}`;
    node.store = new MemoryStore(id, this.#nodes.length, identity, this.#options.bounds);
    node.renewed = {};
  }

  /**
   * Gives the folder of a replica that has no process a new identity: a power cut may have made it
   * forget what it promised, though here it holds all.
   */
  renew(id: number): void {
    const node = this.#nodes[id];
    const { identity } = node.store.load();
    node.renewed = { identity: `folder-${id}-${++node.folders}`, former: identity };
  }

  /** A new link between two, if there is none and both run. */
  link(a: number, b: number): void {
    if (this.#streams.has(`${a}->${b}`)) return;
    if (this.#nodes[a].order === null || this.#nodes[b].order === null) return;
    this.#streams.set(`${a}->${b}`, []);
    this.#streams.set(`${b}->${a}`, []);
    this.step(a, { type: "link_up", peer: b });
    this.step(b, { type: "link_up", peer: a });
  }

  /** The link ends, and what is on its way is lost. */
  drop(a: number, b: number): void {
    if (!this.#streams.has(`${a}->${b}`)) return;
    for (const [from, to] of [[a, b], [b, a]]) {
      for (const lost of this.underWay(from, to)) {
        this.#say(`lost from ${from} to ${to}: ${describe(lost)}`);
      }
      this.#streams.delete(`${from}->${to}`);
    }
    for (const [id, peer] of [[a, b], [b, a]]) {
      this.#nodes[id].supply.drop(peer);
      if (this.#nodes[id].order !== null) this.step(id, { type: "link_down", peer });
    }
  }

  /** Time passes for all; heartbeats arrive, all else waits. */
  wait(ms: number): void {
    for (const until = this.now + ms; this.now < until;) {
      this.now += Math.min(STEP_MS, until - this.now);
      for (const { id, order } of this.#nodes) {
        if (order !== null) this.step(id, { type: "tick", random: 0.5 });
      }
      this.#hear();
    }
  }

  /** Time passes for all, and everything happens that can, on the links that there are. */
  pass(ms: number): void {
    for (const until = this.now + ms; this.now < until;) {
      this.run();
      this.wait(STEP_MS);
    }
    this.run();
  }

  /** Links all that run and lets everything happen until nothing is left to do. */
  stabilize(): void {
    for (const a of this.ids) for (const b of this.ids) if (a < b) this.link(a, b);
    for (let steps = 0; steps < 1_000; steps++) {
      this.run();
      if (this.#settled()) return;
      this.wait(STEP_MS);
    }
    throw new Error(`nothing settles: ${this.ids.map((id) => this.show(id)).join("; ")}`);
  }

  /** Delivers and persists, without time, until nothing is under way. */
  run(): void {
    for (let busy = true; busy;) {
      busy = false;
      for (const a of this.ids) {
        for (const b of this.ids) busy = this.deliver(a, b) !== null || busy;
      }
      for (const { id, order } of this.#nodes) {
        busy = (order !== null && this.persist(id) !== null) || busy;
      }
    }
  }

  /** One line that says where a replica stands. */
  show(id: number): string {
    const { order, store } = this.#nodes[id];
    if (order === null) return `${id} is down`;
    const view = order.view === null
      ? ""
      : ` in ${showBallot(order.view.ballot)} of ${order.view.members.join(" ")}`;
    const keys = store.scan("").map(([key, value]) => `${key}=${value}`).join(" ") || "nothing";
    return `${id} is ${order.state}${view}, delivered ${order.position.index}, pending ${order.pendingLength}, outbox ${order.outboxLength}, holds ${keys}`;
  }

  #isCut(from: number, to: number): boolean {
    return this.mute.has(from) || this.mute.has(to);
  }

  #commit({ store }: Node, { writes, deliver }: Effects): void {
    store.commit({ writes, deliver, apply: deliver });
  }

  #hear(): void {
    for (const [place, stream] of this.#streams) {
      const [from, to] = place.split("->").map(Number);
      if (this.#isCut(from, to)) continue;
      while (stream[0]?.type === "heartbeat") {
        const [heartbeat] = stream.splice(0, 1);
        this.receive(to, from, heartbeat);
      }
    }
  }

  #settled(): boolean {
    const running = this.#nodes.filter(({ order }) => order !== null);
    return running.every(({ order }) =>
      order?.state === "live" && order.pendingLength === 0 && order.outboxLength === 0 &&
      order.view?.members.length === running.length
    );
  }

  #tell(id: number, out: Effects): void {
    for (const notice of out.notices) this.#say(`${id} ${showNotice(notice)}`);
    for (const write of out.writes) this.#say(`${id} writes ${showWrite(write)}`);
    for (const { index, message } of out.deliver) {
      this.#say(`${id} delivers ${index}: ${showMessage(message)}`);
    }
    for (const { read, index } of out.confirmed) {
      this.#say(`${id} may answer its reads up to ${read} when ${index} is applied`);
    }
    const told = new Set<PeerMessage>();
    for (const { message } of out.send) {
      const text = describe(message);
      if (message.type === "heartbeat" || told.has(message)) continue;
      const same = out.send.filter((sent) => sent.message.type === message.type)
        .filter((sent) => describe(sent.message) === text);
      for (const { message } of same) told.add(message);
      this.#sends(id, same.map(({ to }) => to), message);
    }
    for (const { peer, reason } of out.breakLinks) {
      this.#say(`${id} breaks the link to ${peer}: ${reason}`);
    }
  }

  #sends(id: number, peers: readonly number[], message: PeerMessage): void {
    this.#say(`${id} sends ${peers.join(" ")}: ${describe(message)}`);
  }
}

function showWrite(write: Write): string {
  switch (write.type) {
    case "promised":
      return `promised ${showBallot(write.ballot)}`;
    case "outbox":
      return `to its outbox ${
        write.numbered.map(({ n, operation }) => `#${n}:${operation.type} ${operation.key}`)
          .join(" ")
      }`;
    case "received":
      return write.broadcast.messages.map(showMessage).join(" ");
    case "installed": {
      const pending = write.pending.map(showMessage).join(" ") || "nothing";
      const outbox = write.outbox.map(({ n }) => `#${n}`).join(" ") || "nothing";
      return `installed ${
        showBallot(write.view.ballot)
      }: pending ${pending}, outbox ${outbox}, n=${write.n}`;
    }
    case "snapshot":
      return `part ${write.part} of a snapshot at ${write.position.index}`;
    default:
      return unreachable(write);
  }
}

function showNotice(notice: Notice): string {
  switch (notice.type) {
    case "outside":
      return `leaves its view: ${notice.reason}`;
    case "prepare":
      return `begins a change of view: ${showBallot(notice.ballot)}`;
    case "fetch":
      return `lacks ${notice.from} to ${notice.to}`;
    case "restored":
      return `holds the snapshot at ${notice.index} of ${notice.source} in place of what it held`;
    case "installed":
      return `installs ${showBallot(notice.view.ballot)} of ${notice.view.members.join(" ")}`;
    case "live":
      return `is live in ${
        showBallot(notice.view.ballot)
      }: ${notice.carried} carried, ${notice.resubmitted} submitted again`;
    case "suspect":
      return `suspects ${notice.peer}: ${notice.reason}`;
    case "stuck":
      return `is stuck: ${notice.reason}`;
    default:
      return unreachable(notice);
  }
}
