import { assertEquals } from "@std/assert";
import { plainLine } from "../../../lib/show/top/plain_line.ts";
import { down, up } from "./snapshots.ts";

const NOW = "2026-11-22T19:03:04.000Z";

Deno.test("a line for a replica: names, units, numbers without words", () => {
  const write = { perSecond: 1_234.5678, failedPerSecond: 2, p50Ms: 0.5, p99Ms: 12.3456 };
  assertEquals(
    plainLine(up(1, { view: { ballot: [1, 0], members: [0, 1, 2, 5] } }, { write }), NOW),
    `${NOW} 1 127.0.0.1:9890 state=live view=0-2,5 applied=7 lag=0 pending=0 outbox=0 ` +
      "staleness_ms=0 writes_per_s=1234.568 write_p50_ms=0.5 write_p99_ms=12.346 reads_per_s=0 " +
      "read_p50_ms=- read_p99_ms=- failed_per_s=2 keys=2 clients=1 uptime_ms=61000",
  );
});

Deno.test("one that is down: since when and why, without its address once more", () => {
  const why = "cannot connect to 127.0.0.1:9890: connection refused: nobody listens there";
  const lost = "the connection to 127.0.0.1:9890 ended: the replica closed it";
  assertEquals(
    [plainLine(down(1, why, NOW), NOW), plainLine(down(1, lost, "2026-11-21T01:02:03.000Z"), NOW)],
    [
      `${NOW} 1 127.0.0.1:9890 down since 19:03:04: connection refused: nobody listens there`,
      `${NOW} 1 127.0.0.1:9890 down since 2026-11-21 01:02:03: the connection ended: the replica ` +
      "closed it",
    ],
  );
});
