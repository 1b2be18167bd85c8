import { assert, assertEquals, assertRejects } from "@std/assert";
import { Latency } from "../../../lib/cli/bench/latency.ts";
import type { LoadResult } from "../../../lib/cli/bench/load.ts";
import { caseWords, sweep, type SweepMeans, type SweepPlan } from "../../../lib/cli/bench/sweep.ts";
import { FailedError } from "../../../lib/errors.ts";
import { PLAN, resultOf } from "./sweep_results.ts";

const NEVER = new AbortController().signal;

/** Means that measure at once, and note what they are asked. */
class FakeMeans implements SweepMeans {
  readonly asked: string[] = [];
  readonly shares: number[] = [];

  constructor(
    /** What a load comes to. */
    readonly comes: (clients: number, signal: AbortSignal) => LoadResult = (n) => resultOf(n, 1),
    /** Whether so many replicas start. */
    readonly starts: (replicas: number) => boolean = () => true,
  ) {}

  async withReplicas(
    replicas: number,
    signal: AbortSignal,
    use: (targets: readonly string[], signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    this.asked.push(`start ${replicas}`);
    if (!this.starts(replicas)) throw new FailedError("no port is free");
    await use([`replica of ${replicas}`], signal);
    this.asked.push(`stop ${replicas}`);
  }

  load(...[settings, signal, tell]: Parameters<SweepMeans["load"]>): Promise<LoadResult> {
    if (settings.durationMs === 0) {
      this.asked.push(`warm up ${settings.clients} for ${settings.warmUpMs}`);
      return Promise.resolve(resultOf(0, 1));
    }
    this.asked.push(`${settings.consistency} ${settings.clients} at ${settings.targets}`);
    tell({ phase: "warming up", share: 0.9, perSecond: 0 });
    tell({ phase: "measuring", share: 0.5, perSecond: 7 });
    return Promise.try(() => this.comes(settings.clients, signal));
  }

  tell(_one: unknown, share: number): void {
    this.shares.push(share);
  }
}

const SMALL: SweepPlan = {
  ...PLAN,
  levels: ["eventual", "sequential"],
  replicas: [1, 3],
  clients: [2],
};

Deno.test("sweep: each combination once; replicas are started once for each number", async () => {
  const means = new FakeMeans();
  const { points, absentees, complete } = await sweep(SMALL, means, NEVER);
  assertEquals(means.asked, [
    "start 1",
    "warm up 2 for 5000",
    "eventual 2 at replica of 1",
    "sequential 2 at replica of 1",
    "stop 1",
    "start 3",
    "warm up 2 for 5000",
    "eventual 2 at replica of 3",
    "sequential 2 at replica of 3",
    "stop 3",
  ]);
  assertEquals(points.map(caseWords), [
    "eventual, 1 replica, 2 clients",
    "sequential, 1 replica, 2 clients",
    "eventual, 3 replicas, 2 clients",
    "sequential, 3 replicas, 2 clients",
  ]);
  assertEquals([absentees, complete], [[], true]);
  assertEquals(means.shares, [0, 1, 2, 3].flatMap((done) => [done / 4, (done + 0.5) / 4]));
});

Deno.test("sweep: what cannot be measured is told and left out", async () => {
  const none = { reads: new Latency().snapshot(), writes: new Latency().snapshot() };
  const means = new FakeMeans((clients) => {
    if (clients === 10) throw new FailedError("too few file descriptors");
    return clients === 2
      ? { ...resultOf(2, 1), ...none, errors: { timeout: 4 } }
      : resultOf(clients, 1);
  }, (replicas) => replicas !== 3);
  const plan: SweepPlan = { ...SMALL, levels: ["eventual"], clients: [1, 2, 10] };
  const { points, absentees, complete } = await sweep(plan, means, NEVER);
  assertEquals(points.map(caseWords), ["eventual, 1 replica, 1 client"]);
  assertEquals(absentees.map((one) => `${caseWords(one)}: ${one.why}`), [
    "eventual, 1 replica, 2 clients: no request was answered; errors: timeout 4",
    "eventual, 1 replica, 10 clients: too few file descriptors",
    "eventual, 3 replicas, 1 client: no port is free",
    "eventual, 3 replicas, 2 clients: no port is free",
    "eventual, 3 replicas, 10 clients: no port is free",
  ]);
  assert(complete);
});

Deno.test("sweep: a replica that fails is told of what was under way and what would follow", async () => {
  const failure = new AbortController();
  /** Replicas that fail during the second load. */
  class Failing extends FakeMeans {
    override async withReplicas(...[, , use]: Parameters<SweepMeans["withReplicas"]>) {
      await use(["a"], failure.signal);
      failure.signal.throwIfAborted();
    }
  }
  let loads = 0;
  const means = new Failing(() => {
    if (++loads === 2) failure.abort(new FailedError("the disk is full"));
    return resultOf(1, 1);
  });
  const plan = { ...SMALL, replicas: [3], clients: [2, 4] };
  const { points, absentees, complete } = await sweep(plan, means, NEVER);
  assertEquals(points.map(caseWords), ["eventual, 3 replicas, 2 clients"]);
  assertEquals(absentees.map((one) => `${caseWords(one)}: ${one.why}`), [
    "sequential, 3 replicas, 2 clients: the disk is full",
    "eventual, 3 replicas, 4 clients: the disk is full",
    "sequential, 3 replicas, 4 clients: the disk is full",
  ]);
  assert(complete);
});

Deno.test("sweep: stopped, it gives what was measured to its end", async () => {
  const abort = new AbortController();
  let loads = 0;
  const means = new FakeMeans(() => {
    if (++loads === 3) abort.abort();
    return { ...resultOf(1, 1), complete: !abort.signal.aborted };
  });
  const { points, absentees, complete } = await sweep(SMALL, means, abort.signal);
  assertEquals([points.length, absentees.length, complete], [2, 0, false]);
  assertEquals(means.asked.at(-1), "stop 3");
});

Deno.test("sweep: an error that is none of the user's is not told as one", async () => {
  const means = new FakeMeans(() => {
    throw new TypeError("broken");
  });
  await assertRejects(() => sweep(SMALL, means, NEVER), TypeError, "broken");
});

Deno.test("sweep: without a warm-up there is none of what was just started", async () => {
  const means = new FakeMeans();
  const plan = { ...SMALL, replicas: [1], load: { ...SMALL.load, warmUpMs: 0 } };
  await sweep(plan, means, NEVER);
  assertEquals(means.asked.slice(0, 2), ["start 1", "eventual 2 at replica of 1"]);
});
