/**
 * Commands about the replica.
 *
 * @module
 */

import { CONSISTENCY_LEVELS, isConsistency } from "../../consistency.ts";
import { VERSION } from "../../version.ts";
import type { Status } from "../../wire/message.ts";
import type { RespWriter } from "../../wire/resp_writer.ts";
import { family } from "./family.ts";
import { glob } from "./glob.ts";
import {
  type Arguments,
  type Command,
  ok,
  readInteger,
  readWord,
  type RespRequest,
  tell,
  wrong,
} from "./request.ts";

/** The version of Redis whose answers these are. */
const REDIS_VERSION = "7.0.0";

/** What `INFO` tells, by its headings. */
function sections(status: Status): ReadonlyMap<string, Readonly<Record<string, unknown>>> {
  const seconds = Math.floor(status.uptime / 1000);
  return new Map<string, Record<string, unknown>>([
    ["Server", {
      redis_version: REDIS_VERSION,
      redis_mode: "standalone",
      kvdist_version: VERSION,
      uptime_in_seconds: seconds,
      uptime_in_days: Math.floor(seconds / 86_400),
    }],
    ["Clients", { connected_clients: status.clients }],
    ["Persistence", { loading: 0, aof_enabled: status.fsync === "never" ? 0 : 1 }],
    ["Replication", {
      role: "master",
      connected_slaves: Math.max(0, (status.view?.members.length ?? 1) - 1),
    }],
    ["Kvdist", {
      replica: status.id,
      replicas: status.replicas,
      consistency: status.consistency,
      state: status.state,
      members: status.view?.members.join(" ") ?? "",
      missing: status.missing.map(({ id }) => id).join(" "),
      delivered: status.delivered,
      applied: status.applied,
      lag: status.lag,
      pending: status.pending,
      outbox: status.outbox,
      store: status.store,
      fsync: status.fsync,
      fsync_p99_ms: status.fsyncP99 ?? "",
    }],
    ["Keyspace", status.keys === 0 ? {} : { db0: `keys=${status.keys},expires=0,avg_ttl=0` }],
  ]);
}

function info(args: Arguments): RespRequest {
  const wanted = Array.from({ length: Math.min(args.length, 32) - 1 }, (_, i) => {
    return readWord(args, i + 1);
  });
  const isAll = wanted.length === 0 ||
    wanted.some((word) => ["ALL", "DEFAULT", "EVERYTHING"].includes(word));
  return tell((out, here) => {
    const parts = [...sections(here.status())]
      .filter(([name]) => isAll || wanted.includes(name.toUpperCase()))
      .map(([name, facts]) => {
        const lines = Object.entries(facts).map(([fact, value]) => `${fact}:${value}`);
        return [`# ${name}`, ...lines, ""].join("\r\n");
      });
    out.bulk(parts.join("\r\n"));
  });
}

/** What of Redis's settings has a meaning here. */
function settings(status: Status): Readonly<Record<string, string>> {
  return {
    appendfsync: status.fsync === "always" ? "always" : "everysec",
    appendonly: status.fsync === "never" ? "no" : "yes",
    databases: "1",
    maxmemory: "0",
    save: "",
    timeout: "0",
  };
}

function getConfig(args: Arguments): RespRequest {
  const patterns = Array.from({ length: Math.min(args.length, 32) - 2 }, (_, i) => {
    return glob(readWord(args, i + 2).toLowerCase());
  });
  return tell((out, here) => {
    const found = Object.entries(settings(here.status()))
      .filter(([name]) => patterns.some((matches) => matches(name)));
    out.map(found.length);
    for (const pair of found) pair.forEach((text) => out.bulk(text));
  });
}

/** Gives what a replica says of itself, as names and values. */
function writeStatus(out: RespWriter, status: Status): void {
  const facts = Object.entries(status);
  out.map(facts.length);
  for (const [fact, value] of facts) {
    out.bulk(fact);
    if (value === null) out.null();
    else if (typeof value === "string") out.bulk(value);
    else if (Number.isSafeInteger(value)) out.integer(value);
    else out.bulk(JSON.stringify(value));
  }
}

/** A command's form, as `COMMAND` has it. */
function describeCommand(out: RespWriter, command: Command): void {
  out.array(10);
  out.bulk(command.name);
  out.integer(command.arity);
  out.array(command.flags.length);
  for (const flag of command.flags) out.simple(flag);
  for (const place of command.keys) out.integer(place);
  // Categories, tips and further places of keys: there is nothing to say.
  for (let i = 0; i < 3; i++) out.array(0);
  const subcommands = [...command.subcommands?.values() ?? []];
  out.array(subcommands.length);
  for (const subcommand of subcommands) describeCommand(out, subcommand);
}

