/**
 * What can be said of a page without a browser.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";

/** Elements without an end. */
const VOID = ["meta", "!DOCTYPE"];

/**
 * Asserts that each element is closed where it was opened, that text is escaped, that nothing comes
 * from elsewhere, and that no figure has gone wrong.
 */
export function assertWellFormed(html: string): void {
  const open: string[] = [];
  const style = /<style>[^<]*<\/style>/;
  const rest = html.replace(style, "").replaceAll(
    /<(\/?)([!\w]+)((?:\s+[\w-]+(?:="[^"<>]*")?)*)\s*(\/?)>/g,
    (tag, end, name, _attributes, self) => {
      if (end !== "") assertEquals(open.pop(), name, tag);
      else if (self === "" && !VOID.includes(name)) open.push(name);
      return "";
    },
  );
  assertEquals(open, []);
  assert(!/[<>]/.test(rest), rest);
  assert(!/&(?!amp;|lt;|gt;|quot;)/.test(rest), rest);
  assert(!/\b(?:src|href)=|url\(|@import|<script/.test(html));
  assert(!/NaN|Infinity|undefined|null|\[object/.test(html), html);
}
