/**
 * Simulated links: between two replicas one FIFO stream in each direction, as over one TCP
 * connection. A stream loses nothing in its middle; it stalls, or it breaks, and with it all
 * that was under way. Each side notices in its own time.
 *
 * @module
 */

import { LAZY_MS } from "../../lib/limits.ts";
import type { PeerMessage } from "../../lib/order/message.ts";
import type { Random } from "../../lib/chaos/random.ts";

/** What the network needs of the run around it. */
export interface Surroundings {
  readonly random: Random;
  now(): number;
  /** Calls this at a time, in virtual milliseconds. */
  at(at: number, act: () => void): void;
  alive(id: number): boolean;
  linkUp(id: number, peer: number): void;
  linkDown(id: number, peer: number): void;
  receive(id: number, from: number, message: PeerMessage): void;
}

interface Side {
  up: boolean;
  /** What goes to this side with the next that is not lazy, or a little later. */
  held: PeerMessage[];
  /** What is on its way to this side comes at this time or later. */
  busyUntil: number;
  /** What was under way when the connection ended still comes until then. */
  until: number;
}

interface Link {
  /** Grows with each new connection. */
  epoch: number;
  whole: boolean;
  cut: boolean;
  dialling: boolean;
  readonly sides: Map<number, Side>;
}

/** All links of a run. */
export class Network {
  readonly #around: Surroundings;
  readonly #latencyMs: number;
  readonly #links: Link[][] = [];
  readonly #replicas: number;

  /** Nobody is connected yet. */
  constructor(around: Surroundings, replicas: number, latencyMs: number) {
    this.#around = around;
    this.#replicas = replicas;
    this.#latencyMs = latencyMs;
    for (let a = 0; a < replicas; a++) {
      this.#links[a] = [];
      for (let b = 0; b < a; b++) {
        const sides = new Map(
          [a, b].map((id) => [id, { up: false, held: [], busyUntil: 0, until: 0 }]),
        );
        const link = { epoch: 0, whole: false, cut: false, dialling: false, sides };
        this.#links[a][b] = this.#links[b][a] = link;
      }
    }
  }

  /** Takes a message; it is lost if the sender's side is down. */
  send(from: number, to: number, message: PeerMessage, lazy = false): void {
    const link = this.#links[from][to];
    const { held } = this.#side(link, to);
    if (!this.#side(link, from).up || !link.whole) return;
    held.push(message);
    if (!lazy) return this.#release(from, to);
    if (held.length > 1) return;
    const { epoch } = link;
    this.#after(LAZY_MS, () => {
      if (link.epoch === epoch) this.#release(from, to);
    });
  }

  /** What was held back leaves, in its order. */
  #release(from: number, to: number): void {
    for (const message of this.#side(this.#links[from][to], to).held.splice(0)) {
      this.#transmit(from, to, message);
    }
  }

  #transmit(from: number, to: number, message: PeerMessage): void {
    const link = this.#links[from][to];
    const side = this.#side(link, to);
    if (!this.#side(link, from).up || !link.whole) return;
    const { random } = this.#around;
    const delay = this.#latencyMs * (0.2 + random.next());
    side.busyUntil = Math.max(side.busyUntil, this.#around.now() + delay);
    const { epoch } = link;
    const at = side.busyUntil;
    this.#around.at(at, () => {
      if (link.epoch === epoch && (link.whole || at <= side.until) && side.up) {
        this.#around.receive(to, from, message);
      }
    });
  }

  /** Holds up all that goes one way. */
  stall(from: number, to: number, ms: number): void {
    const side = this.#side(this.#links[from][to], to);
    side.busyUntil = Math.max(side.busyUntil, this.#around.now() + ms);
  }

  /** The connection ends; both sides notice some time later, and it is made again. */
  break(a: number, b: number): void {
    const link = this.#links[a][b];
    if (!link.whole) return;
    link.whole = false;
    const { epoch } = link;
    for (const [id, side] of link.sides) {
      if (!side.up) continue;
      const notices = this.#around.random.int(0, 150);
      side.until = link.cut ? 0 : this.#around.now() + notices;
      this.#after(notices, () => {
        if (link.epoch === epoch && side.up) this.#down(link, id, a === id ? b : a);
      });
    }
    this.#dial(a, b);
  }

  /** A process has ended: its side is down at once. */
  crash(id: number): void {
    for (let peer = 0; peer < this.#replicas; peer++) {
      if (peer === id) continue;
      const link = this.#links[id][peer];
      this.#side(link, id).up = false;
      this.break(id, peer);
    }
  }

  /** No connection between these two until the cut ends. */
  cut(a: number, b: number, on: boolean): void {
    const link = this.#links[a][b];
    link.cut = on;
    if (on) this.break(a, b);
    else this.#dial(a, b);
  }

  /** Ends all cuts. */
  heal(): void {
    for (let a = 0; a < this.#replicas; a++) {
      for (let b = 0; b < a; b++) {
        this.cut(a, b, false);
      }
    }
  }

  /** A process has begun: it dials and is dialled. */
  start(id: number): void {
    for (let peer = 0; peer < this.#replicas; peer++) if (peer !== id) this.#dial(id, peer);
  }

  #dial(a: number, b: number): void {
    const link = this.#links[a][b];
    if (link.dialling) return;
    link.dialling = true;
    this.#after(this.#around.random.int(5, 200), () => {
      link.dialling = false;
      if (link.whole || link.cut || !this.#around.alive(a) || !this.#around.alive(b)) return;
      if ([...link.sides.values()].some((side) => side.up)) return this.#dial(a, b);
      this.#connect(link, a, b);
    });
  }

  #connect(link: Link, a: number, b: number): void {
    const epoch = ++link.epoch;
    link.whole = true;
    for (const [id, peer] of [[a, b], [b, a]]) {
      const delay = this.#around.random.int(0, 20);
      const side = this.#side(link, id);
      side.held = [];
      side.busyUntil = this.#around.now() + delay;
      this.#after(delay, () => {
        if (link.epoch !== epoch || !link.whole || !this.#around.alive(id)) return;
        side.up = true;
        this.#around.linkUp(id, peer);
      });
    }
  }

  #after(ms: number, act: () => void): void {
    this.#around.at(this.#around.now() + ms, act);
  }

  #down(link: Link, id: number, peer: number): void {
    this.#side(link, id).up = false;
    if (this.#around.alive(id)) this.#around.linkDown(id, peer);
  }

  #side(link: Link, id: number): Side {
    const side = link.sides.get(id);
    if (side === undefined) throw new Error(`no side ${id}`);
    return side;
  }
}
