/**
 * Random and mutated frames at both ports: each is answered, nothing ends, memory stays flat. The
 * seed is told when something fails; `KVDIST_LONG=1` sends ten times as many.
 */

import { assert, assertEquals } from "@std/assert";
import { Random } from "../sim/random.ts";
import { CAN_MEASURE_MEMORY, residentMebibytes } from "./memory.ts";
import { type Answer, Bystanders, concat, frame, lengthOf, RawConnection } from "./raw.ts";
import { type Server, startServer } from "./server.ts";

const LONG = Deno.env.get("KVDIST_LONG") === "1";
const SEED = Number(Deno.env.get("KVDIST_FUZZ_SEED") ?? 1);

const CLIENT_FRAMES = LONG ? 180_000 : 18_000;
const PEER_FRAMES = LONG ? 20_000 : 2_000;

/** How many connections send at a time, each with its own random numbers. */
const CONNECTIONS = 6;

/** Requests that a connection sends in one write. */
const BATCH = 40;

/**
 * What the memory may grow by once all kinds of requests were seen, in MiB. The heaps of the three
 * workers level out only after some 100,000 writes, at about 500 together, whatever the writes.
 */
const GROWTH_MAX = LONG ? 600 : 200;

const ENCODER = new TextEncoder();

Deno.test(`random frames on the client port are all answered (seed ${SEED})`, () =>
  fuzz(async (server) => {
    const share = Math.ceil(CLIENT_FRAMES / CONNECTIONS);
    const all = (from: number, count: number) =>
      Promise.all(Array.from({ length: CONNECTIONS }, (_, i) => {
        const { client } = server.replicas[i % server.replicas.length];
        return fuzzClientPort(client, new Random(SEED * 1_000 + from + i), count);
      }));
    await all(0, Math.ceil(share / 4));
    const before = CAN_MEASURE_MEMORY ? await residentMebibytes(server.pid) : 0;
    await all(CONNECTIONS, share);
    const after = CAN_MEASURE_MEMORY ? await residentMebibytes(server.pid) : 0;
    assert(after - before < GROWTH_MAX, `from ${before} MiB to ${after} MiB`);
  }));

Deno.test(`random frames on the peer port are all refused (seed ${SEED})`, () =>
  fuzz(async (server) => {
    await Promise.all(Array.from({ length: CONNECTIONS }, async (_, i) => {
      const { peer } = server.replicas[i % server.replicas.length];
      const random = new Random(SEED * 2_000 + i);
      for (let sent = 0; sent < PEER_FRAMES / CONNECTIONS; sent++) await fuzzPeerPort(peer, random);
    }));
  }));

/** Lets it happen to a server, beside well-behaved clients. */
async function fuzz(act: (server: Server) => Promise<void>): Promise<void> {
  await using server = await startServer({ args: ["--store", "memory", "--log-level", "error"] });
  using bystanders = new Bystanders(server.replicas.map(({ client }) => client));
  await act(server);
  await bystanders.end();
  assertEquals(await server.stop(), 0);
  assertEquals(server.stderr().replace(/^kvdist: .*\n/gm, ""), "", "no error is logged");
}

/**
 * Sends frames, each followed by a `status`: so there must be answers of another kind, then one of
 * this, whatever the frame was, or an `ERROR` and the end of the connection.
 */
async function fuzzClientPort(address: string, random: Random, count: number): Promise<void> {
  const status = frame('["status"]');
  for (let sent = 0; sent < count;) {
    using connection = await RawConnection.open(address);
    for (let closed = false; !closed && sent < count;) {
      const batch = Array.from({ length: BATCH }, () => randomFrame(random, REQUESTS));
      const bytes = batch.flatMap((content) => [frame(content), status]);
      // Where the stream is no longer trusted, the rest is not taken.
      const writing = writeAll(connection, bytes);
      for (const content of batch) {
        sent++;
        const answers = await answersTo(connection);
        const last = answers.at(-1);
        assert(last !== undefined, `unanswered: ${show(content)}`);
        if (last[0] === "STATUS") {
          assert(answers.length > 1, `unanswered: ${show(content)}`);
        } else {
          assertEquals([last[0], last[1]], ["ERROR", "bad_request"], show(content));
          assert(!isJson(content), `closed after ${show(content)}`);
          closed = true;
          break;
        }
      }
      await writing;
    }
    // A length that is none, or a frame that never becomes whole, at the end of some connections.
    if (random.chance(0.5)) {
      await connection.write(lengthOf(random.pick([0, 9, 2 ** 23 + 1, 2 ** 31]))).catch(() => {});
    }
  }
}

