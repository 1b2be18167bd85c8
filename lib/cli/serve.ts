/**
 * `kvdist serve`: a cluster of replicas on this machine.
 *
 * @module
 */

import { CONSISTENCY_LEVELS } from "../consistency.ts";
import { reason, UsageError } from "../errors.ts";
import {
  FRAME_BYTES_MAX,
  KEY_BYTES_MAX,
  REPLICAS_MAX,
  REQUEST_TIMEOUT_MS,
  REQUEST_TIMEOUT_MS_MAX,
  VALUE_BYTES_MAX,
} from "../limits.ts";
import { isLogged, type Log, LOG_LEVELS, logJson, type LogLevel, logLine } from "../log.ts";
import { Cluster, type ClusterOptions } from "../replica/cluster.ts";
import { type Command, EXIT_FAILED, EXIT_INTERRUPTED, EXIT_OK } from "./command.ts";
import { environment } from "./environment.ts";
import { type FlagTable, parseFlags, type Values } from "./flags.ts";
import { helpText } from "./help.ts";
import { isTerminal, json, note, print, styled } from "./output.ts";

const PORT_MAX = 65_535;

/** A value that JSON writes with six bytes for each of its own, and the rest of its message. */
const frameBytesFor = (keyBytes: number, valueBytes: number) => 6 * (keyBytes + valueBytes) + 4096;

const FLAGS = {
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
    about: "How many replicas",
    min: 1,
    max: REPLICAS_MAX,
    default: 3,
  },
  port: {
    kind: "count",
    value: "PORT",
    about: "Port for clients of replica 0; replica 1 has the next one, and so on. 0: free ones",
    max: PORT_MAX,
    default: 9_889,
  },
  "peer-port": {
    kind: "count",
    value: "PORT",
    about: "Port of replica 0 for the other replicas, likewise",
    max: PORT_MAX,
    default: 10_052,
  },
  host: {
    kind: "text",
    value: "HOST",
    about: "The address to listen on; who can reach it can read and write everything",
    default: "127.0.0.1",
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
    max: 2 ** 28,
    default: VALUE_BYTES_MAX,
  },
  "max-frame": {
    kind: "count",
    value: "BYTES",
    about: `The longest message; ${FRAME_BYTES_MAX}, or more if the longest value needs it`,
    min: 1024,
    max: 2 ** 31 - 1,
  },
} as const satisfies FlagTable;

type ServeFlags = Values<typeof FLAGS>;

/** The subcommand. */
export const serve: Command = {
  name: "serve",
  summary: "start the replicas of a cluster on this machine",
  help: () => helpText(HELP),
  run,
};

const HELP = {
  usage: ["kvdist serve [FLAGS]"],
  about: [
    "Starts the replicas, each a worker with a port for clients and a port for the others, and " +
    "prints one ready line when all of them listen and have found together. Ctrl-C or SIGTERM " +
    "stops them: what was accepted is finished, or safe on disk. The same folder goes on where " +
    "it was left, however that was.",
  ],
  flags: FLAGS,
  env: true,
  examples: [
    ["kvdist serve", "three replicas, sequential, for clients on ports 9889, 9890 and 9891"],
    [
      "kvdist serve --consistency eventual --apply-delay 5s",
      "a write is answered at once, and seen by reads five seconds later",
    ],
    ["KVDIST_PORT=0 kvdist serve --peer-port 0 --json", "free ports, told as JSON"],
  ],
} as const;

async function run(argv: readonly string[]): Promise<number> {
  const { flags, args } = parseFlags(FLAGS, argv, { env: environment });
  if (args.length > 0) throw new UsageError(`serve takes no arguments, and got ${args[0]}`);
  checkPorts(flags);
  const failed = Promise.withResolvers<Error>();
  const signals = new StopSignals();
  try {
    const cluster = await started(clusterOptions(flags, failed.resolve), signals.asked);
    if (cluster === null) return EXIT_OK;
    announce(flags, cluster);
    const failure = await Promise.race([failed.promise, signals.stop]);
    await cluster.stop();
    if (failure === undefined) return EXIT_OK;
    note(`kvdist serve: ${reason(failure)}`);
    return EXIT_FAILED;
  } finally {
    signals[Symbol.dispose]();
  }
}

/** The cluster, or null if it was asked to stop before it was ready. */
async function started(options: ClusterOptions, asked: AbortSignal): Promise<Cluster | null> {
  try {
    return await Cluster.start(options, asked);
  } catch (error) {
    if (asked.aborted) return null;
    throw error;
  }
}

