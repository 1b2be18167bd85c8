/** The report of a trace in a real browser: opened from disk, clicked through, read. */

import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
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
    assertEquals(page.requests.filter((url) => !/^(file|data):/.test(url)), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function browserTest(name: string, act: () => Promise<void>): void {
  Deno.test({ name, ignore: chromiumPath() === null, fn: act });
}

/** How many of what looks so are drawn: those of a lane are one path. */
async function drawn(page: Page, look: string): Promise<number> {
  return Number(
    await page.evaluate(
      `[...document.querySelectorAll("#picture path${look}")]
        .reduce((sum, path) => sum + Number(path.dataset.count), 0)`,
    ),
  );
}

const moment = async (page: Page) =>
  Number(await page.evaluate("document.querySelector('#moment').value"));

const themeOf = (page: Page) =>
  page.evaluate("getComputedStyle(document.documentElement).colorScheme");

browserTest(
  "the report of a cut shows the stale read, the missing acknowledgement, the views",
  () =>
    withReport(readTrace([KNOWN]), async (page) => {
      assertEquals(await page.text("h1"), "a run & its <faults>");
      assertEquals(await drawn(page, ".op.stale"), 1);
      await page.point(".op.stale");
      assertMatch(await page.text("#diagram .hint"), /get x → old .*stale: it misses set x=new/);
      assertEquals(await page.texts(".stale-mark"), ["✱ stale"]);
      assertEquals(await page.count('[data-fault="cut"]'), 1);
      const views = await page.texts("#picture text");
      assert(views.some((view) => /^live in view .*: 0 1$/.test(view)), views.join("; "));
      assert(views.some((view) => /^live in view .*: 0 1 2$/.test(view)), views.join("; "));
      assert(await drawn(page, ".until") > 0, "a staleness window");

      // The moment of the stale read: the write that was under way waits for those that are cut off.
      assertMatch(await page.text("#now"), /is told old/);
      assertMatch(await page.text("#operations"), /unknown: no_quorum/);
      assertMatch(await page.text("#operations"), /failed: no_quorum/);
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

      const marks = () => drawn(page, ".mark");
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

      const arrows = () => drawn(page, ".acknowledge:not(.head)");
      assert(await arrows() > 0);
      await page.choose("#acks", false);
      assertEquals(await arrows(), 0);
      await page.choose("#others", true);
      assert(await drawn(page, ".other") > 0);
      await page.choose("#axis", "lamport");
      assert((await page.texts("text.dim")).some((text) => /^t=\d+$/.test(text)));
      await page.choose("#axis", "wall");

      await page.click("#verdicts button");
      await page.until("document.querySelector('.op.named')");
      const named = await drawn(page, ".op.named");
      assert(named >= 2, "the operations that break it are marked");
      await page.choose("#key", "m");
      await page.until("document.querySelectorAll('#value-rows tbody tr').length === 3");
      await page.until("document.querySelectorAll('#operations button').length < 7");
      await page.click("#operations button");
      await page.until("document.querySelectorAll('.op.named').length === 1");
      assertEquals(await drawn(page, ".op.named"), 1);
    }),
);

browserTest(
  "dark and light are as the system says, until somebody chooses",
  () =>
    withReport(readTrace([KNOWN]), async (page) => {
      const schemes = ["light", "dark", "light", "dark"] as const;
      for (const scheme of schemes) {
        await page.scheme(scheme);
        assertEquals(await themeOf(page), scheme);
      }
      await page.click("[data-do=theme]");
      assertEquals(await themeOf(page), "light");
      assertEquals(/ data-theme="dark"/.test(await saved(page, "svg")), false);
      await page.scheme("light");
      await page.click("[data-do=theme]");
      assertEquals(await themeOf(page), "dark");
      assertMatch(await saved(page, "svg"), /^<svg [^>]*data-theme="dark"/);
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
      assertMatch(svg, /<title>[^<]*get x → old [^<]*stale: it misses set x=new<\/title>/);
      assertMatch(svg, /<title>replica 1: live in view [^<]*: 0 1<\/title>/);

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
        assertEquals(await themeOf(page), scheme);
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
    assertEquals(await page.count("script"), 3);
    assert((await page.text("#key")).includes("<script>"), "it is shown as it is");
  });
});

function byTime(a: TraceLine, b: TraceLine): number {
  return ("at" in a ? a.at : 0) - ("at" in b ? b.at : 0);
}

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
  return lines.slice(0, count).sort(byTime);
}

const BUSY: Trace = { replicas: 3, began: 0, lines: busy(10_000), before: 0, leftOut: 0 };

browserTest(
  "ten thousand events are a page of less than a megabyte, drawn in few elements",
  () =>
    withReport(BUSY, async (page, path) => {
      const { size } = await Deno.stat(path);
      assert(size < 1_000_000, `${size} bytes`);
      const elements = await page.count("#picture *");
      assert(elements < 600, `${elements} elements`);
      assert(await drawn(page, ".mark") > 1000);
      const svg = await saved(page, "svg");
      const all = BUSY.lines.filter(({ type }) => type === "deliver").length;
      assertEquals(svg.split(`class="mark deliver"`).length - 1, all, "each alone");
      await page.press("0");
      for (let i = 0; i < 6; i++) await page.press("+");
      assert(await drawn(page, ".broadcast:not(.head)") > 0);
    }),
);

