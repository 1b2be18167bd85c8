import { assertEquals } from "@std/assert";
import { Forcing } from "../../lib/replica/forcing.ts";

/** A disk that is told when it is done. */
class Disk {
  /** Of each time that it was asked to force, whatever ends it. */
  readonly asked: PromiseWithResolvers<void>[] = [];
  readonly forced: [number: number, waiting: readonly string[]][] = [];
  readonly failed: unknown[] = [];
  readonly forcing = new Forcing<string>(
    () => {
      this.asked.push(Promise.withResolvers());
      return this.asked[this.asked.length - 1].promise;
    },
    (number, waiting) => this.forced.push([number, waiting]),
    (error) => this.failed.push(error),
  );

  /** What it was asked for last has come to its end. */
  async ends(error?: unknown): Promise<void> {
    const { resolve, reject } = this.asked[this.asked.length - 1];
    if (error === undefined) resolve();
    else reject(error);
    // Whoever waits for it is let go in a few microtasks.
    await new Promise((resolve) => setTimeout(resolve));
  }
}

Deno.test("one after the other: what gathers meanwhile is forced together, next", async () => {
  const disk = new Disk();
  assertEquals(disk.forcing.busy, false);
  disk.forcing.add(1, ["a"]);
  disk.forcing.add(2, ["b", "c"]);
  disk.forcing.add(3, []);
  assertEquals([disk.asked.length, disk.forcing.busy, disk.forced], [1, true, []]);
  await disk.ends();
  assertEquals([disk.asked.length, disk.forced], [2, [[1, ["a"]]]]);
  disk.forcing.add(4, ["d"]);
  await disk.ends();
  assertEquals(disk.forced, [[1, ["a"]], [3, ["b", "c"]]]);
  await disk.ends();
  assertEquals(disk.forced, [[1, ["a"]], [3, ["b", "c"]], [4, ["d"]]]);
  assertEquals([disk.asked.length, disk.forcing.busy], [3, false]);
  disk.forcing.add(5, []);
  await disk.ends();
  assertEquals([disk.forced.at(-1), disk.forcing.busy, disk.failed], [[5, []], false, []]);
});

Deno.test("what is added while somebody is told waits for the next time", async () => {
  const forced: number[] = [];
  const forcing: Forcing<never> = new Forcing(
    () => Promise.resolve(),
    (number) => {
      forced.push(number);
      if (number < 5) forcing.add(number + 1, []);
    },
    () => {},
  );
  forcing.add(1, []);
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals([forced, forcing.busy], [[1, 2, 3, 4, 5], false]);
});

Deno.test("a disk that refuses ends it: nobody who waits is told that it is safe", async () => {
  const disk = new Disk();
  disk.forcing.add(1, ["a"]);
  disk.forcing.add(2, ["b"]);
  const error = new Error("the disk is full");
  await disk.ends(error);
  disk.forcing.add(3, ["c"]);
  assertEquals([disk.failed, disk.forced, disk.asked.length], [[error], [], 1]);
});
