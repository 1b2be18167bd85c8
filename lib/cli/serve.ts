/**
 * `kvdist serve`: the replicas of a cluster, all on this machine or one of them.
 *
 * @module
 */

import { FailedError, reason, UsageError } from "../errors.ts";
import type { HttpServer } from "../http/server.ts";
import { Cluster } from "../replica/cluster.ts";
import { beginTrace } from "../trace/file.ts";
import { type Command, EXIT_FAILED, EXIT_OK } from "./command.ts";
import { environment } from "./environment.ts";
import { parseFlags } from "./flags.ts";
import { helpText } from "./help.ts";
import { json, note, print, styled } from "./output.ts";
import { checkResultFiles } from "./result_file.ts";
import { ServeFaults } from "./serve/faults.ts";
import { FLAGS, HELP, type ServeFlags } from "./serve/flags.ts";
import { startHttp } from "./serve/http.ts";
import { clusterOptions, httpPlace, memberOptions } from "./serve/settings.ts";
import { StopSignals } from "./serve/stop_signals.ts";

/** The subcommand. */
export const serve: Command = {
  name: "serve",
  summary: "start the replicas of a cluster, all on this machine or one of them",
  help: () => helpText(HELP),
  run,
};

async function run(argv: readonly string[]): Promise<number> {
  const { flags, args } = parseFlags(FLAGS, argv, { env: environment });
  if (args.length > 0) throw new UsageError(`serve takes no arguments, and got ${args[0]}`);
  const place = httpPlace(flags);
  const { promise: failure, resolve: failed } = Promise.withResolvers<FailedError>();
  const start = starter(flags, failed);
  using signals = new StopSignals();
  const cluster = await started(start, signals.asked);
  if (cluster === null) return EXIT_OK;
  using faults = new ServeFaults(flags, cluster);
  const http = place === null ? null : await startHttp(flags, place, { cluster, faults });
  announce(flags, cluster, http);
  const error = await Promise.race([failure, signals.stop]);
  await http?.stop();
  await cluster.stop();
  if (error === undefined) return EXIT_OK;
  note(`kvdist serve: ${reason(error)}`);
  return EXIT_FAILED;
}

/** How to start what the flags ask for. */
function starter(flags: ServeFlags, failed: (error: FailedError) => void) {
  const member = memberOptions(flags);
  if (member !== null) {
    startTrace(flags.trace, member.peers.length);
    return (signal: AbortSignal) => Cluster.startMember({ ...member, failed }, signal);
  }
  const all = clusterOptions(flags);
  startTrace(flags.trace, all.replicas);
  return (signal: AbortSignal) => Cluster.start({ ...all, failed }, signal);
}

function startTrace(path: string | undefined, replicas: number): void {
  if (path === undefined) return;
  checkResultFiles([path]);
  beginTrace(path, { replicas, clients: "servers" });
}

/** The cluster, or null if it was asked to stop before it was ready. */
async function started(
  start: (signal: AbortSignal) => Promise<Cluster>,
  asked: AbortSignal,
): Promise<Cluster | null> {
  try {
    return await start(asked);
  } catch (error) {
    if (asked.aborted) return null;
    throw error;
  }
}

function announce(flags: ServeFlags, { replicas }: Cluster, http: HttpServer | null): void {
  const { consistency } = flags;
  try {
    if (flags.json) {
      json({
        ready: true,
        consistency,
        replicas: replicas.map(({ id, client, peer }) => ({ id, client, peer })),
        ...(http !== null && { http: http.address }),
      });
      return;
    }
    const addresses = replicas.map(({ id, client }) => `${id} at ${client}`).join(", ");
    const count = replicas.length === 1 ? "1 replica" : `${replicas.length} replicas`;
    const page = http === null ? "" : `; http://${http.address}/`;
    print(`${styled("green", "ready")}: ${consistency}, ${count}: ${addresses}${page}`);
  } catch (error) {
    // Whoever waits for the line is gone; the clients are not.
    note(`kvdist serve: cannot print the ready line: ${reason(error)}`);
  }
}
