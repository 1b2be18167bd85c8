/**
 * ZooKeeper: an ensemble of three, with its folders on the disk.
 *
 * @module
 */

import { freePorts } from "../../../lib/chaos/ports.ts";
import { type Fleet, isInstalled } from "../processes.ts";
import { ask } from "./ask.ts";
import { outputOf, type System } from "./system.ts";

const NODES = [1, 2, 3];

const JARS = "/usr/share/java";
/** Its manifest names most others; these it needs besides. */
const CLASS_PATH = [
  "zookeeper",
  "zookeeper-jute",
  "slf4j-api",
  "slf4j-nop",
  "metrics-core",
  "snappy-java",
]
  .map((name) => `${JARS}/${name}.jar`)
  .join(":");

/** As zkServer.sh starts it. */
const JAVA_FLAGS = ["-Xmx1000m", "-XX:+HeapDumpOnOutOfMemoryError"];

const SETTINGS = ["tickTime=2000", "initLimit=10", "syncLimit=5", "forceSync=yes"];

/** ZooKeeper. */
export const ZOOKEEPER: System = {
  id: "zookeeper",
  name: "ZooKeeper ×3",
  promise: "on the disks of two of three; all clients at the leader, which answers reads by itself",
  settings: `java ${JAVA_FLAGS[0]}; ${SETTINGS.join(" ")}`,
  missing: async () =>
    await isInstalled("java") && await exists(`${JARS}/zookeeper.jar`) &&
      await exists(`${JARS}/slf4j-nop.jar`)
      ? null
      : "apt-get install zookeeper",
  version: async () => {
    const version = ["-cp", CLASS_PATH, "org.apache.zookeeper.version.VersionInfoMain"];
    return /version: ([\d.]+)/.exec(await outputOf("java", ...version))?.[1] ?? "?";
  },
  start: async (fleet: Fleet) => {
    const ports = freePorts(3 * NODES.length);
    const clientPorts = NODES.map((_, i) => ports[i]);
    const members = NODES.map((node, i) =>
      `server.${node}=127.0.0.1:${ports[NODES.length + i]}:${ports[2 * NODES.length + i]}`
    );
    for (const [i, node] of NODES.entries()) {
      const dir = `${fleet.folder}/zookeeper-${node}`;
      await Deno.mkdir(dir);
      await Deno.writeTextFile(`${dir}/myid`, `${node}\n`);
      const own = [`dataDir=${dir}`, `clientPort=${clientPorts[i]}`, "clientPortAddress=127.0.0.1"];
      const limits = ["admin.enableServer=false", "maxClientCnxns=0"];
      const lines = [...SETTINGS, ...own, ...limits, ...members];
      await Deno.writeTextFile(`${dir}/zoo.cfg`, lines.join("\n") + "\n");
      const main = ["org.apache.zookeeper.server.quorum.QuorumPeerMain", `${dir}/zoo.cfg`];
      await fleet.start({ command: "java", args: [...JAVA_FLAGS, "-cp", CLASS_PATH, ...main] });
    }
    let leader = -1;
    await fleet.until("leader of ZooKeeper with two followers", async () => {
      const modes = await Promise.all(clientPorts.map(modeOf));
      leader = modes.indexOf("leader");
      return leader >= 0 && modes.filter((mode) => mode === "follower").length === NODES.length - 1;
    });
    return { protocol: "zookeeper", address: `127.0.0.1:${clientPorts[leader]}` };
  },
};

async function modeOf(port: number): Promise<string | undefined> {
  return /Mode: (\w+)/.exec(await ask(port, "srvr", () => false))?.[1];
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
