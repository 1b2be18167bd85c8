import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { escape, htmlTable, page, remark } from "../../../lib/show/html/page.ts";
import { assertWellFormed } from "./well_formed.ts";

const EVIL = `<script>alert("1")</script>&amp;'`;

Deno.test("escape: what is shown is what was given", () => {
  assertEquals(escape(EVIL), `&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;amp;'`);
});

Deno.test("page and htmlTable take no text for markup", () => {
  const columns = [{ title: "" }, { title: EVIL, align: "right" as const }];
  const html = page({
    title: EVIL,
    body: remark(EVIL) + htmlTable(EVIL, columns, [[EVIL, EVIL]]),
  });
  assertWellFormed(html);
  // Title, heading, remark, the table's label and caption, a heading and two cells.
  assertEquals(html.split(escape(EVIL)).length - 1, 8);
});

Deno.test("htmlTable: headings of columns and rows, numbers to the right", () => {
  const html = htmlTable("Rates", [{ title: "level" }, { title: "rate", align: "right" }], [
    ["eventual", "3/s"],
  ]);
  assertStringIncludes(html, "<caption>Rates</caption>");
  assertStringIncludes(
    html,
    `<tr><th scope="col">level</th><th scope="col" class="number">rate</th></tr>`,
  );
  assertStringIncludes(
    html,
    `<tr><th scope="row">eventual</th><td class="number">3/s</td></tr>`,
  );
  assertStringIncludes(html, `<section class="scroll" tabindex="0" aria-label="Rates">`);
});

Deno.test("assertWellFormed sees what is wrong", () => {
  const wrong = ["<p>a", "<p><b>a</p></b>", "<p>a < b</p>", "<p>a & b</p>", `<i id="a>b"></i>`];
  for (const html of wrong) assertThrows(() => assertWellFormed(html), Error, "", html);
});
