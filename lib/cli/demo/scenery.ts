/**
 * A real cluster as the scenery of a demo.
 *
 * @module
 */

import { type Client, connect } from "../../client/mod.ts";
import type { Cluster } from "../../replica/cluster.ts";
import type { Asker, Scenery } from "./stage.ts";

/** The cluster with one client at each replica that is asked. */
export class ClusterScenery implements Scenery {
  readonly #cluster: Cluster;
  readonly #requestTimeoutMs: number;
  readonly #clients = new Map<number, Promise<Client>>();

  /** Takes the cluster as it is; whoever started it stops it. */
  constructor(cluster: Cluster, options: { requestTimeoutMs: number }) {
    this.#cluster = cluster;
    this.#requestTimeoutMs = options.requestTimeoutMs;
  }

  get replicas(): number {
    return this.#cluster.replicas.length;
  }

  client(replica: number): Promise<Asker> {
    const known = this.#clients.get(replica);
    if (known !== undefined) return known;
    const client = connect(this.#cluster.replicas[replica].client, {
      requestTimeoutMs: this.#requestTimeoutMs,
    });
    this.#clients.set(replica, client);
    return client;
  }

  setApplyDelay(ms: number): Promise<void> {
    return this.#cluster.setApplyDelay(ms);
  }

  /** Ends the clients' connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of await Promise.allSettled(this.#clients.values())) {
      if (client.status === "fulfilled") client.value.close();
    }
  }
}
