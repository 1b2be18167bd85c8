import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type Reply, type Request, type RequestOptions, textOf } from "../../lib/client/mod.ts";
import { FrameWriter } from "../../lib/wire/frame.ts";
import { FakeServer, STATUS } from "../client/fake_server.ts";
import { kvdist, spawn } from "./program.ts";

/** A frame with this text. */
function frame(text: string): Uint8Array {
  const writer = new FrameWriter();
  writer.add(text);
  return writer.take();
}

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

Deno.test("commands that change by what is there", async () => {
  using server = new FakeServer();
  assertEquals(await client(server, "incr n"), "1\n0");
  assertEquals(await client(server, "incr n 41 --json"), '["NUMBER","42",[1]]\n0');
  assertEquals(await client(server, "incr n -50"), "-8\n0");
  assertEquals(await client(server, "append log one"), "3\n0");
  assertEquals(await client(server, "append log ,two"), "7\n0");
  const failed = "! not_a_number: what is there is no decimal number of 64 bits " +
    "(the write did not happen)\n1";
  assertEquals(await client(server, "incr log"), failed);
  const unchanged = "UNCHANGED\n! (what it asks for does not hold: nothing was changed)\n1";
  assertEquals(await client(server, "set s 1 --if present"), unchanged);
  assertEquals(await client(server, "set s 1 --if absent"), "STORED\n0");
  assertEquals(await client(server, "set s 2 --if absent"), unchanged);
  assertEquals(await client(server, "cas s 1 2"), "STORED\n0");
  assertEquals(await client(server, "cas s 1 3"), unchanged);
  assertEquals(
    await client(server, "cas s 1 --json"),
    '["UNCHANGED",[3]]\n! (what it asks for does not hold: nothing was changed)\n1',
  );
  assertEquals(await client(server, "cas s 2"), "STORED\n0");
  assertEquals(await client(server, "get s"), "! (not found)\n1");
  assertEquals(await client(server, "rename log diary"), "STORED\n0");
  assertEquals(
    await client(server, "rename log diary"),
    "! no_key: there is no such key (the write did not happen)\n1",
  );
  assertEquals(await client(server, "keys"), "diary\nn\n0");
  assertEquals(await client(server, "keys di --json"), '["KEY","diary"]\n["END",[2]]\n0');
  assertEquals(await client(server, "keys none"), "0");
});

Deno.test("values that are no UTF-8 come out of a pipe as they went in", async () => {
  using server = new FakeServer();
  const stored = await client(server, "", 'set "\\udc80k" "a\\udcffb"\nappend k \\\n');
  assertEquals(stored, "STORED\n! line 2: the line ends in a backslash\n1");
  assertEquals([...server.held], [["\udc80k", "a\udcffb"]]);
  const child = spawn(["client", server.address]);
  const writer = child.stdin.getWriter();
  await writer.write(
    new TextEncoder().encode('get "\\udc80k"\nkeys\ndump\nget "\\udc80k" --json\n'),
  );
  await writer.close();
  const { stdout } = await child.output();
  assertEquals(
    textOf(stdout),
    [
      "a\udcffb",
      '"\\udc80k"',
      '"\\udc80k"\t"a\\udcffb"',
      '["VALUE","\\udc80k","a\\udcffb",3,[1]]',
      "",
    ].join("\n"),
  );
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
    [["9889,nowhere", "get", "x"], '"nowhere" is no address'],
    [["9889,", "get", "x"], '"" is no address'],
    [[server.address, "get", "x", "--consistency", "strong"], "--consistency must be one of"],
    [[server.address, "reset", "x", "--id", "a"], "--id names one write; reset is none"],
    [[server.address, "get", "x", "--id", "a"], "--id names one write; get is none"],
    [[server.address, "--id", "a"], "--id names one write: give it with its command"],
    [[server.address, "--if", "absent"], "--if is for set: give it with its command"],
    [[server.address, "incr", "n", "--if", "absent"], "--if is for set; incr takes none"],
    [[server.address, "set", "x", "1", "--if", "maybe"], "--if must be one of absent, present"],
    [[server.address, "cas", "x"], "too few arguments; it is: cas KEY EXPECTED [NEW]"],
    [[server.address, "keys", "a", "b"], "too many arguments; it is: keys [PREFIX]"],
    [[server.address, "outcome"], "too few arguments; it is: outcome ID"],
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
  await client(server, "--consistency linearizable", "get x\nget x --consistency eventual\n");
  assertEquals(seen, [
    [undefined, 300],
    ["eventual", 300],
    [undefined, 1_000],
    ["sequential", undefined],
    ["linearizable", undefined],
    ["eventual", undefined],
  ]);
});