browserTest("moving the cursor draws nothing else anew", () =>
  withReport(BUSY, async (page) => {
    await page.until("document.querySelector('#operations table')");
    await page.evaluate(`globalThis.kept = ["#picture", "#values svg", "#operations table"]
      .map((selector) => document.querySelector(selector))`);
    const line = () =>
      page.evaluate("document.querySelector('#diagram div.cursor').style.transform");
    const before = await line();
    for (let i = 0; i < 40; i++) await page.press("ArrowRight");
    assert(await line() !== before, "the line moves");
    assertMatch(await page.text("#queue"), /pending/);
    assertEquals(await page.evaluate("kept.every((element) => element.isConnected)"), true);
  }));

/** Three broadcasts, of which only the second comes: the first never will, the third still may. */
function underWay(): TraceLine[] {
  const lines: TraceLine[] = [0, 1].map((replica) => (
    { type: "start", at: 1, replica, time: 0, index: 0 }
  ));
  for (const n of [1, 2, 3]) {
    const told = { replica: 0, time: n };
    lines.push(
      { type: "submit", at: 10 * n, ...told, messages: [{ n, op: "set", key: "k", value: "v" }] },
      { type: "broadcast", at: 10 * n + 1, ...told, to: [1], messages: [[n, n]] },
    );
  }
  lines.push({
    ...{ type: "receive", at: 25, replica: 1, time: 3, from: 0 },
    ...{ of: "broadcast", messages: [[2, 2]] },
  });
  return lines.sort(byTime);
}

browserTest("what has not come where the trace ends is told apart from what is lost", () => {
  const trace = { replicas: 2, began: 0, lines: underWay(), before: 0, leftOut: 0 };
  return withReport(trace, async (page) => {
    assertEquals(await drawn(page, ".lost:not(.broadcast)"), 1);
    assertEquals(await drawn(page, ".under-way:not(.broadcast)"), 1);
    await page.point("path.under-way:not(.broadcast)");
    assertMatch(await page.text("#diagram .hint"), /still under way where the trace ends/);
    await page.point("path.lost:not(.broadcast)");
    assertMatch(await page.text("#diagram .hint"), /not seen to come/);
  });
});

browserTest("a broadcast that is acknowledged is not drawn as lost", () => {
  const facts = { replica: 0, time: 2, from: 1, of: "acknowledge" } as const;
  const known: TraceLine = { type: "receive", at: 40, ...facts, covers: [0, 3], stamp: 2 };
  const lines = [...underWay(), known];
  return withReport({ replicas: 2, began: 0, lines, before: 0, leftOut: 0 }, async (page) => {
    assertEquals(await drawn(page, ".under-way"), 0);
    assertEquals(await drawn(page, ".head.broadcast"), 2);
  });
});

browserTest("nothing is under way to a replica that has started anew", () => {
  const again: TraceLine = { type: "start", at: 40, replica: 1, time: 0, index: 0 };
  const lines = [...underWay(), again];
  return withReport({ replicas: 2, began: 0, lines, before: 0, leftOut: 0 }, async (page) => {
    assertEquals(await drawn(page, ".lost:not(.broadcast)"), 2);
    assertEquals(await drawn(page, ".under-way"), 0);
  });
});

browserTest("a pause is shaded as long as it lasts", () => {
  const fault = { type: "fault", fault: "pause", replicas: [1] } as const;
  const lines: TraceLine[] = [
    ...underWay(),
    { ...fault, at: 12, phase: "begin" },
    { ...fault, at: 22, phase: "end" },
  ];
  lines.sort(byTime);
  return withReport({ replicas: 2, began: 0, lines, before: 0, leftOut: 0 }, async (page) => {
    assertEquals(await page.texts("[data-fault=pause]"), ["✂ pause"]);
    assertEquals(await drawn(page, ".fault"), 1);
    await page.point("path.fault");
    assertEquals(await page.text("#diagram .hint"), "pause of 1, 0.012 ms to 0.022 ms");
  });
});

browserTest(
  "the README's picture is what the report exports of that run",
  () =>
    withReport(readTrace([KNOWN]), async (page) => {
      await page.width(1000);
      const svg = await saved(page, "svg");
      const picture = new URL("../show/traces/partition.svg", import.meta.url);
      if (Deno.env.get("UPDATE_GOLDEN") === "1") await Deno.writeTextFile(picture, svg);
      // Where something lies depends on the browser's letters; what it is does not.
      const titles = (text: string) =>
        [...text.matchAll(/<title>([^<]*)/g)].map(([, told]) => told);
      assert(titles(svg).length > 100);
      assertEquals(titles(svg), titles(await Deno.readTextFile(picture)));
    }),
);

browserTest(
  "on paper the report is light and whole",
  () =>
    withReport(
      readTrace([KNOWN]),
      async (page) => {
        await page.evaluate(`addEventListener("beforeprint", () =>
          globalThis.printed = document.querySelector("details").open)`);
        await page.print("report");
        assertEquals(await page.evaluate("globalThis.printed"), true);
        const colours = () => page.evaluate("getComputedStyle(document.body).color");
        const dark = await colours();
        await page.onPaper();
        assertNotEquals(await colours(), dark);
      },
      "dark",
    ),
);
