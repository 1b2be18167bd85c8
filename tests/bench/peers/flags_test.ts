import { assertEquals, assertThrows } from "@std/assert";
import { FLAGS, planOf } from "../../../bench/peers/flags.ts";
import { coresOf } from "../../../bench/peers/pinning.ts";
import { parseFlags } from "../../../lib/cli/flags.ts";
import { UsageError } from "../../../lib/errors.ts";

function plan(...argv: readonly string[]) {
  return planOf(parseFlags(FLAGS, argv).flags);
}

Deno.test("peers: by default all systems, three rounds, both ways", () => {
  const { systems, works, rounds, durationMs, warmUpMs, repetitions, pinnings } = plan();
  assertEquals([systems.length, works.length], [11, 7]);
  assertEquals([rounds, durationMs, repetitions, pinnings], [3, 2000, 30, [false, true]]);
  assertEquals(warmUpMs, 10_000);
});

Deno.test("peers: a name stands for itself, or for all that begin with it", () => {
  const ids = (only: string) => plan("--only", only).systems.map(({ id }) => id);
  assertEquals(ids("redis"), ["redis"]);
  assertEquals(ids("redis-3-"), ["redis-3-wait", "redis-3-aof-wait"]);
  assertEquals(ids("etcd,kvdist-a"), ["kvdist-always", "etcd"]);
  assertEquals(plan("--work", "write").works.map(({ id }) => id), [
    "write-1",
    "write-50",
    "write-p16",
  ]);
  assertThrows(() => plan("--only", "postgres"), UsageError, "no system is named postgres");
});

Deno.test("peers: what is said counts more than --quick", () => {
  const { rounds, durationMs, warmUpMs, repetitions } = plan("--quick", "--rounds", "2");
  assertEquals([rounds, durationMs, warmUpMs, repetitions], [2, 1000, 0, 5]);
});

Deno.test("peers: pinned and unpinned are one way each, both are both", () => {
  assertEquals(plan("--pinned").pinnings, [true]);
  assertEquals(plan("--unpinned").pinnings, [false]);
  assertEquals(plan("--pinned", "--unpinned").pinnings, [false, true]);
});

Deno.test("pinned, the generator has the last core, shared only where there are two", () => {
  assertEquals(coresOf(true, 2), { servers: "0-1", generator: "1" });
  assertEquals(coresOf(true, 8), { servers: "0-6", generator: "7" });
  assertEquals(coresOf(true, 1), { servers: null, generator: null });
  assertEquals(coresOf(false, 8), { servers: null, generator: null });
});
