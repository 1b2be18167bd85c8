/**
 * The generator: a process of its own, which makes one load and prints what it measured as a line
 * of JSON.
 *
 *     deno run -A bench/peers/generator/main.ts --protocol resp --address 127.0.0.1:6379 --task read
 *
 * @module
 */

import { parseFlags } from "../../../lib/cli/flags.ts";
import { EtcdDialogue } from "./etcd.ts";
import type { Dialogue, DialogueOptions } from "./dialogue.ts";
import { makeLoad, TASKS } from "./load.ts";
import { NatsDialogue } from "./nats.ts";
import { RespDialogue } from "./resp.ts";
import { ZookeeperDialogue } from "./zookeeper.ts";

/** What the generator speaks. */
export const PROTOCOLS = ["resp", "zookeeper", "nats", "etcd"] as const;

/** One of {@linkcode PROTOCOLS}. */
export type Protocol = typeof PROTOCOLS[number];

const FLAGS = {
  protocol: { kind: "choice", choices: PROTOCOLS, default: "resp", about: "What it speaks" },
  address: { kind: "text", default: "127.0.0.1:6379", about: "Where the server listens" },
  task: { kind: "choice", choices: TASKS, default: "read", about: "What it does" },
  clients: { kind: "count", min: 1, default: 50, about: "Connections" },
  keys: { kind: "count", min: 1, default: 10_000, about: "Different keys" },
  "value-bytes": { kind: "count", default: 64, about: "Bytes of each value" },
  wait: { kind: "count", default: 0, about: "Redis: replicas that must have received a write" },
  duration: { kind: "duration", default: 2_000, about: "Time of the measuring" },
  "warm-up": { kind: "duration", default: 1_000, about: "Time before the measuring" },
  repetitions: { kind: "count", min: 1, default: 30, about: "How often the pairs are repeated" },
} as const;

/** Headers and the like around a value. */
const AROUND_VALUE_BYTES_MAX = 16 * 1024;

function dialogueOf(protocol: Protocol, options: DialogueOptions): Dialogue {
  switch (protocol) {
    case "resp":
      return new RespDialogue(options);
    case "zookeeper":
      return new ZookeeperDialogue(options);
    case "nats":
      return new NatsDialogue(options);
    case "etcd":
      return new EtcdDialogue(options);
  }
}

if (import.meta.main) {
  const { flags } = parseFlags(FLAGS, Deno.args);
  const { protocol, address, task, clients, keys, wait, repetitions } = flags;
  const valueBytes = flags["value-bytes"];
  const colon = address.lastIndexOf(":");
  const result = await makeLoad(task, {
    host: address.slice(0, colon),
    port: Number(address.slice(colon + 1)),
    dialogue: (connection) => dialogueOf(protocol, { valueBytes, wait, connection }),
    clients,
    keys,
    durationMs: flags.duration,
    warmUpMs: flags["warm-up"],
    repetitions,
    answerBytesMax: valueBytes + AROUND_VALUE_BYTES_MAX,
  });
  console.log(JSON.stringify(result));
}