function clusterOptions(flags: ServeFlags, failed: (error: Error) => void): ClusterOptions {
  const applyDelayMs = flags["apply-delay"];
  const keyBytes = flags["max-key"];
  const valueBytes = flags["max-value"];
  return {
    replicas: flags.replicas,
    consistency: flags.consistency,
    host: flags.host,
    port: flags.port,
    peerPort: flags["peer-port"],
    data: flags.store === "memory" ? null : flags.data,
    store: flags.store,
    fsync: flags.fsync,
    requestTimeoutMs: flags["request-timeout"] ??
      Math.min(REQUEST_TIMEOUT_MS + applyDelayMs, REQUEST_TIMEOUT_MS_MAX),
    applyDelayMs,
    limits: {
      keyBytes,
      valueBytes,
      frameBytes: flags["max-frame"] ??
        Math.max(FRAME_BYTES_MAX, frameBytesFor(keyBytes, valueBytes)),
    },
    log: logger(flags["log-level"], flags["log-json"]),
    failed,
  };
}

/** Replica i has the ports `port + i` and `peer-port + i`: all must exist, and none twice. */
function checkPorts(flags: ServeFlags): void {
  const { replicas, port, "peer-port": peerPort } = flags;
  for (const [name, first] of [["port", port], ["peer-port", peerPort]] as const) {
    const last = first + replicas - 1;
    if (first !== 0 && last > PORT_MAX) {
      throw new UsageError(
        `--${name} ${first} leaves no room for ${replicas} replicas: the last would have ${last}, ` +
          `and ports end at ${PORT_MAX}`,
      );
    }
  }
  if (port !== 0 && peerPort !== 0 && Math.abs(port - peerPort) < replicas) {
    throw new UsageError(
      `--port ${port} and --peer-port ${peerPort} are too close: ${replicas} replicas would ` +
        "have a port for both clients and peers",
    );
  }
}

function announce(flags: ServeFlags, { replicas }: Cluster): void {
  const { consistency } = flags;
  try {
    if (flags.json) {
      json({
        ready: true,
        consistency,
        replicas: replicas.map(({ id, client, peer }) => ({ id, client, peer })),
      });
      return;
    }
    const addresses = replicas.map(({ id, client }) => `${id} at ${client}`).join(", ");
    const count = replicas.length === 1 ? "1 replica" : `${replicas.length} replicas`;
    print(`${styled("green", "ready")}: ${consistency}, ${count}: ${addresses}`);
  } catch (error) {
    // Whoever waits for the line is gone; the clients are not.
    note(`kvdist serve: cannot print the ready line: ${reason(error)}`);
  }
}

function logger(least: LogLevel, asJson: boolean): Log {
  const line = asJson ? logJson : logLine;
  const paint = (level: LogLevel, text: string) => {
    if (asJson || !isTerminal("stderr")) return text;
    if (level === "error") return styled("red", text, "stderr");
    if (level === "warn") return styled("yellow", text, "stderr");
    return styled("dim", text, "stderr");
  };
  return (event) => {
    if (isLogged(event.level, least)) note(paint(event.level, line(event, new Date())));
  };
}

/** The signals that ask the server to stop; a second Ctrl-C does not wait. */
class StopSignals {
  readonly #abort = new AbortController();
  readonly #stop = Promise.withResolvers<undefined>();
  readonly #handlers: [Deno.Signal, () => void][] = [
    ["SIGINT", () => this.#interrupt()],
    ["SIGTERM", () => this.#ask()],
    ["SIGHUP", () => this.#ask()],
  ];

  constructor() {
    for (const [signal, handler] of this.#handlers) Deno.addSignalListener(signal, handler);
  }

  /** Aborted when the server is asked to stop. */
  get asked(): AbortSignal {
    return this.#abort.signal;
  }

  /** Resolves when the server is asked to stop. */
  get stop(): Promise<undefined> {
    return this.#stop.promise;
  }

  /** Listens no more. */
  [Symbol.dispose](): void {
    for (const [signal, handler] of this.#handlers) Deno.removeSignalListener(signal, handler);
  }

  #ask(): void {
    this.#abort.abort();
    this.#stop.resolve(undefined);
  }

  #interrupt(): void {
    if (this.#abort.signal.aborted) Deno.exit(EXIT_INTERRUPTED);
    note("stopping; Ctrl-C again ends at once");
    this.#ask();
  }
}
