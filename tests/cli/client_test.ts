import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { FakeServer, STATUS } from "../client/fake_server.ts";
import { kvdist, spawn } from "./program.ts";

/** What a run prints and its exit code, as one text. */
async function client(server: FakeServer, words: string, stdin = ""): Promise<string> {
  const { code, stdout, stderr } = await kvdist(
    ["client", server.address, ...words.split(" ").filter((word) => word !== "")],
    { stdin },
  );
  return `${stdout}${stderr === "" ? "" : `! ${stderr}`}${code}`;
}

Deno.test("one command on the command line", async () => {
  using server = new FakeServer();
  assertEquals(await client(server, "set x 42"), "STORED\n0");
  assertEquals(await client(server, "get x"), "42\n0");
  assertEquals(await client(server, "get x --json"), '["VALUE","x","42",2,[1]]\n0');
  assertEquals(await client(server, "get y"), "! (not found)\n1");
  assertEquals(await client(server, "--json get y"), '["END",[1]]\n! (not found)\n1');
  assertEquals(await client(server, "set x -1"), "STORED\n0");
  assertEquals(await client(server, "set -- y --json"), "STORED\n0");
  assertEquals(await client(server, "dump"), "x\t-1\ny\t--json\n0");
  assertEquals(await client(server, "dump y"), "y\t--json\n0");
  assertEquals(await client(server, "reset x y z"), "STORED\nSTORED\nSTORED\n0");
  assertEquals([...server.held], [["x", "0"], ["y", "0"], ["z", "0"]]);
  assertEquals(await client(server, "delete x"), "STORED\n0");
  assertMatch(await client(server, "status"), /^replica +0 of 3\nstate +live\n/);
});

Deno.test("wrong use: one line, exit 2, and nobody is asked", async () => {
  using server = new FakeServer({ request: () => Promise.reject() });
  const wrong: [string[], string][] = [
    [[], "the address is missing"],
    [["nowhere"], '"nowhere" is no address'],
    [["127.0.0.1:0", "get", "x"], "is no address"],
    [[server.address, "set", "x"], "too few arguments; it is: set KEY VALUE"],
    [[server.address, "get", "x", "y"], "too many arguments; it is: get KEY"],
    [[server.address, "gte", "x"], "unknown command gte (did you mean get?)"],
    [[server.address, "get", "x", "--consistency", "strong"], "--consistency must be one of"],
    [[server.address, "get", "x", "--timeout", "5"], "--timeout needs a unit"],
    [[server.address, "get", "x", "--frobnicate"], "unknown flag --frobnicate"],
  ];
  for (const [args, word] of wrong) {
    const { code, stdout, stderr } = await kvdist(["client", ...args]);
    assertEquals([code, stdout, stderr.split("\n").length], [2, "", 2], stderr);
    assertMatch(stderr, /^kvdist client: .* \(see kvdist client --help\)\n$/);
    assertStringIncludes(stderr.toLowerCase(), word.toLowerCase());
  }
});

Deno.test("nobody answers: one line, exit 1", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  for (const stdin of ["", "set x 1\n"]) {
    const { code, stdout, stderr } = await kvdist(["client", String(port)], { stdin });
    assertEquals([code, stdout], [1, ""]);
    assertMatch(stderr, /^kvdist client: cannot connect to .*: connection refused.*\n$/);
  }
});

Deno.test("options of the line go out with the request", async () => {
  const seen: unknown[] = [];
  using server = new FakeServer({
    batch: (requests) =>
      seen.push(
        ...requests.flatMap((request) =>
          "options" in request ? [[request.options.consistency, request.options.timeout]] : []
        ),
      ),
    request: (request, peer) =>
      peer.reply(
        request.type === "status" ? { type: "status", status: STATUS } : { type: "end", token: [] },
      ),
  });
  await client(
    server,
    "--timeout 300ms",
    "get x\nget x --consistency eventual\nget x --timeout 1s\n",
  );
  await client(server, "get x --consistency sequential");
  assertEquals(seen, [
    [undefined, 300],
    ["eventual", 300],
    [undefined, 1_000],
    ["sequential", undefined],
  ]);
});

