/**
 * The client port as section 4 of the design describes it, and what it does with all that is none
 * of its forms. Meanwhile well-behaved clients at two replicas are never disturbed.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { CAN_MEASURE_MEMORY, residentMebibytes } from "./memory.ts";
import {
  type Answer,
  Bystanders,
  byteLength,
  frame,
  frames,
  lengthOf,
  RawConnection,
  set,
} from "./raw.ts";
import { type Server, startServer } from "./server.ts";

const MEBIBYTE = 1024 * 1024;
const FRAME_BYTES_MAX = 8 * MEBIBYTE;

/** Runs a test with a server, and with bystanders at its first two replicas. */
async function beside(act: (server: Server) => Promise<void>, args: string[] = []): Promise<void> {
  await using server = await startServer({ args });
  using bystanders = new Bystanders(server.replicas.slice(0, 2).map(({ client }) => client));
  await act(server);
  await bystanders.end();
  assertEquals(await server.stop(), 0, server.stderr());
}

/** The code of an `ERROR`, whose form is checked. */
function codeOf(answer: Answer): unknown {
  assertEquals([answer[0], answer.length], ["ERROR", 4], JSON.stringify(answer).slice(0, 200));
  assertEquals([typeof answer[1], typeof answer[2]], ["string", "string"]);
  assertEquals(answer[3], { maybe: false });
  return answer[1];
}

Deno.test("each form gets its answer", () =>
  beside(async ({ replicas }) => {
    using client = await RawConnection.open(replicas[0].client);
    const token = (answer: Answer, at: number) => {
      const numbers = answer[at];
      assert(Array.isArray(numbers) && numbers.length === 3, JSON.stringify(answer));
      assert(numbers.every((n) => Number.isSafeInteger(n) && n >= 0), JSON.stringify(answer));
      assertEquals(answer.length, at + 1);
      return numbers;
    };
    const stored = await client.ask("set", "x", "42", 2);
    assertEquals(stored[0], "STORED");
    const written = token(stored, 1);
    const value = await client.ask("get", "x");
    assertEquals(value.slice(0, 4), ["VALUE", "x", "42", 2]);
    token(value, 4);
    {
      using other = await RawConnection.open(replicas[1].client);
      const there = await other.ask("get", "x", { token: written, timeout: 5_000 });
      assertEquals(there.slice(0, 4), ["VALUE", "x", "42", 2]);
    }
    assertEquals((await client.ask("delete", "x"))[0], "STORED");
    const none = await client.ask("get", "x");
    assertEquals(none[0], "END");
    token(none, 1);
    assertEquals((await client.ask("delete", "never was"))[0], "STORED");

    const linearizable = { consistency: "linearizable" };
    assertEquals((await client.ask(...set("l", "1", linearizable)))[0], "STORED");
    {
      using other = await RawConnection.open(replicas[1].client);
      assertEquals((await other.ask("get", "l", linearizable)).slice(0, 3), ["VALUE", "l", "1"]);
    }

    assertEquals((await client.ask(...set("o", "1", { id: "known" })))[0], "STORED");
    for (const [id, outcome] of [["known", "applied"], ["not known", "never"]]) {
      // What is certain stays so: again, and at another replica.
      for (const replica of [replicas[0], replicas[0], replicas[1]]) {
        using asker = await RawConnection.open(replica.client);
        const answer = await asker.ask("outcome", id);
        assertEquals(answer.slice(0, 2), ["OUTCOME", outcome]);
        assertEquals([typeof answer[3], answer.length], ["object", 4]);
        token(answer.slice(0, 3), 2);
      }
    }
    assertEquals(codeOf(await client.ask(...set("o", "2", { id: "not known" }))), "bad_request");
    assertEquals((await client.ask(...set("o", "2", { id: "known" })))[0], "STORED");
    assertEquals((await client.ask("get", "o"))[2], "1");
    const eventual = { consistency: "eventual" };
    assertEquals((await client.ask("outcome", "elsewhere?", eventual))[1], "unknown");

    await client.send(set("list/b", "é"), set("list/a", ""), ["dump", "list/"], ["status"]);
    const answers = [];
    for (let i = 0; i < 6; i++) answers.push(await client.receive());
    assertEquals(answers.map((answer) => answer[0]), [
      ...["STORED", "STORED", "VALUE", "VALUE", "END", "STATUS"],
    ]);
    assertEquals(answers[2].slice(0, 4), ["VALUE", "list/a", "", 0]);
    assertEquals(answers[3].slice(0, 4), ["VALUE", "list/b", "é", 2]);
  }));

