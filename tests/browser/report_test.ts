/** The report of a trace in a real browser: opened from disk, clicked through, read. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { readTrace, type Trace } from "../../lib/cli/show/read_trace.ts";
import { writeReport } from "../../lib/cli/show/write_report.ts";
import type { TraceLine } from "../../lib/trace/line.ts";
import { inaccessible } from "./axe.ts";
import { Chromium, chromiumPath, type Page } from "./chromium.ts";

const KNOWN = new URL("../show/traces/partition.jsonl", import.meta.url).pathname;

/** Opens the report of a trace; afterwards nothing must have been an error, or come from elsewhere. */
async function withReport(
  trace: Trace,
  act: (page: Page, path: string) => Promise<void>,
  scheme: "dark" | "light" = "light",
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/report.html`;
    writeReport(path, trace, "a run & its <faults>");
    await using browser = await Chromium.start();
    const page = await browser.open();
    await page.scheme(scheme);
    await page.load(`file://${path}`);
    await page.drawn();
    await act(page, path);
    assertEquals(page.errors, []);
    assertEquals(page.failures, []);
    assertEquals(page.requests.filter((url) => !url.startsWith("file://")), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function browserTest(name: string, act: () => Promise<void>): void {
  Deno.test({ name, ignore: chromiumPath() === null, fn: act });
}

const moment = async (page: Page) =>
  Number(await page.evaluate("document.querySelector('#moment').value"));

browserTest(
  "the report of a cut shows the stale read, the missing acknowledgement, the views",
  () =>
    withReport(readTrace([KNOWN]), async (page) => {
      assertEquals(await page.text("h1"), "a run & its <faults>");
      assertEquals(await page.count(".op.stale"), 1);
      assertMatch(await page.text(".op.stale title"), /get x → old .*stale: it misses set x=new/);
      assertEquals(await page.texts(".stale-mark"), ["✱ stale"]);
      assertEquals(await page.count('[data-fault="cut"]'), 1);
      const views = await page.texts(".band-live title");
      assert(views.some((view) => /: 0 1$/.test(view)), views.join("; "));
      assert(views.some((view) => /: 0 1 2$/.test(view)), views.join("; "));
      assert(await page.count(".until") > 0, "a staleness window");

      // The moment of the stale read: the write that was under way waits for those that are cut off.
      assertMatch(await page.text("#now"), /is told old/);
      assertEquals(await page.texts("#queue td.x, #queue .missing"), ["0 1"]);
      assertMatch(await page.text("#queue table"), /set m=1/);

      const verdicts = await page.texts("#verdicts tbody tr");
      assert(verdicts.some((row) => row.startsWith("sequentialok")), verdicts.join("; "));
      assert(verdicts.some((row) => row.startsWith("held to linearizableillegal")));
      await page.screenshot("report_light");
    }),
);

browserTest(
  "everything in the report can be clicked and reached by keys",
  () =>
    withReport(readTrace([KNOWN]), async (page) => {
      await page.click("[data-do=first]");
      assertEquals(await moment(page), 0);
      await page.click("[data-do=step]");
      const first = await moment(page);
      assert(first > 0);
      await page.click("#diagram");
      await page.press("Home");
      await page.press("ArrowRight");
      assertEquals(await moment(page), first);
      await page.press("ArrowRight");
      await page.press("ArrowLeft");
      assertEquals(await moment(page), first);

      const marks = () => page.count("[data-mark]");
      const all = await marks();
      for (let i = 0; i < 8; i++) await page.press("+");
      assert(await marks() < all, "closer, there is less to see");
      await page.press("0");
      assertEquals(await marks(), all);

      await page.press(" ");
      assertEquals(
        await page.evaluate("document.querySelector('[data-do=play]').ariaPressed"),
        "true",
      );
      await page.until(`Number(document.querySelector('#moment').value) > ${first}`);
      await page.press(" ");
      assertEquals(
        await page.evaluate("document.querySelector('[data-do=play]').ariaPressed"),
        "false",
      );

      const arrows = () => page.count("line.acknowledge");
      assert(await arrows() > 0);
      await page.choose("#acks", false);
      assertEquals(await arrows(), 0);
      await page.choose("#others", true);
      assert(await page.count("line.other") > 0);
      await page.choose("#axis", "lamport");
      assert((await page.texts("text.dim")).some((text) => /^t=\d+$/.test(text)));
      await page.choose("#axis", "wall");

      await page.click("#verdicts button");
      assert(await page.count(".op.named") >= 2, "the operations that break it are marked");
      await page.choose("#key", "m");
      assertEquals((await page.texts("#values tbody tr")).length, 3);
      await page.click("#operations button");
      assertEquals(await page.count(".op.named"), 1);
      await page.click("[data-do=theme]");
      assertEquals(await page.evaluate("document.documentElement.dataset.theme"), "dark");
    }),
);

/** Clicks, and gives what would have been saved. */
async function saved(page: Page, button: string): Promise<string> {
  await page.evaluate(`URL.createObjectURL = (blob) => {
    globalThis.saved = blob.text();
    return "data:,";
  }; HTMLAnchorElement.prototype.click = () => {}; undefined`);
  await page.click(`[data-do=${button}]`);
  return String(await page.evaluate("globalThis.saved"));
}

browserTest(
  "the diagram is exported as SVG, and as a log that ShiViz can order",
  () =>
    withReport(readTrace([KNOWN]), async (page) => {
      const svg = await saved(page, "svg");
      assertMatch(svg, /^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/);
      const parsed = await page.evaluate(
        `new DOMParser().parseFromString(${
          JSON.stringify(svg)
        }, "image/svg+xml").documentElement.nodeName`,
      );
      assertEquals(parsed, "svg");

      const log = (await saved(page, "shiviz")).trimEnd().split("\n");
      const last = new Map<string, Record<string, number>>();
      for (let i = 0; i < log.length; i += 2) {
        const [, host, clock] = /^(replica\d) (\{.*\})$/.exec(log[i]) ?? [];
        assert(host !== undefined, log[i]);
        const now: Record<string, number> = JSON.parse(clock);
        const before = last.get(host);
        assertEquals(now[host], (before?.[host] ?? 0) + 1, "each event counts its own clock on");
        for (const [other, count] of Object.entries(before ?? {})) assert(now[other] >= count);
        last.set(host, now);
      }
      assertEquals([...last.keys()].sort(), ["replica0", "replica1", "replica2"]);
    }),
);

for (const scheme of ["light", "dark"] as const) {
  browserTest(
    `the report is accessible, ${scheme}`,
    () =>
      withReport(readTrace([KNOWN]), async (page) => {
        assertEquals(
          await page.evaluate("document.documentElement.dataset.theme ?? 'light'"),
          scheme,
        );
        assertEquals(await inaccessible(page), []);
        await page.screenshot(`report_${scheme}`);
      }, scheme),
  );
}

browserTest("values are never taken for markup", () => {
  const evil = `</script><script>globalThis.evil = 1</script><img src=x onerror="evil = 2">`;
  const facts = { at: 10, replica: 0, time: 1 };
  const lines: TraceLine[] = [
    { type: "start", ...facts, index: 0 },
    { type: "submit", ...facts, messages: [{ n: 1, op: "set", key: evil, value: evil, id: evil }] },
    { type: "deliver", ...facts, messages: [[1, 0, 1]] },
    { type: "apply", ...facts, messages: [[1, 0, 1]] },
    { type: "suspect", ...facts, peer: 1, reason: evil },
    { type: "send", ...facts, to: [1], message: evil },
    {
      ...{ type: "invoke", process: 0, at: 11, op: "set", key: evil, value: evil },
      ...{ level: "sequential", replica: 0, id: evil },
    },
    { type: "fail", process: 0, at: 12, code: evil },
    { type: "fault", at: 13, fault: evil, phase: "begin", replicas: [0] },
  ];
  return withReport({ replicas: 2, began: 0, lines, before: 0, leftOut: 0 }, async (page) => {
    await page.choose("#others", true);
    assertEquals(await page.evaluate("globalThis.evil"), undefined);
    assertEquals(await page.count("img"), 0);
    assertEquals(await page.count("script"), 2);
    assert((await page.text("#key")).includes("<script>"), "it is shown as it is");
  });
});

/** As many lines as are shown at most, of writes as quick as they come. */
function busy(count: number): TraceLine[] {
  const lines: TraceLine[] = [];
  for (let n = 1; lines.length < count; n++) {
    const at = n * 500;
    const told = (replica: number, later: number) => ({ at: at + later, replica, time: 4 * n });
    const value = `v${n}`;
    lines.push(
      { type: "submit", ...told(0, 0), messages: [{ n, op: "set", key: `k${n % 9}`, value }] },
      { type: "broadcast", ...told(0, 1), to: [1, 2], messages: [[n, 4 * n]] },
    );
    for (const replica of [1, 2]) {
      lines.push(
        { type: "receive", ...told(replica, 90), from: 0, of: "broadcast", messages: [[n, 4 * n]] },
        {
          ...{ type: "acknowledge", ...told(replica, 200), covers: [0, 4 * n], stamp: 4 * n + 1 },
          to: [0, 1, 2].filter((id) => id !== replica),
        },
      );
    }
    for (const replica of [0, 1, 2]) {
      for (const from of [1, 2].filter((id) => id !== replica)) {
        const covers = [0, 4 * n] as const;
        const stamp = 4 * n + 1;
        lines.push({
          type: "receive",
          ...told(replica, 300),
          from,
          of: "acknowledge",
          covers,
          stamp,
        });
      }
      lines.push(
        { type: "deliver", ...told(replica, 310), messages: [[n, 0, n]] },
        { type: "apply", ...told(replica, 320), messages: [[n, 0, n]] },
      );
    }
    const process = n;
    const asked = { key: `k${n % 9}`, level: "sequential", replica: 0, client: n % 4 } as const;
    lines.push(
      { type: "invoke", process, at: at - 20, op: "set", value, ...asked },
      { type: "ok", process, at: at + 330, origin: 0, n },
    );
  }
  return lines.slice(0, count).sort((a, b) => ("at" in a ? a.at : 0) - ("at" in b ? b.at : 0));
}

browserTest(
  "ten thousand events are a page of less than a megabyte, drawn in few elements",
  () =>
    withReport(
      { replicas: 3, began: 0, lines: busy(10_000), before: 0, leftOut: 0 },
      async (page, path) => {
        const { size } = await Deno.stat(path);
        assert(size < 1_000_000, `${size} bytes`);
        const elements = await page.count("#picture *");
        assert(elements < 12_000, `${elements} elements`);
        for (let i = 0; i < 6; i++) await page.press("+");
        await page.drawn();
        assert(await page.count("line.broadcast") > 0);
      },
    ),
);
