/**
 * The store in memory, which can be read, and the one on disk, which cannot, are given the same:
 * they say the same after each step, whatever it was.
 */

import { assert, assertEquals, assertGreater } from "@std/assert";
import type { Entry, Message, Operation, Snapshot } from "../../lib/order/message.ts";
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
  REPLICAS,
  SELF,
  set,
  VIEW,
} from "./stores.ts";

const BOUNDS: StoreBounds = { logEntriesKept: 12, logBytesKept: 4_000, requestIdsKept: 25 };

/** What a core and its peers might give to a store, at random: few keys, few ids. */
class Giver {
  readonly #random: Random;
  readonly #names: readonly string[];
  readonly #numbers: number[] = Array(REPLICAS).fill(0);
  #index = 0;
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
    const deliver: Entry[] = [];
    for (let k = random.int(0, 4); k > 0; k--) {
      const origin = random.int(0, REPLICAS - 1);
      const next = this.#message(origin);
      if (origin === SELF && random.chance(0.3)) {
        writes.push({ type: "outbox", numbered: { n: next.n, operation: next.operation } });
        continue;
      }
      writes.push(received(next));
      if (random.chance(0.7)) deliver.push({ index: ++this.#index, message: next });
    }
    if (random.chance(0.1)) {
      const ballot = { round: ++this.#round, id: random.int(0, 2) };
      writes.push({ type: "promised", ballot });
      if (random.chance(0.5)) writes.unshift(this.#install(ballot.round));
    }
    this.#waiting.push(...deliver);
    // Sometimes nothing is applied for a while, then much.
    const apply = this.#waiting.splice(0, random.chance(0.4) ? 0 : random.int(0, 9));
    return { writes, deliver, apply };
  }

  /** A peer's store that has applied more, with other keys. */
  peer(): MemoryStore {
    const random = this.#random;
    const peer = inMemory(BOUNDS);
    for (const { index } of this.#waiting) this.#index = Math.max(this.#index, index);
    const until = this.#index + random.int(1, 30);
    const numbers = [...this.#numbers];
    for (let index = 1; index <= until; index++) {
      const origin = random.int(0, REPLICAS - 1);
      const operation = this.#operation();
      // Of the messages on hand some are in it, some are not.
      const n = index * 2 + origin;
      numbers[origin] = Math.max(numbers[origin], n);
      const entry = { index, message: message(origin, n, index * 2, operation) };
      peer.commit({ writes: [], deliver: [entry], apply: [entry] });
    }
    numbers.forEach((n, origin) => this.#numbers[origin] = n);
    this.#index = until;
    this.#waiting = [];
    return peer;
  }

  #install(round: number): Write {
    const random = this.#random;
    const outbox = [{ n: ++this.#numbers[SELF], operation: this.#operation() }];
    const pending = [this.#message(0)];
    const n = random.int(0, this.#numbers[SELF] + 5);
    const view = { ...VIEW, ballot: { round, id: 0 } };
    return { type: "installed", view, pending, outbox, n };
  }

  #message(origin: number): Message {
    const n = this.#numbers[origin] += this.#random.int(1, 3);
    return message(origin, n, n * 3 + this.#random.int(0, 2), this.#operation());
  }

  #operation(): Operation {
    const random = this.#random;
    if (random.chance(0.15)) return { type: "fence", key: "", id: random.pick(this.#names) };
    const id = random.chance(0.5) ? { id: random.pick(this.#names) } : {};
    const eventual = "id" in id && random.chance(0.4) ? { eventual: true as const } : {};
    const key = random.pick(this.#names);
    if (random.chance(0.25)) return { type: "delete", key, ...id, ...eventual };
    return { ...set(key, anyText(random)), ...id, ...eventual } as Operation;
  }
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

/** All that a store says, but where its log begins: that is each kind's own. */
function says(store: Store, names: readonly string[]): unknown {
  const { keys, applied, appliedN, forgotten } = store;
  const { position, ...durable } = load(store);
  return {
    ...{ ...durable, position, former: null, keys, applied, appliedN: [...appliedN], forgotten },
    all: store.scan(""),
    values: names.map((name) => store.get(name)),
    outcomes: names.map((name) => store.outcome(name)),
    snapshot: whole(store),
  };
}

function assertSame(sqlite: SqliteStore, memory: MemoryStore, names: readonly string[]): void {
  assertEquals(says(sqlite, names), says(memory, names));
  const { index } = load(memory).position;
  const from = Math.max(sqlite.logFrom, memory.logFrom);
  assertEquals(sqlite.read(from, index), memory.read(from, index));
}

for (const seed of [31, 32, 33, 34]) {
  Deno.test(`both stores say the same after each of many random steps: seed ${seed}`, async () => {
    await inFolder(async (path) => {
      const random = new Random(seed);
      const giver = new Giver(random);
      let [sqlite, memory, at] = [await open(path, "never", BOUNDS), inMemory(BOUNDS), path];
      const did = { commits: 0, kills: 0, stops: 0, snapshots: 0, handedOn: 0 };
      for (let step = 0; step < 300; step++) {
        const what = random.int(0, 99);
        if (what < 88) {
          did.commits++;
          const commit = giver.commit();
          for (const store of [sqlite, memory]) store.commit(commit, random.chance(0.5));
        } else if (what < 93) {
          did.kills++;
          const next = `${path}-${step}`;
          copyAsKilled(at, next);
          sqlite.close();
          [sqlite, at] = [await open(next, "never", BOUNDS), next];
        } else if (what < 95) {
          did.stops++;
          sqlite.close();
          sqlite = await open(at, "never", BOUNDS);
        } else if (what < 98) {
          did.snapshots++;
          const peer = giver.peer();
          for (const store of [sqlite, memory]) pour(peer, store);
        } else {
          // What each says of itself makes an empty one of the other kind the same.
          did.handedOn++;
          if (memory.applied === 0) continue;
          const [onDisk, other] = [
            await open(`${path}-${step}`, "never", BOUNDS),
            inMemory(BOUNDS),
          ];
          pour(sqlite, other);
          pour(memory, onDisk);
          assertEquals(whole(onDisk), whole(sqlite));
          assertEquals(whole(other), whole(memory));
          onDisk.close();
        }
        assertSame(sqlite, memory, giver.names);
      }
      for (const count of Object.values(did)) assertGreater(count, 0, JSON.stringify(did));
      assert(memory.applied > 200 && memory.forgotten > 0 && memory.logFrom > 100);
      sqlite.close();
    });
  });
}
