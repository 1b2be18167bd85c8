import { assert, assertEquals } from "@std/assert";
import { table } from "../../lib/show/table.ts";
import { displayWidth, WIDTH } from "../../lib/show/text.ts";

Deno.test("table sets columns side by side under a rule", () => {
  const lines = table(
    [{ title: "level" }, { title: "time", align: "right" }, { title: "note" }],
    [
      ["eventual", "0.544 s", "日本"],
      ["sequential", "12.068 s", ""],
    ],
    { indent: 2 },
  );
  assertEquals(lines, [
    "  level           time  note",
    "  ──────────  ────────  ────",
    "  eventual     0.544 s  日本",
    "  sequential  12.068 s",
  ]);
});

Deno.test("table wraps the widest columns until it fits", () => {
  const lines = table(
    [{ title: "scene" }, { title: "observed" }, { title: "verdict" }],
    [["1 stale", "get x gave 0, and after the delay all three hold 42", "as predicted"]],
    { width: 44 },
  );
  assertEquals(lines, [
    "scene    observed               verdict",
    "───────  ─────────────────────  ────────────",
    "1 stale  get x gave 0, and      as predicted",
    "         after the delay all",
    "         three hold 42",
  ]);
});

Deno.test("table fits 80 columns unless told otherwise", () => {
  const long = "a replica answers from its own store and nothing else ".repeat(4);
  const lines = table([{ title: "a" }, { title: "b" }], [[long, long]]);
  assertEquals(Math.max(...lines.map(displayWidth)), WIDTH);
});

Deno.test("table leaves colours of cells that fit alone", () => {
  const lines = table([{ title: "verdict" }, { title: "n" }], [["\x1b[32mok\x1b[0m", "1"]]);
  assertEquals(lines[2], "\x1b[32mok\x1b[0m       1");
  assert(lines[2].startsWith("\x1b[32m"));
});
