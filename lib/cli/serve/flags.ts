/**
 * The flags of `kvdist serve`, and its help text.
 *
 * @module
 */

import { CONSISTENCY_LEVELS } from "../../consistency.ts";
import {
  FRAME_BYTES_MAX,
  FRAME_BYTES_SETTABLE_MAX,
  KEY_BYTES_MAX,
  REPLICAS_MAX,
  REQUEST_TIMEOUT_MS_MAX,
  SUSPECT_AFTER_MS,
  SUSPECT_AFTER_MS_MIN,
  VALUE_BYTES_MAX,
  VALUE_BYTES_SETTABLE_MAX,
} from "../../limits.ts";
import { LOG_LEVELS } from "../../log.ts";
import type { FlagTable, Values } from "../flags.ts";
import type { Help } from "../help.ts";

/** The last port there is. */
export const PORT_MAX = 65_535;

/** The flags. */
export const FLAGS = {
  consistency: {
    kind: "choice",
    value: "LEVEL",
    about: "When a client is answered, unless its request names a level of its own",
    choices: CONSISTENCY_LEVELS,
    default: "sequential",
  },
  replicas: {
    kind: "count",
    value: "N",
    about: "How many replicas; 3 if not given, or as many as --peers names",
    min: 1,
    max: REPLICAS_MAX,
  },
  id: {
    kind: "count",
    value: "ID",
    about: "Start this replica alone: its place in --peers, beginning with 0",
    max: REPLICAS_MAX - 1,
  },
  peers: {
    kind: "text",
    value: "ADDRESSES",
    about: "With --id: where the replicas reach each other, host:port with commas in between, in " +
      "the order of their ids; the same for all of them",
  },
  port: {
    kind: "count",
    value: "PORT",
    about: "Port for clients of replica 0; replica 1 has the next one, and so on. With --id: of " +
      "this replica. 0: free ones",
    max: PORT_MAX,
    default: 9_889,
  },
  "peer-port": {
    kind: "count",
    value: "PORT",
    about: "Port of replica 0 for the other replicas, likewise; 10052 if not given, and with " +
      "--id that of its place in --peers",
    max: PORT_MAX,
  },
  host: {
    kind: "text",
    value: "HOST",
    about: "The address to listen on; who can reach it can read and write everything",
    default: "127.0.0.1",
  },
  "peer-host": {
    kind: "text",
    value: "HOST",
    about: "The address to listen on for the other replicas; that of --host if not given, and " +
      "with --id that of its place in --peers",
  },
  http: {
    kind: "count",
    value: "PORT",
    about:
      "Also answer over HTTP, at this port, for all replicas of this process: a page to look " +
      "at, status.json, metrics, healthz, readyz, events and kv/KEY. 0: a free one",
    max: PORT_MAX,
  },
  "http-host": {
    kind: "text",
    value: "HOST",
    about: "The address to listen on for HTTP; 127.0.0.1 if not given, whatever --host says",
  },
  "allow-faults": {
    kind: "boolean",
    about:
      "With --http, for teaching and testing: whoever can reach that port may pause, cut off, " +
      "delay and kill replicas",
  },
  data: {
    kind: "text",
    value: "DIR",
    about: "Folder with a folder for each replica, made when missing",
    default: "./kvdist-data",
  },
  store: {
    kind: "choice",
    value: "KIND",
    about: "Where replicas keep what they hold; memory forgets it when the program ends",
    choices: ["sqlite", "memory"],
    default: "sqlite",
  },
  fsync: {
    kind: "choice",
    value: "WHEN",
    about: "When writes are forced to disk. What was answered outlives the program in each; " +
      "a power cut may cost the last second with interval, more with never",
    choices: ["always", "interval", "never"],
    default: "always",
  },
  "request-timeout": {
    kind: "duration",
    value: "TIME",
    about: "Time limit of a request that names none; 5s and the apply delay if not given",
    min: 1,
    max: REQUEST_TIMEOUT_MS_MAX,
  },
  "apply-delay": {
    kind: "duration",
    value: "TIME",
    about: "Each replica applies a write this much after it was delivered",
    max: REQUEST_TIMEOUT_MS_MAX,
    default: 0,
  },
  "suspect-after": {
    kind: "duration",
    value: "TIME",
    about: "A replica that is silent for this long is gone on without",
    min: SUSPECT_AFTER_MS_MIN,
    max: 60_000,
    default: SUSPECT_AFTER_MS,
  },
  "force-new-cluster": {
    kind: "boolean",
    about: "Go on although a majority of the folders is lost, with all replicas present: what " +
      "only the lost ones held is lost with them",
  },
  trace: {
    kind: "text",
    value: "FILE",
    about:
      "Tell there what replicas and clients do, for kvdist show FILE and kvdist check FILE; a " +
      "trace that is there is gone on with. Of more than some 2,200 writes a second only a part is " +
      "told",
  },
  json: { kind: "boolean", about: "Print the ready line as JSON" },
  "log-level": {
    kind: "choice",
    value: "LEVEL",
    about: "What to tell on stderr, and what matters more",
    choices: LOG_LEVELS,
    default: "info",
  },
  "log-json": { kind: "boolean", about: "Log as JSON, an object a line" },
  "max-key": {
    kind: "count",
    value: "BYTES",
    about: "The longest key, in UTF-8 bytes",
    min: 1,
    max: 2 ** 20,
    default: KEY_BYTES_MAX,
  },
  "max-value": {
    kind: "count",
    value: "BYTES",
    about: "The longest value, in UTF-8 bytes",
    min: 1,
    max: VALUE_BYTES_SETTABLE_MAX,
    default: VALUE_BYTES_MAX,
  },
  "max-frame": {
    kind: "count",
    value: "BYTES",
    about: `The longest message; ${FRAME_BYTES_MAX}, or more if the longest value needs it`,
    min: 1024,
    max: FRAME_BYTES_SETTABLE_MAX,
  },
} as const satisfies FlagTable;

/** Their values. */
export type ServeFlags = Values<typeof FLAGS>;

/** What `--help` says. */
export const HELP: Help = {
  usage: ["kvdist serve [FLAGS]", "kvdist serve --id ID --peers HOST:PORT,HOST:PORT,… [FLAGS]"],
  about: [
    "Starts the replicas, each a worker with a port for clients and a port for the others, and " +
    "prints one ready line when all of them listen and have found together. Ctrl-C or SIGTERM " +
    "stops them: what was accepted is finished, or safe on disk. The same folder goes on where " +
    "it was left, however that was. A replica that fails is started again after a pause.",
    "With --id and --peers it starts one replica, and the others run in processes or on hosts of " +
    "their own. It is ready when it listens and answers from its store; the log tells when it is " +
    "live with the others. They may come in any order. The same line starts it again.",
  ],
  flags: FLAGS,
  env: true,
  examples: [
    ["kvdist serve", "three replicas, sequential, for clients on ports 9889, 9890 and 9891"],
    [
      "kvdist serve --consistency eventual --apply-delay 5s",
      "a write is answered at once, and seen by reads five seconds later",
    ],
    ["kvdist serve --trace run.jsonl", "for kvdist show run.jsonl"],
    ["KVDIST_PORT=0 kvdist serve --peer-port 0 --json", "free ports, told as JSON"],
    [
      "kvdist serve --http 9900",
      "a live page at http://127.0.0.1:9900/, and curl is a client: …/kv/KEY",
    ],
    [
      "kvdist serve --id 1 --peers a:10052,b:10052,c:10052 --host 0.0.0.0",
      "the replica of host b, for clients of all networks on port 9889",
    ],
  ],
};
