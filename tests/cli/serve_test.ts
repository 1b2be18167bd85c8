import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { connect } from "../../lib/client/mod.ts";
import { firstLine, kvdist, spawn } from "./program.ts";

/** What a server needs: its sources, for the workers, and its folder. */
const PERMISSIONS = [
  "--allow-net",
  "--allow-read",
  `--allow-write=${Deno.env.get("TMPDIR") ?? "/tmp"}`,
  "--allow-env=KVDIST_*,NO_COLOR",
  "--allow-sys=osUptime,uid,gid",
];

const FREE_PORTS = ["--port", "0", "--peer-port", "0"];

interface Ready {
  readonly ready: boolean;
  readonly consistency: string;
  readonly replicas: { id: number; client: string; peer: string }[];
}

Deno.test("wrong use: one line, exit 2, nothing started", async () => {
  const wrong: [string, string][] = [
    ["extra", "serve takes no arguments, and got extra"],
    ["--prot 1", "unknown flag --prot (did you mean --port?)"],
    ["--replicas 0", "--replicas must be from 1 to"],
    ["--replicas", "--replicas needs a value"],
    ["--port 65534", "--port 65534 leaves no room for 3 replicas"],
    ["--peer-port 65535 --replicas 2", "--peer-port 65535 leaves no room for 2 replicas"],
    ["--port 10050", "--port 10050 and --peer-port 10052 are too close"],
    ["--port 10052", "too close"],
    ["--port 10054", "too close"],
    ["--consistency strong", "--consistency must be one of eventual, sequential"],
    ["--fsync sometimes", "--fsync must be one of always, interval, never"],
    ["--store disk", "--store must be one of sqlite, memory"],
    ["--request-timeout 5", "--request-timeout needs a unit"],
    ["--apply-delay soon", "--apply-delay is no duration"],
    ["--allow-faults", "--allow-faults needs --http: the port, such as --http 9900"],
    ["--max-value 0", "--max-value must be from 1 to"],
    ["--max-value 16777217", "--max-value must be from 1 to 16777216"],
    ["--max-frame 134217728", "--max-frame must be from 1024 to 134217727"],
  ];
  await Promise.all(wrong.map(async ([words, text]) => {
    const { code, stdout, stderr } = await kvdist(["serve", ...words.split(" ")]);
    assertEquals([code, stdout, stderr.split("\n").length], [2, "", 2], stderr);
    assertStringIncludes(stderr, text);
    assertMatch(stderr, /^kvdist serve: .* \(see kvdist serve --help\)\n$/);
  }));
});

Deno.test("each flag can come from the environment", async () => {
  const { code, stderr } = await kvdist(["serve"], { env: { KVDIST_PEER_PORT: "65535" } });
  assertEquals(code, 2);
  assertStringIncludes(stderr, "--peer-port 65535 leaves no room");
  const bad = await kvdist(["serve"], { env: { KVDIST_MAX_KEY: "many" } });
  assertEquals(bad.code, 2);
  assertStringIncludes(bad.stderr, 'KVDIST_MAX_KEY must be a whole number, and is "many"');
});

Deno.test("ready tells the addresses; a signal to stop ends it with exit 0", async () => {
  const data = await Deno.makeTempDir();
  try {
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
      const args = ["serve", "--json", "--data", `${data}/made`, "--log-level", "warn"];
      const child = spawn([...args, ...FREE_PORTS], { permissions: PERMISSIONS });
      const ready: Ready = JSON.parse(await firstLine(child));
      assertEquals([ready.ready, ready.consistency], [true, "sequential"]);
      assertEquals(ready.replicas.map(({ id }) => id), [0, 1, 2]);
      {
        using first = await connect(ready.replicas[0].client);
        await first.set("x", signal);
        using second = await connect(ready.replicas[1].client);
        assertEquals((await second.status()).id, 1);
        assertEquals(await first.get("x"), signal);
      }
      child.kill(signal);
      child.stdin.close();
      await new Response(child.stderr).text();
      assertEquals((await child.status).code, 0);
    }
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});

Deno.test("the settings reach the replicas, and the ready line people", async () => {
  const child = spawn(
    ["serve", "--replicas", "1", "--request-timeout", "7s", "--log-json", "--log-level", "debug"],
    {
      permissions: PERMISSIONS,
      env: {
        KVDIST_PORT: "0",
        KVDIST_PEER_PORT: "0",
        KVDIST_STORE: "memory",
        KVDIST_CONSISTENCY: "eventual",
      },
    },
  );
  const line = await firstLine(child);
  const address = /^ready: eventual, 1 replica: 0 at (127\.0\.0\.1:\d+)$/.exec(line)?.[1];
  assert(address !== undefined, line);
  {
    using client = await connect(address);
    const status = await client.status();
    assertEquals(
      [status.replicas, status.consistency, status.store, status.requestTimeout],
      [1, "eventual", "memory", 7_000],
    );
  }
  child.kill("SIGTERM");
  child.stdin.close();
  const log = await new Response(child.stderr).text();
  for (const event of log.split("\n").filter((line) => line !== "")) {
    assert(typeof JSON.parse(event).time === "string", event);
  }
  assertEquals((await child.status).code, 0);
});

Deno.test("a port in use is one line and exit 1", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const { code, stdout, stderr } = await kvdist(
    [
      "serve",
      "--store",
      "memory",
      "--replicas",
      "1",
      "--port",
      String(port),
      "--peer-port",
      "0",
      "--log-level",
      "error",
    ],
    { permissions: PERMISSIONS },
  );
  assertEquals([code, stdout], [1, ""]);
  assertMatch(stderr, new RegExp(`^kvdist serve: .*\\b${port}\\b.*\n$`));
});