Deno.test("operations are carried out at their place, and say what they gave", () =>
  beside(async ({ replicas }) => {
    using client = await RawConnection.open(replicas[0].client);
    /** What comes back, without the token, which is its last field. */
    const gives = async (...request: unknown[]) => {
      const answer = await client.ask(...request);
      return answer[0] === "ERROR" ? [codeOf(answer)] : answer.slice(0, -1);
    };
    assertEquals(await gives("incr", "n"), ["NUMBER", "1"]);
    assertEquals(await gives("incr", "n", 41), ["NUMBER", "42"]);
    assertEquals(await gives("incr", "n", "-50"), ["NUMBER", "-8"]);
    assertEquals(await gives("incr", "n", "-9223372036854775800"), [
      "NUMBER",
      "-9223372036854775808",
    ]);
    assertEquals(await gives("incr", "n", -1), ["out_of_range"]);

    assertEquals(await gives(...set("once", "1", { if: "absent" })), ["STORED"]);
    assertEquals(await gives(...set("once", "2", { if: "absent" })), ["UNCHANGED"]);
    assertEquals(await gives(...set("once", "3", { if: "present" })), ["STORED"]);
    assertEquals(await gives(...set("never", "3", { if: "present" })), ["UNCHANGED"]);

    assertEquals(await gives("cas", "c", null, "1"), ["STORED"]);
    assertEquals(await gives("cas", "c", null, "2"), ["UNCHANGED"]);
    assertEquals(await gives("cas", "c", "1", "2"), ["STORED"]);
    assertEquals(await gives("cas", "c", "2", null), ["STORED"]);
    assertEquals(await gives("cas", "c", "2", "3"), ["UNCHANGED"]);

    assertEquals(await gives("append", "log", "é", 2), ["NUMBER", "2"]);
    assertEquals(await gives("append", "log", "\udcc3", 1), ["NUMBER", "3"]);
    assertEquals(await gives("incr", "log"), ["not_a_number"]);
    // The two bytes are UTF-8 together.
    assertEquals(await gives("append", "log", "\udca9", 1), ["NUMBER", "4"]);
    assertEquals(await gives("get", "log"), ["VALUE", "log", "éé", 4]);
    assertEquals(await gives("append", "log", "v".repeat(MEBIBYTE - 3), MEBIBYTE - 3), [
      "too_large",
    ]);

    assertEquals(await gives("rename", "log", "diary"), ["STORED"]);
    assertEquals(await gives("rename", "log", "diary"), ["no_key"]);

    await client.send(["keys"], ["keys", "d"], ["keys", "log"]);
    const listed = [];
    for (let ends = 0; ends < 3;) {
      const [word, key] = await client.receive();
      if (word === "END") ends++;
      listed.push(word === "KEY" ? key : word);
    }
    const own = listed.filter((word) => typeof word === "string" && !word.includes("bystander"));
    assertEquals(own.filter((word) => word === "END").length, 3);
    assertEquals(own.slice(-3), ["diary", "END", "END"]);
    assert(own.includes("n") && own.includes("once"), JSON.stringify(own));

    // Under one id it happens once and gives the same, at whichever replica it is asked.
    const id = "the-one";
    for (const replica of [replicas[0], replicas[1], replicas[2], replicas[0]]) {
      using asker = await RawConnection.open(replica.client);
      assertEquals((await asker.ask("incr", "counted", null, { id })).slice(0, 2), ["NUMBER", "1"]);
      const [, outcome, , details] = await asker.ask("outcome", id);
      assertEquals(outcome, "applied");
      assert(typeof details === "object" && details !== null && "result" in details);
      assertEquals(details.result, ["number", "1"]);
    }
    assertEquals((await client.ask("get", "counted"))[2], "1");
  }));

Deno.test("what depends on its place in the order needs it", () =>
  beside(async ({ replicas }) => {
    using client = await RawConnection.open(replicas[0].client);
    const eventual = { consistency: "eventual" };
    const requests = [
      ["incr", "n", null, eventual],
      ["append", "a", "x", 1, eventual],
      ["cas", "c", null, "1", eventual],
      ["rename", "a", "b", eventual],
      set("s", "1", { if: "absent", ...eventual }),
    ];
    for (const request of requests) {
      assertEquals(codeOf(await client.ask(...request)), "needs_order", JSON.stringify(request));
    }
    for (const key of ["n", "a", "c", "b", "s"]) {
      assertEquals((await client.ask("get", key, { consistency: "linearizable" }))[0], "END");
    }
    assertEquals((await client.ask(...set("s", "1", eventual)))[0], "STORED");
  }));

