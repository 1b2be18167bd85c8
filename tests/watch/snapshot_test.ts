import { assertEquals } from "@std/assert";
import type { Status } from "../../lib/client/mod.ts";
import { activityOf, percentile, snapshotOf, type Told } from "../../lib/watch/snapshot.ts";
import { STATUS } from "../client/fake_server.ts";

/** A replica that has answered so many reads within 1 ms, so many within 10 ms, and so many later. */
function status(uptime: number, counts: readonly number[], failed = 0): Status {
  const none = { ok: 0, failed: 0 };
  const read = {
    answered: { eventual: { ok: 0, failed }, sequential: none, linearizable: none },
    latencies: { counts, sumMs: 0 },
  };
  const write = {
    answered: { eventual: none, sequential: none, linearizable: none },
    latencies: { counts: [0, 0, 0], sumMs: 0 },
  };
  return { ...STATUS, uptime, requests: { boundsMs: [1, 10], read, write } };
}

function up(status: Status): Told {
  return { id: 0, client: "127.0.0.1:9889", up: true, status, diskBytes: null };
}

Deno.test("what was answered between two looks, by the second", () => {
  const { read, write } = activityOf(status(4_000, [110, 9, 2], 5), status(2_000, [10, 9, 2], 1));
  assertEquals(read, { perSecond: 50, failedPerSecond: 2, p50Ms: 0.5, p99Ms: 0.99 });
  assertEquals(write, { perSecond: 0, failedPerSecond: 0, p50Ms: null, p99Ms: null });
});

Deno.test("a replica that was started anew has counted from nothing", () => {
  const { read } = activityOf(status(500, [0, 4, 0], 2), status(60_000, [100, 100, 100], 90));
  assertEquals([read.perSecond, read.failedPerSecond], [8, 4]);
});

Deno.test("at the first look, and of one that was down, nothing is known of the time before", () => {
  const time = new Date(0);
  const now = up(status(2_000, [1, 0, 0]));
  const down = {
    id: 0,
    client: "127.0.0.1:9889",
    up: false,
    reason: "refused",
    since: "1970-01-01T00:00:00.000Z",
  } as const;
  for (const before of [null, [down], []]) {
    const [replica] = snapshotOf([now], before, time).replicas;
    assertEquals(replica.up && replica.activity, null);
  }
  const { time: at, replicas } = snapshotOf([now], [up(status(1_000, [0, 0, 0]))], time);
  assertEquals(at, "1970-01-01T00:00:00.000Z");
  assertEquals(replicas[0].up && replicas[0].activity?.read.perSecond, 1);
  assertEquals(snapshotOf([down], [now], time).replicas, [down]);
});

Deno.test("of an older replica, which counts no requests, nothing is known of them", () => {
  const none: Partial<Status> = { requests: undefined };
  const [now, older] = [up(STATUS), up({ ...STATUS, ...none })];
  for (const [last, next] of [[older, now], [now, older]]) {
    const [replica] = snapshotOf([next], [last], new Date(0)).replicas;
    assertEquals(replica.up && replica.activity, null);
  }
});

Deno.test("a snapshot has the status, without the counts that its activity is made of", () => {
  const { requests: _, ...rest } = STATUS;
  const [replica] = snapshotOf([up(STATUS)], null, new Date(0)).replicas;
  assertEquals(replica.up && replica.status, rest);
});

Deno.test("a percentile lies in its step, where it would if the step were filled evenly", () => {
  const bounds = [1, 10, 100];
  assertEquals(percentile(bounds, [0, 0, 0, 0], 0.5), null);
  assertEquals(percentile(bounds, [100, 0, 0, 0], 0.5), 0.5);
  assertEquals(percentile(bounds, [0, 0, 10, 0], 1), 100);
  assertEquals(percentile(bounds, [50, 50, 0, 0], 0.5), 1);
  assertEquals(percentile(bounds, [50, 50, 0, 0], 0.75), 5.5);
  assertEquals(percentile(bounds, [0, 1, 0, 99], 0.99), 100);
  assertEquals(percentile(bounds, [0, 0, 0, 1], 0.5), 100);
});
