/**
 * The store in memory, which can be read, and the one on disk, which cannot, are given the same:
 * they say the same after each step, whatever it was.
 */

import { assert, assertEquals, assertGreater } from "@std/assert";
import { byteLength } from "../../lib/bytes.ts";
import {
  compareMessages,
  type Entry,
  type Message,
  type Numbered,
  type Operation,
  type Snapshot,
} from "../../lib/order/message.ts";
import type { Write } from "../../lib/order/step.ts";
import type { MemoryStore } from "../../lib/store/memory.ts";
import type { SqliteStore } from "../../lib/store/sqlite.ts";
import type { Commit, Store, StoreBounds } from "../../lib/store/store.ts";
import { Random } from "../../lib/chaos/random.ts";
import { anyText } from "../wire/generate.ts";
import {
  copyAsKilled,
  inFolder,
  inMemory,
  load,
  message,
  open,
  pour,
  received,
  REPLICAS,
  SELF,
  set,
  VIEW,
} from "./stores.ts";

const LONG = Deno.env.get("KVDIST_LONG") === "1";

const BOUNDS: StoreBounds = { logEntriesKept: 12, logBytesKept: 4_000, requestIdsKept: 25 };

/** What a core and its peers might give to a store, at random: few keys, few ids. */
class Giver {
  readonly #random: Random;
  readonly #names: readonly string[];
  /** By origin: the last number given, and the last time. */
  readonly #numbers: number[] = Array(REPLICAS).fill(0);
  readonly #times: number[] = Array(REPLICAS).fill(0);
  #queue: Message[] = [];
  #outbox: Numbered[] = [];
  #index = 0;
  #delivered = 0;
  #round = 0;
  #waiting: Entry[] = [];

  constructor(random: Random) {
    this.#random = random;
    this.#names = Array.from({ length: 12 }, () => anyText(random, 1, 4));
  }

  /** Whatever a store may be asked about. */
  get names(): readonly string[] {
    return this.#names;
  }

