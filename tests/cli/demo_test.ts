import { assert, assertEquals, assertRejects } from "@std/assert";
import { ATTEMPTS_MAX, play, type Played, playedForm, summary } from "../../lib/cli/demo/play.ts";
import { type Asker, type Scenery, Stage } from "../../lib/cli/demo/stage.ts";
import { stale } from "../../lib/cli/demo/stale.ts";
import type { Status } from "../../lib/client/mod.ts";
import { displayWidth } from "../../lib/show/text.ts";
import { STATUS } from "../client/fake_server.ts";
import { kvdist, spawn } from "./program.ts";

/** In what a scenery may differ from what the demo predicts. */
interface Faults {
  /** Applies this much too early. */
  readonly hasteMs?: number;
  /** Answers sequential writes as if they were eventual. */
  readonly answersEarly?: boolean;
  /** So many reads are answered only when all writes are applied. */
  readonly lateReads?: number;
  /** Loses writes at this replica. */
  readonly deafReplica?: number;
}

/** One replica of the fake: what was delivered is applied in order, each after its delay. */
class FakeReplica {
  readonly held = new Map<string, string>();
  delivered = 0;
  applied = 0;
  /** Resolves when all is applied. */
  settled: Promise<void> = Promise.resolve();

  deliver(key: string, value: string, delayMs: number): Promise<void> {
    this.delivered++;
    const ready = delayMs > 0 ? sleep(delayMs) : Promise.resolve();
    this.settled = Promise.all([this.settled, ready]).then(() => {
      this.held.set(key, value);
      this.applied++;
    });
    return this.settled;
  }
}

/** Three replicas as the demo expects them, or with faults. */
class FakeScenery implements Scenery {
  readonly replicas = 3;
  readonly #members = [new FakeReplica(), new FakeReplica(), new FakeReplica()];
  readonly #faults: Faults;
  #delayMs = 0;
  #lateReads: number;

  constructor(faults: Faults = {}) {
    this.#faults = faults;
    this.#lateReads = faults.lateReads ?? 0;
  }

  setApplyDelay(ms: number): Promise<void> {
    this.#delayMs = Math.max(0, ms - (this.#faults.hasteMs ?? 0));
    return Promise.resolve();
  }

