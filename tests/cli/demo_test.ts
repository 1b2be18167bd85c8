import { assert, assertEquals } from "@std/assert";
import { type Played, playedForm, summary } from "../../lib/cli/demo/play.ts";
import { stale } from "../../lib/cli/demo/stale.ts";
import type { Judged } from "../../lib/cli/demo/judged.ts";
import { judge } from "../../lib/check/judge.ts";
import { historyOf } from "../../lib/check/reader.ts";
import { GUARANTEES, worst } from "../../lib/check/verdict.ts";
import { displayWidth } from "../../lib/show/text.ts";
import { runningIn } from "../e2e/running.ts";
import { kvdist, spawn } from "./program.ts";

Deno.test("the table at the end and the JSON of a scene", () => {
  const played: Played = {
    number: 2,
    scene: stale.scenes[1],
    attempts: 1,
    delayMs: 5000,
    verdict: "not as predicted",
    observed: "set took 2.00 ms; get gave 0",
    facts: { setTookMs: 2, read: "0", readAt: 0 },
    judged: [
      { guarantee: "sequential", verdict: "illegal", judged: 3, words: 'get x → "0"' },
      { guarantee: "linearizable", verdict: "ok", judged: 3, words: null },
    ],
  };
  const paint = {
    verdict: (verdict: string) => verdict.toUpperCase(),
    judged: (verdict: string) => verdict.toUpperCase(),
  };
  assertEquals(summary([played], paint), [
    "scene                predicted            observed              verdict",
    "───────────────────  ───────────────────  ────────────────────  ────────────────",
    "2 sequential: a      set takes the        set took 2.00 ms;     NOT AS PREDICTED",
    "fresh read           delay; get gives 42  get gave 0",
    "",
    "history, held to            sequential  linearizable",
    "──────────────────────────  ──────────  ────────────",
    "2 sequential: a fresh read  ILLEGAL     OK",
  ]);
  assertEquals(playedForm(stale, played), {
    demo: "stale",
    scene: 2,
    title: "sequential: a fresh read",
    predicted: "set takes the delay; get gives 42",
    observed: "set took 2.00 ms; get gave 0",
    verdict: "not as predicted",
    judged: played.judged,
    attempts: 1,
    delayMs: 5000,
    facts: { setTookMs: 2, read: "0", readAt: 0 },
  });
});

interface Allowed {
  readonly permissions: string[];
  readonly env: Record<string, string>;
  /** A temporary folder of its own. */
  readonly folder: string;
}

/** What `scripts/kvdist demo` allows, with a temporary folder in which nothing must be left. */
async function withProgram<T>(use: (options: Allowed) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir();
  const histories = await Deno.makeTempDir();
  try {
    const result = await use({
      permissions: [
        "--allow-net",
        "--allow-read",
        `--allow-write=${folder},${histories}`,
        "--allow-env=KVDIST_*,NO_COLOR,TERM,COLUMNS,HOME,XDG_STATE_HOME,TMPDIR",
        "--allow-sys=osUptime,uid,gid",
        `--allow-run=${Deno.execPath()},/bin/sh`,
      ],
      env: { TMPDIR: folder },
      folder: histories,
    });
    const left = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
    assertEquals(left, [], "nothing is left behind");
    return result;
  } finally {
    await Deno.remove(folder, { recursive: true });
    await Deno.remove(histories, { recursive: true });
  }
}

/** Each demo, what its scenes show, and what the checker says of that. */
const DEMOS: readonly {
  readonly words: string[];
  readonly heldTo: readonly (readonly string[] | null)[];
}[] = [
  {
    words: ["stale", "--delay", "300ms"],
    heldTo: [["illegal", "illegal"], ["ok", "ok"], ["ok", "ok"]],
  },
  {
    words: ["linearizable", "--delay", "300ms"],
    heldTo: [["ok", "illegal"], ["ok", "ok"], ["ok", "ok"]],
  },
  {
    words: ["move", "--delay", "300ms"],
    heldTo: [["illegal", "ok", "illegal"], ["ok", "ok", "ok"], ["ok", "ok", "ok"]],
  },
  // Whether a read at one replica misses what was just answered at another is chance.
  { words: ["crash"], heldTo: [null, null, null, null] },
  { words: ["partition"], heldTo: [["ok", "illegal"], ["illegal", "illegal"]] },
];

for (const { words, heldTo } of DEMOS) {
  Deno.test(`demo ${words[0]} on real replicas: all is as predicted`, async () => {
    await withProgram(async (options) => {
      const history = `${options.folder}/history.jsonl`;
      const { code, stdout, stderr } = await kvdist(
        ["demo", ...words, "--json", "--history", history],
        options,
      );
      const lines = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
      const scenes = lines.slice(0, -1);
      assertEquals(
        scenes.map(({ scene, verdict }) => [scene, verdict]),
        heldTo.map((_, i) => [i + 1, "as predicted"]),
        stdout + stderr,
      );
      for (const [i, expected] of heldTo.entries()) {
        const verdicts = scenes[i].judged.map(({ verdict }: { verdict: string }) => verdict);
        if (expected !== null) assertEquals(verdicts, expected, stdout);
      }
      const { judged, ...end } = lines.at(-1);
      assertEquals(end, {
        demo: words[0],
        scenes: heldTo.length,
        asPredicted: heldTo.length,
        history,
        ok: true,
      });
      assertEquals(code, 0);
      // The file says the same as the demo.
      const read = historyOf(
        (await Deno.readTextFile(history)).trimEnd().split("\n").map((line) => JSON.parse(line)),
      );
      const verdicts = judge(read);
      assertEquals(
        judged.map(({ guarantee, verdict }: Judged) => [guarantee, verdict]),
        GUARANTEES.map((guarantee) => [guarantee, verdicts[guarantee]?.verdict]),
      );
      assertEquals(worst(verdicts), "ok");
      assert(verdicts.convergence !== undefined && verdicts.convergence.judged > 0);
      assert(verdicts.present !== undefined && verdicts.present.judged > 0);
    });
  });
}

