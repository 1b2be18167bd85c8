import { assert, assertEquals } from "@std/assert";
import { readPage } from "../../lib/http/page.ts";

Deno.test("each part says what it is, and that nothing from elsewhere may be run or asked", () => {
  const types = readPage().map(([path, answer]) => {
    const { headers } = answer();
    const policy = new Map(
      headers.get("content-security-policy")?.split("; ").map((rule) => {
        const [kind, ...sources] = rule.split(" ");
        return [kind, sources.join(" ")];
      }),
    );
    assertEquals(policy.get("default-src"), "'none'");
    assertEquals(policy.get("frame-ancestors"), "'none'");
    for (const [kind, sources] of policy) {
      assert(sources === "'none'" || sources === "'self'", `${kind} ${sources}`);
    }
    return [path, headers.get("content-type")];
  });
  assertEquals(types, [
    ["/", "text/html; charset=utf-8"],
    ["/live.css", "text/css; charset=utf-8"],
    ["/live.js", "text/javascript; charset=utf-8"],
    ["/live.svg", "image/svg+xml"],
    ["/charts.js", "text/javascript; charset=utf-8"],
    ["/elements.js", "text/javascript; charset=utf-8"],
    ["/words.js", "text/javascript; charset=utf-8"],
    ["/uplot/uPlot.esm.js", "text/javascript; charset=utf-8"],
    ["/uplot/uPlot.min.css", "text/css; charset=utf-8"],
    ["/colours.css", "text/css; charset=utf-8"],
  ]);
});

Deno.test("the page asks for its own parts alone, and has no script or style in it", async () => {
  const parts = new Map(readPage());
  const html = await parts.get("/")?.().text() ?? "";
  const asked = [...html.matchAll(/<(?:link|script)[^>]* (?:href|src)="([^"]*)"/g)];
  assertEquals(asked.map(([, path]) => path).sort(), [
    ...["/colours.css", "/live.css", "/live.js", "/live.svg", "/uplot/uPlot.min.css"],
  ]);
  assert(!/<style|\sstyle=|\son\w+=|<script(?! src=)|https?:\/\//.test(html), html);
});

Deno.test("what a script of the page imports is a part of it", async () => {
  const parts = new Map(readPage());
  const imported = new Set<string>();
  for (const [path, answer] of parts) {
    if (!path.endsWith(".js")) continue;
    for (const [, from] of (await answer().text()).matchAll(/^import .* from "([^"]*)";$/gm)) {
      imported.add(new URL(from, `http://localhost${path}`).pathname);
    }
  }
  assertEquals([...imported].sort(), [
    ...["/charts.js", "/elements.js", "/uplot/uPlot.esm.js", "/words.js"],
  ]);
  for (const path of imported) assert(parts.has(path), path);
});
