/**
 * Commands that begin with the same word, such as `CLIENT ID` and `CLIENT LIST`.
 *
 * @module
 */

import { type Command, readWord, tell, toldOf, wrong } from "./request.ts";

/** What they have in common, and each of them by its second word. */
export interface Family extends Pick<Command, "name" | "flags" | "keys" | "group" | "summary"> {
  readonly commands: readonly Command[];
  /** What the first word alone asks; without it more must follow. */
  readonly alone?: Command["ask"];
}

/** One command that finds the right one of several by the second word. */
export function family({ commands, alone, ...common }: Family): Command {
  const { name } = common;
  const own = commands.map((command) => ({ ...command, name: `${name}|${command.name}` }));
  const subcommands = new Map(own.map((command, i) => [commands[i].name, command]));
  const help = [
    `${name.toUpperCase()} <subcommand> [<arg> ...]. Subcommands are:`,
    ...commands.flatMap((command) => [command.name.toUpperCase(), `    ${command.summary}`]),
    "HELP",
    "    Prints this help.",
  ];
  return {
    ...common,
    arity: alone === undefined ? -2 : -1,
    subcommands,
    ask(args, asking) {
      if (args.length === 1 && alone !== undefined) return alone(args, asking);
      const word = readWord(args, 1);
      const command = subcommands.get(word.toLowerCase());
      if (command !== undefined) {
        checkArity(command, args.length);
        return command.ask(args, asking);
      }
      if (word !== "HELP" || args.length > 2) {
        throw wrong(`unknown subcommand '${toldOf(args, 1)}'. Try ${name.toUpperCase()} HELP.`);
      }
      return tell((out) => {
        out.array(help.length);
        for (const line of help) out.simple(line);
      });
    },
  };
}

/**
 * Whether a command may have so many arguments.
 *
 * @throws {RequestError} if not
 */
export function checkArity({ name, arity }: Command, length: number): void {
  if (arity < 0 ? length >= -arity : length === arity) return;
  throw wrong(`wrong number of arguments for '${name}' command`);
}
