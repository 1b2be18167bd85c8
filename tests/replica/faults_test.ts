/** Faults without replicas: what their keepers are told, and when. */

import { assertEquals, assertRejects } from "@std/assert";
import { FailedError, RequestError } from "../../lib/errors.ts";
import { Faults, type Faulty } from "../../lib/replica/faults.ts";

/** A keeper that notes what it is told. */
class FakeKeeper implements Faulty {
  readonly id: number;
  readonly told: unknown[] = [];
  isDown = false;
  /** A pause begins when this is so. */
  ready: Promise<void> = Promise.resolve();
  revived: () => void = () => {};

  constructor(id: number) {
    this.id = id;
  }

  checkServes(): void {
    if (this.isDown) throw new FailedError("the disk is full");
  }

  async pause(ms: number): Promise<void> {
    this.told.push(["pause", ms]);
    await this.ready;
  }

  wake(): void {
    this.told.push("wake");
  }

  async setCut(isCut: boolean): Promise<void> {
    await Promise.resolve();
    this.told.push(["cut", isCut]);
  }

  async addApplyDelay(ms: number): Promise<void> {
    await Promise.resolve();
    this.told.push(["delay", ms]);
  }

  kill(revived: () => void): void {
    this.told.push("kill");
    this.revived = revived;
  }
}

const LONG = 300_000;

function faultsOf(...keepers: FakeKeeper[]) {
  const told: string[] = [];
  const faults = new Faults(
    keepers,
    (fault, phase, replica) => told.push(`${fault} ${phase} ${replica}`),
  );
  return { faults, told };
}

Deno.test("a fault takes the place of the one before, and each end undoes its begin", async () => {
  const keeper = new FakeKeeper(2);
  const { faults, told } = faultsOf(keeper);
  await faults.begin(2, { kind: "pause", ms: LONG });
  await faults.begin(2, { kind: "cut", ms: LONG });
  await faults.begin(2, { kind: "delay", ms: LONG, byMs: 7 });
  assertEquals(faults.underWay.map(({ leftMs: _, ...rest }) => rest), [
    { replica: 2, fault: "delay", byMs: 7 },
  ]);
  await faults.end(2);
  assertEquals(keeper.told, [
    ...[["pause", LONG], "wake", ["cut", true], ["cut", false], ["delay", 7], ["delay", 0]],
  ]);
  assertEquals(told, [
    ...["pause begin 2", "pause end 2", "cut begin 2", "cut end 2"],
    ...["delay begin 2", "delay end 2"],
  ]);
  await assertRejects(() => faults.end(2), RequestError, "nothing is done to replica 2");
});

Deno.test("a kill lasts until the replica is there again, and nothing else is done before", async () => {
  const keeper = new FakeKeeper(0);
  const { faults, told } = faultsOf(keeper);
  await faults.begin(0, { kind: "kill" });
  assertEquals(faults.underWay, [{ replica: 0, fault: "kill", leftMs: null }]);
  await assertRejects(() => faults.begin(0, { kind: "cut", ms: 1 }), RequestError, "was killed");
  await assertRejects(() => faults.end(0), RequestError, "was killed");
  keeper.revived();
  assertEquals([faults.underWay, told], [[], ["kill begin 0", "kill end 0"]]);
  assertEquals(keeper.told, ["kill"]);
});

Deno.test("nothing is done to a replica that does not run, and that is told", async () => {
  const keeper = new FakeKeeper(1);
  const { faults, told } = faultsOf(keeper);
  keeper.isDown = true;
  const begun = () => faults.begin(1, { kind: "cut", ms: 1 });
  await assertRejects(begun, RequestError, "replica 1 does not run: the disk is full");
  assertEquals([keeper.told, told, faults.underWay], [[], [], []]);
});

Deno.test("whose time is over when another has taken its place ends nothing", async () => {
  const [first, second] = [new FakeKeeper(0), new FakeKeeper(1)];
  const { faults } = faultsOf(first, second);
  await faults.begin(0, { kind: "cut", ms: 1 });
  const ready = Promise.withResolvers<void>();
  second.ready = ready.promise;
  const others = [
    faults.begin(1, { kind: "pause", ms: LONG }),
    faults.begin(0, { kind: "delay", ms: LONG, byMs: 7 }),
  ];
  // Timers go off in their order: that of the cut has, and waits for its turn.
  await new Promise((resolve) => setTimeout(resolve, 2));
  ready.resolve();
  await Promise.all(others);
  await faults.end(1);
  assertEquals(faults.underWay.map(({ replica, fault }) => [replica, fault]), [[0, "delay"]]);
  assertEquals(first.told, [["cut", true], ["cut", false], ["delay", 7]]);
  faults[Symbol.dispose]();
  assertEquals(faults.underWay, []);
});
