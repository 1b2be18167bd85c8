import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { kvdist, type Outcome } from "./program.ts";

/** Runs `kvdist explain`, which needs no permission. */
function explain(args: readonly string[], stdin?: string): Promise<Outcome> {
  return kvdist(["explain", ...args], { permissions: ["--allow-env=NO_COLOR"], stdin });
}

Deno.test("explain: the levels, in few lines, without any permission", async () => {
  const { code, stdout, stderr } = await kvdist(["explain"], { permissions: [] });
  assertEquals([code, stderr], [0, ""]);
  const titles = stdout.split("\n").filter((line) => /^\w/.test(line));
  assertEquals(titles, ["eventual", "sequential", "linearizable"]);
});

Deno.test("explain: a command at a level, with one setting or all", async () => {
  const all = await explain(["sequential", "set"]);
  const one = await explain(["sequential", "set", "--fsync", "interval"]);
  assertEquals([all.code, one.code], [0, 0]);
  const cuts = (text: string) => text.match(/^ {2}power cut +--fsync \w+/gm)?.length;
  assertEquals([cuts(all.stdout), cuts(one.stdout)], [3, 1]);
  assertStringIncludes(all.stdout, "kvdist demo stale --scene 2");
});

Deno.test("explain: a reply, at the level that is named", async () => {
  const reply = '["STORED",[0,3,0]]';
  const { code, stdout } = await explain([reply, "--consistency", "eventual"]);
  assertEquals(code, 0);
  assertStringIncludes(stdout, "STORED, asked at eventual with --fsync always\n");
  assertStringIncludes((await explain([reply])).stdout, "STORED, asked at sequential");
});

Deno.test("explain: replies from stdin, each by itself, as text and as data", async () => {
  const lines = '["STORED",[0,3,0]]\n\n["END",[0,3,0]]\n';
  const text = await explain(["-"], lines);
  assertEquals([text.code, text.stdout.match(/^\w+, asked at/gm)?.length], [0, 2]);
  const asData = await explain(["-", "--json"], lines);
  const titles = asData.stdout.trimEnd().split("\n").map((line) => {
    assert(line.startsWith('{"title":"') && line.endsWith('"}]}'), line);
    return line.slice('{"title":"'.length, line.indexOf(","));
  });
  assertEquals([asData.code, titles], [0, ["STORED", "END"]]);
});

Deno.test("explain: what is no reply is one line, exit 2", async () => {
  const wrong: [string[], string | undefined, string][] = [
    [["[1"], undefined, `the reply is not JSON; a reply is as '["STORED",[0,3,0]]'`],
    [['["FOO"]'], undefined, 'the reply is no reply: unknown reply "FOO"'],
    [['["STORED"]'], undefined, "the reply is no reply: the token must be an array"],
    [['["ERROR","no","x"]'], undefined, 'no error is called "no"'],
    [
      ['["OUTCOME","maybe",[]]'],
      undefined,
      'an outcome is applied, never, unknown, and not "maybe"',
    ],
    [["["], undefined, `the reply is not JSON; a reply is as '["STORED",[0,3,0]]'`],
    [["[", "x"], undefined, "explain takes one reply: quote it as a whole"],
    [
      ["-"],
      '["END",[]]\nSTORED\n',
      `stdin, line 2, is not JSON; a reply is as '["STORED",[0,3,0]]'`,
    ],
    [["-"], "", "stdin has no reply"],
    [["STORED"], undefined, "STORED is no level, no error and no reply"],
    [["incr"], undefined, "a command stands behind a level: explain sequential incr"],
    [
      ["eventual", "--consistency", "eventual"],
      undefined,
      "--consistency is for a reply: to ask about a level, give it as argument",
    ],
  ];
  for (const [args, stdin, line] of wrong) {
    const { code, stderr } = await explain(args, stdin);
    assertEquals([code, stderr], [2, `kvdist explain: ${line} (see kvdist explain --help)\n`]);
  }
});

Deno.test("explain: nothing in a reply drives the terminal", async () => {
  const { stdout } = await explain([JSON.stringify(["ERROR", "internal", "\x1b[2J\u009b", {}])]);
  assertStringIncludes(stdout, "\\u001b[2J\\u009b");
});
