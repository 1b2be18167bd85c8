/**
 * Replicas as the demos about crashes and cuts expect them, or with faults.
 *
 * @module
 */

import type { DemoRecord } from "../../../lib/cli/demo/record.ts";
import type { Asker, Processes } from "../../../lib/cli/demo/scenery.ts";
import { ConnectionError, RequestError } from "../../../lib/errors.ts";
import type { RequestOptions, Status } from "../../../lib/wire/message.ts";
import { STATUS } from "../../client/fake_server.ts";
import { sleep } from "./fake_threads.ts";

/** In what a scenery may differ from what the demos predict. */
export interface ProcessFaults {
  /** A killed replica takes the last write along. */
  readonly forgets?: boolean;
  /** No read is answered while a view is formed. */
  readonly holdsReads?: boolean;
  /** A replica that comes back does not get what it has missed. */
  readonly catchesUpNothing?: boolean;
  /** A new folder counts from the start. */
  readonly countsAtOnce?: boolean;
  /** What was taken while there was no majority is dropped, or delivered twice. */
  readonly outbox?: "dropped" | "twice";
  /** A refused write is carried out all the same. */
  readonly lies?: boolean;
  /** The side without a majority writes too. */
  readonly splits?: boolean;
  /** What was taken while there was no majority gets its place by the clock. */
  readonly ordersByClock?: boolean;
}

interface Write {
  readonly id: string;
  readonly key: string;
  readonly value: string;
  readonly origin: number;
}

interface FakeReplica {
  isUp: boolean;
  isCut: boolean;
  counts: boolean;
  /** Whether it is in the view. */
  isMember: boolean;
  held: Map<string, string>;
  outbox: Write[];
}

/** How long a fake takes to notice that a replica is gone or back. */
const NOTICE_MS = 40;

