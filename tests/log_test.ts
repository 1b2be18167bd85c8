import { assertEquals } from "@std/assert";
import { isLogged, logJson, logLine } from "../lib/log.ts";

const TIME = new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 6));

Deno.test("an event is a line for people, whatever its facts are", () => {
  assertEquals(
    logLine(
      {
        level: "warn",
        replica: 2,
        event: "folder\nrepaired",
        path: "/a b/c",
        entries: 3,
        peer: "10.0.0.1:10052",
        none: undefined,
        error: new Error("it\x1b[2J"),
        ballot: [1, 0],
      },
      TIME,
    ),
    '2026-01-02T03:04:05.006Z warn  replica 2: folder repaired path="/a b/c" entries=3 ' +
      'peer=10.0.0.1:10052 error="it\\u001b[2J" ballot=[1,0]',
  );
  assertEquals(
    logLine({ level: "info", event: "ready" }, TIME),
    "2026-01-02T03:04:05.006Z info  server: ready",
  );
});

Deno.test("an event is an object as JSON", () => {
  assertEquals(
    JSON.parse(logJson({ level: "error", replica: 0, event: "x", error: new Error("y") }, TIME)),
    {
      time: "2026-01-02T03:04:05.006Z",
      level: "error",
      replica: 0,
      event: "x",
      error: "y",
    },
  );
});

Deno.test("a level tells itself and what matters more", () => {
  assertEquals(
    (["debug", "info", "warn", "error"] as const).map((level) => isLogged(level, "warn")),
    [false, false, true, true],
  );
});
