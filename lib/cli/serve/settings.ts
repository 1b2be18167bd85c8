/**
 * What the flags of `kvdist serve` mean for the replicas; what contradicts itself is refused.
 *
 * @module
 */

import { formatAddress, parseAddress } from "../../client/address.ts";
import { UsageError } from "../../errors.ts";
import { FRAME_BYTES_MAX, REQUEST_TIMEOUT_MS, REQUEST_TIMEOUT_MS_MAX } from "../../limits.ts";
import type { ClusterOptions, MemberOptions, ReplicaSettings } from "../../replica/cluster.ts";
import type { PeerAddress } from "../../replica/links.ts";
import { PORT_MAX, type ServeFlags } from "./flags.ts";
import { logger } from "./logger.ts";

const REPLICAS = 3;
const PEER_PORT = 10_052;

/** A value that JSON writes with six bytes for each of its own, and the rest of its message. */
const frameBytesFor = (keyBytes: number, valueBytes: number) => 6 * (keyBytes + valueBytes) + 4096;

/** What all replicas are told alike. */
export function replicaSettings(flags: ServeFlags): ReplicaSettings {
  const applyDelayMs = flags["apply-delay"];
  const keyBytes = flags["max-key"];
  const valueBytes = flags["max-value"];
  return {
    consistency: flags.consistency,
    data: flags.store === "memory" ? null : flags.data,
    store: flags.store,
    fsync: flags.fsync,
    requestTimeoutMs: flags["request-timeout"] ??
      Math.min(REQUEST_TIMEOUT_MS + applyDelayMs, REQUEST_TIMEOUT_MS_MAX),
    applyDelayMs,
    suspectAfterMs: flags["suspect-after"],
    force: flags["force-new-cluster"],
    trace: flags.trace,
    limits: {
      keyBytes,
      valueBytes,
      frameBytes: flags["max-frame"] ??
        Math.max(FRAME_BYTES_MAX, frameBytesFor(keyBytes, valueBytes)),
    },
    log: logger(flags["log-level"], flags["log-json"]),
  };
}

/**
 * All replicas in this process.
 *
 * @throws {UsageError} if their ports would meet, or go beyond the last
 */
export function clusterOptions(flags: ServeFlags): ClusterOptions {
  const { replicas = REPLICAS, host, port } = flags;
  const peerPort = flags["peer-port"] ?? PEER_PORT;
  checkPorts(replicas, port, peerPort);
  const peerHost = flags["peer-host"] ?? host;
  return { ...replicaSettings(flags), replicas, host, peerHost, port, peerPort };
}

/** Replica i has the ports `port + i` and `peer-port + i`: all must exist, and none twice. */
function checkPorts(replicas: number, port: number, peerPort: number): void {
  for (const [name, first] of [["port", port], ["peer-port", peerPort]] as const) {
    const last = first + replicas - 1;
    if (first !== 0 && last > PORT_MAX) {
      throw new UsageError(
        `--${name} ${first} leaves no room for ${replicas} replicas: the last would have ${last}, ` +
          `and ports end at ${PORT_MAX}`,
      );
    }
  }
  if (port !== 0 && peerPort !== 0 && Math.abs(port - peerPort) < replicas) {
    throw new UsageError(
      `--port ${port} and --peer-port ${peerPort} are too close: ${replicas} replicas would ` +
        "have a port for both clients and peers",
    );
  }
}

/**
 * One replica, or null if the flags ask for all of them.
 *
 * @throws {UsageError} if `--id` and `--peers` do not fit together
 */
export function memberOptions(flags: ServeFlags): MemberOptions | null {
  const { id, host, port } = flags;
  if (id === undefined && flags.peers === undefined) return null;
  if (flags.peers === undefined) {
    throw new UsageError(
      `--id ${id} needs --peers: the addresses of all replicas, such as a:10052,b:10052,c:10052`,
    );
  }
  const peers = parsePeers(flags.peers);
  const last = peers.length - 1;
  if (id === undefined) {
    throw new UsageError(`--peers needs --id: which of them is this replica, from 0 to ${last}`);
  }
  if (id > last) {
    throw new UsageError(
      `--id ${id} has no place in --peers, which names ${
        count(peers.length)
      }: ids are 0 to ${last}`,
    );
  }
  if (flags.replicas !== undefined && flags.replicas !== peers.length) {
    throw new UsageError(
      `--replicas ${flags.replicas} contradicts --peers, which names ${
        count(peers.length)
      }: leave --replicas out`,
    );
  }
  const place = peers[id];
  const peerHost = flags["peer-host"] ?? place.hostname;
  const peerPort = flags["peer-port"] ?? place.port;
  if (port !== 0 && port === peerPort) {
    throw new UsageError(
      `--port ${port} is the port for the other replicas too: choose another --port`,
    );
  }
  return { ...replicaSettings(flags), id, peers, host, peerHost, port, peerPort };
}

/** Where to listen for HTTP. */
export interface HttpPlace {
  /** The address. */
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
}

/**
 * Where to listen for HTTP, or null if it is not asked for.
 *
 * @throws {UsageError} if there is an address and no port, or faults are to be asked for there
 */
export function httpPlace(flags: ServeFlags): HttpPlace | null {
  const { http: port, "http-host": host } = flags;
  if (port !== undefined) return { host: host ?? "127.0.0.1", port };
  if (flags["allow-faults"]) {
    throw new UsageError("--allow-faults needs --http: the port, such as --http 9900");
  }
  if (host === undefined) return null;
  throw new UsageError(`--http-host ${host} needs --http: the port, such as --http 9900`);
}

/** The addresses, by id. */
function parsePeers(text: string): PeerAddress[] {
  const peers = text.split(",").map((address) => parseAddress(address.trim()));
  const seen = new Map<string, number>();
  for (const [id, peer] of peers.entries()) {
    const address = formatAddress(peer);
    const other = seen.get(address.toLowerCase());
    if (other !== undefined) {
      throw new UsageError(
        `--peers names ${address} for replica ${other} and for replica ${id}: each has an address of its own`,
      );
    }
    seen.set(address.toLowerCase(), id);
  }
  return peers;
}

function count(replicas: number): string {
  return replicas === 1 ? "1 replica" : `${replicas} replicas`;
}