  /** Resolves when nothing is left to be applied. */
  async settled(): Promise<void> {
    await Promise.all(this.#members.map(({ settled }) => settled));
  }

  client(replica: number): Promise<Asker> {
    const member = this.#members[replica];
    const { answersEarly, deafReplica } = this.#faults;
    return Promise.resolve({
      set: async (key, value, options) => {
        const applied = this.#members.map((other, id) =>
          id === deafReplica && value !== "0"
            ? Promise.resolve()
            : other.deliver(key, value, this.#delayMs)
        );
        const early = answersEarly && this.#delayMs > 0;
        if (options?.consistency === "sequential" && !early) await applied[replica];
        return [];
      },
      get: async (key) => {
        if (this.#lateReads-- > 0) await this.settled();
        return member.held.get(key);
      },
      dump: () => Promise.resolve(new Map(member.held)),
      status: (): Promise<Status> =>
        Promise.resolve({ ...STATUS, delivered: member.delivered, applied: member.applied }),
    });
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

interface Shown {
  readonly results: Played[];
  readonly lines: string[];
}

async function show(
  scenery: FakeScenery,
  scenes: readonly number[],
  { delayMs = 300, told }: { delayMs?: number; told?: (line: string) => void } = {},
  signal = new AbortController().signal,
): Promise<Shown> {
  const lines: string[] = [];
  const line = (text: string) => {
    lines.push(text);
    told?.(text);
  };
  const teller = { live: false, width: 80, line, progress: () => {} };
  try {
    const results = await play(stale, {
      scenes,
      stage: new Stage({ scenery, teller, delayMs, signal }),
      teller,
      paint: { title: (text) => text, verdict: (verdict) => verdict },
    });
    return { results, lines };
  } finally {
    await scenery.settled();
  }
}

const verdicts = ({ results }: Shown) => results.map(({ verdict }) => verdict);

Deno.test("stale: replicas that keep their promises are as predicted", async () => {
  const shown = await show(new FakeScenery(), [1, 2, 3]);
  assertEquals(verdicts(shown), ["as predicted", "as predicted", "as predicted"]);
  assertEquals(shown.results.map(({ facts }) => facts.read), ["0", "42", "0"]);
  assert(shown.lines.every((line) => displayWidth(line) <= 80), shown.lines.join("\n"));
  const times = /\d+\.\d{3} s|\d[\d.]* (µs|ms|s)\b/g;
  const scene = shown.lines.indexOf("Scene 2 of 3  sequential: a fresh read");
  assertEquals(
    shown.lines.slice(scene + 6, -1).slice(0, 9).map((line) => line.replaceAll(times, "T")),
    [
      "",
      "     T  client → replica 0   set x 42   (sequential)",
      "     T  waiting for the answer: about T",
      "     T  client ← replica 0   STORED       after T",
      "     T  client → replica 0   get x   (sequential)",
      "     T  client ← replica 0   42           after T",
      "",
      "  observed   set took T; get gave 42",
      "  verdict    as predicted",
    ],
  );
});

Deno.test("stale: a write that is applied before the delay is over is found out", async () => {
  const hasty = new FakeScenery({ hasteMs: 60_000 });
  assertEquals(verdicts(await show(hasty, [1, 2, 3], { delayMs: 500 })), [
    "not as predicted",
    "not as predicted",
    // Applied before one can look: set is answered first, and says so.
    "not as predicted",
  ]);
});

Deno.test("stale: a sequential write that is answered before it is applied is found out", async () => {
  const shown = await show(new FakeScenery({ answersEarly: true }), [2]);
  assertEquals(verdicts(shown), ["not as predicted"]);
  assertEquals(shown.results[0].facts.read, "0");
});

Deno.test("stale: a write that a replica never gets is not passed over", async () => {
  const stop = new AbortController();
  let holders = 0;
  const told = (line: string) => {
    if (/replica \d holds x=42/.test(line) && ++holders === 2) stop.abort(new Error("enough"));
  };
  const shown = show(new FakeScenery({ deafReplica: 2 }), [1], { told }, stop.signal);
  await assertRejects(() => shown, Error, "enough");
});

Deno.test("stale: a machine too slow to look proves nothing, and gets more time", async () => {
  const slow = await show(new FakeScenery({ lateReads: 1 }), [1], { delayMs: 150 });
  assertEquals(verdicts(slow), ["as predicted"]);
  assertEquals(slow.results[0].attempts, 2);
  assertEquals(slow.results[0].delayMs, 300);
  assert(slow.lines.join("\n").includes("inconclusive\n  again      this machine was too slow"));

  const slower = await show(new FakeScenery({ lateReads: 100 }), [1, 3], { delayMs: 10 });
  assertEquals(verdicts(slower), ["inconclusive", "inconclusive"]);
  assertEquals(slower.results.map(({ attempts }) => attempts), [ATTEMPTS_MAX, ATTEMPTS_MAX]);
});

Deno.test("the table at the end and the JSON of a scene", () => {
  const played: Played = {
    number: 2,
    scene: stale.scenes[1],
    attempts: 1,
    delayMs: 5000,
    verdict: "not as predicted",
    observed: "set took 2.00 ms; get gave 0",
    facts: { setTookMs: 2, read: "0", readAt: 0 },
  };
  assertEquals(summary([played], (verdict) => verdict.toUpperCase()), [
    "scene                predicted            observed              verdict",
    "───────────────────  ───────────────────  ────────────────────  ────────────────",
    "2 sequential: a      set takes the        set took 2.00 ms;     NOT AS PREDICTED",
    "fresh read           delay; get gives 42  get gave 0",
  ]);
  assertEquals(playedForm(stale, played), {
    demo: "stale",
    scene: 2,
    title: "sequential: a fresh read",
    predicted: "set takes the delay; get gives 42",
    observed: "set took 2.00 ms; get gave 0",
    verdict: "not as predicted",
    attempts: 1,
    delayMs: 5000,
    facts: { setTookMs: 2, read: "0", readAt: 0 },
  });
});

/** What `scripts/kvdist demo` allows, with a temporary folder of its own. */
async function withProgram<T>(
  use: (options: { permissions: string[]; env: Record<string, string> }) => Promise<T>,
): Promise<T> {
  const folder = await Deno.makeTempDir();
  try {
    const result = await use({
      permissions: [
        "--allow-net",
        "--allow-read",
        `--allow-write=${folder}`,
        "--allow-env=KVDIST_*,NO_COLOR,TMPDIR",
        "--allow-sys=osUptime,uid,gid",
      ],
      env: { TMPDIR: folder },
    });
    const left = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
    assertEquals(left, [], "nothing is left behind");
    return result;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("demo stale on real replicas: all is as predicted", async () => {
  const { code, stdout } = await withProgram((options) =>
    kvdist(["demo", "stale", "--delay", "300ms", "--json"], options)
  );
  const lines = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(lines.slice(0, 3).map(({ scene, verdict, facts }) => [scene, verdict, facts.read]), [
    [1, "as predicted", "0"],
    [2, "as predicted", "42"],
    [3, "as predicted", "0"],
  ], stdout);
  assertEquals(lines[3], { demo: "stale", scenes: 3, asPredicted: 3, ok: true });
  assertEquals(code, 0);
});

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

Deno.test("Ctrl-C and SIGTERM leave nothing behind", async () => {
  for (const [signal, expected] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
    const code = await withProgram(async (options) => {
      const child = spawn(["demo", "stale", "--delay", "60s"], options);
      child.stdin.close();
      // It is in the midst of it when it has sent something.
      const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
      for (let text = ""; !text.includes("client ← replica 0");) {
        const { done, value } = await reader.read();
        assert(!done, text);
        text += value;
      }
      child.kill(signal);
      while (!(await reader.read()).done);
      await child.stderr.cancel();
      return (await child.status).code;
    });
    assertEquals(code, expected);
  }
});

Deno.test("demo: the list, and wrong use in one line with exit 2", async () => {
  const list = await kvdist(["demo"]);
  assertEquals(list.code, 0);
  assert(list.stdout.startsWith("  stale  a read that misses one's own write"), list.stdout);
  const wrong: [string, string][] = [
    ["stael", "no demo is called stael (did you mean stale?)"],
    ["stale again", "demo takes one name, and got stale again"],
    ["stale --scene 4", "--scene is 4, and stale has 3 scenes"],
    ["stale --scene 0", "--scene must be at least 1, and is 0"],
    ["stale --delay 5", "--delay needs a unit: 5ms or 5s?"],
    ["stale --delay 1ms", "--delay must be from 10 to 600000 ms, and is 1ms"],
    ["stale --dely 1s", "unknown flag --dely (did you mean --delay?)"],
  ];
  await Promise.all(wrong.map(async ([words, text]) => {
    const { code, stdout, stderr } = await kvdist(["demo", ...words.split(" ")]);
    assertEquals([code, stdout], [2, ""]);
    assertEquals(stderr, `kvdist demo: ${text} (see kvdist demo --help)\n`);
  }));
});