Deno.test("requests may come as they like: many in a write, a write for each byte", () =>
  beside(async ({ replicas }) => {
    using client = await RawConnection.open(replicas[0].client);
    const pairs = Array.from({ length: 250 }, (_, i) => [set("p", String(i)), ["get", "p"]]);
    await client.send(...pairs.flat());
    for (let i = 0; i < 250; i++) {
      assertEquals((await client.receive())[0], "STORED");
      assertEquals((await client.receive())[2], String(i));
    }
    for (const byte of frames([set("slow", "1"), ["get", "slow"]])) {
      await client.write(Uint8Array.of(byte));
    }
    assertEquals((await client.receive())[0], "STORED");
    assertEquals((await client.receive())[2], "1");

    // Nothing more is sent, and all that was asked is answered.
    await client.send(...Array.from({ length: 500 }, (_, i) => set(`last ${i}`, "1")), ["nope"]);
    await client.write(frame('["get","last 499"]').subarray(0, 9));
    await client.closeWrite();
    const rest = await client.rest();
    assertEquals(rest.length, 501);
    assert(rest.slice(0, 500).every(([word]) => word === "STORED"));
    assertEquals(codeOf(rest[500]), "unknown_command");
  }));

Deno.test("keys and values come back as they went, up to their limits", () =>
  beside(async ({ replicas }) => {
    using client = await RawConnection.open(replicas[0].client);
    const texts = [
      ..."é😀\u0000\ufeff\u2028\u{10ffff}",
      ...[
        "a\u0301",
        "\u0000b",
        "a\nb\r\t\"\\/'",
        "__proto__",
        "constructor",
        "ключ 😀",
        "\ufeff\ufeff",
        "\udc80",
        "a\udcc3b\udcff",
      ],
      ...["k".repeat(1024), "é".repeat(512), "😀".repeat(256)],
    ];
    for (const text of texts) {
      assertEquals((await client.ask(...set(text, text)))[0], "STORED", JSON.stringify(text));
      const bytes = byteLength(text);
      assertEquals((await client.ask("get", text)).slice(1, 4), [text, text, bytes]);
    }
    // A mebibyte; the second takes six in JSON.
    for (const value of ["v".repeat(MEBIBYTE), "\u0001".repeat(MEBIBYTE)]) {
      assertEquals((await client.ask(...set("large", value)))[0], "STORED");
      const answer = await client.ask("get", "large");
      assert(answer[2] === value && answer[3] === MEBIBYTE, "the value is the one that was set");
    }
    for (const key of ["k".repeat(1025), "é".repeat(513), "😀".repeat(257)]) {
      assertEquals(codeOf(await client.ask(...set(key, ""))), "too_large");
      assertEquals(codeOf(await client.ask("get", key)), "too_large");
    }
    assertEquals(codeOf(await client.ask(...set("x", "v".repeat(MEBIBYTE + 1)))), "too_large");
  }));

/** Levels of nesting that no parser should descend into. */
function deep(levels: number): string {
  return "[".repeat(levels) + "]".repeat(levels);
}

