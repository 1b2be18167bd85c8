/**
 * etcd: three nodes.
 *
 * @module
 */

import { freePorts } from "../../../lib/chaos/ports.ts";
import { type Fleet, isInstalled } from "../processes.ts";
import { outputOf, type System } from "./system.ts";

const NODES = [0, 1, 2];

/** etcd. */
export const ETCD: System = {
  id: "etcd",
  name: "etcd ×3",
  promise: "on the disks of two of three; all clients at the leader; reads are serializable: it " +
    "answers by itself",
  settings: "etcd with its defaults",
  missing: async () => await isInstalled("etcd") ? null : "apt-get install etcd-server",
  version: async () => /Version: (\S+)/.exec(await outputOf("etcd", "--version"))?.[1] ?? "?",
  start: async (fleet: Fleet) => {
    const ports = freePorts(2 * NODES.length);
    const client = (node: number) => `http://127.0.0.1:${ports[node]}`;
    const peer = (node: number) => `http://127.0.0.1:${ports[NODES.length + node]}`;
    const cluster = NODES.map((node) => `n${node}=${peer(node)}`).join(",");
    for (const node of NODES) {
      await fleet.start({
        command: "etcd",
        args: [
          ...["--name", `n${node}`, "--data-dir", `${fleet.folder}/etcd-${node}`],
          ...["--listen-client-urls", client(node), "--advertise-client-urls", client(node)],
          ...["--listen-peer-urls", peer(node), "--initial-advertise-peer-urls", peer(node)],
          ...["--initial-cluster", cluster, "--log-level", "error"],
        ],
      });
    }
    let leader = -1;
    await fleet.until("leader of etcd", async () => {
      const states = await Promise.all(NODES.map((node) => stateOf(client(node))));
      leader = states.findIndex(({ leads }) => leads);
      return leader >= 0 && states.every(({ isHealthy }) => isHealthy);
    });
    return { protocol: "etcd", address: `127.0.0.1:${ports[leader]}` };
  },
};

async function stateOf(url: string): Promise<{ leads: boolean; isHealthy: boolean }> {
  const textAt = async (path: string) => await (await fetch(`${url}${path}`)).text();
  const [metrics, health] = await Promise.all([textAt("/metrics"), textAt("/health")]);
  return {
    leads: /^etcd_server_is_leader 1$/m.test(metrics),
    isHealthy: health.includes(`"true"`),
  };
}
