/**
 * All commands of Redis's protocol that a replica knows.
 *
 * @module
 */

import { byteLength } from "../../bytes.ts";
import { RequestError } from "../../errors.ts";
import { CONNECTION_COMMANDS } from "./connection_commands.ts";
import { checkArity } from "./family.ts";
import { KEY_COMMANDS } from "./key_commands.ts";
import {
  type Arguments,
  type Asking,
  type Command,
  type RespRequest,
  TOLD_BYTES_MAX,
  toldOf,
} from "./request.ts";
import { SERVER_COMMANDS } from "./server_commands.ts";
import { STRING_COMMANDS } from "./string_commands.ts";

/** By their names. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map(
  [...STRING_COMMANDS, ...KEY_COMMANDS, ...CONNECTION_COMMANDS, ...SERVER_COMMANDS]
    .map((command) => [command.name, command]),
);

/** No command's name is longer. */
const NAME_BYTES_MAX = 32;

/**
 * What a client asks.
 *
 * @throws {RequestError} if that is no command, or its arguments are wrong
 */
export function askedBy(
  args: Arguments,
  asking: Omit<Asking, "commands">,
): RespRequest {
  const name = args.size(0) > NAME_BYTES_MAX ? "" : args.text(0).toLowerCase();
  const command = COMMANDS.get(name);
  if (command === undefined) {
    // What a web browser sends: a page must not write here by what looks like lines of commands.
    if (name === "post" || name === "host:") return { type: "drop" };
    throw unknownCommand(args);
  }
  checkArity(command, args.length);
  asking.client.command = name;
  return command.ask(args, { ...asking, commands: COMMANDS });
}

function unknownCommand(args: Arguments): RequestError {
  let told = "";
  for (let i = 1; i < args.length && byteLength(told) < TOLD_BYTES_MAX; i++) {
    told += `'${toldOf(args, i, TOLD_BYTES_MAX - byteLength(told))}' `;
  }
  const words = `unknown command '${toldOf(args, 0)}', with args beginning with: ${told}`;
  return new RequestError("unknown_command", words, { maybe: false });
}
