import { assert, assertEquals, assertRejects } from "@std/assert";
import { Latency } from "../../../lib/cli/bench/latency.ts";
import {
  PAIRS_COLUMNS,
  pairsRows,
  type PlainClient,
  type Run,
  runPairs,
  spread,
  summarize,
} from "../../../lib/cli/bench/pairs.ts";
import { table } from "../../../lib/show/table.ts";
import { displayWidth } from "../../../lib/show/text.ts";

/** A replica that shows a write only after it was read so many times. */
class Lagging implements PlainClient {
  readonly asked: string[] = [];
  #shown = "0";
  #next: string[] = [];

  constructor(readonly reads: number) {}

  set(_key: string, value: string, options?: { consistency?: string }): Promise<readonly number[]> {
    this.asked.push(`set ${value} ${options?.consistency}`);
    if (options?.consistency === "sequential") [this.#shown, this.#next] = [value, []];
    else this.#next = [...Array<string>(this.reads).fill(this.#shown), value];
    return Promise.resolve([]);
  }

  get(_key: string, _options?: { consistency?: string }): Promise<string | undefined> {
    this.#shown = this.#next.shift() ?? this.#shown;
    return Promise.resolve(this.#shown);
  }
}

const run = (
  client: Lagging,
  level: "eventual" | "sequential",
  pairs: number,
  latency = new Latency(),
) =>
  runPairs({
    level,
    pairs,
    key: "x",
    client,
    observers: [client],
    signal: new AbortController().signal,
    latency,
  });

Deno.test("runPairs counts the reads that saw the write before them", async () => {
  const fresh = await run(new Lagging(0), "eventual", 10);
  assertEquals([fresh.ownReads, fresh.lastRead], [10, 10]);
  const ordered = await run(new Lagging(3), "sequential", 10);
  assertEquals([ordered.ownReads, ordered.lastRead], [10, 10]);
  const stale = await run(new Lagging(3), "eventual", 10);
  assertEquals([stale.ownReads, stale.lastRead], [0, 0]);
  assert(stale.settledMs > 0, "it settled later, and was looked at until then");
});

Deno.test("runPairs alternates set and get in the level asked for, from 0 on", async () => {
  const client = new Lagging(0);
  await run(client, "eventual", 2);
  assertEquals(client.asked, ["set 0 sequential", "set 1 eventual", "set 2 eventual"]);
});

Deno.test("runPairs: how long each pair took adds up to all of it", async () => {
  const latency = new Latency();
  const { elapsedMs } = await run(new Lagging(0), "eventual", 10, latency);
  assertEquals(latency.count, 10);
  assert(Math.abs(latency.mean * 10 - elapsedMs) < 1e-6);
});

Deno.test("runPairs stops when told to", async () => {
  const client = new Lagging(0);
  const signal = AbortSignal.abort(new Error("enough"));
  const latency = new Latency();
  await assertRejects(
    () =>
      runPairs({ level: "eventual", pairs: 1, key: "x", client, observers: [], signal, latency }),
    Error,
    "enough",
  );
});

Deno.test("spread: median, least and most", () => {
  assertEquals(spread([3]), { median: 3, min: 3, max: 3 });
  assertEquals(spread([9, 1, 2]), { median: 2, min: 1, max: 9 });
  assertEquals(spread([10, 1, 2, 4]), { median: 3, min: 1, max: 10 });
});

Deno.test("pairsRows sets both levels beside the paper's figures", () => {
  const made = (level: Run["level"], elapsedMs: number, lastRead: number): Run => ({
    level,
    elapsedMs,
    ownReads: lastRead,
    lastRead,
    settledMs: elapsedMs / 10,
  });
  const runs = [
    made("eventual", 30.24, 40),
    made("eventual", 25, 38),
    made("eventual", 1044.4, 41),
    made("sequential", 99.8, 100),
    made("sequential", 90, 100),
    made("sequential", 120, 100),
  ];
  const rows = pairsRows(100, summarize("eventual", runs), summarize("sequential", runs));
  const lines = table(PAIRS_COLUMNS, rows);
  assertEquals(lines, [
    "                                    eventual  sequential  paper: ev.   seq.",
    "──────────────────────────────  ────────────  ──────────  ──────────  ─────",
    "100 pairs, ms                           30.2        99.8         544  2,068",
    "  least … most                  25.0 … 1,044  90.0 … 120",
    "reads of one's own write              40.0 %     100.0 %",
    "the last read gave                        40         100          27",
    "all replicas had all after, ms          3.02        9.98       later",
    "sequential / eventual                               3.30               3.80",
  ]);
  assert(lines.every((line) => displayWidth(line) <= 80));
});
