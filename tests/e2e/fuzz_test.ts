/**
 * Random and mutated frames at both ports, and commands of Redis's protocol, in every state of a
 * connection: each is answered, nothing ends, memory stays flat. The seed is told when something
 * fails; `KVDIST_FUZZ_SEED` chooses it, and `KVDIST_LONG=1` sends a million frames, ten times as many
 * as otherwise.
 */

import { assert, assertEquals } from "@std/assert";
import { RequestError, StreamError } from "../../lib/errors.ts";
import { PROTOCOL } from "../../lib/wire/peer.ts";
import { PeerDecoder } from "../../lib/wire/peer_decoder.ts";
import { Random } from "../../lib/chaos/random.ts";
import { CAN_MEASURE_MEMORY, residentMebibytes } from "./memory.ts";
import { type Answer, Bystanders, concat, frame, lengthOf, RawConnection } from "./raw.ts";
import { type Argument, command, RespConnection } from "./resp.ts";
import { type Server, startServer } from "./server.ts";
import { until } from "./until.ts";

const LONG = Deno.env.get("KVDIST_LONG") === "1";
const SEED = Number(Deno.env.get("KVDIST_FUZZ_SEED") ?? 1);

const CLIENT_FRAMES = LONG ? 898_000 : 88_000;
const PEER_FRAMES = LONG ? 100_000 : 10_000;

/** Commands of Redis's protocol, on the same port. */
const COMMANDS = LONG ? 400_000 : 40_000;

/** Many of them have to wait: the time that they take is not that of the machine. */
const CLIENT_FRAMES_IN_CHANGES = 2_000;

/** How many connections send at a time, each with its own random numbers. */
const CONNECTIONS = 6;

/** Frames that a connection sends in one write: to clients' ports … */
const BATCH = 100;

/** … and to peers', where the first decides. */
const PEER_BATCH = 25;

/**
 * What the memory may grow by once all kinds of requests were seen, in MiB. The heaps of the three
 * workers level out only after some 100,000 writes, at about 500 together, whatever the writes.
 */
const GROWTH_MAX = LONG ? 600 : 200;

const ENCODER = new TextEncoder();

Deno.test(`random frames on the client port are all answered (seed ${SEED})`, () =>
  fuzz([], async (server) => {
    using bystanders = new Bystanders(server.replicas.map(({ client }) => client));
    const share = Math.ceil(CLIENT_FRAMES / CONNECTIONS);
    const all = (from: number, count: number) =>
      Promise.all(Array.from({ length: CONNECTIONS }, (_, i) => {
        const { client } = server.replicas[i % server.replicas.length];
        return fuzzClientPort(client, new Random(SEED * 1_000 + from + i), count);
      }));
    const memory = () => CAN_MEASURE_MEMORY ? residentMebibytes(server.pid) : 0;
    const first = Math.ceil(share / 4);
    await all(0, first);
    const before = await memory();
    await all(CONNECTIONS, share - first);
    const after = await memory();
    assert(after - before < GROWTH_MAX, `from ${before} MiB to ${after} MiB`);
    await bystanders.end();
  }));

Deno.test(`random commands of Redis's protocol are all answered (seed ${SEED})`, () =>
  fuzz(["--request-timeout", "500ms"], async (server) => {
    using bystanders = new Bystanders(server.replicas.map(({ client }) => client));
    const share = COMMANDS / CONNECTIONS;
    await Promise.all(Array.from({ length: CONNECTIONS }, async (_, i) => {
      const { client } = server.replicas[i % server.replicas.length];
      const random = new Random(SEED * 5_000 + i);
      for (let sent = 0; sent < share; sent += BATCH) {
        if (random.chance(0.7)) await fuzzCommands(client, random);
        else await fuzzBytes(client, random);
      }
    }));
    await bystanders.end();
  }));

Deno.test(`random frames on the peer port are all refused (seed ${SEED})`, () =>
  fuzz([], async (server) => {
    using bystanders = new Bystanders(server.replicas.map(({ client }) => client));
    await Promise.all(Array.from({ length: CONNECTIONS }, async (_, i) => {
      const { peer } = server.replicas[i % server.replicas.length];
      const random = new Random(SEED * 2_000 + i);
      for (let sent = 0; sent < PEER_FRAMES / CONNECTIONS; sent += PEER_BATCH) {
        await fuzzPeerPort(peer, random);
      }
    }));
    await bystanders.end();
  }));

