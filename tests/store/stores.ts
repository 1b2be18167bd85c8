/**
 * Stores for tests: both kinds, new or in a folder, and what is done to them.
 *
 * @module
 */

import type { Entry, Message, Operation, View } from "../../lib/order/message.ts";
import type { Durable, Write } from "../../lib/order/step.ts";
import { holdsStore, takeFolder } from "../../lib/store/folder.ts";
import { encodeBoot } from "../../lib/store/log_line.ts";
import { RecordBuffer } from "../../lib/store/log_record.ts";
import { MemoryStore } from "../../lib/store/memory.ts";
import { readSegment } from "../../lib/store/read_segments.ts";
import { segmentFile, segmentNumbers } from "../../lib/store/segments.ts";
import { type DiskBounds, type Fsync, SqliteStore } from "../../lib/store/sqlite.ts";
import type { Commit, Store, StoreBounds } from "../../lib/store/store.ts";
import { byteLength } from "../../lib/bytes.ts";

/** The replica whose store it is, of three. */
export const SELF = 1;
export const REPLICAS = 3;

export const VIEW: View = {
  ballot: { round: 4, id: 2 },
  members: [0, 1, 2],
  cluster: "c",
  identities: ["i0", null, "i2"],
};

/** A new store in memory. */
export function inMemory(bounds?: StoreBounds): MemoryStore {
  return new MemoryStore(SELF, REPLICAS, "identity", bounds);
}

/** Runs with a folder's path that nothing is at yet. */
export async function inFolder(act: (path: string) => Promise<void> | void): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "kvdist-store-" });
  try {
    await act(`${root}/data/${SELF}`);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** Opens the store in a folder, as a start does. */
export async function open(
  path: string,
  fsync: Fsync = "always",
  bounds?: DiskBounds,
): Promise<SqliteStore> {
  const folder = await takeFolder(path);
  if (await holdsStore(path)) SqliteStore.inspect(folder);
  return SqliteStore.open(folder, { id: SELF, replicas: REPLICAS }, fsync, bounds);
}

/**
 * What a killed process leaves: the folder as it is now, under another path. The store is still in
 * use; nothing is written to it meanwhile.
 */
export function copyAsKilled(path: string, to: string): void {
  Deno.mkdirSync(to, { recursive: true });
  for (const { name, isDirectory } of Deno.readDirSync(path)) {
    if (isDirectory) copyAsKilled(`${path}/${name}`, `${to}/${name}`);
    else if (!/^lock|-shm$/.test(name)) Deno.copyFileSync(`${path}/${name}`, `${to}/${name}`);
  }
}

/** The folder as it is now, as another boot of the machine finds it an hour later. */
export async function afterPowerCut(path: string, to: string): Promise<void> {
  copyAsKilled(path, to);
  const [number] = segmentNumbers(to).slice(-1);
  const segment = readSegment(Deno.readFileSync(segmentFile(to, number)), number);
  const note = [...segment.beginning, ...segment.lines].findLast(({ type }) => type === "boot");
  if (note?.type !== "boot" || note.boot === null || note.boot.at === null) {
    throw new Error("nothing was noted of the machine's run");
  }
  const record = new RecordBuffer();
  record.add(encodeBoot({ ...note.boot, at: note.boot.at - 3_600_000 }));
  // Behind what was written there are zeros.
  await Deno.truncate(segmentFile(to, number), segment.size);
  await Deno.writeFile(segmentFile(to, number), record.finish(0).slice(), { append: true });
}

/** A test that each kind of store must pass. */
export function each(name: string, test: (store: Store) => void, bounds?: StoreBounds): void {
  Deno.test(`memory: ${name}`, () => test(inMemory(bounds)));
  Deno.test(`sqlite: ${name}`, () =>
    inFolder(async (path) => {
      const store = await open(path, "always", bounds);
      try {
        test(store);
      } finally {
        store.close();
      }
    }));
}

export function set(key: string, value: string, id?: string): Operation {
  const named = id === undefined ? {} : { id };
  return { type: "set", key, value, bytes: byteLength(value), ...named };
}

export function fence(id: string): Operation {
  return { type: "fence", key: "", id };
}

export function message(
  origin: number,
  n: number,
  time: number,
  operation: Operation = set("k", "v"),
): Message {
  return { origin, n, time, operation };
}

/** Messages of one origin, in the order of `n`, have come. */
export function received(...messages: Message[]): Write {
  return {
    type: "received",
    broadcast: { type: "broadcast", ballot: VIEW.ballot, messages, prev: 0 },
  };
}

/** Own operations wait for a view. */
export function outbox(operation: Operation, ...numbers: number[]): Write {
  return { type: "outbox", numbered: numbers.map((n) => ({ n, operation })) };
}

export function commit(store: Store, part: Partial<Commit>): void {
  store.commit({ writes: [], deliver: [], apply: [], ...part }, true);
}

/** Operations of replica 0, to be delivered after what was applied. */
export function entries(store: Store, ...operations: Operation[]): Entry[] {
  return operations.map((operation, i) => {
    const index = store.applied + i + 1;
    return { index, message: message(0, index, index, operation) };
  });
}

/** Delivers and applies these operations of replica 0, after what was applied. */
export function apply(store: Store, ...operations: Operation[]): void {
  const all = entries(store, ...operations);
  commit(store, { deliver: all, apply: all });
}

/** What the core goes on from; the identity is each folder's own, the queue has no order. */
export function load(store: Store): Durable {
  const { pending, ...durable } = store.load();
  const sorted = pending.toSorted((a, b) => a.origin - b.origin || a.n - b.n);
  return { ...durable, pending: sorted, identity: "" };
}

/** Carries a snapshot of one store into another, a part in each commit. */
export function pour(from: Store, to: Store): number {
  const snapshot = from.snapshot();
  try {
    for (let parts = 1;; parts++) {
      const part = snapshot.next();
      commit(to, { writes: [part] });
      if (part.last) return parts;
    }
  } finally {
    snapshot.close();
  }
}
