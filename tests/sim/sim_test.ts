/**
 * Runs the simulator: the real core must hold on every seed, and every broken variant of it
 * must be caught.
 */

import { assert, assertEquals, assertGreater } from "@std/assert";
import { Order } from "../../lib/order/order.ts";
import { runSeeds } from "./seeds.ts";
import { type Outcome, simulate } from "./simulation.ts";
import { loadVariant, VARIANTS } from "./variants.ts";

const LONG = Deno.env.get("KVDIST_LONG") === "1";

const SEEDS = LONG ? 20_000 : 5_000;

/** Within as many seeds each variant must be caught. */
const VARIANT_SEEDS = 2_000;

Deno.test("the core holds its invariants", async () => {
  const { violations, sum } = await runSeeds(1, SEEDS);
  console.log(`${SEEDS} seeds: ${JSON.stringify(sum)}`);
  for (const { seed, violation } of violations) {
    console.log(`${violation}\n  replay with: deno task sim --seed ${seed}`);
  }
  assertEquals(violations.length, 0);
  // A run in which nothing happens proves nothing.
  assert(sum.crashes > SEEDS * 3 && sum.answered > SEEDS * 50, "the runs are too quiet");
  assert(sum.reads > SEEDS * 20 && sum.snapshots > SEEDS / 4, "too few reads or snapshots");
  assert(sum.results > SEEDS * 10, "too few operations give a result");
});

Deno.test("the same seed gives the same trace", () => {
  for (const seed of [3, 17, 99, 250]) {
    const trace = () => {
      const lines: string[] = [];
      simulate({ seed, core: Order, trace: (line) => lines.push(line) });
      return lines.join("\n");
    };
    const first = trace();
    assert(first.split("\n").length > 100, "the trace is too short");
    assertEquals(trace() === first, true);
  }
});

Deno.test("128 replicas form a view and order writes; ids above 100 compare rightly", () => {
  const outcome = simulate({
    seed: 1,
    core: Order,
    adjust: (profile) => ({
      ...profile,
      replicas: 128,
      writers: [2, 12, 99, 100, 127],
      suspectAfterMs: 5000,
      tickMs: 100,
      faultsMs: 700,
      latencyMs: 5,
      writeMs: 1,
      syncMs: 5,
      hang: 0,
      crashEveryMs: Infinity,
      massCrashEveryMs: Infinity,
      breakEveryMs: Infinity,
      stallEveryMs: Infinity,
      cutEveryMs: Infinity,
      crashAfterPromise: 0,
      crashAfterWrite: 0,
      crashAfterInstalled: 0,
      crashAfterStart: 0,
      writeEveryMs: 40,
      eventual: 0.5,
      quietEveryMs: Infinity,
    }),
  });
  assertEquals(outcome.violation, null);
  assertGreater(outcome.answered, 3);
});

const folder = await Deno.makeTempDir({ prefix: "kvdist-variants-" });
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

for (const variant of VARIANTS) {
  Deno.test(`the simulator catches: ${variant.name}`, async () => {
    const broken = await loadVariant(variant, folder);
    for (let seed = 1; seed <= VARIANT_SEEDS; seed++) {
      const { adjust, submit } = variant;
      const outcome: Outcome = simulate({ seed, ...broken, adjust, submit });
      if (outcome.violation === null) continue;
      console.log(`caught by seed ${seed}: ${outcome.violation.slice(0, 120)}`);
      return;
    }
    throw new Error(`not caught within ${VARIANT_SEEDS} seeds`);
  });
}
