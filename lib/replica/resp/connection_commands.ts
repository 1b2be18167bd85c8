/**
 * Commands of a connection.
 *
 * @module
 */

import { VERSION } from "../../version.ts";
import type { RespWriter } from "../../wire/resp_writer.ts";
import type { RespClient } from "./clients.ts";
import { family } from "./family.ts";
import {
  type Arguments,
  type Asking,
  type Command,
  ok,
  readInteger,
  readWord,
  type RespRequest,
  syntaxError,
  tell,
  toldOf,
  wrong,
} from "./request.ts";

const NO_PASSWORD =
  "AUTH <password> called without any password configured for the default user. Are you sure " +
  "your configuration is correct?";

/** Chooses the version of the protocol, and says who answers. */
function hello(args: Arguments, { client }: Asking): RespRequest {
  const version = args.length === 1 ? client.version : readVersion(args);
  if (version === null) return tell((out) => out.error("NOPROTO unsupported protocol version"));
  let name = client.name;
  for (let i = 2; i < args.length; i++) {
    const option = readWord(args, i);
    if (option === "AUTH" && i + 2 < args.length) throw wrong(NO_PASSWORD);
    if (option !== "SETNAME" || i + 1 === args.length) {
      throw wrong(`Syntax error in HELLO option '${toldOf(args, i)}'`);
    }
    name = readName(args, ++i);
  }
  return tell((out) => {
    client.name = name;
    client.version = out.version = version;
    out.map(7);
    const facts = { server: "kvdist", version: VERSION, proto: version, id: client.id };
    for (const [fact, value] of Object.entries({ ...facts, mode: "standalone", role: "master" })) {
      out.bulk(fact);
      if (typeof value === "number") out.integer(value);
      else out.bulk(value);
    }
    out.bulk("modules");
    out.array(0);
  });
}

function readVersion(args: Arguments): 2 | 3 | null {
  const text = args.size(1) > 20 ? "" : args.text(1);
  if (!/^-?\d+$/.test(text)) throw wrong("Protocol version is not an integer or out of range");
  return text === "2" ? 2 : text === "3" ? 3 : null;
}

function readName(args: Arguments, index: number): string {
  const name = args.size(index) > 256 ? " " : args.text(index);
  if (/^[!-~]*$/.test(name)) return name;
  throw wrong("Client names cannot contain spaces, newlines or special characters.");
}

function setInfo(args: Arguments, { client }: Asking): RespRequest {
  const attribute = readWord(args, 2);
  const value = args.size(3) > 256 ? " " : args.text(3);
  if (attribute !== "LIB-NAME" && attribute !== "LIB-VER") {
    throw wrong(`Unrecognized option '${toldOf(args, 2)}'`);
  }
  if (!/^[!-~]*$/.test(value)) {
    const word = attribute.toLowerCase();
    throw wrong(`${word} cannot contain spaces, newlines or special characters.`);
  }
  if (attribute === "LIB-NAME") client.library = value;
  else client.libraryVersion = value;
  return tell(ok);
}

/** What only changes how Redis would treat the connection. */
function onOrOff(args: Arguments): RespRequest {
  if (!["ON", "OFF"].includes(readWord(args, 2))) throw syntaxError();
  return tell(ok);
}

function forget(client: RespClient, out: RespWriter): void {
  client.name = "";
  client.version = out.version = 2;
}

const PLAIN = { keys: [0, 0, 0], group: "connection" } as const;
const FAST = { ...PLAIN, flags: ["noscript", "loading", "stale", "fast"] } as const;
const SLOW = { ...PLAIN, flags: ["noscript", "loading", "stale"] } as const;

/** Commands of a connection. */
export const CONNECTION_COMMANDS: readonly Command[] = [
  {
    ...FAST,
    name: "ping",
    arity: -1,
    summary: "Answers PONG, or what it is given.",
    ask(args) {
      if (args.length > 2) throw wrong("wrong number of arguments for 'ping' command");
      const text = args.length === 2 ? args.text(1) : null;
      return tell((out) => text === null ? out.simple("PONG") : out.bulk(text));
    },
  },
  {
    ...FAST,
    name: "echo",
    arity: 2,
    summary: "Answers what it is given.",
    ask(args) {
      const text = args.text(1);
      return tell((out) => out.bulk(text));
    },
  },
  {
    ...FAST,
    name: "hello",
    arity: -1,
    summary: "Chooses the version of the protocol, 2 or 3, and says who answers.",
    ask: hello,
  },
  {
    ...FAST,
    name: "auth",
    arity: -2,
    summary: "Is refused: clients are not authenticated.",
    ask(args) {
      if (args.length > 3) throw syntaxError();
      throw wrong(NO_PASSWORD);
    },
  },
  {
    ...FAST,
    name: "quit",
    arity: -1,
    summary: "Ends the connection.",
    ask: () => ({ type: "quit" }),
  },
  {
    ...FAST,
    name: "reset",
    arity: 1,
    summary: "Forgets what the connection has chosen: its name, level and protocol.",
    ask(_, { client }) {
      client.consistency = undefined;
      return tell((out) => {
        forget(client, out);
        out.simple("RESET");
      });
    },
  },
  {
    ...FAST,
    name: "select",
    arity: 2,
    summary: "Takes 0: there is one set of keys.",
    ask(args) {
      if (readInteger(args, 1) !== 0n) throw wrong("DB index is out of range");
      return tell(ok);
    },
  },
  family({
    ...SLOW,
    name: "client",
    summary: "Says and sets what is known of a connection.",
    commands: [
      {
        ...FAST,
        name: "id",
        arity: 2,
        summary: "Gives the connection's number.",
        ask: (_, { client }) => tell((out) => out.integer(client.id)),
      },
      {
        ...SLOW,
        name: "info",
        arity: 2,
        summary: "Describes the connection.",
        ask: (_, { client }) => tell((out, here) => out.bulk(`${client.line(here.now())}\n`)),
      },
      {
        ...SLOW,
        name: "list",
        arity: -2,
        summary: "Describes the connections to this replica.",
        ask: () =>
          tell((out, here) => {
            const lines = here.clients.list().map((client) => `${client.line(here.now())}\n`);
            out.bulk(lines.join(""));
          }),
      },
      {
        ...FAST,
        name: "getname",
        arity: 2,
        summary: "Gives the connection's name.",
        ask: (_, { client }) =>
          tell((out) => client.name === "" ? out.null() : out.bulk(client.name)),
      },
      {
        ...FAST,
        name: "setname",
        arity: 3,
        summary: "Gives the connection a name.",
        ask(args, { client }) {
          const name = readName(args, 2);
          return tell((out) => {
            client.name = name;
            ok(out);
          });
        },
      },
      {
        ...FAST,
        name: "setinfo",
        arity: 4,
        summary: "Says which library the client uses.",
        ask: setInfo,
      },
      ...["no-evict", "no-touch"].map((name): Command => ({
        ...FAST,
        name,
        arity: 3,
        summary: "Changes nothing here.",
        ask: onOrOff,
      })),
    ],
  }),
];
