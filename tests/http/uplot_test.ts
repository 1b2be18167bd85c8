/** uPlot stands here as it was published, with its licence: nothing is changed, and nothing got at run time. */

import { createHash } from "node:crypto";
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";

const FOLDER = new URL("../../lib/http/page/uplot/", import.meta.url);
const VERSION = "1.6.32";

/** SHA-256 of what `npm pack uplot@1.6.32` gives. */
const PUBLISHED: Readonly<Record<string, string>> = {
  LICENSE: "8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd",
  "uPlot.esm.js": "5dd9b3281aa64b461b42d9945f6adb2649d346502b12281a9ae0d46599a80eba",
  "uPlot.min.css": "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
};

Deno.test("each file of uPlot is the published one", async () => {
  const files = [...Deno.readDirSync(FOLDER)].map(({ name }) => name).sort();
  assertEquals(files, Object.keys(PUBLISHED));
  for (const file of files) {
    const bytes = await Deno.readFile(new URL(file, FOLDER));
    assertEquals(createHash("sha256").update(bytes).digest("hex"), PUBLISHED[file], file);
  }
});

Deno.test("the README says which version of uPlot it is, and under which licence", async () => {
  const script = await Deno.readTextFile(new URL("uPlot.esm.js", FOLDER));
  assertStringIncludes(script, `(v${VERSION})`);
  assertMatch(await Deno.readTextFile(new URL("LICENSE", FOLDER)), /^The MIT License/);
  const readme = await Deno.readTextFile(new URL("../../README.md", import.meta.url));
  assertMatch(readme, new RegExp(`uPlot.* ${VERSION.replaceAll(".", "\\.")}.*MIT`, "s"));
});