/** Forms that are wrong in themselves, as JSON, and the code that each gets. */
const WRONG_FORMS: readonly [json: string, code: string][] = [
  ...["0", "1", "3", "-2", "2.5", '"2"', "null", "true", "[2]", "{}", "1e999", deep(100_000)].map(
    (bytes): [string, string] => [`["set","x","42",${bytes}]`, "bad_request"],
  ),
  ...["1", "null", "true", "[]", "{}", '""', '"\\ud800"', '"\\udc00x"', deep(1000)].flatMap(
    (key): [string, string][] => [
      [`["set",${key},"42",2]`, "bad_request"],
      [`["get",${key}]`, "bad_request"],
      [`["delete",${key}]`, "bad_request"],
    ],
  ),
  ...["1", "[]", '"\\ud800"'].map((prefix): [string, string] => [
    `["dump",${prefix}]`,
    "bad_request",
  ]),
  ...['["set"]', '["set","x"]', '["set","x","42"]', '["get"]', '["delete"]', '["outcome"]'].map(
    (json): [string, string] => [json, "bad_request"],
  ),
  ...["1", "null", "true", '"get"', "{}", '{"0":"get","1":"x","length":2}'].map(
    (json): [string, string] => [json, "bad_request"],
  ),
  ...["[]", "[null]", "[1]", "[[]]", '[{"get":1}]', deep(100_000)].map(
    (json): [string, string] => [json, "bad_request"],
  ),
  ...["", "GET", "nope", "STORED", "hello", "toString", "__proto__", "hasOwnProperty"].map(
    (word): [string, string] => [JSON.stringify([word, "x"]), "unknown_command"],
  ),
  ['["broadcast","x","9",1,[0,1],"message",1,0,[1,0]]', "unknown_command"],
  ['[[0,1],"x",null,1,[1,2],"acknowledgement",1,[1,0]]', "bad_request"],
  ...[
    ...["1", "[]", '"eventual"', '{"unknown":1}', '{"__proto__":{"timeout":1}}', '{"toString":1}'],
    ...['{"consistency":"strong"}', '{"consistency":null}', '{"consistency":["eventual"]}'],
    ...['{"timeout":-1}', '{"timeout":1.5}', '{"timeout":1e12}', '{"timeout":"5"}'],
    ...['{"token":null}', '{"token":{}}', '{"token":"1"}', '{"token":[-1]}', '{"token":[[1]]}'],
    ...[`{"token":${deep(100_000)}}`, `{"token":[${"1,".repeat(2_000)}1]}`],
    ...['{"id":""}', '{"id":7}', `{"id":"${"i".repeat(129)}"}`],
  ].flatMap((options): [string, string][] => [
    [`["get","x",${options}]`, "bad_request"],
    [`["set","x","42",2,${options}]`, "bad_request"],
    [`["delete","x",${options}]`, "bad_request"],
    [`["outcome","x",${options}]`, "bad_request"],
  ]),
  ...["1", "null", "[]", "{}", '""', '"\\ud800"', `"${"i".repeat(129)}"`].map(
    (id): [string, string] => [`["outcome",${id}]`, "bad_request"],
  ),
  // Within the frame's limit, and a second of parsing.
  [`["get","x"${",[]".repeat(2_700_000)}]`, "bad_request"],
];

