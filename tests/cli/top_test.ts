import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Snapshot } from "../../lib/watch/snapshot.ts";
import { FakeServer } from "../client/fake_server.ts";
import { startServer } from "../e2e/server.ts";
import { denoArguments, kvdist, RUN_MS_MAX, spawn } from "./program.ts";
import { HAS_TERMINAL, Terminal } from "./terminal.ts";

Deno.test("top: JSON, an object a look, and lines, one a replica and look", async () => {
  await using server = await startServer();
  const addresses = server.replicas.map(({ client }) => client).join(",");
  const often = ["--count", "2", "--interval", "100ms"];
  const json = await kvdist(["top", addresses, "--json", ...often]);
  assertEquals([json.code, json.stderr], [0, ""]);
  const [first, second, ...others]: Snapshot[] = json.stdout.trimEnd().split("\n")
    .map((line) => JSON.parse(line));
  assertEquals(others, []);
  const told = ({ replicas }: Snapshot) =>
    replicas.map((replica) => replica.up ? [replica.id, replica.status.state] : []);
  assertEquals(told(first), [[0, "live"], [1, "live"], [2, "live"]]);
  assertEquals(told(second), told(first));
  const known = ({ replicas }: Snapshot) => replicas.map((one) => one.up && one.activity !== null);
  assertEquals([known(first), known(second)], [[false, false, false], [true, true, true]]);

  const plain = await kvdist(["top", addresses, "--plain", ...often]);
  assertEquals([plain.code, plain.stderr], [0, ""]);
  const lines = plain.stdout.trimEnd().split("\n");
  assertEquals(lines.map((line) => line.split(" ")[1]), ["0", "1", "2", "0", "1", "2"]);
  assertMatch(lines[0], /^\S+Z 0 127\S+ state=live view=0-2 .* writes_per_s=- .* uptime_ms=\d+$/);
  assertMatch(lines[3], / writes_per_s=0 /);
});

