/**
 * What is compared with what, and the targets: the one place where they stand.
 *
 * @module
 */

/** What is asked of a system. */
export interface Asked {
  readonly task: "read" | "write" | "pairs";
  readonly clients: number;
  /** Requests of each client under way: more than one is made by redis-benchmark. */
  readonly pipeline: number;
}

/** All works, in the order in which they are done. */
export const WORKS = [
  { id: "read-1", name: "read, 1 client", task: "read", clients: 1, pipeline: 1 },
  { id: "read-50", name: "read, 50 clients", task: "read", clients: 50, pipeline: 1 },
  { id: "write-1", name: "write, 1 client", task: "write", clients: 1, pipeline: 1 },
  { id: "write-50", name: "write, 50 clients", task: "write", clients: 50, pipeline: 1 },
  // redis-benchmark has keys of its own: what it reads it must have written.
  { id: "write-p16", name: "write, 50 clients, -P 16", task: "write", clients: 50, pipeline: 16 },
  { id: "read-p16", name: "read, 50 clients, -P 16", task: "read", clients: 50, pipeline: 16 },
  { id: "pairs", name: "100 pairs, 1 client", task: "pairs", clients: 1, pipeline: 1 },
] as const satisfies readonly (Asked & { id: string; name: string })[];

/** A work: its name in `--work` and JSON, its name in tables, and what is asked. */
export type Work = typeof WORKS[number];

/** How a work is named. */
export type WorkId = Work["id"];

/** What a comparison looks at: more of a rate is better, less of a time. */
export type Figure = "rate" | "p50" | "time";

/** One line of the table: kvdist beside a peer, at the same work. */
export interface Comparison {
  readonly work: WorkId;
  readonly figure: Figure;
  /** The form of kvdist. */
  readonly kvdist: string;
  /** The form of the peer. */
  readonly peer: string;
  /** The ratio kvdist/peer that is asked for: at least of a rate, at most of a time. */
  readonly target?: number;
  /** The ratio that is hoped for. */
  readonly aim?: number;
  /** How the two promises differ, where they do. */
  readonly differs?: string;
}

/** A rate that is hoped for, without a peer. */
export interface Aim {
  readonly work: WorkId;
  readonly kvdist: string;
  readonly perSecond: number;
}

const WAIT_IS_RECEIPT = "Redis's WAIT counts receipt, and says nothing of the order";
const AOF_IS_ONE_DISK =
  "WAIT does not wait for the replicas' fsync: one disk, where kvdist waits " +
  "for three";
const MAJORITY = "a majority has it on disk, where kvdist waits for all three";
const NATS_SYNCS_LATER = "NATS syncs every two minutes, kvdist every second";
const ONE_SERVER = "one server has nothing to replicate";
const OWN_ANSWER = "each answers by itself";

/** Every comparison, those with a target first. */
export const COMPARISONS: readonly Comparison[] = [
  {
    work: "read-50",
    figure: "rate",
    kvdist: "kvdist-memory",
    peer: "redis",
    target: 0.95,
    differs: ONE_SERVER,
  },
  {
    work: "read-p16",
    figure: "rate",
    kvdist: "kvdist-memory",
    peer: "redis",
    target: 0.4,
    aim: 0.5,
    differs: ONE_SERVER,
  },
  { work: "write-50", figure: "rate", kvdist: "kvdist-eventual", peer: "redis-3", target: 0.9 },
  {
    work: "write-50",
    figure: "rate",
    kvdist: "kvdist-memory",
    peer: "redis-3-wait",
    target: 1,
    differs: WAIT_IS_RECEIPT,
  },
  {
    work: "write-50",
    figure: "rate",
    kvdist: "kvdist-always",
    peer: "zookeeper",
    target: 3,
    differs: MAJORITY,
  },
  {
    work: "write-50",
    figure: "rate",
    kvdist: "kvdist-always",
    peer: "etcd",
    target: 5,
    differs: MAJORITY,
  },
  {
    work: "write-50",
    figure: "rate",
    kvdist: "kvdist-always",
    peer: "redis-3-aof-wait",
    target: 1.2,
    differs: AOF_IS_ONE_DISK,
  },
  {
    work: "write-50",
    figure: "rate",
    kvdist: "kvdist-interval",
    peer: "nats",
    target: 2.5,
    differs: NATS_SYNCS_LATER,
  },
  {
    work: "write-1",
    figure: "p50",
    kvdist: "kvdist-always",
    peer: "zookeeper",
    target: 1,
    aim: 0.75,
    differs: MAJORITY,
  },
  {
    work: "pairs",
    figure: "time",
    kvdist: "kvdist-always",
    peer: "zookeeper",
    target: 0.8,
    aim: 0.6,
    differs: MAJORITY,
  },
  {
    work: "pairs",
    figure: "time",
    kvdist: "kvdist-memory",
    peer: "redis-3-wait",
    target: 1.5,
    differs: WAIT_IS_RECEIPT,
  },
  // Without a target, for the whole picture.
  { work: "write-p16", figure: "rate", kvdist: "kvdist-eventual", peer: "redis-3" },
  {
    work: "write-1",
    figure: "p50",
    kvdist: "kvdist-memory",
    peer: "redis-3-wait",
    differs: WAIT_IS_RECEIPT,
  },
  {
    work: "write-1",
    figure: "p50",
    kvdist: "kvdist-always",
    peer: "redis-3-aof-wait",
    differs: AOF_IS_ONE_DISK,
  },
  { work: "write-1", figure: "p50", kvdist: "kvdist-always", peer: "etcd", differs: MAJORITY },
  {
    work: "write-1",
    figure: "p50",
    kvdist: "kvdist-interval",
    peer: "nats",
    differs: NATS_SYNCS_LATER,
  },
  { work: "read-1", figure: "p50", kvdist: "kvdist-memory", peer: "redis", differs: ONE_SERVER },
  {
    work: "read-50",
    figure: "rate",
    kvdist: "kvdist-always",
    peer: "zookeeper",
    differs: OWN_ANSWER,
  },
  { work: "read-50", figure: "rate", kvdist: "kvdist-always", peer: "etcd", differs: OWN_ANSWER },
  { work: "read-50", figure: "rate", kvdist: "kvdist-interval", peer: "nats", differs: OWN_ANSWER },
  { work: "pairs", figure: "time", kvdist: "kvdist-always", peer: "etcd", differs: MAJORITY },
  {
    work: "pairs",
    figure: "time",
    kvdist: "kvdist-always",
    peer: "redis-3-aof-wait",
    differs: AOF_IS_ONE_DISK,
  },
  {
    work: "pairs",
    figure: "time",
    kvdist: "kvdist-interval",
    peer: "nats",
    differs: NATS_SYNCS_LATER,
  },
];

/** Rates to report on their own. */
export const AIMS: readonly Aim[] = [
  { work: "write-p16", kvdist: "kvdist-always", perSecond: 100_000 },
];

/** A generator that took more of a core than this has measured itself. */
export const GENERATOR_CORE_SHARE_MAX = 0.9;
