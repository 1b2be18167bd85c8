import { assert, assertEquals } from "@std/assert";
import { metricsText } from "../../lib/http/metrics.ts";
import type { Told } from "../../lib/http/monitor.ts";
import { STATUS } from "../client/fake_server.ts";
import { readExposition } from "./exposition_grammar.ts";

const UP: Told = { id: 0, client: "127.0.0.1:9889", up: true, status: STATUS, diskBytes: 4096 };
const DOWN: Told = {
  id: 1,
  client: "127.0.0.1:9890",
  up: false,
  reason: "refused",
  since: "1970-01-01T00:00:00.000Z",
};

function valuesOf(told: readonly Told[], name: string) {
  const family = readExposition(metricsText(told)).get(name);
  return family?.samples.map(({ labels, value }) => [labels.replica, value]);
}

Deno.test("every metric of a replica bears its id", () => {
  const families = readExposition(metricsText([UP]));
  assert(families.size > 15);
  for (const { name, samples } of families.values()) {
    for (const { labels } of samples) {
      assertEquals(labels.replica, name === "kvdist_build_info" ? undefined : "0", name);
    }
  }
});

Deno.test("of a replica that is down, only that is told", () => {
  assertEquals(valuesOf([UP, DOWN], "kvdist_up"), [["0", 1], ["1", 0]]);
  assertEquals(valuesOf([UP, DOWN], "kvdist_keys"), [["0", 2]]);
  assertEquals(
    [...readExposition(metricsText([DOWN])).keys()],
    ["kvdist_build_info", "kvdist_up"],
  );
});

Deno.test("times are seconds, and what is not known is left out", () => {
  assertEquals(valuesOf([UP], "kvdist_uptime_seconds"), [["0", 61]]);
  assertEquals(valuesOf([UP], "kvdist_disk_wait_p99_seconds"), [["0", 0.0025]]);
  assertEquals(valuesOf([UP], "kvdist_disk_bytes"), [["0", 4096]]);
  const memory: Told = {
    ...UP,
    status: { ...STATUS, fsyncP99: null, view: null },
    diskBytes: null,
  };
  for (const name of ["disk_wait_p99_seconds", "disk_bytes", "view_round"]) {
    assertEquals(valuesOf([memory], `kvdist_${name}`), undefined, name);
  }
});

Deno.test("ready is what can order writes", () => {
  const stuck: Told = { ...UP, status: { ...STATUS, obstacle: "no majority" } };
  assertEquals(valuesOf([UP], "kvdist_ready"), [["0", 1]]);
  assertEquals(valuesOf([stuck], "kvdist_ready"), [["0", 0]]);
});

Deno.test("requests by kind, level and result; durations with bounds in seconds", () => {
  const families = readExposition(metricsText([UP]));
  const requests = families.get("kvdist_requests_total")?.samples ?? [];
  assertEquals(requests.length, 2 * 3 * 2);
  const sequential = requests.filter(({ labels }) => labels.level === "sequential");
  assertEquals(
    sequential.map(({ labels, value }) => [labels.kind, labels.result, value]),
    [["read", "ok", 3], ["read", "failed", 1], ["write", "ok", 3], ["write", "failed", 1]],
  );
  const durations = families.get("kvdist_request_duration_seconds")?.samples ?? [];
  const reads = durations.filter(({ labels }) => labels.kind === "read");
  assertEquals(reads.map(({ labels, value }) => [labels.le, value]), [
    ["0.001", 2],
    ["0.01", 3],
    ["+Inf", 4],
    [undefined, 0.0255],
    [undefined, 4],
  ]);
});
