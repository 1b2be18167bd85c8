/**
 * The store: what a commit costs, with one write in it and with many, and what reads cost.
 *
 * @module
 */

import type { Broadcast, Entry } from "../lib/order/message.ts";
import { MemoryStore } from "../lib/store/memory.ts";
import { takeFolder } from "../lib/store/folder.ts";
import { type Fsync, SqliteStore } from "../lib/store/sqlite.ts";
import type { Store } from "../lib/store/store.ts";

const KEYS = 10_000;
const BATCH = 50;
const OWNER = { id: 0, replicas: 3 };

const stores: Record<string, Store> = {
  memory: new MemoryStore(OWNER.id, OWNER.replicas, crypto.randomUUID()),
  "sqlite, fsync never": await onDisk("never"),
  "sqlite, fsync always": await onDisk("always"),
};

for (const [name, store] of Object.entries(stores)) {
  const commit = committer(store);
  for (let i = 0; i < KEYS; i += BATCH) commit(BATCH);

  Deno.bench(`commit 1 write: ${name}`, { group: "commit 1 write" }, () => {
    commit(1);
  });

  Deno.bench(`commit ${BATCH} writes: ${name}`, { group: `commit ${BATCH} writes` }, () => {
    commit(BATCH);
  });

  let next = 0;
  Deno.bench(`get: ${name}`, { group: "get" }, () => {
    store.get(`key-${next++ % KEYS}`);
  });

  Deno.bench(`scan ${KEYS} keys: ${name}`, { group: "scan" }, () => {
    store.scan("key-");
  });
}

/**
 * Carries so many delivered writes to the store, as a replica does: received as one broadcast,
 * delivered and applied in one commit, which is on disk if the store forces it.
 */
function committer(store: Store): (count: number) => void {
  let index = 0;
  const value = "v".repeat(64);
  const ballot = { round: 1, id: 0 };
  const entry = (): Entry => {
    index++;
    const key = `key-${index % KEYS}`;
    const operation = { type: "set", key, value, bytes: value.length } as const;
    return { index, message: { origin: 0, n: index, time: index, operation } };
  };
  return (count) => {
    const entries = Array.from({ length: count }, entry);
    const messages = entries.map(({ message }) => message);
    const broadcast: Broadcast = { type: "broadcast", ballot, messages, prev: index - count };
    store.commit(
      { writes: [{ type: "received", broadcast }], deliver: entries, apply: entries },
      true,
    );
  };
}

async function onDisk(fsync: Fsync): Promise<SqliteStore> {
  const path = Deno.makeTempDirSync({ prefix: "kvdist-bench-" });
  globalThis.addEventListener("unload", () => Deno.removeSync(path, { recursive: true }));
  return SqliteStore.open(await takeFolder(path), OWNER, fsync);
}
