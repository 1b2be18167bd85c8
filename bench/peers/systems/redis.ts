/**
 * Redis: alone, and one primary with two replicas.
 *
 * @module
 */

import { freePorts } from "../../../lib/chaos/ports.ts";
import { type Fleet, isInstalled } from "../processes.ts";
import { ask, isLine } from "./ask.ts";
import { outputOf, type System } from "./system.ts";

/** Replicas are sent the first copy at once, not after 5 s in which more might ask for it. */
const AT_ONCE = ["--repl-diskless-sync-delay", "0"];
const IN_MEMORY = ["--save", "", "--appendonly", "no", ...AT_ONCE];
const APPEND_ALWAYS = ["--save", "", "--appendonly", "yes", "--appendfsync", "always", ...AT_ONCE];

/** How many replicas a primary has, where it has any. */
const REPLICAS = 2;

interface Form {
  readonly id: string;
  readonly name: string;
  readonly promise: string;
  readonly replicas: number;
  readonly flags: readonly string[];
  readonly wait?: number;
}

const FORMS: readonly Form[] = [
  {
    id: "redis",
    name: "Redis alone",
    promise: "one server, in memory",
    replicas: 0,
    flags: IN_MEMORY,
  },
  {
    id: "redis-3",
    name: "Redis 1+2",
    promise: "in the primary's memory; its replicas get it later",
    replicas: REPLICAS,
    flags: IN_MEMORY,
  },
  {
    id: "redis-3-wait",
    name: "Redis 1+2, WAIT 2",
    promise: "received by both replicas, in memory",
    replicas: REPLICAS,
    flags: IN_MEMORY,
    wait: REPLICAS,
  },
  {
    id: "redis-3-aof-wait",
    name: "Redis 1+2, AOF always, WAIT 2",
    promise: "on the primary's disk, and received by both replicas: WAIT does not wait for their " +
      "fsync",
    replicas: REPLICAS,
    flags: APPEND_ALWAYS,
    wait: REPLICAS,
  },
];

/** Redis in all its forms. */
export const REDIS: readonly System[] = FORMS.map((form) => ({
  id: form.id,
  name: form.name,
  promise: `${form.promise}; all clients at ${form.replicas === 0 ? "it" : "the primary"}`,
  settings: `redis-server ${form.flags.map((flag) => flag || '""').join(" ")}` +
    (form.wait === undefined ? "" : `; WAIT ${form.wait} behind each SET, in the same write`),
  missing: async () => await isInstalled("redis-server") ? null : "apt-get install redis-server",
  version: async () => /v=(\S+)/.exec(await outputOf("redis-server", "--version"))?.[1] ?? "?",
  start: async (fleet: Fleet) => {
    const ports = freePorts(1 + form.replicas);
    const [primary] = ports;
    for (const [i, port] of ports.entries()) {
      const dir = `${fleet.folder}/redis-${i}`;
      await Deno.mkdir(dir);
      const own = ["--port", `${port}`, "--bind", "127.0.0.1", "--dir", dir];
      const replica = i === 0 ? [] : ["--replicaof", "127.0.0.1", `${primary}`];
      await fleet.start({ command: "redis-server", args: [...own, ...form.flags, ...replica] });
      await fleet.until("answer of Redis", () => answers(port));
    }
    await fleet.until(
      "replicas of Redis",
      async () => await onlineReplicas(primary) === form.replicas,
    );
    return { protocol: "resp", address: `127.0.0.1:${primary}`, wait: form.wait };
  },
}));

async function answers(port: number): Promise<boolean> {
  return (await ask(port, "PING\r\n", isLine)).startsWith("+PONG");
}

/** How many replicas are in step with the primary. */
async function onlineReplicas(port: number): Promise<number> {
  const info = await ask(
    port,
    "INFO replication\r\n",
    (answer) => answer.includes("\r\nrepl_backlog_histlen"),
  );
  return info.match(/state=online/g)?.length ?? 0;
}
