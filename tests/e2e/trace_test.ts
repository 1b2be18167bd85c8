/** Real servers that tell what they do: what they tell is drawn and judged by the program. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { connect } from "../../lib/client/mod.ts";
import { readTrace } from "../../lib/cli/show/read_trace.ts";
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
