/** The live page of `serve --http` in a real browser: watched, and clicked through. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { Random } from "../../lib/chaos/random.ts";
import { COLOURS } from "../../lib/colours.ts";
import { connect } from "../../lib/client/mod.ts";
import { type Server, startServer } from "../e2e/server.ts";
import { inaccessible } from "./axe.ts";
import { Chromium, chromiumPath, type Page } from "./chromium.ts";

const MEMORY = ["--store", "memory"];
const FAULTS = [...MEMORY, "--allow-faults"];

/** Opens a server's page and waits for its replicas; afterwards nothing must have been an error. */
async function withPage(
  act: (page: Page, server: Server) => Promise<void>,
  args: readonly string[] = MEMORY,
): Promise<void> {
  await using server = await startServer({ args: ["--http", "0", ...args] });
  await using browser = await Chromium.start();
  const page = await browser.open();
  await page.load(`http://${server.http}/`);
  await areLive(page, 3);
  await act(page, server);
  assertEquals(page.errors, []);
  const own = new RegExp(`^http://${server.http}/`);
  assertEquals(page.requests.filter((url) => !own.test(url)), []);
}

function browserTest(name: string, act: () => Promise<void>): void {
  Deno.test({ name, ignore: chromiumPath() === null, fn: act });
}

/** Waits until so many replicas are shown as live. */
async function areLive(page: Page, count: number): Promise<void> {
  await page.until(`document.querySelectorAll(".card .good").length === ${count}`);
}

/** What stands beside a name in the card of a replica. */
async function fact(page: Page, replica: number, name: string): Promise<string> {
  const card = `.card[data-replica="${replica}"]`;
  const names = await page.texts(`${card} dt`);
  return (await page.texts(`${card} dd`))[names.indexOf(name)];
}

async function ask(
  page: Page,
  button: "set" | "get",
  { key, value, replica, level = "" }: {
    readonly key: string;
    readonly value?: string;
    readonly replica: number;
    readonly level?: string;
  },
): Promise<void> {
  await page.choose("#key", key);
  if (value !== undefined) await page.choose("#value", value);
  await page.choose("#replica", String(replica));
  await page.choose("#level", level);
  await page.click(`#${button}`);
}

async function answers(page: Page, pattern: RegExp): Promise<void> {
  await page.until(`${pattern}.test(document.querySelector("#answer").textContent)`);
}

/** Waits until each replica has applied what was set. */
async function hasSpread(page: Page): Promise<void> {
  await page.until(`document.querySelectorAll("#spread tr:not(.waiting)").length === 3`);
}

/** Counted from 1. */
const figure = (chart: number) => `figure:nth-child(${chart})`;

/** What is read aloud of a chart. */
async function nowOf(page: Page, chart: number): Promise<string> {
  const canvas = `document.querySelector("${figure(chart)} canvas[role=img]")`;
  return String(await page.evaluate(`${canvas}.getAttribute("aria-label")`));
}

/** An expression of what the legend of a chart says of a replica. */
function valueAt(chart: number, replica: number): string {
  const row = `${figure(chart)} .u-series:nth-child(${replica + 2})`;
  return `document.querySelector("${row} .u-value").textContent`;
}

/** The line of replica 0, as red, green and blue. */
const [LIGHT, DARK] = COLOURS.MARKS.c0.map((colour) =>
  [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16))
);

/** How many pixels of a chart's height have the colour between them; 0 if none has it. */
async function tall(page: Page, chart: number, colour: readonly number[]): Promise<number> {
  return Number(
    await page.evaluate(`(() => {
    const canvas = document.querySelector("${figure(chart)} canvas");
    const { width, height } = canvas;
    const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
    const rows = Array.from({ length: height }, (_, row) => row).filter((row) =>
      Array.from({ length: width }, (_, column) => 4 * (row * width + column)).some((at) =>
        ${JSON.stringify(colour)}.every((part, i) => data[at + i] === part)));
    return rows.length === 0 ? 0 : 1 + rows.at(-1) - rows[0];
  })()`),
  );
}

/** From now on, `marks` has all words that are drawn into charts. */
async function keepMarks(page: Page): Promise<void> {
  await page.evaluate(`(() => {
    globalThis.marks = [];
    const { prototype } = CanvasRenderingContext2D;
    const { fillText } = prototype;
    prototype.fillText = function (text, ...place) {
      marks.push(text);
      fillText.call(this, text, ...place);
    };
  })()`);
}

