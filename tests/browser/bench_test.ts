/** The pictures of `bench --html` in a real browser: opened from disk, in both schemes. */

import { assertEquals } from "@std/assert";
import { latencyMarkup } from "../../lib/show/html/latencies.ts";
import { page as htmlPage, remark } from "../../lib/show/html/page.ts";
import { tailed } from "../show/series.ts";
import { inaccessible } from "./axe.ts";
import { Chromium, chromiumPath } from "./chromium.ts";

const SERIES = [
  ...[tailed("eventual", 20_000, 0.2), tailed("sequential", 5_000, 0.5)],
  ...[tailed("linearizable", 5_000, 0.8), tailed("another", 500, 2)],
];

for (const scheme of ["light", "dark"] as const) {
  Deno.test({
    name: `histograms and curves are accessible, ${scheme}`,
    ignore: chromiumPath() === null,
    fn: async () => {
      const path = await Deno.makeTempFile({ suffix: ".html" });
      const body = remark("Three replicas here") + latencyMarkup(SERIES, "answer");
      await Deno.writeTextFile(path, htmlPage({ title: "How long answers took", body }));
      await using browser = await Chromium.start();
      const page = await browser.open();
      await page.scheme(scheme);
      await page.load(`file://${path}`);
      await page.evaluate("document.querySelector('details').open = true");
      assertEquals(await page.count("svg[role=img]"), 5);
      assertEquals(await inaccessible(page), []);
      assertEquals([...page.errors, ...page.failures], []);
      await page.screenshot(`bench_${scheme}`);
      await Deno.remove(path);
    },
  });
}
