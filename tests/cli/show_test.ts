/** `kvdist show` and `kvdist check` of files that are no whole traces. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { kvdist } from "./program.ts";

const TRACE = await Deno.readTextFile(
  new URL("../show/traces/partition.jsonl", import.meta.url),
);

const ALL = { permissions: ["--allow-all"] };

/** Gives the path of a file with this in it. */
async function withFile(
  content: string | Uint8Array,
  use: (path: string) => Promise<void>,
): Promise<void> {
  const path = await Deno.makeTempFile({ suffix: ".jsonl" });
  try {
    await Deno.writeFile(
      path,
      typeof content === "string" ? new TextEncoder().encode(content) : content,
    );
    await use(path);
  } finally {
    await Deno.remove(path);
  }
}

/** A trace whose line of that number is torn in the middle, and written on behind. */
function torn(number: number): string {
  const lines = TRACE.split("\n");
  const line = lines[number];
  lines.splice(number, 2, line.slice(0, line.length / 2) + lines[number + 1]);
  return lines.join("\n");
}

Deno.test("show: what is no trace is one line, and exit 2", async () => {
  const junk = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7919) % 256);
  const header = TRACE.slice(0, TRACE.indexOf("\n") + 1);
  const wrong: [string | Uint8Array, RegExp][] = [
    ["", /: it is empty/],
    ["\n", /: it is no trace/],
    [junk, /: it is no trace/],
    ['{"history":1,"replicas":3}\n', /it is no trace: such as serve --trace FILE writes/],
    [header.slice(0, 20), /: it is no trace/],
    [`${header}{"type":"start"}\n`, /: line 2: "at" must be a whole number/],
  ];
  await Promise.all(wrong.map(([content, words]) =>
    withFile(content, async (path) => {
      const { code, stdout, stderr } = await kvdist(["show", path], ALL);
      assertEquals([code, stdout, stderr.trim().split("\n").length], [2, "", 1], stderr);
      assertMatch(stderr, words);
    })
  ));
});

Deno.test("show: a time of which nothing is told is said, and one that ends before it begins refused", () =>
  withFile(TRACE, async (path) => {
    const late = await kvdist(["show", path, "--from", "1h"], ALL);
    assertEquals([late.code, late.stderr], [0, "The trace tells nothing of that time.\n"]);
    const never = await kvdist(["show", path, "--from", "2s", "--to", "1s"], ALL);
    assertEquals([never.code, never.stdout], [2, ""]);
    assertMatch(never.stderr, /^kvdist show: --from is later than --to /);
  }));

Deno.test("show: a trace that was cut off is drawn up to there", () =>
  withFile(TRACE.slice(0, TRACE.length / 2), async (path) => {
    const { code, stdout, stderr } = await kvdist(["show", path], ALL);
    assertEquals([code, stderr], [0, ""]);
    assertStringIncludes(stdout, "set x=old");
  }));

Deno.test("show: junk in a trace is counted, in the text and on the page, and nothing is judged", () =>
  withFile(torn(100), async (path) => {
    const shown = await kvdist(["show", path], ALL);
    assertEquals(shown.code, 0);
    assertMatch(shown.stderr, /^1 line could not be read.* nothing is judged\.\n$/);
    assertStringIncludes(shown.stdout, "set x=old");

    const html = `${path}.html`;
    try {
      assertEquals((await kvdist(["show", path, "--html", html], ALL)).code, 0);
      const page = await Deno.readTextFile(html);
      assertStringIncludes(page, "1 line could not be read");
      assertStringIncludes(page, "lines cannot be read");
      assert(!page.includes('"verdict":"illegal"'), "lost lines are no verdict");
    } finally {
      await Deno.remove(html);
    }
  }));

Deno.test("check: what is missing in a trace is never a violation", async () => {
  const numbers = TRACE.split("\n").keys().filter((number) => number > 0 && number % 40 === 0);
  await Promise.all(numbers.map((number) =>
    withFile(torn(number), async (path) => {
      const { code, stdout, stderr } = await kvdist(["check", path], ALL);
      assertEquals([code, stderr], [3, ""], stdout);
      assertStringIncludes(stdout, "1 of the trace's lines cannot be read");
    })
  ));
});
