/** Real servers that tell what they do: what they tell is drawn and judged by the program. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { connect } from "../../lib/client/mod.ts";
import { readTrace } from "../../lib/cli/show/read_trace.ts";
import { displayWidth } from "../../lib/show/text.ts";
import { storyOf } from "../../lib/trace/tell.ts";
import { kvdist } from "../cli/program.ts";
import { RespConnection } from "./resp.ts";
import { startServer } from "./server.ts";
import { until } from "./until.ts";

async function withFolder(act: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await act(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const ALL = { permissions: ["--allow-all"] };

/** Waits until every replica has told that it has applied so many messages. */
async function told(trace: string, count: number): Promise<void> {
  await until(`${count} messages are told to be applied everywhere`, () => {
    const { lines, replicas } = readTrace([trace]);
    const applied = Array.from({ length: replicas }, () => 0);
    for (const line of lines) {
      if (line.type === "apply") applied[line.replica] += line.messages.length;
    }
    return applied.every((one) => one >= count);
  });
}

Deno.test("serve --trace tells of both protocols; show draws it, check judges it, again after kill -9", () =>
  withFolder(async (folder) => {
    const trace = `${folder}/run.jsonl`;
    const data = `${folder}/data`;
    {
      await using server = await startServer({ data, args: ["--trace", trace] });
      using client = await connect(server.replicas[0].client);
      await client.set("x", "1");
      await client.set("x", "2", { id: "named" });
      assertEquals(await client.get("x"), "2");
      using resp = await RespConnection.open(server.replicas[1].client);
      await resp.ask("SET", "y", "3");
      await resp.ask("GET", "y");
      await told(trace, 3);
      await server.kill();
    }
    {
      await using server = await startServer({ data, args: ["--trace", trace] });
      using client = await connect(server.replicas[2].client);
      await client.set("z", "4", { consistency: "linearizable" });
      assertEquals(await client.get("z", { consistency: "linearizable" }), "4");
      await told(trace, 4);
      assertEquals(await server.stop(), 0);
    }
    const read = readTrace([trace]);
    const { operations, messages, bands } = storyOf(read.lines, read);
    assertEquals(operations.map(({ words, answer, replica }) => [words, answer, replica]), [
      ["set x=1", "STORED", 0],
      ["set x=2", "STORED", 0],
      ["get x", "2", 0],
      ["set y=3", "STORED", 1],
      ["get y", "3", 1],
      ["set z=4", "STORED", 2],
      ["get z", "4", 2],
    ]);
    assertEquals(operations.map(({ message }) => message === null), [
      ...[false, false, true, false, true, false, true],
    ]);
    assertEquals(messages.filter(({ index }) => index !== null).length, 4);
    assertEquals(
      bands.filter(({ state }) => state === "down").map(({ replica }) => replica).sort(),
      [
        ...[0, 1, 2],
      ],
    );

    const shown = await kvdist(["show", trace], ALL);
    assertEquals([shown.code, shown.stderr], [0, ""]);
    assertMatch(shown.stdout, /» set x=1/);
    assertMatch(shown.stdout, /◆ #4 set z=4/);
    const html = `${folder}/run.html`;
    assertEquals((await kvdist(["show", trace, "--html", html], ALL)).code, 0);
    assertMatch(await Deno.readTextFile(html), /^<!DOCTYPE html>/);

    const checked = await kvdist(["check", trace, "--json"], ALL);
    assertEquals(checked.code, 0, checked.stdout + checked.stderr);
  }));

Deno.test("what Redis's clients do is drawn as they say it, fits 80 columns, and is judged", () =>
  withFolder(async (folder) => {
    const trace = `${folder}/run.jsonl`;
    const bytes = Uint8Array.of(0xff, 0x1b, 0x80, 13, 10);
    const asked: [args: (string | Uint8Array)[], words: string, answer: string][] = [
      [["SET", "n", "1"], "set n=1", "STORED"],
      [["INCRBY", "n", "41"], "incr n 41", "42"],
      [["APPEND", "n", "!"], "append n !", "3"],
      [["INCR", "n"], "incr n 1", "not_a_number"],
      [["GET", "n"], "get n", "42!"],
      [["MSET", "a", "1", "b", "2"], "mset a=1 b=2", "done"],
      [["DEL", "a", "none"], "del a none", "1"],
      [["GET", "a"], "get a", "nothing"],
      [["GETDEL", "b"], "getdel b", "2"],
      [["SET", "c", "3", "NX", "GET"], "set c=3 nx get", "nothing"],
      [["SETNX", "c", "4"], "set c=4 nx", "unchanged"],
      [["RENAME", "c", "d"], "rename c d", "done"],
      [["SET", "empty", ""], 'set empty=""', "STORED"],
      [["GET", "empty"], "get empty", '""'],
      [["SET", bytes, bytes], `set ${"\u{fffd}".repeat(5)}=${"\u{fffd}".repeat(5)}`, "STORED"],
      [["GET", bytes], `get ${"\u{fffd}".repeat(5)}`, "\u{fffd}".repeat(5)],
      [["SET", "k".repeat(1024), "v"], `set ${"k".repeat(23)}…=v`, "STORED"],
      [["DEL", "k".repeat(1024)], `del ${"k".repeat(23)}…`, "1"],
      [["GET", "k".repeat(1024)], `get ${"k".repeat(23)}…`, "nothing"],
      [["SET", "long", "l".repeat(9_000)], `set long=${"l".repeat(23)}…`, "STORED"],
      [["GET", "long"], "get long", `${"l".repeat(23)}…`],
    ];
    {
      await using server = await startServer({ data: `${folder}/data`, args: ["--trace", trace] });
      using resp = await RespConnection.open(server.replicas[0].client);
      for (const [args] of asked) await resp.ask(...args);
      await told(trace, 15);
      assertEquals(await server.stop(), 0);
    }
    const read = readTrace([trace]);
    const { operations } = storyOf(read.lines, read);
    assertEquals(
      operations.map(({ words, answer, staleBy }) => [words, answer, staleBy]),
      asked.map(([, words, answer]) => [words, answer, null]),
    );
    for (const more of [[], ["--details"]]) {
      const { code, stdout, stderr } = await kvdist(["show", trace, ...more], ALL);
      assertEquals([code, stderr], [0, ""]);
      for (const line of stdout.split("\n")) assert(displayWidth(line) <= 80, line);
      // deno-lint-ignore no-control-regex
      assert(!/[\x00-\x09\x0b-\x1f\ud800-\udfff]/.test(stdout), "it drives no terminal");
    }
    const html = `${folder}/run.html`;
    assertEquals((await kvdist(["show", trace, "--html", html], ALL)).code, 0);
    assertMatch(await Deno.readTextFile(html), /mset a=1 b=2/);
    // Of what a history has no form for, nothing is claimed.
    const checked = await kvdist(["check", trace, "--json"], ALL);
    assertEquals(checked.code, 3, checked.stderr);
    const { guarantees } = JSON.parse(checked.stdout);
    assertEquals([guarantees.sequential.verdict, guarantees.present.verdict], ["ok", "unknown"]);
    assert(guarantees.sequential.judged > 0, "keys that were only set and read are judged");
  }));

Deno.test("what is no trace is not written to, and is said in one line", () =>
  withFolder(async (folder) => {
    const diary = `${folder}/diary`;
    await Deno.writeTextFile(diary, "dear diary\n");
    const { code, stderr } = await kvdist(["serve", "--trace", diary, "--data", folder], ALL);
    assertEquals(code, 1);
    assertMatch(stderr, /^kvdist serve: cannot write a trace to .*: it is there, and no trace\n$/);
    assertEquals(await Deno.readTextFile(diary), "dear diary\n");

    for (const args of [[diary], [`${folder}/none`], [folder]]) {
      const shown = await kvdist(["show", ...args], ALL);
      assertEquals(shown.code, 2);
      assertMatch(shown.stderr, /^kvdist show: [^\n]*\n$/);
    }
  }));

Deno.test("chaos and demo write a trace and a page", () =>
  withFolder(async (folder) => {
    const [trace, html] = [`${folder}/run.jsonl`, `${folder}/run.html`];
    const asked = ["demo", "stale", "--scene", "1", "--delay", "200ms", "--trace", trace];
    const demo = await kvdist([...asked, "--html", html], { ...ALL, env: { TMPDIR: folder } });
    assertEquals(demo.code, 0, demo.stdout + demo.stderr);
    assertMatch(demo.stdout, /« 0 \(stale\)/);
    assertMatch(await Deno.readTextFile(html), /kvdist demo stale/);
    const { lines } = readTrace([trace]);
    assert(lines.some(({ type }) => type === "order"));
    const checked = await kvdist(["check", trace], ALL);
    assertEquals(checked.code, 0, checked.stdout);
  }));
