import { assert, assertEquals, assertRejects } from "@std/assert";
import { ATTEMPTS_MAX, play, type Played, playedForm, summary } from "../../lib/cli/demo/play.ts";
import { type Asker, type Scenery, Stage } from "../../lib/cli/demo/stage.ts";
import { stale } from "../../lib/cli/demo/stale.ts";
import type { Status } from "../../lib/client/mod.ts";
import { displayWidth } from "../../lib/show/text.ts";
import { STATUS } from "../client/fake_server.ts";

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
        if (this.#lateReads-- > 0) await Promise.all(this.#members.map(({ settled }) => settled));
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
  scenery: Scenery,
  scenes: readonly number[],
  { delayMs = 300, told }: { delayMs?: number; told?: (line: string) => void } = {},
  signal = new AbortController().signal,
): Promise<Shown> {
  const lines: string[] = [];
  const line = (text: string) => {
    lines.push(text);
    told?.(text);
  };
  const teller = { live: false, line, progress: () => {} };
  const results = await play(stale, {
    scenes,
    stage: new Stage({ scenery, teller, delayMs, signal }),
    teller,
    paint: { title: (text) => text, verdict: (verdict) => verdict },
  });
  return { results, lines };
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
