import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../lib/errors.ts";
import { printable, printableLines, quoteField, splitWords } from "../../lib/cli/text.ts";

Deno.test("splitWords: blanks, quotes, escapes", () => {
  const cases: [string, string[]][] = [
    ["", []],
    ["  \t ", []],
    ["set x 42", ["set", "x", "42"]],
    ["  set   x\t42  ", ["set", "x", "42"]],
    [`set x ""`, ["set", "x", ""]],
    [`set x ''`, ["set", "x", ""]],
    [`set x "a b"'c d'e`, ["set", "x", "a bc de"]],
    [`set x 'a\\n"b'`, ["set", "x", `a\\n"b`]],
    [`set x "a\\n\\t\\"\\\\"`, ["set", "x", `a\n\t"\\`]],
    [`set x a\\ b\\"`, ["set", "x", `a b"`]],
    [`set x a\\nb`, ["set", "x", `anb`]],
    [`set x "\\x1b\\u00e9\\u{1f600}"`, ["set", "x", "\x1b\u00e9😀"]],
    ["set 日本 \\😀é", ["set", "日本", "😀é"]],
    ['set x {"a":1}', ["set", "x", "{a:1}"]],
    ["set x '{\"a\":1}'", ["set", "x", '{"a":1}']],
  ];
  for (const [line, words] of cases) assertEquals(splitWords(line), words, line);
});

Deno.test("splitWords: what is not closed is an error", () => {
  for (const line of [`set x "a`, `set x 'a`, `set x a\\`, `set x "a\\`, `"\\u{110000}"`]) {
    assertThrows(() => splitWords(line), UsageError);
  }
});

Deno.test("printable lets no control through", () => {
  const all = String.fromCharCode(...Array.from({ length: 0x100 }, (_, i) => i));
  // deno-lint-ignore no-control-regex
  assertEquals(/[\x00-\x1f\x7f-\x9f]/.test(printable(all)), false);
  assertEquals(printable("a\x1b[2J\n\x9b\u202e"), "a\\u001b[2J\\n\\u009b\\u202e");
  assertEquals(printableLines("a\n\tb\r\x07"), "a\n\tb\\r\\u0007");
  assertEquals(printable("日本 é 😀"), "日本 é 😀");
  assertEquals(printable("\udc80😀\udcff"), "\\udc80😀\\udcff");
});

Deno.test("quoteField is read back by splitWords", () => {
  assertEquals(quoteField("a b"), "a b");
  assertEquals(quoteField("a\tb"), '"a\\tb"');
  for (const text of ["a\tb", "\n", '"', '"a\\nb"\n', "\\\t", "\x00\x9b\u202e", "\udc80é\udcff"]) {
    assertEquals(splitWords(quoteField(text)), [text], text);
  }
});