/** The answers up to a `STATUS`, or to the end of the connection. */
async function answersTo(connection: RawConnection): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (;;) {
    const answer = await connection.next();
    if (answer === null) return answers;
    answers.push(answer);
    if (answer[0] === "STATUS") return answers;
  }
}

async function writeAll(connection: RawConnection, parts: readonly Uint8Array[]): Promise<void> {
  try {
    await connection.write(concat(parts));
  } catch {
    // It was closed meanwhile, which the answers tell.
  }
}

/** Says one thing to a peer port, and wants a refusal, or just the end if it was no whole frame. */
async function fuzzPeerPort(address: string, random: Random): Promise<void> {
  using connection = await RawConnection.open(address);
  const content = randomFrame(random, PEER_WORDS);
  const whole = frame(content);
  const cut = random.chance(0.1) ? random.int(0, whole.length - 1) : whole.length;
  await writeAll(connection, [whole.subarray(0, cut)]);
  await connection.closeWrite();
  const answers = await connection.rest();
  const refused = answers.every(([word, code]) => word === "ERROR" && code === "unauthorized");
  assert(refused && (cut < whole.length || answers.length === 1), show(content));
}

const NOBODY = "00000000-0000-0000-0000-000000000000";

/** Right requests, to be changed; few and small keys, so that they meet. */
const REQUESTS: readonly unknown[][] = [
  ["set", "a", "1", 1],
  ["set", "b", "é", 2, { consistency: "eventual" }],
  ["set", "c", "", 0, { id: "once", timeout: 1_000, token: [0, 0, 0] }],
  ["get", "a"],
  ["get", "b", { consistency: "sequential", timeout: 10 }],
  ["delete", "a", {}],
  ["dump", "a"],
];

/** What peers say; none of it fits as the first word of a stranger. */
const PEER_WORDS: readonly unknown[][] = [
  ["hello", 1, null, 2, 3, NOBODY],
  ["hello", 1, NOBODY, 1, 3, NOBODY],
  ["broadcast", "a", "9", 1, [2, 9], "message", 9, 0, [1, 0]],
  [[0, 5], "a", null, 1, [2, 9], "acknowledgement", 0, [1, 0]],
  ["heartbeat", 9, "live", [1, 0], 1, [0, 1], false, 0],
  ["prepare", [9, 2]],
  ["install", [[9, 2], [0, 1, 2], NOBODY, [NOBODY]], null, [0, 0, 0], [0, 0, 0], 2, 0],
];

/** A right form, one with something changed, one of chance, or one whose bytes are changed. */
function randomFrame(random: Random, forms: readonly unknown[][]): Uint8Array {
  const form = random.pick(forms);
  if (random.chance(0.1)) return ENCODER.encode(JSON.stringify(form));
  if (random.chance(0.5)) return ENCODER.encode(JSON.stringify(changed(form, random)));
  if (random.chance(0.5)) return ENCODER.encode(JSON.stringify(randomValue(random, 3)));
  const bytes = ENCODER.encode(JSON.stringify(form));
  for (let i = random.int(1, 3); i > 0; i--) {
    bytes[random.int(0, bytes.length - 1)] = random.int(0, 255);
  }
  return random.chance(0.2) ? bytes.subarray(0, random.int(1, bytes.length)) : bytes;
}

function changed(form: readonly unknown[], random: Random): unknown[] {
  const copy = [...form];
  const at = random.int(0, copy.length);
  switch (random.int(0, 2)) {
    case 0:
      copy.splice(at, 1);
      break;
    case 1:
      copy.splice(at, 0, randomValue(random, 2));
      break;
    default:
      copy[Math.min(at, copy.length - 1)] = randomValue(random, 2);
  }
  return copy;
}

const WORDS: readonly unknown[] = [
  ...["", "a", "set", "get", "\ud800", "é😀\u0000", "\ufeff", "__proto__", "x".repeat(2_000)],
  ...[0, 1, -1, 1.5, 2 ** 53, 1e300, null, true, false],
];

function randomValue(random: Random, depth: number): unknown {
  if (depth === 0 || random.chance(0.5)) return random.pick(WORDS);
  const values = Array.from(
    { length: random.int(0, 4) },
    () => randomValue(random, depth - 1),
  );
  if (random.chance(0.7)) return values;
  const names = ["consistency", "token", "timeout", "id", "constructor", "0"];
  return Object.fromEntries(values.map((value) => [random.pick(names), value]));
}

function isJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return true;
  } catch {
    return false;
  }
}

function show(bytes: Uint8Array): string {
  return JSON.stringify(new TextDecoder().decode(bytes.subarray(0, 200)));
}
