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
  ]);
});

Deno.test("the page asks for its own parts alone, and has no script or style in it", async () => {
  const parts = new Map(readPage());
  const html = await parts.get("/")?.().text() ?? "";
  const asked = [...html.matchAll(/<(?:link|script)[^>]* (?:href|src)="([^"]*)"/g)];
  assertEquals(asked.map(([, path]) => path).sort(), ["/live.css", "/live.js", "/live.svg"]);
  assert(!/<style|\sstyle=|\son\w+=|<script(?! src=)|https?:\/\//.test(html), html);
});