Deno.test("what is wrong in itself gets its error, and the connection goes on", () =>
  beside(async ({ replicas }) => {
    using client = await RawConnection.open(replicas[0].client);
    assertEquals((await client.ask(...set("x", "right")))[0], "STORED");
    for (const [json, code] of WRONG_FORMS) {
      await client.write(frame(json));
      assertEquals(codeOf(await client.receive()), code, json.slice(0, 100));
    }
    for (
      const options of [{}, { consistency: "eventual", timeout: 9, token: [0, 0, 0], id: "i" }]
    ) {
      assertEquals((await client.ask("get", "x", options))[0], "VALUE");
      assertEquals((await client.ask(...set("y", "1", options)))[0], "STORED");
    }
    assertEquals((await client.ask("get", "x"))[2], "right");

    const waiting = await client.ask("get", "x", { token: [2 ** 40, 0, 0], timeout: 50 });
    assertEquals(waiting.slice(0, 2), ["ERROR", "timeout"]);
    assertMatch(JSON.stringify(waiting[3]), /"lacking":\[\{"origin":0,/);
  }));

Deno.test("where the stream cannot be trusted, it gets its error and is closed", () =>
  beside(async ({ replicas }) => {
    const good = frame('["get","x"]');
    const spaces = (bytes: number) => new Uint8Array(bytes).fill(0x20);
    const streams: [name: string, bytes: Uint8Array[], code: string][] = [
      ["a length of zero", [lengthOf(0)], "bad_request"],
      ["a length over the limit", [lengthOf(FRAME_BYTES_MAX + 1)], "too_large"],
      ["such a frame", [lengthOf(FRAME_BYTES_MAX + 1), spaces(FRAME_BYTES_MAX + 1)], "too_large"],
      ["2^31", [lengthOf(2 ** 31)], "too_large"],
      ["2^32-1", [lengthOf(2 ** 32 - 1), good], "too_large"],
      ["another protocol", [new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n")], "too_large"],
      ["a largest frame of nothing", [frame(spaces(FRAME_BYTES_MAX))], "bad_request"],
      ...["hello", '["get","x"', '["get","x"]["get","x"]', "[NaN]", '["get","x",]', "[".repeat(1e5)]
        .map((text): [string, Uint8Array[], string] => [text, [frame(text)], "bad_request"]),
      ...[[0xff, 0xfe], [0xed, 0xa0, 0x80], [0xc0, 0xaf]]
        .map((bytes): [string, Uint8Array[], string] => [
          `bytes ${bytes}`,
          [frame(Uint8Array.of(0x5b, 0x22, ...bytes, 0x22, 0x5d))],
          "bad_request",
        ]),
    ];
    for (const [name, bytes, code] of streams) {
      using client = await RawConnection.open(replicas[0].client);
      await client.send(set("x", "right"), ["get", "x"]);
      // What follows is not read; sending it may fail, and must not cost the answers.
      for (const part of bytes) await client.write(part).catch(() => {});
      const answers = await client.rest();
      assertEquals(answers.length, 3, name);
      assertEquals([answers[0][0], answers[1][2]], ["STORED", "right"], name);
      assertEquals(codeOf(answers[2]), code, name.slice(0, 100));
    }
    using client = await RawConnection.open(replicas[0].client);
    await client.write(frame('["get","x"]'.padEnd(FRAME_BYTES_MAX)));
    assertEquals((await client.receive())[2], "right", "a frame of just the limit is taken");
  }));

Deno.test("clients that begin and do not go on harm nobody", () =>
  beside(async ({ replicas }) => {
    const connections: RawConnection[] = [];
    try {
      const request = frames([set("crowd", "1")]);
      for (let i = 0; i < 200; i++) {
        const connection = await RawConnection.open(replicas[i % 2].client);
        connections.push(connection);
        await connection.write(request.subarray(0, i % request.length));
      }
      // Every other one goes on after all.
      for (const [i, connection] of connections.entries()) {
        if (i % 4 > 1) continue;
        await connection.write(request.subarray(i % request.length));
        assertEquals((await connection.receive())[0], "STORED");
      }
    } finally {
      for (const connection of connections) connection.close();
    }
  }));

Deno.test("a dump comes whole, also when more of it waits to be sent than may", () =>
  beside(async ({ replicas }) => {
    using writer = await RawConnection.open(replicas[0].client);
    const value = "v".repeat(16 * 1024);
    const keys = Array.from({ length: 600 }, (_, i) => `dumped ${String(i).padStart(3, "0")}`);
    for (const key of keys) await writer.send(set(key, value));
    for (const _ of keys) assertEquals((await writer.receive())[0], "STORED");
    using client = await RawConnection.open(replicas[0].client);
    await client.send(["dump", "dumped"], ["dump", "dumped"], ["get", "none"]);
    for (let round = 0; round < 2; round++) {
      for (const key of keys) assertEquals((await client.receive()).slice(0, 2), ["VALUE", key]);
      assertEquals((await client.receive())[0], "END");
    }
    assertEquals((await client.receive())[0], "END");
  }, ["--fsync", "never"]));

Deno.test({
  name: "clients that ask for much and read nothing cost a bounded memory",
  ignore: !CAN_MEASURE_MEMORY,
  fn: () =>
    beside(async (server) => {
      const [{ client: address }] = server.replicas;
      using writer = await RawConnection.open(address);
      assertEquals((await writer.ask(...set("large", "v".repeat(MEBIBYTE))))[0], "STORED");
      const before = await residentMebibytes(server.pid);
      const stuck: RawConnection[] = [];
      try {
        const requests = frames(Array(200).fill(["get", "large"]));
        for (let i = 0; i < 30; i++) stuck.push(await RawConnection.open(address));
        await Promise.all(stuck.map((connection) => connection.write(requests)));
        // It has looked at all of them when it has answered one that came later.
        assertEquals((await writer.ask(...set("after", "1")))[0], "STORED");
        assertEquals((await writer.ask("get", "large"))[3], MEBIBYTE);
        const grown = await residentMebibytes(server.pid) - before;
        assert(grown < 400, `30 clients that want 200 MiB each take ${grown} MiB`);
      } finally {
        for (const connection of stuck) connection.close();
      }
    }),
});

Deno.test({
  name: "a client in another language, written from the description alone, works",
  ignore: !await hasPython(),
  fn: () =>
    beside(async ({ replicas }) => {
      const script = new URL("wire_client.py", import.meta.url).pathname;
      const python = new Deno.Command("python3", { args: [script, replicas[0].client] });
      const { stdout, stderr } = await python.output();
      const decoder = new TextDecoder();
      assertEquals(decoder.decode(stdout), "ok\n", decoder.decode(stderr));
    }),
});

async function hasPython(): Promise<boolean> {
  try {
    const python = new Deno.Command("python3", { args: ["-c", "import json, socket"] });
    return (await python.output()).success;
  } catch {
    return false;
  }
}