browserTest("three live replicas, with their view and four charts", () =>
  withPage(async (page) => {
    assertEquals(await page.text("h1"), "kvdist");
    assertMatch(await page.text("#cluster"), /, sequential, 3 replicas$/);
    assertEquals(await page.text("#connection"), "connected");
    for (const id of [0, 1, 2]) {
      assertMatch(await fact(page, id, "view"), /^\d+\.\d+: 0 1 2$/);
      assertEquals(await fact(page, id, "lag"), "0");
    }
    assertEquals(await page.texts("figcaption"), [
      ...["writes a second", "reads a second", "p99 of writes", "staleness"],
    ]);
    for (const chart of [1, 2, 3, 4]) {
      const lines = await page.texts(`${figure(chart)} .u-label`);
      assertEquals(lines, ["at", "replica 0", "replica 1", "replica 2"]);
      assertMatch(await nowOf(page, chart), /, now replica 0: .+, replica 1: .+, replica 2: /);
    }
  }));

browserTest(
  "a key is set, spreads to all replicas, and is read; values stay text",
  () =>
    withPage(async (page, server) => {
      const evil = `<img src=x onerror="globalThis.evil = 1"><b>"&amp;`;
      await ask(page, "set", { key: "a/ä <b>", value: evil, replica: 1 });
      await answers(page, /^STORED by replica 1 after [\d.]+ [µm]?s$/);
      await hasSpread(page);
      assertEquals(await page.texts("#spread th"), ["replica 0", "replica 1", "replica 2"]);
      for (const text of await page.texts("#spread td:last-child")) {
        assertMatch(text, /^[\d.]+ m?s$/);
      }
      using client = await connect(server.replicas[2].client);
      assertEquals(await client.get("a/ä <b>"), evil);

      await ask(page, "get", { key: "a/ä <b>", replica: 2, level: "linearizable" });
      await answers(page, /^a\/ä <b> is .* \(replica 2, /);
      assert((await page.text("#answer")).startsWith(`a/ä <b> is ${evil} (replica 2, `));
      assertEquals(await page.count("main img, main b"), 0);
      assertEquals(await page.evaluate("globalThis.evil"), undefined);
      assertEquals(page.failures, []);

      await ask(page, "get", { key: "none", replica: 0 });
      await answers(page, /^none has no value \(replica 0, /);
      await ask(page, "set", { key: "k".repeat(1_024) + "é", value: "1", replica: 0 });
      await answers(page, /^too_large: /);
      assertEquals(
        page.failures.map((told) => /status of \d+/.exec(told)?.[0]),
        [
          ...["status of 404", "status of 413"],
        ],
      );
    }),
);

browserTest("what is written is counted, and drawn", () =>
  withPage(async (page, server) => {
    using client = await connect(server.replicas[0].client);
    // From the line of 0, a few pixels, to where it has risen to; its steep parts have few that are
    // of its colour alone.
    while (await tall(page, 1, LIGHT) < 20) await client.set("x", "42");
    assertMatch(await nowOf(page, 1), /^writes a second, now replica 0: [\d,.]+, replica 1: 0, /);
    // A second without a write, and there is nothing to see.
    for (const seen of [`/^[1-9]/.test(${valueAt(1, 0)})`, `/ [µm]?s$/.test(${valueAt(3, 0)})`]) {
      while (await page.evaluate(seen) !== true) await client.set("x", "42");
    }
    await page.until(`${valueAt(3, 1)} === "–"`);

    await page.scheme("dark");
    await page.drawn();
    assert(await tall(page, 1, DARK) > 0, "drawn in the colours of the theme");
    assertEquals(await tall(page, 1, LIGHT), 0);

    await keepMarks(page);
    await page.click("#log");
    await page.drawn();
    assertEquals(await page.count("figure"), 4);
    const marks = await page.evaluate("marks.filter((mark) => /^[\\d,]+$/.test(mark))");
    assert(Array.isArray(marks) && marks.includes("0") && marks.includes("1"), String(marks));
    for (const mark of marks) assertMatch(String(mark), /^(0|1[0,]*)$/);
  }));

browserTest(
  "the cursor shows how it was in all charts, by mouse and by keys",
  () =>
    withPage(async (page) => {
      const at = async () => await page.texts(".u-series:first-child .u-value");
      const now = Array(4).fill("now");
      assertEquals(await at(), now);
      await page.evaluate(`document.querySelector(${JSON.stringify(figure(2))}).focus()`);
      await page.press("Home");
      const [first, ...others] = await at();
      assertMatch(first, /^\d\d:\d\d:\d\d$/);
      assertEquals(others, [first, first, first]);
      await page.press("Escape");
      assertEquals(await at(), now);
      await page.press("ArrowLeft");
      assertMatch((await at())[3], /^\d\d:/);
      await page.press("ArrowRight");
      assertEquals(await at(), now);
      await page.point(`${figure(4)} .u-over`);
      for (const shown of await at()) assertMatch(shown, /^\d\d:/);
      await page.point("h1");
      assertEquals(await at(), now);
    }),
);

browserTest("the charts fit into a narrow window", () =>
  withPage(async (page) => {
    const widths = "[...document.querySelectorAll('canvas')].map((one) => one.clientWidth)";
    const before = Object(await page.evaluate(widths));
    await page.width(400);
    const after = Object(await page.evaluate(widths));
    for (const chart of [0, 1, 2, 3]) assert(after[chart] < before[chart]);
    const beyond = "document.documentElement.scrollWidth - innerWidth";
    assertEquals(await page.evaluate(beyond), 0);
    await page.screenshot("live_narrow");
  }));

browserTest("in eventual, a late replica is seen to be late", () =>
  withPage(async (page) => {
    await ask(page, "set", { key: "x", value: "1", replica: 0 });
    await answers(page, /^STORED/);
    await page.until(`document.querySelectorAll("#spread .waiting").length === 3`);
    assertMatch(await page.text("#spread td:last-child"), /^not yet, /);
    await hasSpread(page);
    for (const text of await page.texts("#spread td:last-child")) {
      assert(/^[\d.]+ s$/.test(text) && parseFloat(text) >= 1, text);
    }
  }, [...MEMORY, "--consistency", "eventual", "--apply-delay", "1s"]));

browserTest(
  "of two writes the later one is watched, though the first is answered last",
  () =>
    withPage(async (page) => {
      await ask(page, "set", { key: "first", value: "1", replica: 0, level: "sequential" });
      await ask(page, "set", { key: "later", value: "2", replica: 1, level: "eventual" });
      await hasSpread(page);
      assertMatch(await page.text("#spread caption"), /to set later until/);
      await answers(page, /^STORED by replica 1 /);
    }, [...MEMORY, "--apply-delay", "1s"]),
);

browserTest("what no path can name is not asked for", () =>
  withPage(async (page) => {
    for (const key of ["", ".", ".."]) {
      await ask(page, "get", { key, replica: 0 });
      assertEquals(await page.text("#answer"), "", `of ${key} nothing is said`);
    }
    await ask(page, "get", { key: "...", replica: 0 });
    await answers(page, /^\.\.\. has no value/);
    assertEquals(page.failures.length, 1, "only that was asked");
  }));

browserTest(
  "the page outlives its server, and goes on with the next at its port",
  () =>
    withPage(async (page, server) => {
      assertEquals(await server.stop(), 0, server.stderr());
      await page.until(`document.querySelector("#connection").className === "wrong"`);
      await ask(page, "get", { key: "x", replica: 0 });
      await answers(page, /^the server does not answer$/);
      await ask(page, "set", { key: "x", value: "1", replica: 0 });
      await answers(page, /the write may have happened$/);

      // Between two looks a minute apart nothing is known.
      await page.evaluate(`import("/charts.js").then(({ showCharts }) => {
        const replica = (perSecond) =>
          [{ id: 0, activity: { read: { perSecond }, write: { perSecond, p99Ms: null } } }];
        showCharts(Date.now() + 1_000, replica(5));
        showCharts(Date.now() + 60_000, replica(7));
      })`);
      await page.evaluate(`document.querySelector("${figure(1)}").focus()`);
      for (const value of ["7", "–", "5"]) {
        await page.press("ArrowLeft");
        assertEquals(await page.evaluate(valueAt(1, 0)), value);
      }

      const port = server.http.split(":")[1];
      await using _next = await startServer({ args: [...MEMORY, "--http", port] });
      await page.until(`document.querySelector("#connection").className === "good"`);
      await areLive(page, 3);
      await ask(page, "set", { key: "x", value: "2", replica: 0 });
      await answers(page, /^STORED/);
      await hasSpread(page);
    }),
);

/** Presses the button of a fault at a replica. */
async function press(page: Page, replica: number, button: string): Promise<void> {
  await page.click(`.card[data-replica="${replica}"] [data-do=${button}]`);
}

/** Waits until a replica's card says so, in the element that the selector finds. */
async function shows(page: Page, replica: number, selector: string, words: RegExp): Promise<void> {
  const one = `document.querySelector('.card[data-replica="${replica}"] ${selector}')`;
  await page.until(`${words}.test(${one}.textContent)`);
}

browserTest("without --allow-faults there are no buttons for them", () =>
  withPage(async (page) => {
    const hidden = "[...document.querySelectorAll('#faults, .faults')].every((one) => one.hidden)";
    assertEquals(await page.evaluate(hidden), true);
  }));

browserTest(
  "a paused replica is shown as down and why, is left out of the view, and comes back",
  () =>
    withPage(async (page) => {
      await page.choose("#lasts", "30000");
      await press(page, 2, "pause");
      await shows(page, 2, ".faults .wrong", /^paused, \d+ s left$/);
      await shows(page, 2, ".card-head .wrong", /down/);
      await shows(page, 0, "dd", /^2\.\d+: 0 1$/);
      assertEquals(await fact(page, 0, "missing"), "2");
      assertEquals(await fact(page, 2, "view"), "–");
      await page.until(`${valueAt(4, 2)} === "–"`);

      await ask(page, "set", { key: "x", value: "42", replica: 0 });
      await answers(page, /^STORED/);
      await page.until(`document.querySelectorAll("#spread .waiting").length === 1`);
      assertMatch(await page.text("#spread .waiting"), /^replica 2not yet/);
      assertEquals(await inaccessible(page), []);
      await page.screenshot("live_paused");
      await press(page, 2, "end");
      await hasSpread(page);
      await areLive(page, 3);
      await shows(page, 0, "dd", /: 0 1 2$/);
    }, FAULTS),
);

browserTest("two cut off leave the third without a quorum", () =>
  withPage(async (page) => {
    await page.choose("#lasts", "30000");
    await press(page, 0, "cut");
    await press(page, 1, "cut");
    await shows(page, 0, ".faults .wrong", /^cut off, \d+ s left$/);
    await shows(page, 1, ".faults .wrong", /^cut off, \d+ s left$/);
    await areLive(page, 0);
    await ask(page, "set", { key: "x", value: "42", replica: 2 });
    await answers(page, /^no_quorum: /);
    await press(page, 0, "end");
    await press(page, 1, "end");
    await areLive(page, 3);
  }, FAULTS));

browserTest(
  "a late replica gives the old value, and is shown to be late",
  () =>
    withPage(async (page) => {
      await ask(page, "set", { key: "x", value: "old", replica: 0 });
      await hasSpread(page);
      await page.choose("#lasts", "30000");
      await page.choose("#by", "10000");
      await press(page, 1, "delay");
      await shows(page, 1, ".faults .wrong", /^late by 10 s, \d+ s left$/);
      await ask(page, "set", { key: "x", value: "new", replica: 0 });
      await answers(page, /^STORED/);
      await ask(page, "get", { key: "x", replica: 1 });
      await answers(page, /^x is old /);
      await ask(page, "get", { key: "x", replica: 2, level: "linearizable" });
      await answers(page, /^x is new /);
      await page.until(`document.querySelectorAll("#spread .waiting").length === 1`);
      await shows(page, 1, "dl", /staleness[\d.]+ s/);
    }, FAULTS),
);

browserTest("a killed replica is shown as such, and comes back", () =>
  withPage(async (page) => {
    await press(page, 1, "kill");
    await shows(page, 1, ".faults .wrong", /^killed; it is started again$/);
    await shows(page, 1, ".card-head .wrong", /down/);
    await page.until(`document.querySelector('.card[data-replica="1"] [data-do=end]').hidden`);
    await areLive(page, 3);
  }, FAULTS));

/** What is done to replicas, from a seed; each ends soon. */
const STORM = [
  "fault=pause&ms=700",
  "fault=cut&ms=1500",
  "fault=delay&ms=900&by=400",
  "fault=kill",
];

browserTest(
  "the page stays up through faults of all kinds, one upon the other",
  () =>
    withPage(async (page, server) => {
      const random = new Random(5);
      using client = await connect(server.replicas.map(({ client }) => client).join(","));
      for (let i = 0; i < 24; i++) {
        const target = `http://${server.http}/faults/${random.int(0, 2)}?${random.pick(STORM)}`;
        const { status, body } = await fetch(target, { method: "POST" });
        await body?.cancel();
        // One that is down already, or on its way up, is left alone.
        assert([204, 400].includes(status), `${target}: ${status}`);
        // What becomes of it is not what this is about.
        await client.set("x", String(i), { timeout: 200 }).catch(() => {});
        assertEquals(await page.text("#connection"), "connected");
      }
      await areLive(page, 3);
      await ask(page, "set", { key: "x", value: "after it", replica: 0 });
      await hasSpread(page);
    }, FAULTS),
);

for (const scheme of ["light", "dark"] as const) {
  browserTest(`the live page is accessible, ${scheme}`, () =>
    withPage(async (page, server) => {
      await page.scheme(scheme);
      using client = await connect(server.replicas[0].client);
      for (let i = 0; i < 100; i++) await client.set("x", String(i));
      await ask(page, "set", { key: "x", value: "42", replica: 0 });
      await hasSpread(page);
      await shows(page, 0, "dl", /applied101/);
      await page.evaluate("document.querySelector('details').open = true");
      assertEquals(await inaccessible(page), []);
      await page.screenshot(`live_${scheme}`);
    }, FAULTS));
}