Deno.test(`random frames behind a peer's hello break links, and no client goes unanswered (seed ${SEED})`, () =>
  // Links that break make views change: requests wait, and are told so, soon.
  fuzz(["--request-timeout", "200ms", "--suspect-after", "300ms"], async (server) => {
    const [{ cluster }, , { identity }] = await statuses(server);
    const random = new Random(SEED * 3_000);
    const ballots = new Set<string>();
    const share = Math.ceil(CLIENT_FRAMES_IN_CHANGES / server.replicas.length);
    let clients = server.replicas.length;
    const send = async (client: string, random: Random) => {
      // Writes that are not acknowledged make the members suspect the one whose link is broken.
      do await fuzzClientPort(client, random, share); while (ballots.size < 2);
    };
    const attack = async () => {
      while (clients > 0) {
        // Replicas 0 and 1 are dialled by 2: whoever has its identity takes its place.
        for (const { peer } of server.replicas.slice(0, 2)) {
          await impersonate(peer, ["hello", PROTOCOL, cluster, 2, 3, identity], random);
        }
        for (const { view } of await statuses(server)) ballots.add(String(view.ballot));
      }
    };
    await Promise.all([
      attack(),
      ...server.replicas.map(({ client }, i) =>
        send(client, new Random(SEED * 4_000 + i)).finally(() => clients--)
      ),
    ]);
    await until("all are in one view again", async () => {
      const all = await statuses(server);
      return all.every(({ state, view }) =>
        state === "live" && view.members.length === 3 &&
        String(view.ballot) === String(all[0].view.ballot)
      );
    });
    using bystanders = new Bystanders(server.replicas.map(({ client }) => client));
    await bystanders.end();
  }));

/** Lets it happen to a server, which must end as if nothing had. */
async function fuzz(args: string[], act: (server: Server) => Promise<void>): Promise<void> {
  await using server = await startServer({
    args: ["--store", "memory", "--log-level", "error", ...args],
  });
  await act(server);
  assertEquals(await server.stop(), 0);
  assertEquals(server.stderr().replace(/^kvdist: .*\n/gm, ""), "", "no error is logged");
}

/** What each replica says of itself. */
async function statuses({ replicas }: Server) {
  return await Promise.all(replicas.map(async ({ client }) => {
    using connection = await RawConnection.open(client);
    const [, status] = await connection.ask("status");
    const { state, view, cluster, identity } = Object(status);
    return { state, view, cluster, identity };
  }));
}

/** Asks for what there is not: its answer comes behind those of all that was asked before. */
const MARK = frame('["mark"]');

function isMark([word, code, text]: Answer): boolean {
  return word === "ERROR" && code === "unknown_command" &&
    String(text).startsWith('unknown command "mark"');
}

/**
 * Sends frames, each followed by a mark: so there must be answers, then that to the mark, whatever
 * the frame was, or an `ERROR` and the end of the connection. Some connections are closed halfway,
 * some within a frame: what came whole is answered all the same.
 */
async function fuzzClientPort(address: string, random: Random, count: number): Promise<void> {
  for (let sent = 0; sent < count;) {
    using connection = await RawConnection.open(address);
    for (let closed = false; !closed && sent < count;) {
      const batch = randomBatch(random);
      const ending = random.pick<keyof typeof ENDINGS>(["none", "none", "closed", "cut"]);
      const bytes = concat(batch.flatMap((content) => [frame(content), MARK]));
      const writing = write(connection, concat([bytes, ENDINGS[ending](random)]))
        .then(() => ending === "none" ? undefined : connection.closeWrite().catch(() => {}));
      for (const content of batch) {
        sent++;
        const { answers, marked } = await answersTo(connection);
        if (marked) {
          assert(answers.length > 0, `unanswered: ${show(content)}`);
          continue;
        }
        const [word, code] = answers.at(-1) ?? [];
        assertEquals([word, code], ["ERROR", "bad_request"], show(content));
        assert(!isJson(content), `closed after ${show(content)}`);
        closed = true;
        break;
      }
      await writing;
      if (ending === "none" || closed) continue;
      const rest = await connection.rest();
      assert(rest.length === 0 || ending === "cut", "more answers than requests");
      closed = true;
    }
  }
}

/** Sends commands, each followed by a mark: there must be one answer, then that to the mark. */
async function fuzzCommands(address: string, random: Random): Promise<void> {
  using connection = await RespConnection.open(address);
  const commands = Array.from({ length: BATCH }, () => randomCommand(random));
  const ending = random.pick([[], ["QUIT"]]);
  const answers = await connection.askAll(
    [...commands, ending].filter(({ length }) => length > 0)
      .flatMap((args, i) => args === ending ? [args] : [args, ["ECHO", `mark ${i}`]]),
  );
  commands.forEach((args, i) => assertEquals(answers[2 * i + 1], `mark ${i}`, Deno.inspect(args)));
  if (ending.length > 0) assertEquals(await connection.rest(), "");
}

