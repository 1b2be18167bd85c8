/** A clock that is set back an hour changes nothing but the times in the log. */

import { assert, assertEquals } from "@std/assert";
import { Processes } from "./processes.ts";
import { until } from "./until.ts";

const LONG = Deno.env.get("KVDIST_LONG") === "1";
const HOUR_MS = 3_600_000;

/** Where Debian and its like keep libfaketime; null if it is not installed. */
function findFaketime(): string | null {
  for (const folder of ["/usr/lib", "/usr/lib64"]) {
    try {
      for (const { name } of Deno.readDirSync(folder)) {
        for (const path of [`${folder}/${name}`, `${folder}/${name}/faketime`]) {
          try {
            if (Deno.statSync(`${path}/libfaketime.so.1`).isFile) return `${path}/libfaketime.so.1`;
          } catch {
            // Not there.
          }
        }
      }
    } catch {
      // No such folder.
    }
  }
  return null;
}

/** How far behind now the last time is that a replica's log names. */
function lag(stderr: string): number {
  const times = [...stderr.matchAll(/^(\d{4}-\S+Z) /gm)].map(([, time]) => Date.parse(time));
  return Date.now() - (times.at(-1) ?? 0);
}

Deno.test({ name: "a clock set back an hour", ignore: !LONG }, async () => {
  const library = findFaketime();
  if (library === null) return console.log("skipped: libfaketime is not installed");
  const folder = await Deno.makeTempDir({ prefix: "kvdist-clock-" });
  const clock = `${folder}/clock`;
  Deno.writeTextFileSync(clock, "+0");
  const env = {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: clock,
    FAKETIME_NO_CACHE: "1",
    // As when somebody sets it: what counts time since the start goes on.
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
  };
  try {
    await using cluster = await Processes.create({ env: (id) => id === 1 ? env : {} });
    await cluster.startAll();
    await cluster.live();
    using client = await cluster.client(1);
    await client.set("before", "1");

    Deno.writeTextFileSync(clock, "-1h");
    for (let i = 0; i < 200; i++) await client.set("x", `${i}`);
    assertEquals(await client.get("x"), "199");
    assertEquals((await cluster.status(1)).view?.members, [0, 1, 2], "nobody is suspected");

    // Suspicion counts no clock's time either; the log shows that the clock is really back.
    await cluster.kill(2);
    await client.set("without 2", "1");
    await until("it says so", () => /suspects peer=2/.test(cluster.stderr(1)));
    assert(Math.abs(lag(cluster.stderr(1)) - HOUR_MS) < HOUR_MS / 2, cluster.stderr(1));

    // Started again with the clock back, and again with it right.
    for (const offset of ["-1h", "+0"]) {
      Deno.writeTextFileSync(clock, offset);
      await cluster.kill(1);
      await cluster.startAll();
      const dumps = await cluster.settled();
      for (const held of dumps) {
        assertEquals(held, new Map([["before", "1"], ["without 2", "1"], ["x", "199"]]));
      }
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
