/**
 * The HTTP server of a running cluster.
 *
 * @module
 */

import { WIRE_LIMITS } from "../../limits.ts";
import { HttpServer } from "../../http/server.ts";
import type { Cluster } from "../../replica/cluster.ts";
import type { ServeFaults } from "./faults.ts";
import type { ServeFlags } from "./flags.ts";
import { type HttpPlace, replicaSettings } from "./settings.ts";

/**
 * Starts the server for the replicas of the cluster, which is stopped if that fails.
 *
 * @throws {FailedError} if it cannot listen there
 */
export async function startHttp(
  flags: ServeFlags,
  { host, port }: HttpPlace,
  { cluster, faults }: { readonly cluster: Cluster; readonly faults: ServeFaults },
): Promise<HttpServer> {
  const { requestTimeoutMs, limits = WIRE_LIMITS, log = () => {} } = replicaSettings(flags);
  const { replicas } = cluster;
  try {
    return new HttpServer({
      ...{ host, port, replicas, requestTimeoutMs, limits, log },
      faults: faults.injector,
    });
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}
