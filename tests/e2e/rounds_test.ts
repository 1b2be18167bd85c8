/**
 * Processes that are killed at random under load, wiped, and started in any order: nothing that was
 * answered is lost, and at the end of each round all replicas hold the same.
 */

import { assertEquals } from "@std/assert";
import { type Client, ConnectionError, RequestError, TimeoutError } from "../../lib/client/mod.ts";
import { Random } from "../../lib/chaos/random.ts";
import { Ledger } from "./ledger.ts";
import { Processes } from "./processes.ts";

const LONG = Deno.env.get("KVDIST_LONG") === "1";
const ROUNDS = LONG ? 15 : 3;

const CLIENTS_PER_REPLICA = 3;

/** A client's keys, written again and again. */
const KEYS_PER_CLIENT = 20;

/** Answered writes between two faults, at random. */
const ANSWERED_MIN = 50;
const ANSWERED_MAX = 300;

/** A client whose replica is gone looks for it this often. */
const RECONNECT_MS = 20;

/** Clients that write at each replica, through its crashes, until they are stopped. */
class Load {
  readonly #cluster: Processes;
  readonly #ledger: Ledger;
  readonly #random: Random;
  readonly #writing: Promise<void>[] = [];
  #stopped = false;
  #written = 0;

  constructor(cluster: Processes, ledger: Ledger, random: Random) {
    this.#cluster = cluster;
    this.#ledger = ledger;
    this.#random = random;
    for (const id of cluster.ids) {
      for (let i = 0; i < CLIENTS_PER_REPLICA; i++) this.#writing.push(this.#write(id, i));
    }
  }

  /** Waits until so many more writes are answered, anywhere. */
  async answered(count: number): Promise<void> {
    const enough = this.#ledger.answered + count;
    while (this.#ledger.answered < enough) {
      await Promise.race([pause(RECONNECT_MS), ...this.#writing]);
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#writing);
  }

  async #write(id: number, writer: number): Promise<void> {
    while (!this.#stopped) {
      try {
        using client = await this.#cluster.client(id);
        while (!this.#stopped) await this.#writeOne(client, `at ${id} by ${writer}`);
      } catch (error) {
        const expected = [ConnectionError, RequestError, TimeoutError];
        if (!expected.some((type) => error instanceof type)) throw error;
        await pause(RECONNECT_MS);
      }
    }
  }

  async #writeOne(client: Client, place: string): Promise<void> {
    const key = `${place}: ${this.#random.int(1, KEYS_PER_CLIENT)}`;
    const value = this.#random.chance(0.2) ? null : `${++this.#written}`;
    const done = this.#ledger.begin(key, value);
    const options = { timeout: 2_000 };
    if (value === null) await client.delete(key, options);
    else await client.set(key, value, options);
    done();
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Kills one after the other: as many as there may be, or all, each lagging behind the next. */
async function strike(cluster: Processes, load: Load, random: Random, all: boolean): Promise<void> {
  const victims = shuffled(cluster.ids, random);
  const minority = Math.ceil(victims.length / 2) - 1;
  for (const id of victims.slice(0, minority)) {
    await load.answered(random.int(ANSWERED_MIN, ANSWERED_MAX));
    await cluster.kill(id);
  }
  await load.answered(random.int(ANSWERED_MIN, ANSWERED_MAX));
  if (all) await Promise.all(victims.slice(minority).map((id) => cluster.kill(id)));
}

function shuffled(ids: readonly number[], random: Random): number[] {
  const left = [...ids];
  return ids.map(() => left.splice(random.int(0, left.length - 1), 1)[0]);
}

async function runRounds(replicas: number, rounds: number, seed: number): Promise<void> {
  const random = new Random(seed);
  const ledger = new Ledger();
  let wiped = 0;
  await using cluster = await Processes.create({
    replicas,
    args: ["--suspect-after", "500ms", "--log-level", "warn"],
  });
  await cluster.startAll();
  await cluster.live();
  for (let round = 0; round < rounds; round++) {
    const load = new Load(cluster, ledger, random);
    const all = round % 2 === 1;
    await strike(cluster, load, random, all);
    // Those that never stopped go on while the others come back, one with an empty folder.
    const down = shuffled(cluster.ids.filter((id) => !cluster.running.includes(id)), random);
    if (random.chance(0.6)) {
      await cluster.wipe(down[0]);
      wiped++;
    }
    for (const id of down) await cluster.start(id);
    await cluster.live(cluster.ids);
    await load.answered(ANSWERED_MIN);
    await load.stop();
    const dumps = await cluster.settled();
    for (const held of dumps) {
      assertEquals(held, dumps[0], `round ${round}, seed ${seed}: all replicas hold the same`);
    }
    assertEquals(ledger.wrong(dumps[0]), [], `round ${round}, seed ${seed}`);
    ledger.settle(dumps[0]);
  }
  console.log(
    `${replicas} processes, seed ${seed}: ${rounds} rounds, ${wiped} folders wiped, ` +
      `${ledger.answered} acknowledged writes`,
  );
}

Deno.test("three processes, killed, wiped and started in any order, lose nothing", () =>
  runRounds(3, ROUNDS, 1));

Deno.test({
  name: "five processes, killed, wiped and started in any order, lose nothing",
  ignore: !LONG,
  fn: () => runRounds(5, ROUNDS, 2),
});