/** Three replicas. */
export class FakeProcesses implements Processes {
  readonly replicas = 3;
  readonly #faults: ProcessFaults;
  readonly #record: DemoRecord;
  readonly #order: Write[] = [];
  readonly #members: FakeReplica[] = Array.from({ length: 3 }, () => ({
    isUp: true,
    isCut: false,
    counts: true,
    isMember: true,
    held: new Map<string, string>(),
    outbox: [],
  }));
  /** Resolves when the view is what it must be. */
  #formed: Promise<void> = Promise.resolve();

  constructor(record: DemoRecord, faults: ProcessFaults = {}) {
    this.#record = record;
    this.#faults = faults;
  }

  isUp(replica: number): boolean {
    return this.#members[replica].isUp;
  }

  start(replica: number): Promise<void> {
    this.#members[replica].isUp = true;
    this.#change();
    return Promise.resolve();
  }

  kill(replica: number): Promise<void> {
    const member = this.#members[replica];
    member.isUp = false;
    if (this.#faults.forgets) {
      const last = this.#order.at(-1);
      for (const { held } of this.#members) if (last !== undefined) held.delete(last.key);
    }
    this.#change();
    return Promise.resolve();
  }

  wipe(replica: number): Promise<void> {
    const member = this.#members[replica];
    member.held = new Map();
    member.counts = this.#faults.countsAtOnce ?? false;
    return Promise.resolve();
  }

  cutOff(replica: number): () => void {
    const set = (isCut: boolean) => {
      if (this.#members[replica].isCut === isCut) return;
      this.#members[replica].isCut = isCut;
      this.#change();
    };
    set(true);
    return () => set(false);
  }

  /** Resolves when nothing changes any more. */
  async settled(): Promise<void> {
    await this.#formed;
  }

  onlooker(replica: number): Promise<Asker> {
    return this.client(replica);
  }

  client(replica: number): Promise<Asker> {
    return Promise.resolve({
      set: async (key, value, options = {}) => {
        const write = { id: options.id ?? "", key, value, origin: replica };
        await this.#set(this.#up(replica), write, options);
        return [];
      },
      get: async (key, options) => {
        const member = this.#up(replica);
        if (this.#faults.holdsReads) await this.#formed;
        if (options?.consistency === "linearizable" && !member.isMember) {
          throw this.#noQuorum(replica, false);
        }
        return member.held.get(key);
      },
      outcome: (id) =>
        Promise.resolve(this.#order.some((write) => write.id === id) ? "applied" : "never"),
      dump: (prefix = "") =>
        Promise.resolve(
          new Map([...this.#up(replica).held].filter(([key]) => key.startsWith(prefix))),
        ),
      status: () => Promise.resolve(this.#status(replica)),
    });
  }

  #up(replica: number): FakeReplica {
    const member = this.#members[replica];
    if (!member.isUp) throw new ConnectionError("nobody listens there");
    return member;
  }

  #status(id: number): Status {
    const { isMember, counts, held, outbox } = this.#up(id);
    const members = this.#members.flatMap(({ isMember }, id) => isMember ? id : []);
    return {
      ...STATUS,
      id,
      state: isMember ? "live" : "outside",
      view: { ballot: [1, 0], members: isMember ? members : [0, 1, 2] },
      missing: this.#missing(id),
      delivered: this.#order.length,
      applied: this.#order.length,
      keys: held.size,
      counts,
      outbox: outbox.length,
    };
  }

  #missing(id: number): { id: number; since: string }[] {
    const isAlone = this.#members[id].isCut && !this.#members[id].isMember;
    return this.#members.flatMap((other, peer) =>
      peer !== id && (isAlone || (!other.isMember && (!other.isUp || other.isCut)))
        ? { id: peer, since: "2026-01-01T00:00:00Z" }
        : []
    );
  }

  #noQuorum(id: number, maybe: boolean): RequestError {
    const missing = this.#missing(id);
    return new RequestError("no_quorum", "no majority", { maybe, missing });
  }

  async #set(member: FakeReplica, write: Write, { consistency }: RequestOptions): Promise<void> {
    const { lies, splits } = this.#faults;
    const wasMember = member.isMember;
    if (consistency === "eventual") {
      if (!member.counts) throw this.#noQuorum(write.origin, false);
      if (member.isMember) this.#deliver(write);
      else member.outbox.push(write);
      return;
    }
    await this.#formed;
    if (member.isMember) return this.#deliver(write);
    if (splits) return void member.held.set(write.key, write.value);
    // What was asked in a view is pending there, and may be ordered later.
    if (wasMember || lies) member.outbox.push(write);
    throw this.#noQuorum(write.origin, wasMember);
  }

  #deliver(write: Write): void {
    this.#order.push(write);
    const { id, key, value, origin } = write;
    this.#record.add({
      type: "order",
      index: this.#order.length,
      op: "set",
      key,
      value,
      id,
      origin,
    });
    for (const { isMember, held } of this.#members) if (isMember) held.set(key, value);
  }

  /** Something is different: a while later there is another view. */
  #change(): void {
    this.#formed = Promise.all([this.#formed, sleep(NOTICE_MS)]).then(() => this.#form());
  }

  #form(): void {
    const able = this.#members.filter(({ isUp, isCut }) => isUp && !isCut);
    for (const member of this.#members) member.isMember = able.length > 1 && able.includes(member);
    const members = this.#members.filter(({ isMember }) => isMember);
    for (const member of members) {
      member.counts = true;
      if (this.#faults.catchesUpNothing) continue;
      for (const { key, value } of this.#order) {
        if (!this.#faults.forgets) member.held.set(key, value);
      }
    }
    for (const member of members) {
      const waiting = this.#faults.outbox === "dropped" ? [] : member.outbox;
      member.outbox = [];
      for (const write of waiting) {
        const newer = this.#order.find(({ key }) => key === write.key);
        this.#deliver(write);
        if (this.#faults.outbox === "twice") this.#deliver(write);
        if (this.#faults.ordersByClock && newer !== undefined) this.#deliver(newer);
      }
    }
  }
}
