import { assert, assertEquals } from "@std/assert";
import { type Client, ConnectionError, type Consistency } from "../../lib/client/mod.ts";
import { spawn } from "../cli/program.ts";
import { Random } from "../../lib/chaos/random.ts";
import { Ledger } from "./ledger.ts";
import { type Server, startServer } from "./server.ts";
import { Clients } from "./until.ts";

const LONG = Deno.env.get("KVDIST_LONG") === "1";
const KILLS = LONG ? 50 : 5;
const STOPS = LONG ? 10 : 2;

const CLIENTS_PER_REPLICA = 2;

/** A client's keys that it writes again and again. */
const KEYS_PER_CLIENT = 5;

/** How many writes a client has under way at most. */
const PIPELINE = 8;

/** A round ends after so many answered writes, at random. */
const ANSWERED_MIN = 20;
const ANSWERED_MAX = 1_000;

/** Until then a start that is killed has got somewhere between nothing and ready. */
const START_MS_MAX = 600;

Deno.test("the ledger finds what is lost, resurrected or made up", () => {
  const ledger = new Ledger();
  ledger.begin("x", "1")();
  ledger.begin("x", "2")();
  ledger.begin("x", "3");
  ledger.begin("y", "4")();
  ledger.begin("y", null)();
  assertEquals(ledger.answered, 4);
  assertEquals(ledger.wrong(new Map([["x", "2"]])), []);
  assertEquals(ledger.wrong(new Map([["x", "3"]])), []);
  assertEquals(ledger.wrong(new Map([["x", "1"]])), ['x is "1", and may be "2" or "3"']);
  assertEquals(ledger.wrong(new Map([["x", "3"], ["y", "4"]])), ['y is "4", and may be nothing']);
  assertEquals(ledger.wrong(new Map([["x", "3"], ["z", "5"]])), ["z was never written"]);
  ledger.settle(new Map([["x", "2"]]));
  assertEquals(ledger.wrong(new Map([["x", "3"]])), ['x is "3", and may be "2"']);
});

/** A client's keys tell where they were written. */
const keyOf = (replica: number, client: number, rest: string) =>
  `at ${replica} by ${client}: ${rest}`;

/** Writes until the connection ends; `answered` is called for each answer. */
async function write(
  client: Client,
  place: (rest: string) => string,
  round: number,
  random: Random,
  ledger: Ledger,
  answered: () => void,
): Promise<void> {
  const under: Promise<void>[] = [];
  let ended = false;
  client.closed.then(() => ended = true);
  for (let i = 0; !ended; i++) {
    const again = random.chance(0.6);
    const key = place(again ? `${random.int(1, KEYS_PER_CLIENT)}` : `once ${round}.${i}`);
    const value = again && random.chance(0.2) ? null : `${round}.${i}`;
    const done = ledger.begin(key, value);
    const reply = value === null ? client.delete(key) : client.set(key, value);
    under.push(reply.then(() => {
      done();
      answered();
    }, unlessEnded));
    if (i >= PIPELINE) await under[i - PIPELINE];
  }
  await Promise.all(under);
}

/** Nobody answers any more: then the write may have happened, or not. */
function unlessEnded(error: unknown): void {
  if (!(error instanceof ConnectionError)) throw error;
}

/** Load at all replicas until `end` is called after some answers and has ended the server. */
async function load(
  server: Server,
  round: number,
  random: Random,
  ledger: Ledger,
  end: () => Promise<void>,
): Promise<void> {
  const replicas = server.replicas.flatMap((replica) =>
    Array<typeof replica>(CLIENTS_PER_REPLICA).fill(replica)
  );
  using clients = await Clients.connect(replicas);
  let left = random.int(ANSWERED_MIN, ANSWERED_MAX);
  const enough = Promise.withResolvers<void>();
  const answered = () => {
    if (--left === 0) enough.resolve();
  };
  const writing = clients.all.map((client, i) =>
    write(
      client,
      (rest) => keyOf(replicas[i].id, i, rest),
      round,
      new Random(random.int(0, 2 ** 31)),
      ledger,
      answered,
    )
  );
  await Promise.race([enough.promise, ...writing]);
  assert(left <= 0, `the server ended by itself:\n${server.stderr()}`);
  await end();
  await Promise.all(writing);
}

