/**
 * What `/metrics` tells of the replicas: names and units after the conventions of Prometheus.
 *
 * @module
 */

import { CONSISTENCY_LEVELS, REQUEST_KINDS, type Status } from "../client/mod.ts";
import { VERSION } from "../version.ts";
import { exposition, type Family, histogram, type Sample } from "./exposition.ts";
import type { Told } from "./monitor.ts";

/** A replica that is up. */
type Up = Extract<Told, { up: true }>;

/** A number that each replica has. */
interface Metric {
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
  /** Null: it has none now. */
  readonly of: (status: Status, told: Up) => number | null;
}

const METRICS: readonly Metric[] = [
  {
    name: "kvdist_ready",
    type: "gauge",
    help: "Whether the replica can order writes now.",
    of: ({ obstacle }) => Number(obstacle === null),
  },
  {
    name: "kvdist_uptime_seconds",
    type: "gauge",
    help: "Time since the replica started.",
    of: ({ uptime }) => seconds(uptime),
  },
  {
    name: "kvdist_view_round",
    type: "gauge",
    help: "Round of the ballot of the installed view.",
    of: ({ view }) => view?.ballot[0] ?? null,
  },
  {
    name: "kvdist_view_members",
    type: "gauge",
    help: "Replicas in the installed view.",
    of: ({ view }) => view?.members.length ?? 0,
  },
  {
    name: "kvdist_missing_replicas",
    type: "gauge",
    help: "Configured replicas that cannot be reached from here.",
    of: ({ missing }) => missing.length,
  },
  {
    name: "kvdist_suspected_replicas",
    type: "gauge",
    help: "Replicas that are suspected to have failed.",
    of: ({ suspects }) => suspects.length,
  },
  {
    name: "kvdist_messages_delivered_total",
    type: "counter",
    help: "Messages of the total order that are delivered: the index of the last.",
    of: ({ delivered }) => delivered,
  },
  {
    name: "kvdist_messages_applied_total",
    type: "counter",
    help: "Messages of the total order that are applied: the index of the last.",
    of: ({ applied }) => applied,
  },
  {
    name: "kvdist_lag_messages",
    type: "gauge",
    help: "Messages of the total order that are known to be delivered somewhere, not applied here.",
    of: ({ lag }) => lag,
  },
  {
    name: "kvdist_staleness_seconds",
    type: "gauge",
    help: "Time by which reads may be behind, as far as the replica knows.",
    of: ({ staleness }) => seconds(staleness),
  },
  {
    name: "kvdist_pending_messages",
    type: "gauge",
    help: "Messages received and not yet delivered.",
    of: ({ pending }) => pending,
  },
  {
    name: "kvdist_outbox_messages",
    type: "gauge",
    help: "Own messages not yet delivered.",
    of: ({ outbox }) => outbox,
  },
  {
    name: "kvdist_outbox_bytes",
    type: "gauge",
    help: "Size of own messages not yet delivered.",
    of: ({ outboxBytes }) => outboxBytes,
  },
  { name: "kvdist_keys", type: "gauge", help: "Keys held.", of: ({ keys }) => keys },
  {
    name: "kvdist_disk_bytes",
    type: "gauge",
    help: "Size of the files in the replica's folder.",
    of: (_, { diskBytes }) => diskBytes,
  },
  {
    name: "kvdist_disk_wait_p99_seconds",
    type: "gauge",
    help: "Time that 99 of 100 waits for the disk took at most, of the last minute.",
    of: ({ fsyncP99 }) => fsyncP99 === null ? null : seconds(fsyncP99),
  },
  {
    name: "kvdist_client_connections",
    type: "gauge",
    help: "Connections to the client port now open, those of this HTTP server included.",
    of: ({ clients }) => clients,
  },
];

/** All metrics of these replicas. Of one that is down, it is told that it is. */
export function metricsText(told: readonly Told[]): string {
  const up = told.filter((one): one is Up => one.up);
  return exposition([
    {
      name: "kvdist_build_info",
      type: "gauge",
      help: "The program's version; the value says nothing.",
      samples: [{ labels: { version: VERSION }, value: 1 }],
    },
    {
      name: "kvdist_up",
      type: "gauge",
      help: "Whether the replica answers.",
      samples: told.map(({ id, up }) => ({ labels: { replica: id }, value: Number(up) })),
    },
    ...METRICS.map((metric) => familyOf(metric, up)),
    {
      name: "kvdist_requests_total",
      type: "counter",
      help: "Requests of clients that were answered, by kind, level and result.",
      samples: up.flatMap(requestSamples),
    },
    {
      name: "kvdist_request_duration_seconds",
      type: "histogram",
      help: "Time from the arrival of a request to its answer.",
      samples: up.flatMap(durationSamples),
    },
  ]);
}

function familyOf({ name, type, help, of }: Metric, up: readonly Up[]): Family {
  const samples = up.flatMap((told) => {
    const value = of(told.status, told);
    return value === null ? [] : [{ labels: { replica: told.id }, value }];
  });
  return { name, type, help, samples };
}

function requestSamples({ id, status: { requests } }: Up): Sample[] {
  return REQUEST_KINDS.flatMap((kind) =>
    CONSISTENCY_LEVELS.flatMap((level) => {
      const { ok, failed } = requests[kind].answered[level];
      const labels = { replica: id, kind, level };
      return [
        { labels: { ...labels, result: "ok" }, value: ok },
        { labels: { ...labels, result: "failed" }, value: failed },
      ];
    })
  );
}

function durationSamples({ id, status: { requests } }: Up): Sample[] {
  const bounds = requests.boundsMs.map(seconds);
  return REQUEST_KINDS.flatMap((kind) => {
    const { counts, sumMs } = requests[kind].latencies;
    return histogram({ replica: id, kind }, { bounds, counts, sum: seconds(sumMs) });
  });
}

/** Rounded to nanoseconds: a bound is written as it is meant. */
function seconds(ms: number): number {
  return Math.round(ms * 1e6) / 1e9;
}
