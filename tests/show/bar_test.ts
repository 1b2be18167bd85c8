import { assertEquals } from "@std/assert";
import { bar, countdownLine, progressLine } from "../../lib/show/bar.ts";
import { displayWidth } from "../../lib/show/text.ts";

Deno.test("bar is exact to an eighth of a cell, and shows the least there is", () => {
  assertEquals(bar(0, 4), "");
  assertEquals(bar(0.0001, 4), "▏");
  assertEquals(bar(0.5, 4), "██");
  assertEquals(bar(0.53125, 4), "██▏");
  assertEquals(bar(1, 4), "████");
  assertEquals(bar(7, 4), "████");
});

Deno.test("progressLine: label, bar, share, note", () => {
  assertEquals(
    progressLine({ label: "measuring", share: 0.5, note: "12,345/s" }),
    "measuring  ███████████████░░░░░░░░░░░░░░░  50 %  12,345/s",
  );
  assertEquals(
    progressLine({ label: "loading 10,000 keys", share: 1 / 3 }, 40),
    "loading 10,000 keys  ████▍░░░░░░░░  33 %",
  );
});

Deno.test("a label yields to its bar, and the line fits whatever it says", () => {
  const line = countdownLine("until every replica has applied the write 日本", 3210, 5000, 40);
  assertEquals(line, "until every replica h…  █████▏░░   3.2 s");
  assertEquals(displayWidth(line), 40);
});

Deno.test("countdownLine shrinks to nothing", () => {
  assertEquals(countdownLine("applying", 5000, 5000, 30), "applying  ████████████   5.0 s");
  assertEquals(countdownLine("applying", 0, 5000, 30), "applying  ░░░░░░░░░░░░   0.0 s");
  assertEquals(countdownLine("applying", -20, 5000, 30), "applying  ░░░░░░░░░░░░   0.0 s");
});
