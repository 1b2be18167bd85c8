import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { latencyMarkup } from "../../../lib/show/html/latencies.ts";
import { tailed } from "../series.ts";
import { assertWellFormed } from "./well_formed.ts";

Deno.test("latencyMarkup: a histogram of each, one curve picture, both as tables", () => {
  const series = [tailed("eventual", 20_000, 0.2), tailed("sequential", 500, 1)];
  const html = latencyMarkup(series, "pair");
  assertWellFormed(html);
  assertEquals(html.match(/<svg /g)?.length, 3);
  assertEquals(html.match(/<svg [^>]*role="img" aria-label="[^"]+"/g)?.length, 3);
  assertEquals(html.match(/<polyline /g)?.length, 2);
  assertEquals(html.match(/<table>/g)?.length, 2);
  assertStringIncludes(html, "<figcaption>sequential, 500 pairs</figcaption>");
  assertStringIncludes(html, "<title>sequential, p99: 83.5 ms</title>");
  assertStringIncludes(html, "<summary>The histograms as a table</summary>");
});

Deno.test("latencyMarkup: each bar is in the table, and every latency in a bar", () => {
  const html = latencyMarkup([tailed("reads", 1000, 0.3)], "answer");
  const bars = [...html.matchAll(/<rect [^>]*><title>([^:]+): ([\d,]+), ([^<]+)<\/title>/g)];
  assert(bars.length > 10);
  const counts = bars.map(([, , count]) => Number(count.replace(",", "")));
  assertEquals(counts.reduce((sum, count) => sum + count, 0), 1000);
  for (const [, range, count, share] of bars) {
    assertStringIncludes(
      html,
      `<tr><th scope="row" class="number">${range}</th><td class="number">${count}</td>` +
        `<td class="number">${share}</td></tr>`,
    );
  }
});

Deno.test("latencyMarkup: bars lie in the picture and grow upwards from one line", () => {
  const html = latencyMarkup(
    [tailed("a", 300, 0), tailed("b", 3, 500), tailed("c", 0, 1)],
    "answer",
  );
  assertWellFormed(html);
  const bars = [
    ...html.matchAll(/<rect class="plain" x="(.+?)" y="(.+?)" width="(.+?)" height="(.+?)"/g),
  ]
    .map((found) => found.slice(1).map(Number));
  for (const [x, y, width, height] of bars) {
    assert(x >= 56 && width > 0 && x + width <= 456 && y >= 12, `${[x, y, width, height]}`);
    assert(Math.abs(y + height - 164) < 0.11, `${y} + ${height}`);
  }
  assertStringIncludes(html, "<figcaption>b, 3 answers</figcaption>");
  assert(!html.includes("c, 0 answers"));
});

Deno.test("latencyMarkup takes no name for markup", () => {
  assertWellFormed(latencyMarkup([tailed(`<b>"&`, 30, 1)], "answer"));
});
