import { assertEquals } from "@std/assert";
import {
  compact,
  count,
  counted,
  duration,
  milliseconds,
  percent,
  rate,
  ratio,
  roundDuration,
  span,
} from "../../lib/show/quantity.ts";

Deno.test("duration shows three digits in the unit that suits", () => {
  const cases: [number, string][] = [
    [0, "0.00 µs"],
    [0.0851, "85.1 µs"],
    [0.9994, "999 µs"],
    [0.9996, "1.00 ms"],
    [9.994, "9.99 ms"],
    [9.996, "10.0 ms"],
    [123.4, "123 ms"],
    [999.4, "999 ms"],
    [999.6, "1.00 s"],
    [5000, "5.00 s"],
    [59_949, "59.9 s"],
    [59_960, "1 min 0 s"],
    [90_000, "1 min 30 s"],
  ];
  for (const [ms, words] of cases) assertEquals(duration(ms), words);
});

Deno.test("roundDuration says what was asked for", () => {
  assertEquals([300, 1000, 2500, 5000, 90_000].map(roundDuration), [
    "300 ms",
    "1 s",
    "2.5 s",
    "5 s",
    "1 min 30 s",
  ]);
});

Deno.test("counts, rates, shares and ratios", () => {
  assertEquals([0.544, 23.14, 544, 2068].map(milliseconds), ["0.54", "23.1", "544", "2,068"]);
  assertEquals([0, 999, 1000, 1234567.4].map(count), ["0", "999", "1,000", "1,234,567"]);
  assertEquals([0.123, 9.5, 12_345].map(rate), ["0.12/s", "9.50/s", "12,345/s"]);
  assertEquals([0, 0.0417, 1].map(percent), ["0.0 %", "4.2 %", "100.0 %"]);
  assertEquals(ratio(2068, 544), "3.80");
  assertEquals(ratio(1, 0), "–");
  assertEquals(counted(1, "reply", "replies"), "1 reply");
  assertEquals(counted(2000, "client"), "2,000 clients");
});

Deno.test("compact: as exact as seven cells allow", () => {
  const told: [number, string][] = [
    [0, "0"],
    [0.524, "0.52"],
    [12.34, "12.3"],
    [999.6, "1,000"],
    [123_456, "123,456"],
    [999_999.6, "1.00M"],
    [1_234_567, "1.23M"],
    [999_600_000, "1.00G"],
    [Number.MAX_SAFE_INTEGER, "9.01P"],
  ];
  for (const [n, text] of told) assertEquals(compact(n), text);
  assertEquals([compact(1_234_567, 9), compact(12_345_678, 9)], ["1,234,567", "12.3M"]);
});

Deno.test("span: a time in six cells", () => {
  const told: [number, string][] = [
    [0, "0"],
    [0.2, "1 ms"],
    [999.4, "999 ms"],
    [999.5, "1.00 s"],
    [59_900, "59.9 s"],
    [59_950, "1m0s"],
    [3_599_000, "59m59s"],
    [86_399_000, "23h59m"],
    [86_400_000, "1d0h"],
    [100 * 86_400_000 - 1_000, "99d23h"],
    [365 * 86_400_000, "365d"],
  ];
  for (const [ms, text] of told) assertEquals(span(ms), text);
});
