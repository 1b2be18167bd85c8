import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { encodeLine, type HistoryLine } from "../../lib/check/history.ts";
import { linesTold } from "../check/told.ts";
import { modelHistory } from "../check/model.ts";
import { kvdist, type Outcome, spawn } from "./program.ts";

const GOOD = `
  0 set x 1 → ok
  1 get x linearizable@1 → 1
  order set x 1
  final 0
  final 0 x 1
  final 1
  final 1 x 1
  final 2
  final 2 x 1`;

const STALE = `
  0 set x 1 → ok
  0 set x 2 → ok
  1 get x linearizable@1 → 1`;

function textOf(lines: Iterable<HistoryLine>): string {
  return Array.from(lines, encodeLine).join("");
}

/** Runs `kvdist check` in a folder of its own, with the files given. */
async function check(
  args: readonly string[],
  { files = {}, stdin }: { files?: Readonly<Record<string, string>>; stdin?: string } = {},
): Promise<Outcome & { readonly written: ReadonlyMap<string, string> }> {
  const folder = await Deno.makeTempDir({ prefix: "kvdist-check-" });
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${folder}/${name}`, text);
    }
    const permissions = [
      `--allow-read=${folder}`,
      `--allow-write=${folder}`,
      "--allow-env=NO_COLOR",
    ];
    const inFolder = args.map((arg) => arg.replaceAll("FOLDER", folder));
    const outcome = await kvdist(["check", ...inFolder], { permissions, stdin });
    const written = new Map<string, string>();
    for await (const { name, isFile } of Deno.readDir(folder)) {
      if (isFile) written.set(name, await Deno.readTextFile(`${folder}/${name}`));
    }
    const shown = (text: string) => text.replaceAll(folder, "FOLDER");
    return { ...outcome, stdout: shown(outcome.stdout), stderr: shown(outcome.stderr), written };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("check: a good history, exit 0", async () => {
  const { code, stdout, stderr } = await check(["FOLDER/a.jsonl"], {
    files: { "a.jsonl": textOf(linesTold(GOOD)) },
  });
  assertEquals([code, stderr], [0, ""]);
  assertEquals(
    stdout,
    `FOLDER/a.jsonl: 2 operations of 2 processes on 1 key, 3 replicas

guarantee     verdict  judged
────────────  ───────  ────────────────
linearizable  ok       2 operations
sequential    ok       2 operations
session       ok       nothing to judge
convergence   ok       1 key
present       ok       2 operations
`,
  );
});

Deno.test("check: a violation, exit 1, with the operations that cannot be ordered", async () => {
  const { code, stdout, stderr } = await check(["-", "--only", "linearizable,sequential"], {
    stdin: textOf(linesTold(STALE)),
  });
  assertEquals([code, stderr], [1, ""]);
  assertEquals(
    stdout,
    `stdin: 3 operations of 2 processes on 1 key, 3 replicas

guarantee     verdict  judged
────────────  ───────  ────────────
linearizable  illegal  3 operations
sequential    ok       3 operations

linearizable is broken:
  x held "1" before "2", since the set of lines 2–3 was over before the set of
  lines 4–5 began; and "2" before "1", since the set of lines 4–5 was over
  before the get of lines 6–7 began

  lines  who        what            how
  ─────  ─────────  ──────────────  ───────────────────────
  2–3    process 0  set x "1" → ok  sequential, replica 0
  4–5    process 0  set x "2" → ok  sequential, replica 0
  6–7    process 1  get x → "1"     linearizable, replica 1
`,
  );
});

Deno.test("check: the exit code tells of a violation, too, when nobody reads the words", async () => {
  const child = spawn(["check", "-"], {});
  await child.stdout.cancel();
  const input = child.stdin.getWriter();
  await input.write(new TextEncoder().encode(textOf(linesTold(STALE))));
  await input.close();
  assertEquals(await new Response(child.stderr).text(), "");
  assertEquals((await child.status).code, 1);
});

Deno.test("check: what cannot be decided, exit 3", async () => {
  const { code, stdout } = await check(["-"], {
    stdin: textOf(linesTold("0 set x 1 → ok\norder set x 1 @3")),
  });
  assertEquals(code, 3);
  assertStringIncludes(stdout, "present       unknown  the total order has no index 1 to 2\n");
});

Deno.test("check: the smallest part is written, and is a violation itself", async () => {
  const noise = [...modelHistory({ seed: 1, operations: 300 })];
  const [header, ...stale] = linesTold(STALE.replaceAll(/^ {2}\d/gm, "  9"));
  const at = noise[noise.length - 1].type === "ok" ? 1e9 : 0;
  const later = stale.map((line) => "at" in line ? { ...line, at: at + Number(line.at) } : line);
  const { code, stdout, written } = await check(
    ["FOLDER/a.jsonl", "--smallest", "FOLDER/b.jsonl"],
    {
      files: { "a.jsonl": textOf([header, ...noise.slice(1), ...later]) },
    },
  );
  assertEquals(code, 1);
  assertStringIncludes(
    stdout,
    "FOLDER/b.jsonl has the smallest part that breaks linearizable: 3 operations\n",
  );
  const again = await check(["-", "--json"], { stdin: written.get("b.jsonl") });
  assertEquals(again.code, 1);
  const { verdict, operations, guarantees } = JSON.parse(again.stdout);
  assertEquals([verdict, operations], ["illegal", 3]);
  assertEquals(guarantees.linearizable.verdict, "illegal");

  const good = await check(["-", "--smallest", "FOLDER/b.jsonl"], {
    stdin: textOf(linesTold(GOOD)),
  });
  assertEquals([good.code, good.written.size], [0, 0], "nothing is written when nothing is wrong");
});

Deno.test("check --json: one line for programs", async () => {
  const { code, stdout } = await check(["-", "--json", "--only=linearizable", "--only=session"], {
    stdin: textOf(linesTold(STALE)),
  });
  assertEquals(code, 1);
  assertEquals(stdout.split("\n").length, 2);
  const { guarantees, ...rest } = JSON.parse(stdout);
  assertEquals(rest, { verdict: "illegal", operations: 3, processes: 2, keys: 1, replicas: 3 });
  assertEquals(Object.keys(guarantees), ["linearizable", "session"]);
  assertEquals(guarantees.session, { verdict: "ok", judged: 0 });
  const { violation } = guarantees.linearizable;
  assertStringIncludes(violation.text, 'x held "1" before "2"');
  assertEquals(violation.operations.at(-1), {
    lines: [6, 7],
    process: 1,
    op: "get",
    key: "x",
    value: "1",
    level: "linearizable",
    replica: 1,
    outcome: "ok",
  });
});

Deno.test("check --key: only what concerns the key", async () => {
  const lines = linesTold(`${STALE}\n0 set y 1 → ok\n0 get y → 1`);
  const run = (key: string) => check(["-", "--key", key], { stdin: textOf(lines) });
  const [x, y, none] = await Promise.all([run("x"), run("y"), run("z")]);
  assertEquals([x.code, y.code, none.code], [1, 0, 2]);
  assertStringIncludes(y.stdout, "stdin: 2 operations of 1 process on 1 key, 3 replicas\n");
  assertStringIncludes(none.stderr, 'the history has no key "z"');
});

Deno.test("check: texts of a history drive no terminal", async () => {
  const evil = "\x1b[2J\u009b2J\u202e";
  const lines = linesTold(STALE).map((line) =>
    line.type === "invoke"
      ? {
        ...line,
        key: `x${evil}`,
        ...(line.op === "set" ? { value: `${line.value}${evil}` } : {}),
      }
      : line
  );
  const { stdout } = await check(["-"], { stdin: textOf(lines) });
  // deno-lint-ignore no-control-regex
  assert(!/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/.test(stdout), JSON.stringify(stdout));
});

Deno.test("check: wrong use is one line and exit 2", async () => {
  const wrong: [string[], string, string?][] = [
    [[], "which history? Name a file, or - for stdin"],
    [["a", "b"], "check takes one history, and got a b"],
    [["FOLDER/none.jsonl"], "there is no file FOLDER/none.jsonl"],
    [["FOLDER"], "cannot read FOLDER: it is a folder"],
    [["/etc/hostname"], "cannot read /etc/hostname: "],
    [
      ["-", "--only", "linear"],
      "--only must be of linearizable, sequential, session, convergence, " +
      'present, and is "linear"',
    ],
    [["-"], "stdin, it is empty: the first line must be the header"],
    [["-"], "stdin, line 1 is not JSON", "hello\n"],
    [["FOLDER/bad.jsonl"], 'FOLDER/bad.jsonl, line 2: "type" must be one of'],
  ];
  await Promise.all(wrong.map(async ([args, text, stdin]) => {
    const files = { "bad.jsonl": '{"history":1,"replicas":3}\n{"type":"x"}\n' };
    const { code, stdout, stderr } = await check(args, { stdin, files });
    assertEquals([code, stdout, stderr.split("\n").length], [2, "", 2], stderr);
    assert(stderr.startsWith(`kvdist check: ${text}`), stderr);
    assert(stderr.endsWith("(see kvdist check --help)\n"), stderr);
  }));
  const lines = textOf(linesTold(STALE));
  const unwritable = await check(["-", "--smallest", "/etc/none/x"], { stdin: lines });
  assertEquals([unwritable.code, unwritable.stdout], [2, ""]);
  assert(
    unwritable.stderr.startsWith("kvdist check: cannot write /etc/none/x: "),
    unwritable.stderr,
  );
});
