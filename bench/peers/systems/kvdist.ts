/**
 * kvdist: three replicas, in each form that a peer is compared with.
 *
 * @module
 */

import { FailedError } from "../../../lib/errors.ts";
import { VERSION } from "../../../lib/version.ts";
import { isObject, parseJson } from "../../../lib/wire/json.ts";
import type { Fleet } from "../processes.ts";
import { ask, isLine } from "./ask.ts";
import type { System, Target } from "./system.ts";

const SCRIPT = new URL("../../../scripts/kvdist", import.meta.url).pathname;

interface Form {
  readonly id: string;
  readonly name: string;
  readonly promise: string;
  readonly flags: readonly string[];
}

const FORMS: readonly Form[] = [
  {
    id: "kvdist-eventual",
    name: "kvdist eventual, memory",
    promise: "in one replica's memory; the others get it later",
    flags: ["--consistency", "eventual", "--store", "memory"],
  },
  {
    id: "kvdist-memory",
    name: "kvdist sequential, memory",
    promise: "received and ordered by all three, in memory",
    flags: ["--consistency", "sequential", "--store", "memory"],
  },
  {
    id: "kvdist-interval",
    name: "kvdist sequential, fsync interval",
    promise: "received and ordered by all three, synced to disk every second",
    flags: ["--consistency", "sequential", "--fsync", "interval"],
  },
  {
    id: "kvdist-always",
    name: "kvdist sequential, fsync always",
    promise: "on the disks of all three, ordered",
    flags: ["--consistency", "sequential", "--fsync", "always"],
  },
];

/** How many replicas it is compared with. */
const REPLICAS = 3;

/** kvdist in all the forms that are compared. */
export const KVDIST: readonly System[] = FORMS.map((form) => ({
  id: form.id,
  name: form.name,
  promise: `${form.promise}; all clients at one replica, which answers reads by itself`,
  settings: `kvdist serve --replicas ${REPLICAS} ${form.flags.join(" ")}`,
  missing: () => Promise.resolve(null),
  version: () => Promise.resolve(VERSION),
  start: (fleet: Fleet) => startKvdist(fleet, form.flags, REPLICAS),
}));

/**
 * Starts kvdist in a process of its own; resolves when it has ordered a write.
 *
 * @throws {FailedError} if it does not start, or does not speak Redis's protocol
 */
export async function startKvdist(
  fleet: Fleet,
  flags: readonly string[],
  replicas: number,
): Promise<Target & { readonly pid: number }> {
  const own = ["--replicas", `${replicas}`, "--port", "0", "--peer-port", "0"];
  const data = flags.includes("memory") ? [] : ["--data", `${fleet.folder}/kvdist`];
  const { firstLine, pid } = await fleet.start({
    command: "sh",
    args: [SCRIPT, "serve", "--json", ...own, ...data, ...flags],
  });
  const line = await firstLine;
  await fleet.until("ready line of kvdist", () => Promise.resolve(line !== ""));
  const address = addressOf(parseJson(line));
  const port = Number(address.split(":")[1]);
  if (!(await ask(port, "PING\r\n", isLine)).startsWith("+PONG")) {
    throw new FailedError("this kvdist does not speak Redis's protocol");
  }
  const set = async () => (await ask(port, "SET ready yes\r\n", isLine)).startsWith("+OK");
  await fleet.until("write of kvdist", set);
  return { protocol: "resp", address, pid };
}

/** The client address of replica 0 in the ready line. */
function addressOf(ready: unknown): string {
  const replicas = isObject(ready) && Array.isArray(ready.replicas) ? ready.replicas : [];
  const first: unknown = replicas[0];
  if (!isObject(first) || typeof first.client !== "string") {
    throw new FailedError("Cannot read kvdist's ready line: it names no client address");
  }
  return first.client;
}
