/**
 * Histories that keep every promise: a simulated store does what kvdist is meant to do, with
 * random delays, failures, unknown outcomes, retries, and clients that move.
 *
 * @module
 */

import type { Consistency } from "../../lib/consistency.ts";
import type { HistoryLine, Invoke, OrderLine } from "../../lib/check/history.ts";
import { Random } from "../../lib/chaos/random.ts";

/** What kind of history is wanted. */
export interface ModelOptions {
  /** The same seed gives the same history. */
  readonly seed: number;
  /** How many operations begin; retries count. */
  readonly operations: number;
  readonly clients?: number;
  readonly keys?: number;
  readonly replicas?: number;
  /** The levels that are asked for, each as often as it stands here. */
  readonly levels?: readonly Consistency[];
  /** The share of reads. */
  readonly reads?: number;
  /** The share of deletes among the writes. */
  readonly deletes?: number;
  /** The share of operations whose outcome is unknown. */
  readonly unknown?: number;
  /** The share of operations that fail. */
  readonly failures?: number;
  /** The share of unknown writes that are tried again. */
  readonly retries?: number;
  /** How many different values there are; by itself each is written once. */
  readonly values?: number;
  /** The share of clients with a session; these move between replicas. */
  readonly sessions?: number;
  /** Whether writes have names. */
  readonly ids?: boolean;
  /** Whether the total order and the final contents follow. */
  readonly witness?: boolean;
}

/** A write that is given to a replica. */
interface Write {
  readonly key: string;
  readonly value: string | null;
  readonly id: string | undefined;
  readonly origin: number;
  readonly eventual: boolean;
  /** How much of the order there is when it is ordered; 0 before. */
  place: number;
}

/** What a client has under way. */
interface Ongoing {
  readonly invoke: Invoke;
  readonly write: Write | undefined;
  /** How much of the order the replica must have applied before a read is carried out. */
  needs: number;
  /** What a read has seen. */
  seen: { readonly value: string | null; readonly applied: number } | undefined;
  /** How it ends if not well. */
  readonly fault: "fail" | "info" | undefined;
  steps: number;
}

interface ModelClient {
  readonly process: number;
  readonly session: boolean;
  replica: number;
  ongoing: Ongoing | undefined;
  /** The writes and the place in the order that its answers depend on. */
  readonly token: { writes: Write[]; place: number };
  /** A write to be tried again. */
  retry: Invoke | undefined;
}

/** The lines of a history that keeps every promise. */
export function* modelHistory(options: ModelOptions): Generator<HistoryLine> {
  yield* new Model(options).run();
}

class Model {
  readonly #options: Required<Omit<ModelOptions, "values">> & { readonly values?: number };
  readonly #random: Random;
  readonly #clients: ModelClient[];
  /** All that is delivered, and whether it was carried out. */
  readonly #order: Write[] = [];
  /** By replica: how much of the order it has applied, and what it holds. */
  readonly #applied: number[];
  readonly #held: Map<string, string>[];
  readonly #carriedOut: Set<string>[];
  /** Writes that no client waits for any more. */
  #late: Write[] = [];
  #written = 0;
  #begun = 0;
  #at = 0;