/** Looks at every replica; returns what is wrong, and how many keys there are. */
async function check(
  server: Server,
  consistency: Consistency,
  round: number,
  ledger: Ledger,
): Promise<{ wrong: string[]; keys: number }> {
  using clients = await Clients.connect(server.replicas);
  const wrong: string[] = [];
  if (consistency === "sequential") {
    // What was answered was applied where it was written: it is there from the first moment on.
    const early = await clients.dumps();
    early.forEach((held, id) => {
      wrong.push(...ledger.wrong(held, (key) => key.startsWith(`at ${id} `)));
    });
  }
  await clients.settled();
  const dumps = await clients.dumps();
  for (const held of dumps) {
    assertEquals(held, dumps[0], "all replicas hold the same");
    wrong.push(...ledger.wrong(held));
  }
  const last = [...dumps[0]].filter(([key]) => key.includes(`once ${round}.`));
  for (const client of clients.all) {
    const read = await Promise.all(last.map(([key]) => client.get(key)));
    assertEquals(read, last.map(([, value]) => value), "get reads what dump lists");
  }
  ledger.settle(dumps[0]);
  return { wrong, keys: dumps[0].size };
}

/** A start that is killed at a random moment, perhaps before it was ready. */
async function killWhileStarting(data: string, args: string[], random: Random): Promise<void> {
  const child = spawn(
    ["serve", "--port", "0", "--peer-port", "0", "--data", data, ...args],
    { permissions: ["--allow-all"] },
  );
  const timer = setTimeout(() => child.kill("SIGKILL"), random.int(0, START_MS_MAX));
  child.stdin.close();
  const { code, stderr } = await child.output();
  clearTimeout(timer);
  assert(code >= 128, `it ended by itself: ${new TextDecoder().decode(stderr)}`);
}

interface Rounds {
  readonly consistency: Consistency;
  readonly rounds: number;
  readonly seed: number;
  readonly end: (server: Server) => Promise<void>;
  /** Whether some starts are killed too. */
  readonly killStarts: boolean;
}

async function runRounds({ consistency, rounds, seed, end, killStarts }: Rounds) {
  const data = await Deno.makeTempDir({ prefix: "kvdist-kill-" });
  const args = ["--consistency", consistency, "--fsync", "always"];
  const random = new Random(seed);
  const ledger = new Ledger();
  const wrong: string[] = [];
  let startsKilled = 0;
  let keys = 0;
  try {
    for (let round = 0; round <= rounds; round++) {
      while (killStarts && random.chance(0.4)) {
        await killWhileStarting(data, args, random);
        startsKilled++;
      }
      await using server = await startServer({ data, args });
      const found = await check(server, consistency, round - 1, ledger);
      keys = found.keys;
      wrong.push(...found.wrong.map((line) => `round ${round}: ${line}`));
      if (round < rounds) await load(server, round, random, ledger, () => end(server));
      else assertEquals(await server.stop(), 0);
    }
  } finally {
    await Deno.remove(data, { recursive: true });
  }
  console.log(
    `${consistency}, seed ${seed}: ${rounds} rounds, ${startsKilled} starts killed, ` +
      `${ledger.answered} acknowledged writes, ${keys} keys at the end, ${wrong.length} wrong`,
  );
  assertEquals(wrong, []);
}

for (const [i, consistency] of (["sequential", "eventual"] as const).entries()) {
  Deno.test(`${consistency}: kill -9 under load loses nothing, and brings nothing back`, () =>
    runRounds({
      consistency,
      rounds: KILLS,
      seed: 1 + i,
      end: (server) => server.kill(),
      killStarts: true,
    }));

  Deno.test(`${consistency}: SIGTERM under load ends with 0 and loses nothing`, () =>
    runRounds({
      consistency,
      rounds: STOPS,
      seed: 11 + i,
      end: async (server) => assertEquals(await server.stop(), 0),
      killStarts: false,
    }));
}
