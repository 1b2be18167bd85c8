import { assertEquals } from "@std/assert";
import { cut, displayWidth, labelled, pad, wrap } from "../../lib/show/text.ts";

Deno.test("displayWidth counts cells, not characters", () => {
  assertEquals(displayWidth(""), 0);
  assertEquals(displayWidth("replica 0"), 9);
  assertEquals(displayWidth("größe"), 5);
  assertEquals(displayWidth("日本語"), 6);
  assertEquals(displayWidth("한글"), 4);
  assertEquals(displayWidth("ｆｕｌｌ"), 8);
  assertEquals(displayWidth("e\u0301"), 1, "a combining accent takes none");
  assertEquals(displayWidth("a\u200bb"), 2, "nor does a zero-width space");
  assertEquals(displayWidth("🦕"), 2);
  assertEquals(displayWidth("👩‍👩‍👧‍👦"), 2, "one family, one grapheme");
  assertEquals(displayWidth("🇩🇪"), 2);
  assertEquals(displayWidth("❤️"), 2);
  assertEquals(displayWidth("→ … ─ █"), 7);
  assertEquals(displayWidth("\x1b[32mok\x1b[0m"), 2, "colours take none");
});

Deno.test("pad fills to the cells asked for and cuts nothing", () => {
  assertEquals(pad("日本", 6), "日本  ");
  assertEquals(pad("日本", 6, "right"), "  日本");
  assertEquals(pad("replica", 3), "replica");
});

Deno.test("cut ends a longer text in an ellipsis, and halves no wide character", () => {
  assertEquals(cut("replica", 7), "replica");
  assertEquals(cut("replica", 6), "repli…");
  assertEquals(cut("日本語", 5), "日本…");
  assertEquals(cut("日本語", 4), "日…");
  assertEquals(cut("replica", 0), "");
});

Deno.test("wrap breaks at spaces, and inside a word only if it must", () => {
  assertEquals(wrap("", 10), [""]);
  assertEquals(wrap("a write is answered", 10), ["a write is", "answered"]);
  assertEquals(wrap("a write is answered", 9), ["a write", "is", "answered"]);
  assertEquals(wrap("an acknowledgement", 8), ["an", "acknowle", "dgement"]);
  assertEquals(wrap("日本語 日本", 5), ["日本", "語", "日本"]);
  // A label may be as wide as the terminal, or wider.
  for (const cells of [0, -3]) assertEquals(wrap("ab c", cells), ["a", "b", "c"]);
  assertEquals(wrap("日", 1), ["日"], "one grapheme is shown even where it does not fit");
});

Deno.test("labelled hangs the text behind its label", () => {
  assertEquals(labelled("  why  ", "a read may be stale", 19), [
    "  why  a read may",
    "       be stale",
  ]);
});
