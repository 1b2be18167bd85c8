import { assert, assertEquals } from "@std/assert";
import { Latency } from "../../../lib/cli/bench/latency.ts";

const SHARES = [0, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1];

/** Milliseconds spread over seven orders of magnitude, the same at every run. */
function spread(count: number): number[] {
  let state = 42;
  return Array.from({ length: count }, () => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    return 10 ** (state / 2 ** 31 * 7 - 3);
  });
}

/** The oracle: nearest rank in all values, sorted. */
function exact(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1];
}

function recorded(values: readonly number[]): Latency {
  const latency = new Latency();
  for (const ms of values) latency.record(ms);
  return latency;
}

Deno.test("Latency: no quantile is further than 0.8 % from the sorted oracle", () => {
  for (const size of [1, 2, 3, 10, 1000, 20_000]) {
    const values = spread(size);
    const latency = recorded(values);
    for (const share of SHARES) {
      const truth = exact(values, share);
      const said = latency.quantile(share);
      // Half a microsecond: values are counted as whole ones.
      assert(said >= truth - 0.0005, `${said} is below ${truth} at ${share} of ${size}`);
      assert(said <= truth * (1 + 1 / 128) + 0.0005, `${said} is far above ${truth} at ${share}`);
    }
    assertEquals(latency.max, Math.max(...values));
    assertEquals(latency.quantile(1), Math.max(...values));
  }
});

Deno.test("Latency: below 256 µs every microsecond is told from its neighbours", () => {
  const micros = Array.from({ length: 256 }, (_, i) => i);
  const latency = recorded(micros.map((value) => value / 1000));
  for (const value of micros) {
    assertEquals(latency.quantile((value + 1) / 256), value / 1000);
  }
});

Deno.test("Latency: empty, zero, and longer than its range", () => {
  assertEquals(new Latency().quantile(0.5), 0);
  assertEquals([new Latency().mean, new Latency().max, new Latency().count], [0, 0, 0]);
  assertEquals(new Latency().bins(), []);
  assertEquals(recorded([0]).quantile(0.5), 0);
  const hour = recorded([3_600_000]);
  assertEquals(hour.max, 3_600_000);
  assertEquals(hour.quantile(0.5), 2147483.647, "the last bucket");
});

Deno.test("Latency: two halves added are the whole; so is a snapshot", () => {
  const values = spread(1000);
  const whole = recorded(values);
  const sum = recorded(values.slice(0, 300));
  sum.add(recorded(values.slice(300)));
  const copy = new Latency(structuredClone(whole.snapshot()));
  for (const latency of [sum, copy]) {
    assertEquals(latency.count, 1000);
    assert(Math.abs(latency.mean - whole.mean) < 1e-6);
    for (const share of SHARES) assertEquals(latency.quantile(share), whole.quantile(share));
  }
});

Deno.test("Latency: bins are 1, 2, 5 and hold everything once", () => {
  assertEquals(recorded([0.0015, 0.003, 0.003, 0.0199, 0.02]).bins(), [
    { from: 0.002, to: 0.005, count: 3 },
    { from: 0.005, to: 0.01, count: 0 },
    { from: 0.01, to: 0.02, count: 0 },
    { from: 0.02, to: 0.05, count: 2 },
  ]);
  const values = spread(5000);
  const bins = recorded(values).bins();
  assertEquals(bins.reduce((sum, { count }) => sum + count, 0), 5000);
  bins.slice(1).forEach((bin, i) => assertEquals(bin.from, bins[i].to));
});

Deno.test("Latency: bins by other steps hold everything once, too", () => {
  const steps = [1, 1.25, 1.6, 2, 2.5, 3.15, 4, 5, 6.3, 8];
  assertEquals(recorded([1, 1.2, 1.3, 1.62]).bins(steps), [
    { from: 1, to: 1.25, count: 2 },
    { from: 1.25, to: 1.6, count: 1 },
    { from: 1.6, to: 2, count: 1 },
  ]);
  const bins = recorded(spread(5000)).bins(steps);
  assertEquals(bins.reduce((sum, { count }) => sum + count, 0), 5000);
  bins.slice(1).forEach((bin, i) => assertEquals(bin.from, bins[i].to));
});