/** A server that answers all writes alike, and keeps the options that it was given. */
function recording(reply: Reply, seen: RequestOptions[]): FakeServer {
  return new FakeServer({
    status: {},
    batch: (requests) =>
      seen.push(...requests.flatMap((request) => "options" in request ? [request.options] : [])),
    request: (_, peer) => peer.reply(reply),
  });
}

Deno.test("a session token goes along only with --session", async () => {
  for (const flag of ["", "--session"]) {
    const seen: RequestOptions[] = [];
    using server = recording({ type: "end", token: [3, 7] }, seen);
    const child = spawn(["client", server.address, ...flag === "" ? [] : [flag]]);
    const input = child.stdin.getWriter();
    const errors = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
    for (let line = 1; line <= 2; line++) {
      await input.write(new TextEncoder().encode("get x\n"));
      assertEquals((await errors.read()).value, `line ${line}: (not found)\n`);
    }
    await input.close();
    await errors.cancel();
    await child.stdout.cancel();
    await child.status;
    assertEquals(seen.map(({ token }) => token), [undefined, flag === "" ? undefined : [3, 7]]);
    assertEquals(seen.map(({ id }) => id), [undefined, undefined]);
  }
});

Deno.test("--id goes out with the write, and a failure says how to ask for it", async () => {
  const seen: RequestOptions[] = [];
  const since = "2026-11-22T19:03:04.567Z";
  using server = recording({
    type: "error",
    code: "no_quorum",
    text: "no writes are ordered",
    details: { maybe: true, missing: [{ id: 1, since }, { id: 2, since }, "?", { id: "\x1b" }] },
  }, seen);
  const words =
    "no_quorum: no writes are ordered; missing: replica 1 since 2026-11-22 19:03:04 UTC" +
    ", replica 2 since 2026-11-22 19:03:04 UTC (the write may have happened, or still may";
  const line = "--consistency sequential --id";
  assertEquals(
    await client(server, `set x 1 ${line} order-7`),
    `! ${words}; ask with: outcome order-7 --consistency sequential)\n1`,
  );
  assertEquals(await client(server, "delete x"), `! ${words})\n1`);
  assertEquals(
    await client(server, "", `delete x --id 'a "b"'\n`),
    `! line 1: ${words}; ask with: outcome "a \\"b\\"")\n1`,
  );
  assertEquals(seen.map(({ id }) => id), ["order-7", undefined, 'a "b"']);
});

Deno.test("outcome: the word, and exit 1 while it is unknown", async () => {
  for (const outcome of ["applied", "never", "unknown"] as const) {
    const asked: Request[] = [];
    using server = new FakeServer({
      status: {},
      request: (request, peer) => {
        asked.push(request);
        return peer.reply({
          type: "outcome",
          outcome,
          token: [1],
          details: { reason: "far away" },
        });
      },
    });
    const unknown = "! (it may still be applied, or not: far away; ask again later)\n1";
    const end = outcome === "unknown" ? unknown : "0";
    assertEquals(await client(server, "outcome order-7"), `${outcome}\n${end}`);
    assertEquals(
      await client(server, "outcome order-7 --json --consistency eventual"),
      `["OUTCOME","${outcome}",[1],{"reason":"far away"}]\n${end}`,
    );
    assert(asked.every((request) => request.type === "outcome" && request.id === "order-7"));
    assert(asked[1].type === "outcome");
    assertEquals(asked[1].options.consistency, "eventual");
  }
});

Deno.test("outcome: never, but for what is too old to be remembered", async () => {
  using server = new FakeServer({
    status: {},
    request: (_, peer) =>
      peer.reply({ type: "outcome", outcome: "never", token: [], details: { forgotten: 1_234 } }),
  });
  assertEquals(
    await client(server, "outcome order-7"),
    "never\n! (unless it was one of the first 1,234 writes, whose ids are forgotten)\n0",
  );
});

Deno.test("several addresses: it says where it has moved and why, and does what it was told", async () => {
  const ids: (string | undefined)[] = [];
  using first = new FakeServer({
    status: {},
    request(request, peer) {
      ids.push("options" in request ? request.options.id : undefined);
      peer.close();
    },
  });
  using second = new FakeServer({
    batch: (requests) =>
      ids.push(
        ...requests.flatMap((request) => request.type === "write" ? [request.options.id] : []),
      ),
  });
  const { code, stdout, stderr } = await kvdist([
    "client",
    `${first.address},${second.address}`,
    ...["set", "x", "42"],
  ]);
  assertEquals([code, stdout], [0, "STORED\n"]);
  assertEquals(
    stderr,
    `moved to ${second.address}: the connection to ${first.address} ended: the replica closed it\n`,
  );
  assertEquals(second.held.get("x"), "42");
  assertEquals([ids.length, new Set(ids).size], [2, 1]);
  first[Symbol.dispose]();
  const piped = await kvdist(["client", `${first.address},${second.address}`], {
    stdin: "set y 1\nget x\nget y\n",
  });
  assertEquals(piped, { code: 0, stdout: "STORED\n42\n1\n", stderr: "" });
  second[Symbol.dispose]();
  const nobody = await kvdist(["client", `${first.address},${second.address}`, "get", "x"]);
  assertEquals([nobody.code, nobody.stdout], [1, ""]);
  assertMatch(nobody.stderr, /^kvdist client: no replica answers at .*, .* \(.*refused.*\)\n$/);
});

