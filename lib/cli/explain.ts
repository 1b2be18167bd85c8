/**
 * `kvdist explain`: says in words what a level promises, or what exactly a reply does.
 *
 * @module
 */

import { CONSISTENCY_LEVELS } from "../consistency.ts";
import { UsageError } from "../errors.ts";
import type { Fsync } from "../store/boot.ts";
import { readLines } from "./client/piped.ts";
import { type Command, EXIT_OK } from "./command.ts";
import { type Explanation, explanationForm, explanationLines } from "./explain/explanation.ts";
import { readReply } from "./explain/read_reply.ts";
import { type Asked, explainReply } from "./explain/replies.ts";
import { COMMANDS, explainTopic } from "./explain/topics.ts";
import { type FlagTable, parseFlags, type Values } from "./flags.ts";
import { helpText } from "./help.ts";
import { print, styled } from "./output.ts";
import { printable } from "./text.ts";

const SETTINGS = ["always", "interval", "never"] as const satisfies readonly Fsync[];

const FLAGS = {
  consistency: {
    kind: "choice",
    value: "LEVEL",
    about: "The level at which the reply's request was asked; sequential if not given",
    choices: CONSISTENCY_LEVELS,
  },
  fsync: {
    kind: "choice",
    value: "WHEN",
    about: "What the replicas' --fsync says; always for a reply and all three for a level if not " +
      "given",
    choices: SETTINGS,
  },
  json: { kind: "boolean", about: "Print a line of JSON for each thing explained" },
} as const satisfies FlagTable;

type ExplainFlags = Values<typeof FLAGS>;

/** What stands for stdin. */
const STDIN = "-";

const HELP = {
  usage: [
    "kvdist explain",
    "kvdist explain LEVEL [COMMAND] [FLAGS]",
    "kvdist explain CODE",
    "kvdist explain REPLY [FLAGS]",
  ],
  about: [
    "Without arguments says in a few lines what each level means. Of a level, of a command at it " +
    "or of an error it says more: when the answer is given, who holds the write then, what a " +
    "crash, a power cut or a cut can cost, what readers elsewhere see, and which demo shows it.",
    "Of a reply, as kvdist client --json prints it, it says what exactly that promises; - takes " +
    "replies from stdin, one a line. A reply does not tell its level: give --consistency.",
    "All of it is said of replicas with folders: with --store memory a replica that ends has lost " +
    "its folder.",
  ],
  lists: [{
    title: "Commands",
    entries: [
      [COMMANDS.write.join(", "), "A write whose answer depends on nothing that is there."],
      [COMMANDS.change.join(", "), "A write that changes a key by what is there."],
      [COMMANDS.get.join(", "), "A read."],
      [COMMANDS.list.join(", "), "A list of what a replica holds."],
      [COMMANDS.outcome.join(", "), "The question what came of a write."],
    ],
  }],
  flags: FLAGS,
  examples: [
    ["kvdist explain", "the levels, in a few lines each"],
    ["kvdist explain eventual set", "what STORED means there"],
    ["kvdist explain no_quorum", "what the error means, and what to do"],
    [`kvdist explain '["STORED",[0,3,0]]' --consistency eventual`, "what this reply promises"],
    ["kvdist client 9889 --json get x | kvdist explain -", "from the client"],
  ],
} as const;

/** The subcommand. */
export const explain: Command = {
  name: "explain",
  summary: "say in words what a level promises, or a reply",
  help: () => helpText(HELP),
  run,
};

async function run(argv: readonly string[]): Promise<number> {
  const { flags, args } = parseFlags(FLAGS, argv);
  const [first, ...rest] = args;
  if (first === STDIN || first?.trimStart().startsWith("[")) {
    if (rest.length > 0) throw new UsageError("explain takes one reply: quote it as a whole");
    await explainReplies(first, flags);
    return EXIT_OK;
  }
  if (flags.consistency !== undefined) {
    throw new UsageError("--consistency is for a reply: to ask about a level, give it as argument");
  }
  tell(explainTopic(args, flags.fsync === undefined ? SETTINGS : [flags.fsync]), flags);
  return EXIT_OK;
}

async function explainReplies(text: string, flags: ExplainFlags): Promise<void> {
  const asked: Asked = {
    level: flags.consistency ?? "sequential",
    fsync: flags.fsync ?? "always",
  };
  if (text !== STDIN) return tell([explainReply(readReply(text, "the reply"), asked)], flags);
  let number = 0;
  let told = 0;
  for await (const line of readLines(Deno.stdin.readable)) {
    number++;
    if (line.trim() === "") continue;
    if (told++ > 0 && !flags.json) print("");
    tell([explainReply(readReply(line, `stdin, line ${number},`), asked)], flags);
  }
  if (told === 0) throw new UsageError("stdin has no reply");
}

function tell(explanations: readonly Explanation[], { json: asJson }: ExplainFlags): void {
  explanations.forEach((explanation, i) => {
    // A terminal takes DEL and C1 controls as commands; their escapes mean the same in JSON.
    if (asJson) return print(printable(JSON.stringify(explanationForm(explanation))));
    if (i > 0) print("");
    for (const line of explanationLines(explanation, (title) => styled("bold", title))) print(line);
  });
}