  /** The next commit. */
  commit(): Commit {
    const random = this.#random;
    const writes: Write[] = [];
    if (random.chance(0.1)) writes.push({ type: "promised", ballot: this.#nextBallot() });
    const follows = random.chance(0.1);
    const entries = follows ? this.#follow() : [];
    if (follows) writes.push(this.#install());
    for (let k = random.int(0, 3); k > 0; k--) {
      const origin = random.int(0, REPLICAS - 1);
      if (origin === SELF && random.chance(0.3)) writes.push(this.#wait());
      else writes.push(received(...this.#broadcast(origin, random.int(1, 3))));
    }
    if (!follows || random.chance(0.5)) entries.push(...this.#deliver(random.int(0, 6)));
    this.#waiting.push(...entries);
    // Sometimes nothing is applied for a while, then much.
    const apply = this.#waiting.splice(0, random.chance(0.4) ? 0 : random.int(0, 9));
    return { writes, deliver: entries, apply };
  }

  /** What is delivered and not applied: a start applies all of it. */
  leftOver(): Commit {
    return { writes: [], deliver: [], apply: this.#waiting.splice(0) };
  }

  /** A peer's store that has applied more, with other keys. */
  peer(): MemoryStore {
    const random = this.#random;
    const peer = inMemory(BOUNDS);
    const until = this.#index + random.int(1, 30);
    for (let index = 1; index <= until; index++) {
      const origin = random.int(0, REPLICAS - 1);
      // Of the messages on hand some are in it, some are not.
      const n = Math.max(this.#numbers[origin] - 5, 1) + index * 2;
      const time = this.#delivered + index;
      const entry = { index, message: message(origin, n, time, this.#operation()) };
      peer.commit({ writes: [], deliver: [entry], apply: [entry] });
    }
    this.#index = until;
    this.#delivered += until;
    this.#waiting = [];
    this.#cover(peer.appliedN);
    return peer;
  }

  /** The head of the queue, in timestamp order. */
  #deliver(count: number): Entry[] {
    this.#queue.sort(compareMessages);
    return this.#queue.splice(0, count).map((message) => this.#entry(message));
  }

  #entry(message: Message): Entry {
    this.#delivered = message.time;
    this.#numbers[message.origin] = Math.max(this.#numbers[message.origin], message.n);
    this.#outbox = this.#outbox.filter(({ n }) => message.origin !== SELF || n > message.n);
    return { index: ++this.#index, message };
  }

  /** Fetched from a peer: some were in the queue, some are stamped anew, some were never here. */
  #follow(): Entry[] {
    const entries: Entry[] = [];
    for (let k = this.#random.int(0, 4); k > 0; k--) {
      const of = this.#queue.at(0);
      const origin = of?.origin ?? this.#random.int(0, REPLICAS - 1);
      const n = of?.n ?? ++this.#numbers[origin];
      const time = this.#nextTime(origin);
      this.#queue = this.#queue.filter((other) => other.origin !== origin || other.n > n);
      entries.push(this.#entry(message(origin, n, time, of?.operation ?? this.#operation())));
    }
    return entries;
  }

  #cover(numbers: readonly number[]): void {
    numbers.forEach((n, origin) => this.#numbers[origin] = Math.max(this.#numbers[origin], n));
    this.#queue = this.#queue.filter(({ origin, n }) => n > numbers[origin]);
    this.#outbox = this.#outbox.filter(({ n }) => n > numbers[SELF]);
  }

  #nextBallot() {
    return { round: ++this.#round, id: this.#random.int(0, 2) };
  }

  /** A view begins with part of the queue; what is one's own goes back to the outbox. */
  #install(): Write {
    this.#queue.sort(compareMessages);
    const isBack = ({ origin, n }: Message) =>
      origin === SELF && this.#outbox.some((other) => n >= other.n);
    const pending = this.#queue.filter((message) =>
      message.time > this.#delivered && this.#random.chance(0.7) && !isBack(message)
    );
    const carried = Math.max(0, ...pending.filter(isOwn).map(({ n }) => n));
    const back = this.#queue.filter((own) => isOwn(own) && own.n > carried);
    this.#outbox = [...back.map(({ n, operation }) => ({ n, operation })), ...this.#outbox]
      .sort((a, b) => a.n - b.n);
    this.#queue = [...pending];
    const n = Math.max(this.#numbers[SELF], this.#random.int(0, this.#numbers[SELF] + 5));
    this.#numbers[SELF] = n;
    const view = { ...VIEW, ballot: this.#nextBallot() };
    return { type: "installed", view, pending, outbox: [...this.#outbox], n };
  }

  #wait(): Write {
    const numbered = Array.from({ length: this.#random.int(1, 3) }, () => {
      return { n: ++this.#numbers[SELF], operation: this.#operation() };
    });
    this.#outbox.push(...numbered);
    return { type: "outbox", numbered };
  }

  #broadcast(origin: number, count: number): Message[] {
    const messages = Array.from({ length: count }, () => {
      const first = origin === SELF ? this.#outbox.shift() : undefined;
      const n = first?.n ?? (this.#numbers[origin] += this.#random.int(1, 3));
      const operation = first?.operation ?? this.#operation();
      return message(origin, n, this.#nextTime(origin), operation);
    });
    this.#queue.push(...messages);
    return messages;
  }

  #nextTime(origin: number): number {
    const last = Math.max(this.#times[origin], this.#delivered);
    return this.#times[origin] = last + this.#random.int(1, 3);
  }

  #operation(): Operation {
    const random = this.#random;
    if (random.chance(0.1)) return { type: "fence", key: "", id: random.pick(this.#names) };
    const id = random.chance(0.5) ? { id: random.pick(this.#names) } : {};
    const eventual = "id" in id && random.chance(0.4) ? { eventual: true as const } : {};
    return { ...this.#change(), ...id, ...eventual };
  }

  #change(): Operation {
    const random = this.#random;
    const key = random.pick(this.#names);
    const value = random.chance(0.5) ? String(random.int(-9, 9)) : anyText(random);
    const bytes = byteLength(value);
    const other = random.pick(this.#names);
    switch (random.int(0, 12)) {
      case 0:
        return { type: "delete", key };
      case 1: {
        const when = random.pick(["always", "absent", "present"] as const);
        return { type: "put", key, value, bytes, when, previous: random.chance(0.5) };
      }
      case 2: {
        const expected = random.chance(0.5) ? null : String(random.int(-9, 9));
        const all = bytes + byteLength(expected ?? "");
        return { type: "cas", key, expected, value, bytes: all };
      }
      case 3:
      case 4:
        return { type: "add", key, by: String(random.int(-5, 5)) };
      case 5:
        return { type: "append", key, value, bytes, bytesMax: 40 };
      case 6:
        return { type: "take", key };
      case 7:
        return { type: "rename", key, to: other, when: random.pick(["always", "absent"] as const) };
      case 8: {
        const pairs = [[key, value], [other, null]] as const;
        const all = byteLength(key) + bytes + byteLength(other);
        return { type: "several", key: "", pairs, bytes: all };
      }
      case 9:
        if (random.chance(0.3)) return { type: "clear", key: "" };
    }
    return set(key, value);
  }
}

function isOwn({ origin }: Message): boolean {
  return origin === SELF;
}

/** All of a snapshot, in an order that does not depend on the kind of store. */
function whole(store: Store): unknown {
  const snapshot = store.snapshot();
  const parts: Snapshot[] = [];
  do parts.push(snapshot.next()); while (!parts[parts.length - 1].last);
  snapshot.close();
  const { position, deliveredN, forgotten } = parts[0];
  const keys = parts.flatMap(({ keys }) => keys).toSorted(([a], [b]) => a < b ? -1 : 1);
  return { position, deliveredN, forgotten, keys, requests: parts.flatMap((p) => p.requests) };
}

/** What a store says without bringing anything into its tables. */
function says(store: Store, names: readonly string[]): unknown {
  const { applied, appliedN } = store;
  const { position, ...durable } = load(store);
  return {
    ...{ ...durable, position, former: null, applied, appliedN: [...appliedN] },
    values: names.map((name) => store.get(name)),
    outcomes: names.map((name) => store.outcome(name)),
  };
}

function assertSame(sqlite: SqliteStore, memory: MemoryStore, giver: Giver, random: Random): void {
  const { names } = giver;
  assertEquals(says(sqlite, names), says(memory, names));
  const { index } = load(memory).position;
  const from = Math.max(sqlite.logFrom, memory.logFrom);
  assertEquals(sqlite.read(from, index), memory.read(from, index));
  if (random.chance(0.2)) assertEquals(sqlite.keys, memory.keys);
  if (random.chance(0.2)) assertEquals(sqlite.forgotten, memory.forgotten);
  if (random.chance(0.05)) assertEquals(sqlite.scan(""), memory.scan(""));
  if (random.chance(0.05)) assertEquals(whole(sqlite), whole(memory));
}

/** By seed: how long a segment of the log is. */
const SEGMENT_BYTES = [300, 1_000, 5_000, 30_000, undefined];

for (const seed of Array.from({ length: LONG ? 200 : 10 }, (_, i) => 31 + i)) {
  Deno.test(`both stores say the same after each of many random steps: seed ${seed}`, async () => {
    await inFolder(async (path) => {
      const random = new Random(seed);
      const giver = new Giver(random);
      const bounds = { ...BOUNDS, segmentBytes: SEGMENT_BYTES[seed % SEGMENT_BYTES.length] };
      const reopen = async (at: string) => {
        memory.commit(giver.leftOver());
        return await open(at, "never", { ...bounds, readCacheBytes: random.int(0, 2_000) });
      };
      let [sqlite, memory, at] = [await open(path, "never", bounds), inMemory(BOUNDS), path];
      const did = { commits: 0, kills: 0, stops: 0, snapshots: 0, handedOn: 0 };
      for (let step = 0; step < 400; step++) {
        const what = random.int(0, 99);
        if (what < 90) {
          did.commits++;
          const commit = giver.commit();
          const safe = random.chance(0.5);
          assertEquals(sqlite.commit(commit, safe), memory.commit(commit));
        } else if (what < 94) {
          did.kills++;
          const next = `${path}-${step}`;
          copyAsKilled(at, next);
          sqlite.close();
          [sqlite, at] = [await reopen(next), next];
        } else if (what < 96) {
          did.stops++;
          sqlite.close();
          sqlite = await reopen(at);
        } else if (what < 98) {
          did.snapshots++;
          const peer = giver.peer();
          for (const store of [sqlite, memory]) pour(peer, store);
        } else {
          // What each says of itself makes an empty one of the other kind the same.
          did.handedOn++;
          if (memory.applied === 0) continue;
          const [onDisk, other] = [
            await open(`${path}-${step}`, "never", bounds),
            inMemory(BOUNDS),
          ];
          pour(sqlite, other);
          pour(memory, onDisk);
          assertEquals(whole(onDisk), whole(sqlite));
          assertEquals(whole(other), whole(memory));
          onDisk.close();
        }
        assertSame(sqlite, memory, giver, random);
      }
      for (const count of Object.values(did)) assertGreater(count, 0, JSON.stringify(did));
      assert(memory.applied > 200 && memory.forgotten > 0 && memory.logFrom > 100);
      sqlite.close();
    });
  });
}
