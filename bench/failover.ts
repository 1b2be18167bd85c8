/**
 * How long a fault is felt, measured on real processes: the pause in the writes when a member is
 * killed, the start of a replica that holds many keys, and the rates at which one catches up.
 *
 *     deno task failover [--kills 20] [--keys 100000] [--entries 20000]
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import type { Client, Status } from "../lib/client/mod.ts";
import { residentMebibytes } from "../tests/e2e/memory.ts";
import { Processes } from "../tests/e2e/processes.ts";

/** Writes that are under way at once while keys are laid down. */
const BATCH = 2_000;

const LOOK_EVERY_MS = 5;

const { kills, keys, entries } = parseArgs(Deno.args, {
  string: ["kills", "keys", "entries"],
  default: { kills: "20", keys: "100000", entries: "20000" },
});

/** Waits until the replica says so of itself; it may not answer yet. */
async function reaches(
  cluster: Processes,
  id: number,
  holds: (status: Status) => boolean,
): Promise<void> {
  for (;;) {
    const status = await cluster.status(id).catch(() => null);
    if (status !== null && holds(status)) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

/** Writes one after the other; gives the longest time between two answers until `stop` is called. */
function watchWrites(client: Client): () => Promise<number> {
  let stopped = false;
  let longest = 0;
  const writing = (async () => {
    let last = performance.now();
    for (let i = 0; !stopped; i++) {
      await client.set("watched", `${i}`, { timeout: 60_000 });
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
    }
  })();
  return async () => {
    stopped = true;
    await writing;
    return longest;
  };
}

async function lay(client: Client, name: string, count: number): Promise<void> {
  for (let from = 0; from < count; from += BATCH) {
    const length = Math.min(BATCH, count - from);
    await Promise.all(
      Array.from({ length }, (_, i) => client.set(`${name} ${from + i}`, `value ${from + i}`)),
    );
  }
}

/** Kills one member after the other, never the one that is written to. */
async function measureKills(count: number): Promise<void> {
  await using cluster = await Processes.create({ args: ["--log-level", "error"] });
  await cluster.startAll();
  await cluster.live();
  const gaps: number[] = [];
  for (let i = 0; i < count; i++) {
    const at = i % 3;
    const victim = (at + 1 + Math.floor(i / 3) % 2) % 3;
    using client = await cluster.client(at);
    await client.set("watched", "before");
    const stop = watchWrites(client);
    await cluster.kill(victim);
    await cluster.live();
    gaps.push(await stop());
    await cluster.start(victim);
    await cluster.settled();
  }
  gaps.sort((a, b) => a - b);
  const ms = (index: number) => `${Math.round(gaps[index])} ms`;
  console.log(
    `a member is killed, ${count} times: longest pause of sequential writes at another, ` +
      `median ${ms(Math.floor(count / 2))}, best ${ms(0)}, worst ${ms(count - 1)}`,
  );
}

/** Starts a replica that holds many keys, lets it catch up by log, and rebuilds it. */
async function measureKeys(count: number, missed: number): Promise<void> {
  await using cluster = await Processes.create({ args: ["--log-level", "error"] });
  await cluster.startAll();
  await cluster.live();
  using client = await cluster.client(0);
  const timed = async (act: () => Promise<unknown>) => {
    const began = performance.now();
    await act();
    return performance.now() - began;
  };
  const say = (what: string, ms: number, amount?: number) => {
    const rate = amount === undefined ? "" : `, ${Math.round(amount / ms * 1_000)} a second`;
    console.log(`${what}: ${Math.round(ms)} ms${rate}`);
  };
  const memory = (id: number) => residentMebibytes(cluster.pid(id) ?? 0);
  say(
    `${count} keys are written at one replica`,
    await timed(() => lay(client, "key", count)),
    count,
  );
  await cluster.settled();
  console.log(`memory of a replica with ${count} keys: ${await memory(1)} MiB`);

  await cluster.kill(1);
  say(`it is killed and started with ${count} keys: ready`, await timed(() => cluster.start(1)));
  say("… live, from there", await timed(() => cluster.live()));
  console.log(`memory of it then: ${await memory(1)} MiB`);

  await cluster.kill(1);
  await cluster.live();
  await lay(client, "missed", missed);
  const { applied } = await client.status();
  await cluster.start(1);
  const caught = () => reaches(cluster, 1, (status) => status.applied >= applied);
  say(`it catches up ${missed} entries from the log`, await timed(caught), missed);
  await cluster.settled();

  await cluster.kill(1);
  await cluster.wipe(1);
  await cluster.start(1);
  say(`its folder is deleted: ${count + missed} keys from a snapshot`, await timed(caught), count);
  say("… live, from there", await timed(() => cluster.live()));
}

await measureKills(Number(kills));
await measureKeys(Number(keys), Number(entries));