/** What a command does, as `COMMAND DOCS` has it. */
function explainCommand(out: RespWriter, command: Command): void {
  const subcommands = [...command.subcommands?.values() ?? []];
  out.bulk(command.name);
  out.map(subcommands.length === 0 ? 3 : 4);
  const facts = { summary: command.summary, since: VERSION, group: command.group };
  for (const [fact, text] of Object.entries(facts)) {
    out.bulk(fact);
    out.bulk(text);
  }
  if (subcommands.length === 0) return;
  out.bulk("subcommands");
  out.map(subcommands.length);
  for (const subcommand of subcommands) explainCommand(out, subcommand);
}

/** The commands that are named, or all of them. */
function named(args: Arguments, commands: ReadonlyMap<string, Command>): (Command | undefined)[] {
  if (args.length === 2) return [...commands.values()];
  const names = Array.from({ length: Math.min(args.length, 1024) - 2 }, (_, i) => {
    return readWord(args, i + 2).toLowerCase();
  });
  return names.map((name) => {
    const [word, sub] = name.split("|");
    const command = commands.get(word);
    return sub === undefined ? command : command?.subcommands?.get(sub);
  });
}

const PLAIN = { keys: [0, 0, 0], group: "server" } as const;
const SLOW = { ...PLAIN, flags: ["loading", "stale"] } as const;
const KVDIST = { ...SLOW, group: "kvdist" } as const;

/** Commands about the replica. */
export const SERVER_COMMANDS: readonly Command[] = [
  {
    ...SLOW,
    name: "info",
    arity: -1,
    summary: "Says how the replica is: all of it, or what stands under these headings.",
    ask: info,
  },
  {
    ...SLOW,
    name: "wait",
    arity: 3,
    group: "generic",
    summary: "Waits until so many other replicas have what the connection has written.",
    ask(args) {
      const replicas = readInteger(args, 1);
      const timeout = readTimeout(args);
      if (replicas < 0n) throw wrong("value is out of range, must be positive");
      return { type: "wait", replicas: Number(replicas), timeoutMs: timeout };
    },
  },
  family({
    ...SLOW,
    name: "config",
    summary: "Says how the replica is set.",
    commands: [{
      ...SLOW,
      name: "get",
      arity: -3,
      summary: "Gives the settings that match a pattern.",
      ask: getConfig,
    }],
  }),
  family({
    ...SLOW,
    name: "command",
    summary: "Says which commands there are.",
    alone: (_, { commands }) =>
      tell((out) => {
        out.array(commands.size);
        for (const command of commands.values()) describeCommand(out, command);
      }),
    commands: [
      {
        ...SLOW,
        name: "count",
        arity: 2,
        summary: "Gives the number of commands.",
        ask: (_, { commands }) => tell((out) => out.integer(commands.size)),
      },
      {
        ...SLOW,
        name: "docs",
        arity: -2,
        summary: "Says what commands do.",
        ask(args, { commands }) {
          const found = named(args, commands).filter((command) => command !== undefined);
          return tell((out) => {
            out.map(found.length);
            for (const command of found) explainCommand(out, command);
          });
        },
      },
      {
        ...SLOW,
        name: "info",
        arity: -2,
        summary: "Gives the forms of commands.",
        ask(args, { commands }) {
          const found = named(args, commands);
          return tell((out) => {
            out.array(found.length);
            for (const command of found) {
              if (command === undefined) out.null();
              else describeCommand(out, command);
            }
          });
        },
      },
      {
        ...SLOW,
        name: "list",
        arity: 2,
        summary: "Gives the names of all commands.",
        ask: (_, { commands }) => tell((out) => out.bulks([...commands.keys()])),
      },
    ],
  }),
  family({
    ...KVDIST,
    name: "kvdist",
    summary: "Says and sets what Redis does not have.",
    commands: [
      {
        ...KVDIST,
        name: "consistency",
        arity: -2,
        summary: `Gives or sets the connection's level: ${CONSISTENCY_LEVELS.join(", ")}.`,
        ask(args, { client }) {
          if (args.length > 3) {
            throw wrong("wrong number of arguments for 'kvdist|consistency' command");
          }
          if (args.length === 2) {
            const { consistency } = client;
            return tell((out, here) => out.bulk(consistency ?? here.status().consistency));
          }
          const level = readWord(args, 2).toLowerCase();
          if (!isConsistency(level)) {
            throw wrong(`the level must be one of ${CONSISTENCY_LEVELS.join(", ")}`);
          }
          // It counts for all that is asked behind this, some of which may wait already.
          client.consistency = level;
          return tell(ok);
        },
      },
      {
        ...KVDIST,
        name: "status",
        arity: 2,
        summary: "Gives what the replica says of itself.",
        ask: () => tell((out, here) => writeStatus(out, here.status())),
      },
    ],
  }),
];

function readTimeout(args: Arguments): number {
  const timeout = readInteger(args, 2);
  if (timeout < 0n) throw wrong("timeout is negative");
  return Number(timeout);
}