Deno.test("top: a replica that ends is shown as down with the reason, and comes back", async () => {
  const data = await Deno.makeTempDir({ prefix: "kvdist-top-" });
  try {
    await using stays = await startServer({ args: ["--replicas", "1"] });
    const goes = await startServer({ args: ["--replicas", "1"], data });
    const [{ client }] = goes.replicas;
    await using watching = new Watching(`${stays.replicas[0].client},${client}`);
    await watching.until(new RegExp(` 0 ${client} state=live `));
    await goes.kill();
    const line = await watching.until(new RegExp(` 0 ${client} down since`));
    assertMatch(line, /down since [\d:]+: (the connection ended|connection re)/);
    await watching.until(new RegExp(` 0 ${stays.replicas[0].client} state=live `));
    const port = client.split(":")[1];
    await using _back = await startServer({ args: ["--replicas", "1", "--port", port], data });
    await watching.until(new RegExp(` 0 ${client} state=live `));
    assertEquals(await watching.interrupted(), 0);
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});

Deno.test("top: one that says nothing is shown as down, and others are not", async () => {
  using silent = new FakeServer({ request: () => {} });
  using server = new FakeServer();
  const args = ["top", `${silent.address},${server.address}`, "--plain", "--count", "1"];
  const { code, stdout } = await kvdist(args);
  const [first, second] = stdout.split("\n");
  assertEquals(code, 0);
  assertMatch(first, / \? 127\S+ down since \S+: no answer within 1000 ms$/);
  assertMatch(second, / 0 127\S+ state=live /);
});

Deno.test("top: nobody answers at the start, or wrong use: one line", async () => {
  const nobody = await kvdist(["top", "127.0.0.1:1"]);
  const line =
    "kvdist top: no replica answers at 127.0.0.1:1: connection refused: nobody listens " +
    "there\n";
  assertEquals(nobody, { code: 1, stdout: "", stderr: line });
  const wrong: [string[], string][] = [
    [["x"], '"x" is no address: expected a port (9889), host:port or [IPv6]:port'],
    [["1", "2"], "give all addresses as one, with commas between: 1,2"],
    [["--json", "--plain"], "--json and --plain exclude each other"],
    [["--count", "0"], "--count must be at least 1, and is 0"],
    [["--interval", "1ms"], "--interval must be from 100 to 3600000 ms, and is 1ms"],
  ];
  for (const [args, words] of wrong) {
    const { code, stderr } = await kvdist(["top", ...args]);
    assertEquals([code, stderr], [2, `kvdist top: ${words} (see kvdist top --help)\n`]);
  }
});

Deno.test("top: nothing that a server says drives the terminal", async () => {
  const status = JSON.parse(String.raw`{ "state": "\u001b[2J\u009b", "obstacle": "\u001b[2J" }`);
  using server = new FakeServer({ status });
  for (const form of ["--plain", "--json"]) {
    const { stdout } = await kvdist(["top", server.address, form, "--count", "1"]);
    assertStringIncludes(stdout, "\\u001b[2J\\u009b");
    // deno-lint-ignore no-control-regex
    assertEquals(stdout.match(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/g), null);
  }
});

Deno.test("top: whoever reads may close the pipe", async () => {
  using server = new FakeServer();
  const watching = new Watching(server.address);
  await watching.until(/ state=live /);
  assertEquals(await watching.closed(), 0);
});

for (const [key, name] of [["q", "q"], ["\x03", "Ctrl-C"]]) {
  Deno.test({
    name: `top on a terminal: drawn in place; ${name} leaves, and all is as it was`,
    ignore: !HAS_TERMINAL,
    async fn() {
      using first = new FakeServer();
      using terminal = new Terminal(commandLine(first.address));
      const [, settings] = /^settings (\S+)/m.exec(await terminal.until("\r\n")) ?? [];
      assert(settings !== undefined);
      const entered = await terminal.until("q leaves.");
      assert(entered.startsWith("\x1b[?1049h\x1b[?25l\x1b[1;1H"), entered);
      first[Symbol.dispose]();
      await terminal.until("down since");
      using _back = new FakeServer({}, first.port);
      await terminal.until("live");
      await terminal.type(key);
      await terminal.until("\x1b[?25h\x1b[?1049l");
      await terminal.until(`exit 0\r\nsettings ${settings}\r\n`);
      assertEquals(await terminal.ended(), 0);
    },
  });
}

/** As a shell's command, between two looks at the terminal's settings. */
function commandLine(addresses: string): string {
  const permissions = ["--allow-net", "--allow-env=KVDIST_*,NO_COLOR,TERM"];
  const words = [Deno.execPath(), ...denoArguments(permissions), "top", addresses];
  const quoted = words.map((word) => `'${word}'`).join(" ");
  const settings = 'echo "settings $(stty -g)"';
  return `${settings}; ${quoted}; echo "exit $?"; ${settings}`;
}

/** `top --plain`, read as it goes. */
class Watching implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  readonly #timer: ReturnType<typeof setTimeout>;
  #rest = "";

  constructor(addresses: string) {
    this.#child = spawn(["top", addresses, "--plain", "--interval", "100ms"]);
    this.#timer = setTimeout(() => this.#child.kill("SIGKILL"), RUN_MS_MAX);
    this.#lines = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** The first line from here on that is so. */
  async until(pattern: RegExp): Promise<string> {
    while (true) {
      const end = this.#rest.indexOf("\n");
      const line = this.#rest.slice(0, Math.max(0, end));
      this.#rest = this.#rest.slice(end + 1);
      if (end >= 0 && pattern.test(line)) return line;
      if (end >= 0) continue;
      const { done, value } = await this.#lines.read();
      if (done) throw new Error(`it ended without a line ${pattern}`);
      this.#rest += value;
    }
  }

  /** Its exit code when it is interrupted. */
  async interrupted(): Promise<number> {
    this.#child.kill("SIGINT");
    while (!(await this.#lines.read()).done);
    return await this.#end();
  }

  /** Its exit code when nobody reads what it prints. */
  async closed(): Promise<number> {
    await this.#lines.cancel();
    return await this.#end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.#lines.cancel();
    await this.#end();
  }

  async #end(): Promise<number> {
    const { code } = await this.#child.status;
    clearTimeout(this.#timer);
    await this.#child.stdin.close().catch(() => {});
    if (!this.#child.stderr.locked) await this.#child.stderr.cancel();
    return code;
  }
}