Deno.test("status of one replica: what it says of itself, and of its peers", async () => {
  using server = new FakeServer({
    status: {
      id: 1,
      view: { ballot: [4, 0], members: [0, 1] },
      suspects: [{ id: 2, since: "2026-11-22T19:03:04.567Z", reason: "silent" }],
      missing: [{ id: 2, since: "2026-11-22T19:03:04.567Z" }],
      peers: [
        { id: 0, state: "live", index: 9, lag: 0, member: true },
        { id: 2, state: null, index: null, lag: null, member: false },
      ],
      lag: 2,
      outbox: 3,
      outboxBytes: 420,
      counts: false,
    },
  });
  const lines = (await client(server, "status")).split("\n");
  for (
    const line of [
      "replica      1 of 3",
      "view         members 0, 1 (ballot 4 of replica 0)",
      "suspects     2 since 2026-11-22 19:03:04 UTC (silent)",
      "missing      2 since 2026-11-22 19:03:04 UTC",
      "behind by    2",
      "outbox       3 (420 bytes)",
      "store        memory, fsync always, p99 2.50 ms",
      "folder       00000000-0000-4000-8000-000000000001 (being rebuilt: counts for no majority yet)",
      "peer  state      member  delivered  behind by",
      "   0  live       yes             9          0",
      "   2  not known  no              –          –",
    ]
  ) assert(lines.includes(line), `${line}\n\nis not in\n\n${lines.join("\n")}`);
});

Deno.test("status of an older replica that tells less", async () => {
  const { suspects: _, missing: _1, peers: _2, lag: _3, joining: _4, ...rest } = STATUS;
  const { outboxBytes: _5, fsyncP99: _6, identity: _7, counts: _8, ...less } = rest;
  using server = new FakeServer({
    request: (_, peer) => peer.send(frame(JSON.stringify(["STATUS", less]))),
  });
  const text = await client(server, "status");
  assertMatch(text, /^replica +0 of 3\nstate +live\n/);
  assert(!/undefined|null|NaN/.test(text), text);
  using other = new FakeServer({
    request: (_, peer) => peer.send(frame(JSON.stringify(["STATUS", {}]))),
  });
  const { code, stdout } = await kvdist(
    ["client", `${server.address},${other.address}`, "status"],
  );
  assertEquals(code, 0);
  assert(!/undefined|null|NaN/.test(stdout), stdout);
});

Deno.test("status of several replicas: a row for each that answers", async () => {
  using first = new FakeServer({ status: {} });
  using second = new FakeServer({
    status: {
      id: 1,
      state: "outside",
      counts: false,
      view: null,
      missing: [{ id: 0, since: "2026-11-22T19:03:05.678Z" }],
      suspects: [
        { id: 2, since: "2026-11-22T19:03:04.567Z", reason: "slow" },
        { id: 0, since: "2026-11-22T19:03:07.890Z", reason: "silent" },
      ],
      fsyncP99: null,
    },
  });
  const gone = new FakeServer();
  gone[Symbol.dispose]();
  const all = [first, gone, second].map(({ address }) => address).join();
  const { code, stdout, stderr } = await kvdist(["client", all, "status"]);
  assertEquals(code, 0);
  const [head, , ...rows] = stdout.trimEnd().split("\n");
  assertMatch(
    head,
    /^id +address +state +view +missing or suspected +applied +behind +pending +outbox +fsync/,
  );
  assertEquals(rows.length, 2);
  assertMatch(
    rows[0],
    new RegExp(`^ 0  ${first.address} +live +0 1 2 +– +7 +0 +0 +0  always, p99`),
  );
  assertMatch(
    rows[1],
    /^ 1 .* outside, does not count +none yet +0 since 19:03:05, 2 since 19:03:04 .* +always +/,
  );
  assertMatch(stderr, new RegExp(`^cannot connect to ${gone.address}: connection refused.*\n$`));
  const json = await kvdist(["client", all, "status", "--json"]);
  const forms = json.stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(forms.map(([word, { id }]) => [word, id]), [["STATUS", 0], ["STATUS", 1]]);
  // In a pipe too, between other commands.
  const piped = await kvdist(["client", all], { stdin: "set x 1\nstatus\nget x\n" });
  assertMatch(piped.stdout, /^STORED\nid +address .*\n.*\n 0 .*\n 1 .*\n1\n$/);
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
