/**
 * NATS: a JetStream key-value bucket on three nodes.
 *
 * @module
 */

import { freePorts } from "../../../lib/chaos/ports.ts";
import { FailedError } from "../../../lib/errors.ts";
import { BUCKET, CONNECT, STREAM } from "../generator/nats.ts";
import { type Fleet, isInstalled } from "../processes.ts";
import { ask } from "./ask.ts";
import { outputOf, type System } from "./system.ts";

const NODES = [0, 1, 2];

/** The stream of a bucket, as `nats kv add --replicas 3 --storage file` makes it. */
const STREAM_CONFIG = {
  name: STREAM,
  subjects: [`$KV.${BUCKET}.>`],
  storage: "file",
  num_replicas: NODES.length,
  max_msgs_per_subject: 1,
  discard: "new",
  deny_delete: true,
  allow_rollup_hdrs: true,
  allow_direct: true,
};

/** NATS. */
export const NATS: System = {
  id: "nats",
  name: "NATS KV R3, file",
  promise: "taken by two of three, synced to disk every two minutes; all clients at the stream's " +
    "leader; reads are direct: any replica may answer",
  settings: "nats-server with JetStream and its defaults; bucket with 3 replicas in files",
  missing: async () => await isInstalled("nats-server") ? null : "apt-get install nats-server",
  version: async () => / v(\S+)/.exec(await outputOf("nats-server", "--version"))?.[1] ?? "?",
  start: async (fleet: Fleet) => {
    const ports = freePorts(2 * NODES.length);
    const routes = NODES.map((node) => `nats://127.0.0.1:${ports[NODES.length + node]}`);
    for (const node of NODES) {
      const file = `${fleet.folder}/nats-${node}.conf`;
      await Deno.writeTextFile(
        file,
        [
          `server_name: n${node}`,
          `listen: "127.0.0.1:${ports[node]}"`,
          `jetstream { store_dir: "${fleet.folder}/nats-${node}" }`,
          `cluster { name: peers, listen: "127.0.0.1:${ports[NODES.length + node]}", ` +
          `routes: [${routes.map((route) => `"${route}"`).join(", ")}] }`,
          "",
        ].join("\n"),
      );
      await fleet.start({ command: "nats-server", args: ["--config", file] });
    }
    let leader: string | undefined;
    await fleet.until("bucket of NATS on three nodes", async () => {
      await api(ports[0], `STREAM.CREATE.${STREAM}`, JSON.stringify(STREAM_CONFIG));
      const info = await api(ports[0], `STREAM.INFO.${STREAM}`);
      leader = /"leader":"n(\d)"/.exec(info)?.[1];
      return leader !== undefined && info.match(/"current":true/g)?.length === NODES.length - 1;
    });
    return { protocol: "nats", address: `127.0.0.1:${ports[Number(leader)]}` };
  },
};

/** What JetStream answers to a request of its interface. */
async function api(port: number, subject: string, payload = ""): Promise<string> {
  const answer = await ask(
    port,
    `${CONNECT}SUB _INBOX.setup 1\r\nPUB $JS.API.${subject} _INBOX.setup ${payload.length}\r\n` +
      `${payload}\r\n`,
    (text) => /\r\nH?MSG _INBOX\.setup [^\r]*\r\n[^]*\r\n$/.test(text) || text.includes("-ERR"),
  );
  if (/"error":\{|-ERR|503/.test(answer)) {
    throw new FailedError(answer.trim().split("\n").at(-1) ?? "");
  }
  return answer;
}