  constructor(options: ModelOptions) {
    this.#options = {
      clients: 5,
      keys: 3,
      replicas: 3,
      levels: ["linearizable"],
      reads: 0.5,
      deletes: 0,
      unknown: 0,
      failures: 0,
      retries: 0,
      sessions: 0,
      ids: false,
      witness: false,
      ...options,
    };
    this.#random = new Random(options.seed);
    const { clients, replicas } = this.#options;
    this.#clients = Array.from({ length: clients }, (_, process) => ({
      process,
      session: this.#random.chance(this.#options.sessions),
      replica: process % replicas,
      ongoing: undefined,
      token: { writes: [], place: 0 },
      retry: undefined,
    }));
    this.#applied = Array(replicas).fill(0);
    this.#held = Array.from({ length: replicas }, () => new Map());
    this.#carriedOut = Array.from({ length: replicas }, () => new Set());
  }

  *run(): Generator<HistoryLine> {
    const { operations, replicas, witness } = this.#options;
    yield { history: 1, replicas };
    while (this.#begun < operations || this.#clients.some(({ ongoing }) => ongoing)) {
      const client = this.#random.pick(this.#clients);
      const line = this.#step(client);
      if (line) yield line;
      this.#background();
    }
    while (this.#late.length > 0) this.#orderLate();
    for (let replica = 0; replica < replicas; replica++) this.#apply(replica, this.#order.length);
    if (witness) yield* this.#witness();
  }

  /** What happens besides: replicas apply, and writes that were given up are ordered. */
  #background(): void {
    if (this.#random.chance(0.3)) {
      const replica = this.#random.int(0, this.#options.replicas - 1);
      this.#apply(replica, this.#applied[replica] + this.#random.int(1, 8));
    }
    if (this.#late.length > 0 && this.#random.chance(0.02)) this.#orderLate();
  }

  #orderLate(): void {
    const at = this.#random.int(0, this.#late.length - 1);
    const [write] = this.#late.splice(at, 1);
    // What was only perhaps accepted may also never happen.
    if (write.eventual || this.#random.chance(0.6)) this.#deliver(write);
  }

  #deliver(write: Write): void {
    this.#order.push(write);
    write.place = this.#order.length;
  }

  #apply(replica: number, to: number): void {
    const held = this.#held[replica];
    const carriedOut = this.#carriedOut[replica];
    while (this.#applied[replica] < Math.min(to, this.#order.length)) {
      const { key, value, id } = this.#order[this.#applied[replica]++];
      if (id !== undefined) {
        if (carriedOut.has(id)) continue;
        carriedOut.add(id);
      }
      if (value === null) held.delete(key);
      else held.set(key, value);
    }
  }

  /** The client's next step, and the line that it leaves. */
  #step(client: ModelClient): HistoryLine | undefined {
    const { ongoing } = client;
    if (ongoing === undefined) {
      return this.#begun < this.#options.operations ? this.#begin(client) : undefined;
    }
    ongoing.steps++;
    if (ongoing.fault !== undefined && ongoing.steps > 1 && this.#random.chance(0.3)) {
      return this.#endBadly(client, ongoing, ongoing.fault);
    }
    // Slow ones are under way with many others.
    if (this.#random.chance(0.3)) return undefined;
    return ongoing.write
      ? this.#stepWrite(client, ongoing, ongoing.write)
      : this.#stepRead(client, ongoing);
  }

  #begin(client: ModelClient): HistoryLine {
    const { replicas, unknown, failures } = this.#options;
    this.#begun++;
    if (client.session && this.#random.chance(0.3)) {
      client.replica = this.#random.int(0, replicas - 1);
    }
    const invoke = this.#invoke(client);
    const write = invoke.op === "get" ? undefined : {
      key: invoke.key,
      value: invoke.op === "set" ? invoke.value : null,
      id: invoke.id,
      origin: invoke.replica,
      eventual: invoke.level === "eventual",
      place: 0,
    };
    const chance = this.#random.next();
    client.ongoing = {
      invoke,
      write,
      needs: invoke.level === "linearizable" ? this.#order.length : 0,
      seen: undefined,
      fault: chance < unknown ? "info" : chance < unknown + failures ? "fail" : undefined,
      steps: 0,
    };
    return invoke;
  }

  #invoke(client: ModelClient): Invoke {
    const { keys, levels, reads, deletes, ids, values } = this.#options;
    const { retry, process, replica } = client;
    client.retry = undefined;
    if (retry !== undefined) return { ...retry, at: this.#now(), replica };
    const facts = {
      type: "invoke",
      process,
      at: this.#now(),
      key: `k${this.#random.int(1, keys)}`,
      level: this.#random.pick(levels),
      replica,
      ...(client.session ? { session: true } : {}),
    } as const;
    if (this.#random.chance(reads)) return { ...facts, op: "get" };
    const n = ++this.#written;
    const id = ids ? { id: `${process}.${n}` } : {};
    if (this.#random.chance(deletes)) return { ...facts, op: "delete", ...id };
    const value = String(values === undefined ? n : this.#random.int(1, values));
    return { ...facts, op: "set", value, ...id };
  }

  /** Whether the client's replica has applied what its answers depended on. */
  #hasToken({ token, replica, session }: ModelClient): boolean {
    if (!session) return true;
    const applied = this.#applied[replica];
    return token.place <= applied &&
      token.writes.every(({ place }) => place > 0 && place <= applied);
  }

  #stepWrite(client: ModelClient, ongoing: Ongoing, write: Write): HistoryLine | undefined {
    if (!this.#hasToken(client)) {
      if (write.place === 0) this.#hurry(client);
      if (!this.#hasToken(client)) return undefined;
    }
    if (ongoing.fault === "fail") return undefined;
    if (write.eventual) {
      this.#late.push(write);
      if (ongoing.fault === "info") return this.#endBadly(client, ongoing, "info");
      return this.#ok(client, ongoing);
    }
    if (write.place === 0) this.#deliver(write);
    else if (this.#applied[client.replica] >= write.place) return this.#ok(client, ongoing);
    else if (this.#random.chance(0.5)) this.#apply(client.replica, this.#order.length);
    return undefined;
  }

  /** What a client waits for comes about. */
  #hurry({ token, replica }: ModelClient): void {
    for (const write of token.writes) {
      if (write.place > 0) continue;
      this.#late = this.#late.filter((late) => late !== write);
      this.#deliver(write);
    }
    this.#apply(replica, this.#order.length);
  }

  #stepRead(client: ModelClient, ongoing: Ongoing): HistoryLine | undefined {
    const { replica } = client;
    if (ongoing.seen !== undefined) return this.#ok(client, ongoing);
    if (!this.#hasToken(client)) this.#hurry(client);
    if (this.#applied[replica] < ongoing.needs) {
      if (this.#random.chance(0.5)) this.#apply(replica, this.#order.length);
      return undefined;
    }
    ongoing.seen = {
      value: this.#held[replica].get(ongoing.invoke.key) ?? null,
      applied: this.#applied[replica],
    };
    return undefined;
  }

  #ok(client: ModelClient, { invoke, write, seen }: Ongoing): HistoryLine {
    client.ongoing = undefined;
    if (write !== undefined) client.token.writes = [write];
    else if (seen !== undefined) client.token.place = Math.max(client.token.place, seen.applied);
    const value = seen === undefined ? {} : { value: seen.value };
    return { type: "ok", process: invoke.process, at: this.#now(), ...value };
  }

  #endBadly(client: ModelClient, { invoke, write }: Ongoing, type: "fail" | "info"): HistoryLine {
    client.ongoing = undefined;
    if (type === "info" && write !== undefined) {
      const isLate = this.#late.includes(write);
      if (write.place === 0 && !isLate && this.#hasToken(client)) {
        this.#late.push({ ...write, eventual: false });
      }
      if (
        invoke.op !== "get" && invoke.id !== undefined && this.#random.chance(this.#options.retries)
      ) {
        client.retry = invoke;
      }
    }
    const code = type === "info" ? "timeout" : "no_quorum";
    return { type, process: invoke.process, at: this.#now(), code };
  }

  #now(): number {
    this.#at += this.#random.int(1, 50);
    return this.#at;
  }

  *#witness(): Generator<HistoryLine> {
    for (const [i, { key, value, id, origin }] of this.#order.entries()) {
      const facts = { type: "order", index: i + 1, key, origin, ...(id ? { id } : {}) } as const;
      const line: OrderLine = value === null
        ? { ...facts, op: "delete" }
        : { ...facts, op: "set", value };
      yield line;
    }
    for (const [replica, held] of this.#held.entries()) {
      yield { type: "final", replica };
      for (const [key, value] of held) yield { type: "final", replica, key, value };
    }
  }
}