/** Sends commands of which some bytes are changed or missing: they are answered, and the stream ends. */
async function fuzzBytes(address: string, random: Random): Promise<void> {
  using connection = await RespConnection.open(address);
  const commands = Array.from({ length: BATCH }, () => command(...randomCommand(random)));
  const bytes = concat([command("PING"), ...commands]);
  for (let i = random.int(0, 4); i > 0; i--) {
    // The first tells the protocol.
    bytes[random.int(1, bytes.length - 1)] = random.chance(0.5)
      ? random.int(0, 255)
      : random.pick([..."*$\r\n-0:"]).charCodeAt(0);
  }
  const cut = random.chance(0.5) ? random.int(1, bytes.length) : bytes.length;
  const writing = connection.write(bytes.subarray(0, cut))
    .then(() => connection.closeWrite())
    // It was closed meanwhile, as the answers tell.
    .catch(() => {});
  // Bytes may have made it a browser's, which is cut off at once.
  await connection.rest().catch((error) => assert(error instanceof Deno.errors.ConnectionReset));
  await writing;
}

/** Right commands, to be changed; none that would clear the keys of others. */
const RESP_COMMANDS: readonly (readonly Argument[])[] = [
  ["SET", "a", "1"],
  ["SET", "b", "2", "NX", "GET"],
  ["GET", "a"],
  ["INCR", "a"],
  ["APPEND", "b", "x"],
  ["MSET", "a", "1", "c", "2"],
  ["MGET", "a", "b"],
  ["DEL", "a", "c"],
  ["RENAME", "a", "c"],
  ["KEYS", "[a-c]*"],
  ["SCAN", "0", "MATCH", "*", "COUNT", "5"],
  ["RANDOMKEY"],
  ["WAIT", "1", "10"],
  ["HELLO", "3"],
  ["HELLO", "2"],
  ["CLIENT", "SETNAME", "fuzz"],
  ["CLIENT", "LIST"],
  ["COMMAND", "DOCS", "get"],
  ["CONFIG", "GET", "*"],
  ["INFO"],
  ["KVDIST", "STATUS"],
  ["KVDIST", "CONSISTENCY", "eventual"],
  ["KVDIST", "CONSISTENCY", "sequential"],
  ["KVDIST", "CONSISTENCY", "linearizable"],
  ["RESET"],
];

const ARGUMENTS: readonly Argument[] = [
  ...[
    "",
    "a",
    "b",
    "*",
    "[",
    "0",
    "-1",
    "1e9",
    "9223372036854775807",
    "GET",
    "NX",
    "COUNT",
    "HELP",
  ],
  ...["x".repeat(2_000), "\r\n+OK\r\n", "\0"],
  Uint8Array.of(0xff, 0, 0x80),
];

/** A right command, one with something changed, or one of chance. */
function randomCommand(random: Random): Argument[] {
  if (random.chance(0.1)) {
    const args = Array.from({ length: random.int(0, 4) }, () => random.pick(ARGUMENTS));
    return [random.pick(["nonsense", "SET", "SCAN", "CLIENT", "COMMAND", "KVDIST"]), ...args];
  }
  const args = [...random.pick(RESP_COMMANDS)];
  if (random.chance(0.5)) return args;
  const at = random.int(1, args.length);
  args.splice(at, random.int(0, 1), ...random.chance(0.8) ? [random.pick(ARGUMENTS)] : []);
  return args;
}

/** Frames up to one after which the stream is not trusted: what comes behind that is not taken. */
function randomBatch(random: Random): Uint8Array[] {
  const batch: Uint8Array[] = [];
  while (batch.length < BATCH) {
    const content = randomFrame(random, REQUESTS);
    batch.push(content);
    if (!isJson(content)) break;
  }
  return batch;
}

/** What comes behind the last whole frame of a connection. */
const ENDINGS = {
  none: () => new Uint8Array(),
  closed: () => new Uint8Array(),
  /** A length that is none or too great, or a frame that never becomes whole. */
  cut: (random: Random) =>
    random.chance(0.5)
      ? lengthOf(random.pick([0, 2 ** 23 + 1, 2 ** 31]))
      : frame('["get","a"]').subarray(0, random.int(1, 14)),
};

/** The answers up to that to a mark, or to the end of the connection. */
async function answersTo(
  connection: RawConnection,
): Promise<{ answers: Answer[]; marked: boolean }> {
  const answers: Answer[] = [];
  for (;;) {
    const answer = await connection.next();
    if (answer === null) return { answers, marked: false };
    if (isMark(answer)) return { answers, marked: true };
    answers.push(answer);
  }
}

async function write(connection: RawConnection, bytes: Uint8Array): Promise<void> {
  try {
    await connection.write(bytes);
  } catch {
    // It was closed meanwhile, which the answers tell.
  }
}