Deno.test("demo stale tells in 80 columns without colours, and ends with the table", async () => {
  const { code, stdout } = await withProgram((options) =>
    kvdist(["demo", "stale", "--delay", "300ms", "--scene", "2"], options)
  );
  assertEquals(code, 0);
  const lines = stdout.trimEnd().split("\n");
  assert(lines.every((line) => displayWidth(line) <= 80), stdout);
  assert(!stdout.includes("\x1b"), "no colours");
  assertEquals(lines.at(-1), "1 of 1 scene as predicted");
  assert(lines.some((line) => /^scene +predicted +observed +verdict$/.test(line)), stdout);
});

Deno.test("what the diagram shows is told only with --plain", async () => {
  const words = ["demo", "stale", "--delay", "300ms", "--scene", "2"];
  const told = "client → replica 0   set x 42   (sequential)";
  const [drawn, plain] = await withProgram(async (options) => [
    (await kvdist(words, options)).stdout,
    (await kvdist([...words, "--plain"], options)).stdout,
  ]);
  assert(
    /» set x=42 sequential(.*\n)+.*waiting for the answer(.*\n)+.*« STORED/.test(drawn),
    drawn,
  );
  assert(!drawn.includes(told), drawn);
  assert(plain.includes(told) && !plain.includes("»"), plain);
});

/** Starts a demo and waits until it is in the midst of its first scene. */
async function inTheMidst(
  words: readonly string[],
  told: string,
  options: Allowed,
): Promise<{ child: Deno.ChildProcess; reader: ReadableStreamDefaultReader<string> }> {
  const child = spawn(["demo", ...words], options);
  child.stdin.close();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  for (let text = ""; !text.includes(told);) {
    const { done, value } = await reader.read();
    assert(!done, text);
    text += value;
  }
  return { child, reader };
}

const ENDED: readonly [string[], string][] = [
  // Drawn while the delay has hardly begun.
  [["stale", "--delay", "60s"], "« 0 (stale)"],
  [["partition"], "links of replica 2 are cut"],
];

Deno.test("Ctrl-C and SIGTERM leave nothing behind", async () => {
  for (const [words, told] of ENDED) {
    for (const [signal, expected] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
      await withProgram(async (options) => {
        const { child, reader } = await inTheMidst(words, told, options);
        const replicas = await runningIn(options.env.TMPDIR);
        assertEquals(replicas.length > 0, words[0] === "partition");
        child.kill(signal);
        while (!(await reader.read()).done);
        await child.stderr.cancel();
        const { code } = await child.status;
        assertEquals(code, expected);
        assertEquals(await runningIn(options.env.TMPDIR), []);
      });
    }
  }
});

Deno.test("a reader that goes leaves nothing behind", async () => {
  for (const [words, told] of ENDED) {
    if (words[0] === "stale") continue;
    await withProgram(async (options) => {
      const { child, reader } = await inTheMidst(words, told, options);
      await reader.cancel();
      await child.stderr.cancel();
      assertEquals((await child.status).code, 0);
      assertEquals(await runningIn(options.env.TMPDIR), []);
    });
  }
});

Deno.test("demo: the list, and wrong use in one line with exit 2", async () => {
  const list = await kvdist(["demo"]);
  assertEquals(list.code, 0);
  assertEquals(
    list.stdout.match(/^ {2}\w+/gm)?.map((name) => name.trim()),
    ["stale", "linearizable", "move", "crash", "partition"],
  );
  const wrong: [string, string][] = [
    ["stael", "no demo is called stael (did you mean stale?)"],
    ["stale again", "demo takes one name, and got stale again"],
    ["stale --scene 4", "--scene is 4, and stale has 3 scenes"],
    ["stale --scene 0", "--scene must be at least 1, and is 0"],
    ["stale --delay 5", "--delay needs a unit: 5ms or 5s?"],
    ["stale --delay 1ms", "--delay must be from 10 to 600000 ms, and is 1ms"],
    ["crash --delay 1s", "--delay says nothing in crash: no replica is late there"],
    ["stale --dely 1s", "unknown flag --dely (did you mean --delay?)"],
  ];
  await Promise.all(wrong.map(async ([words, text]) => {
    const { code, stdout, stderr } = await kvdist(["demo", ...words.split(" ")]);
    assertEquals([code, stdout], [2, ""]);
    assertEquals(stderr, `kvdist demo: ${text} (see kvdist demo --help)\n`);
  }));
});
