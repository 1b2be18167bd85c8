import { assertEquals } from "@std/assert";
import { Injector, type Target, type Victim } from "../../lib/chaos/injector.ts";
import type { Fault } from "../../lib/chaos/plan.ts";

/** A cluster that only writes down what is done to it. */
class Recorded implements Target {
  readonly done: string[] = [];
  readonly replicas: readonly Victim[];
  /** Replicas whose new folders count. */
  readonly counting = new Set<number>();
  mayWipe = true;
  #looked = Promise.withResolvers<void>();

  constructor(replicas: number, readonly failsToStart: readonly number[] = []) {
    this.replicas = Array.from({ length: replicas }, (_, id) => this.#replica(id));
  }

  /** Resolves when it was asked whether a replica counts, and told that it does. */
  get looked(): Promise<void> {
    return this.#looked.promise;
  }

  cut({ from, to }: { from: number; to: number }): () => void {
    this.done.push(`cut ${from}→${to}`);
    return () => this.done.push(`heal ${from}→${to}`);
  }

  slow({ from, to }: { from: number; to: number }, delayMs: number): () => void {
    this.done.push(`slow ${from}→${to} ${delayMs}`);
    return () => this.done.push(`quick ${from}→${to}`);
  }

  reset({ from, to }: { from: number; to: number }): void {
    this.done.push(`reset ${from}→${to}`);
  }

  async wipe(id: number): Promise<boolean> {
    await this.replicas[id].kill();
    if (this.mayWipe) this.done.push(`wipe ${id}`);
    return this.mayWipe;
  }

  counts(id: number): Promise<boolean> {
    if (this.counting.has(id)) queueMicrotask(() => this.#looked.resolve());
    return Promise.resolve(this.counting.has(id));
  }

  #replica(id: number): Victim {
    const { done, failsToStart } = this;
    let isUp = true;
    return {
      get isUp() {
        return isUp;
      },
      start() {
        if (failsToStart.includes(id)) return Promise.reject(new Error(`${id} does not start`));
        isUp = true;
        done.push(`start ${id}`);
        return Promise.resolve();
      },
      kill() {
        if (isUp) done.push(`kill ${id}`);
        isUp = false;
        return Promise.resolve();
      },
      pause() {
        done.push(`pause ${id}`);
        return () => done.push(`resume ${id}`);
      },
    };
  }
}

/** No fault of a test ends by itself. */
const LONG = { ms: 1_000_000 };
const WIPE = (replica: number): Fault => ({ kind: "wipe", replica, ...LONG });

function injecting(target: Recorded) {
  const told: string[] = [];
  const phases: string[] = [];
  const injector = new Injector(target, {
    skipped: (why) => told.push(why),
    phase: ({ kind }, phase) => phases.push(`${phase} ${kind}`),
    failed: (id, error) => told.push(`${id}: ${error}`),
  });
  return { told, phases, injector };
}

Deno.test("each kind is done, counted, and undone by the healing", async () => {
  const target = new Recorded(3);
  const { injector, phases } = injecting(target);
  const ways = [{ from: 0, to: 1 }, { from: 1, to: 0 }];
  await injector.inject({ kind: "kill", replicas: [0, 2], ...LONG });
  await injector.inject({ kind: "pause", replicas: [1], ...LONG });
  await injector.inject({ kind: "slow", ways: [ways[0]], delayMs: 9, ...LONG });
  await injector.inject({ kind: "cut", ways, then: "lost", ...LONG });
  assertEquals(target.done.splice(0), [
    ...["kill 0", "kill 2", "pause 1", "slow 0→1 9", "cut 0→1", "cut 1→0"],
  ]);
  assertEquals(injector.counts, { kill: 1, pause: 1, cut: 1, slow: 1, wipe: 0 });
  assertEquals(injector.total, 4);
  const kinds = ["kill", "pause", "slow", "cut"];
  assertEquals(phases.splice(0), kinds.map((kind) => `begin ${kind}`));
  await injector.heal();
  assertEquals(phases, kinds.map((kind) => `end ${kind}`));
  assertEquals(target.done.sort(), [
    ...["heal 0→1", "heal 1→0", "quick 0→1", "reset 0→1", "reset 1→0", "resume 1"],
    ...["start 0", "start 2"],
  ]);
});

Deno.test("a fault ends by itself when its time is over", async () => {
  const target = new Recorded(3);
  const { injector } = injecting(target);
  await injector.inject({ kind: "kill", replicas: [1], ms: 1 });
  while (!target.done.includes("start 1")) await new Promise((resolve) => setTimeout(resolve, 1));
  await injector.heal();
  assertEquals(target.done, ["kill 1", "start 1"]);
});

Deno.test("what was under way through a cut comes late if so planned", async () => {
  const target = new Recorded(2);
  const { injector } = injecting(target);
  await injector.inject({ kind: "cut", ways: [{ from: 0, to: 1 }], then: "late", ...LONG });
  await injector.heal();
  assertEquals(target.done, ["cut 0→1", "heal 0→1"]);
});

Deno.test("a replica that two faults hold down starts when the last is over, once", async () => {
  const target = new Recorded(3);
  const { injector } = injecting(target);
  await injector.inject({ kind: "kill", replicas: [1], ...LONG });
  await injector.inject({ kind: "kill", replicas: [1], ms: 1 });
  await new Promise((resolve) => setTimeout(resolve, 20));
  assertEquals(target.done, ["kill 1"]);
  await injector.heal();
  assertEquals(target.done, ["kill 1", "start 1"]);
});

Deno.test("no second disk of three is wiped before the first one's successor counts", async () => {
  const target = new Recorded(3);
  const { injector, told } = injecting(target);
  assertEquals(await injector.inject({ ...WIPE(0), ms: 1 }), true);
  assertEquals(await injector.inject(WIPE(1)), false);
  assertEquals(told, ["replica 1 is not wiped: 0 does not count yet"]);
  assertEquals(injector.counts.wipe, 1);
  target.counting.add(0);
  await target.looked;
  assertEquals(await injector.inject(WIPE(1)), true);
  await injector.heal();
  assertEquals(target.done, ["kill 0", "wipe 0", "start 0", "kill 1", "wipe 1", "start 1"]);
});

Deno.test("of five, two may be wiped, and one of them again once it has a folder", async () => {
  const target = new Recorded(5);
  const { injector, told } = injecting(target);
  assertEquals(await injector.inject({ ...WIPE(3), ms: 1 }), true);
  assertEquals(await injector.inject(WIPE(4)), true);
  assertEquals(await injector.inject(WIPE(0)), false);
  assertEquals(await injector.inject(WIPE(4)), false);
  assertEquals(told.at(-1), "replica 4 is not wiped: it is down, and has no folder");
  while (!target.done.includes("start 3")) await new Promise((resolve) => setTimeout(resolve, 1));
  assertEquals(await injector.inject(WIPE(3)), true);
  await injector.heal();
});

Deno.test("a folder that must not go stays, and its replica starts again", async () => {
  const target = new Recorded(3);
  const { injector, told } = injecting(target);
  target.mayWipe = false;
  assertEquals(await injector.inject(WIPE(2)), false);
  assertEquals(target.done, ["kill 2", "start 2"]);
  assertEquals(told, ["replica 2 is not wiped: it alone holds what was acknowledged"]);
  assertEquals(injector.total, 0);
  await injector.heal();
});

Deno.test("a replica that does not start again is told, and the rest is healed", async () => {
  const target = new Recorded(3, [1]);
  const { injector, told } = injecting(target);
  await injector.inject({ kind: "kill", replicas: [0, 1], ...LONG });
  await injector.heal();
  assertEquals(target.done.at(-1), "start 0");
  assertEquals(told[0], "1: Error: 1 does not start");
});

Deno.test("nothing is started once it was ended", async () => {
  const target = new Recorded(3);
  const { injector } = injecting(target);
  await injector.inject({ kind: "kill", replicas: [0, 1], ...LONG });
  injector.end();
  await injector.heal();
  assertEquals(target.done, ["kill 0", "kill 1"]);
});
