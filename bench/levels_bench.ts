/**
 * One pair of set and get in either level, on real replicas: workers, sockets, and a disk or none.
 *
 * @module
 */

import { connect } from "../lib/client/mod.ts";
import { CONSISTENCY_LEVELS } from "../lib/consistency.ts";
import { REQUEST_TIMEOUT_MS } from "../lib/limits.ts";
import { Cluster } from "../lib/replica/cluster.ts";

for (const store of ["memory", "sqlite"] as const) {
  const data = store === "memory" ? null : folder();
  const cluster = await Cluster.start({
    replicas: 3,
    consistency: "sequential",
    host: "127.0.0.1",
    port: 0,
    peerPort: 0,
    data,
    store,
    fsync: "always",
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    applyDelayMs: 0,
  });
  const client = await connect(cluster.replicas[0].client);
  let i = 0;
  for (const consistency of CONSISTENCY_LEVELS) {
    Deno.bench(`${consistency}, ${store}: set and get`, {
      group: `a pair, ${store}`,
      baseline: consistency === "eventual",
    }, async () => {
      await client.set("x", `${++i}`, { consistency });
      await client.get("x", { consistency });
    });
  }
}

/** A folder that goes when the benches are over. The workers end with the process. */
function folder(): string {
  const path = Deno.makeTempDirSync({ prefix: "kvdist-bench-" });
  globalThis.addEventListener("unload", () => Deno.removeSync(path, { recursive: true }));
  return path;
}