/** Says things to a peer port, and wants a refusal, or just the end if there was no whole frame. */
async function fuzzPeerPort(address: string, random: Random): Promise<void> {
  using connection = await RawConnection.open(address);
  const contents = Array.from({ length: PEER_BATCH }, () => randomFrame(random, PEER_WORDS));
  const bytes = concat(contents.map((content) => frame(content)));
  const first = 4 + contents[0].length;
  const cut = random.chance(0.1) ? random.int(0, first - 1) : bytes.length;
  await write(connection, bytes.subarray(0, cut));
  await connection.closeWrite().catch(() => {});
  const answers = await connection.rest();
  const refused = answers.every(([word, code]) => word === "ERROR" && code === "unauthorized");
  assert(refused && (cut < first || answers.length === 1), show(contents[0]));
}

/**
 * Takes the place of a replica with its hello, and says what breaks the link: parts of a message that
 * never comes, and then something that no peer says. What has the form of a peer's message counts, as
 * long as nobody lies; so nothing of that is sent.
 */
async function impersonate(
  address: string,
  hello: readonly unknown[],
  random: Random,
): Promise<void> {
  using connection = await RawConnection.open(address);
  const contents: Uint8Array[] = [ENCODER.encode(JSON.stringify(hello))];
  for (let parts = random.int(0, PEER_BATCH); parts > 0; parts--) contents.push(PART);
  let last = randomFrame(random, PEER_WORDS);
  while (isPeerMessage(last)) last = randomFrame(random, PEER_WORDS);
  contents.push(last);
  await write(connection, concat(contents.map((content) => frame(content))));
  if (random.chance(0.3)) await connection.closeWrite().catch(() => {});
  // What the replica sends meanwhile ends with the link: closed, or reset.
  await connection.rest().catch(() => {});
}

const PART = ENCODER.encode('["part",[2,9,9,"a","9",1],[2,10,10,"a",null,0,"once"]]');

function isPeerMessage(content: Uint8Array): boolean {
  try {
    new PeerDecoder({ replicas: 3, parts: 100, partBytes: 1_000_000 }).decode(content);
    return true;
  } catch (error) {
    assert(error instanceof RequestError || error instanceof StreamError, String(error));
    return false;
  }
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
  ["set", "a", "1", 1, { if: "absent", id: "if" }],
  ["incr", "a", "-7", { id: "incr" }],
  ["append", "b", "é", 2],
  ["cas", "a", "1", null, { consistency: "sequential" }],
  ["cas", "b", null, "\udcff"],
  ["rename", "a", "b", { id: "rename" }],
  ["keys", "a"],
  ["dump", "a"],
  ["get", "b", { consistency: "linearizable", timeout: 100 }],
  ["outcome", "once"],
  ["outcome", "never", { timeout: 50 }],
  ["status"],
];

/** What peers say; none of it fits as the first word of a stranger. */
const PEER_WORDS: readonly unknown[][] = [
  ["hello", PROTOCOL, null, 2, 3, NOBODY],
  ["hello", PROTOCOL, NOBODY, 1, 3, NOBODY],
  ["hello", 1, null, 2, 3, NOBODY],
  ["broadcast", "a", "9", 1, [2, 9], "message", 9, 0, [1, 0]],
  ["broadcasts", 2, 0, [1, 0], [9, 9, "a", "9", 1], [10, 10, "a", ["add", "1"], 0, "id"]],
  [[0, 5], "a", null, 1, [2, 9], "acknowledgement", 0, [1, 0]],
  ["heartbeat", 9, "live", [1, 0], 1, [0, 1], false, 0, 0],
  ["promise", [9, 2], null, NOBODY, [0, 0, 0], [0, 0, 0], 0, [0, 1], null, false],
  ["entries", 1, 1, [2, 9, 9, "a", "9", 1]],
  ["snapshot", 1, [9, 9, 2], [0, 0, 9], 0, 0, true, [["a", "9"]], []],
  ["confirm", [1, 0], 1],
  ["fetch", 1, 9, 0, 1],
  ["prepare", [9, 2]],
  ["install", [[9, 2], [0, 1, 2], NOBODY, [NOBODY]], null, [0, 0, 0], [0, 0, 0], 2, 0],
];

/** A right form, one with something changed, one of chance, or one whose bytes are changed. */
function randomFrame(random: Random, forms: readonly unknown[][]): Uint8Array {
  const form = random.pick(forms);
  if (random.chance(0.1)) return ENCODER.encode(JSON.stringify(form));
  if (random.chance(0.5)) return ENCODER.encode(JSON.stringify(changed(form, random)));
  if (random.chance(0.9)) return ENCODER.encode(JSON.stringify(randomValue(random, 3)));
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
  const names = ["consistency", "token", "timeout", "id", "if", "constructor", "0"];
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
