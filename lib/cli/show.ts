/**
 * `kvdist show`: draws a trace.
 *
 * @module
 */

import { UsageError } from "../errors.ts";
import { SHOW_LINES_MAX } from "../limits.ts";
import { diagram } from "../show/diagram.ts";
import { missingWords } from "./show/about.ts";
import { storyOf } from "../trace/tell.ts";
import { type Command, EXIT_OK } from "./command.ts";
import { type FlagTable, parseFlags } from "./flags.ts";
import { helpText } from "./help.ts";
import { columns, note, print } from "./output.ts";
import { checkResultFiles, whereResultsAre } from "./result_file.ts";
import { paintDiagram as paint } from "./show/paint.ts";
import { readTrace, type Trace } from "./show/read_trace.ts";
import { writeReport } from "./show/write_report.ts";
import { printable } from "./text.ts";

const FLAGS = {
  html: {
    kind: "text",
    value: "FILE",
    about: "Write a page that draws it there instead: one file that needs nothing else",
  },
  from: { kind: "duration", value: "TIME", about: "Only what was later, from the beginning on" },
  to: { kind: "duration", value: "TIME", about: "Only what was earlier" },
  details: {
    kind: "boolean",
    about:
      "Draw changes of view, repairs and confirmations message by message, too, and every row " +
      "where the same goes on and on",
  },
} as const satisfies FlagTable;

/** The subcommand. */
export const show: Command = {
  name: "show",
  summary: "draw what a trace tells: messages, acknowledgements, views, stale reads",
  help: () =>
    helpText({
      usage: ["kvdist show TRACE… [FLAGS]"],
      about: [
        "Draws a trace, such as kvdist serve --trace FILE writes. Several files of one run, one of " +
        "each replica, are drawn as one.",
      ],
      flags: FLAGS,
      examples: [
        ["kvdist show run.jsonl", "the diagram, here"],
        ["kvdist show run.jsonl --html run.html", "a page, to look closer"],
        ["kvdist show run.jsonl --from 12s --to 13500ms", "one and a half seconds of it"],
      ],
    }),
  run,
};

function run(argv: readonly string[]): Promise<number> {
  const { flags, args } = parseFlags(FLAGS, argv);
  if (args.length === 0) {
    throw new UsageError("show needs a trace: kvdist show FILE, such as serve --trace FILE writes");
  }
  const { html, details, from: fromMs, to: toMs } = flags;
  if (fromMs !== undefined && toMs !== undefined && fromMs > toMs) {
    throw new UsageError("--from is later than --to");
  }
  checkResultFiles([html], args);
  const trace = readTrace(args, { fromMs, toMs, linesMax: SHOW_LINES_MAX });
  if (html !== undefined) {
    const shown = writeReport(html, trace, `kvdist: ${args.map(printable).join(", ")}`);
    for (const line of whereResultsAre({ html })) print(line);
    noteMissing(shown);
  } else {
    const story = storyOf(trace.lines, trace);
    for (const line of diagram(story, { width: columns(), paint, details, from: fromMs })) {
      print(line);
    }
    noteMissing(trace);
  }
  return Promise.resolve(EXIT_OK);
}

function noteMissing(trace: Trace): void {
  for (const words of missingWords(trace)) note(words);
}