Deno.test("an ERROR is a line that says whether the write may happen", async () => {
  for (const maybe of [true, false]) {
    using server = new FakeServer({
      request: (request, peer) =>
        peer.reply(
          request.type === "status" ? { type: "status", status: STATUS } : {
            type: "error",
            code: "no_quorum",
            text: "replica 2 is\x1b[2J silent",
            details: { maybe },
          },
        ),
    });
    assertEquals(
      await client(server, "set x 1"),
      "! no_quorum: replica 2 is\\u001b[2J silent " +
        `(the write ${maybe ? "may have happened, or still may" : "did not happen"})\n1`,
    );
    assertEquals(await client(server, "get x"), "! no_quorum: replica 2 is\\u001b[2J silent\n1");
  }
});

Deno.test("lines from a pipe: answers in order, errors with their line, exit 1", async () => {
  using server = new FakeServer();
  const lines = [
    "set x 42",
    "",
    "  # a comment",
    "get x",
    "get none",
    'set "a key" "two\\nlines"',
    "frobnicate",
    'get "a',
    "get 'a key'",
    "dump\r",
    "get x --json",
    "quit",
    "set x never",
  ];
  const { code, stdout, stderr } = await kvdist(["client", server.address], {
    stdin: lines.join("\n"),
  });
  assertEquals(
    stdout,
    'STORED\n42\nSTORED\ntwo\nlines\na key\t"two\\nlines"\nx\t42\n["VALUE","x","42",2,[2]]\n',
  );
  assertEquals(stderr.split("\n"), [
    "line 5: (not found)",
    "line 7: unknown command frobnicate",
    'line 8: a " is not closed',
    "",
  ]);
  assertEquals(code, 1);
  assertEquals(server.held.get("x"), "42");
});

Deno.test("lines that all went well: exit 0; the last needs no line end", async () => {
  using server = new FakeServer();
  assertEquals(await client(server, "", ""), "0");
  assertEquals(await client(server, "", "set x 1\nget x"), "STORED\n1\n0");
  const lines = Array.from({ length: 2_000 }, (_, i) => `set key-${i} ${i}\n`).join("");
  assertEquals(await client(server, "", lines), "STORED\n".repeat(2_000) + "0");
  assertEquals(server.held.size, 2_001);
});

Deno.test("a line that is not UTF-8 is refused, not changed", async () => {
  using server = new FakeServer();
  const stdin = Uint8Array.of(...new TextEncoder().encode("set x "), 0xff, 10);
  const { code, stderr } = await kvdist(["client", server.address], { stdin });
  assertEquals([code, server.held.size], [2, 0]);
  assertStringIncludes(stderr, "line 1 is not UTF-8");
});

Deno.test("a replica that is lost between lines is connected again", async () => {
  using server = new FakeServer({
    async request(request, peer) {
      if (request.type === "status") return await peer.reply({ type: "status", status: STATUS });
      if (request.type === "get") return peer.close();
      await peer.reply({ type: "stored", token: [] });
    },
  });
  const child = spawn(["client", server.address]);
  const input = child.stdin.getWriter();
  const type = (line: string) => input.write(new TextEncoder().encode(`${line}\n`));
  const errors = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  await type("set x 1");
  await type("get x");
  const { value } = await errors.read();
  assertMatch(value ?? "", /^line 2: the connection to .* ended: the replica closed it\n$/);
  await type("set y 2");
  await input.close();
  await errors.cancel();
  assertEquals(await new Response(child.stdout).text(), "STORED\nSTORED\n");
  assertEquals((await child.status).code, 1);
});

Deno.test("whoever reads only the first line gets it, and no complaint", async () => {
  using server = new FakeServer();
  for (let i = 0; i < 5_000; i++) server.held.set(`key-${i}`, "v".repeat(100));
  const child = spawn(["client", server.address, "dump"]);
  await child.stdin.close();
  const reader = child.stdout.getReader();
  await reader.read();
  await reader.cancel();
  const stderr = await new Response(child.stderr).text();
  assertEquals([(await child.status).code, stderr], [0, ""]);
});
