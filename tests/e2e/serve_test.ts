/** What `kvdist serve` says, where, and how it ends: as scripts and people rely on it. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { connect } from "../../lib/client/mod.ts";
import { LOG_LEVELS } from "../../lib/log.ts";
import { spawn } from "../cli/program.ts";
import { until } from "./until.ts";

/** A server whose whole output is kept. */
class Talker {
  stdout = "";
  stderr = "";
  readonly #child: Deno.ChildProcess;
  readonly #read: Promise<unknown>;

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(["serve", ...args], { permissions: ["--allow-all"], env });
    this.#read = Promise.all([
      this.#child.stdin.close(),
      drain(this.#child.stdout, (text) => this.stdout += text),
      drain(this.#child.stderr, (text) => this.stderr += text),
    ]);
  }

  async ready(): Promise<void> {
    await until("the server says something", () => this.stdout.includes("\n"));
  }

  signal(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  async end(): Promise<number> {
    const { code } = await this.#child.status;
    await this.#read;
    return code;
  }
}

async function drain(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  take: (text: string) => void,
) {
  for await (const text of stream.pipeThrough(new TextDecoderStream())) take(text);
}

const FREE = ["--port", "0", "--peer-port", "0"];

Deno.test("stdout has the ready line alone, stderr the log; Ctrl-C ends it with 0", async () => {
  const data = await Deno.makeTempDir({ prefix: "kvdist-serve-" });
  try {
    const server = new Talker([...FREE, "--json", "--data", data, "--log-level", "debug"]);
    await server.ready();
    const [line, ...rest] = server.stdout.split("\n");
    assertEquals(rest, [""]);
    const ready = JSON.parse(line);
    assertEquals(Object.keys(ready), ["ready", "consistency", "replicas"]);
    assertEquals([ready.ready, ready.consistency], [true, "sequential"]);
    for (const [id, replica] of ready.replicas.entries()) {
      assertEquals(Object.keys(replica), ["id", "client", "peer"]);
      assertEquals(replica.id, id);
      for (const address of [replica.client, replica.peer]) {
        assertMatch(address, /^127\.0\.0\.1:\d+$/);
      }
    }
    {
      using client = await connect(ready.replicas[2].client);
      await client.set("x", "42");
    }
    server.signal("SIGINT");
    assertEquals(await server.end(), 0);
    assertEquals(server.stdout, `${line}\n`, "nothing more on stdout");
    const log = server.stderr.split("\n").slice(0, -1)
      .filter((line) => line !== "stopping; Ctrl-C again ends at once");
    assert(log.length > 0);
    const event = new RegExp(
      `^\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z (?:${LOG_LEVELS.join("|")}) +(?:server|replica \\d+): .`,
    );
    for (const line of log) assertMatch(line, event);
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});

Deno.test("the settings may come from the environment, and flags come first", async () => {
  const data = await Deno.makeTempDir({ prefix: "kvdist-serve-" });
  try {
    const server = new Talker(["--replicas", "2", "--fsync", "never"], {
      KVDIST_PORT: "0",
      KVDIST_PEER_PORT: "0",
      KVDIST_DATA: `${data}/from the environment`,
      KVDIST_REPLICAS: "5",
      KVDIST_CONSISTENCY: "eventual",
      KVDIST_FSYNC: "interval",
      KVDIST_REQUEST_TIMEOUT: "1500ms",
      KVDIST_LOG_JSON: "true",
      KVDIST_LOG_LEVEL: "info",
    });
    await server.ready();
    const line =
      /^ready: eventual, 2 replicas: 0 at (127\.0\.0\.1:\d+), 1 at (127\.0\.0\.1:\d+)\n$/;
    const addresses = line.exec(server.stdout)?.slice(1) ?? [];
    assertEquals(addresses.length, 2, server.stdout);
    {
      using client = await connect(addresses[1]);
      const { id, replicas, fsync, store, requestTimeout } = await client.status();
      assertEquals({ id, replicas, fsync, store, requestTimeout }, {
        id: 1,
        replicas: 2,
        fsync: "never",
        store: "sqlite",
        requestTimeout: 1_500,
      });
    }
    assertEquals([...Deno.readDirSync(data)].map(({ name }) => name), ["from the environment"]);
    server.signal("SIGTERM");
    assertEquals(await server.end(), 0);
    const events = server.stderr.split("\n").slice(0, -1).map((line) => JSON.parse(line));
    const live = events.filter(({ event }) => event === "live").map(({ replica }) => replica);
    assertEquals(live.toSorted(), [0, 1]);
    for (const { time, level } of events) {
      assert(new Date(time).getTime() > 0);
      assert(LOG_LEVELS.includes(level));
    }
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});

Deno.test("asked to stop while it starts, it ends with 0 and can be started again", async () => {
  const data = await Deno.makeTempDir({ prefix: "kvdist-serve-" });
  try {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      const server = new Talker([...FREE, "--data", data, "--replicas", "8"]);
      // Its handlers are set before it makes the first folder.
      await until("it makes a folder", () => [...Deno.readDirSync(data)].length > 0);
      server.signal(signal);
      assertEquals(await server.end(), 0, server.stderr);
      for (const { name } of Deno.readDirSync(data)) {
        Deno.removeSync(`${data}/${name}`, { recursive: true });
      }
    }
    const server = new Talker([...FREE, "--data", data, "--replicas", "8"]);
    await server.ready();
    server.signal("SIGTERM");
    assertEquals(await server.end(), 0);
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});
