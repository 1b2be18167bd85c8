/**
 * What `kvdist explain` says without a reply: of all levels, of one, of a command at one, of a code.
 *
 * @module
 */

import { type Consistency, CONSISTENCY_LEVELS, isConsistency } from "../../consistency.ts";
import { ERROR_CODES, type ErrorCode, isErrorCode, UsageError } from "../../errors.ts";
import type { Fsync } from "../../store/boot.ts";
import { DEMOS } from "../demo/demos.ts";
import { didYouMean } from "../nearest.ts";
import { FAILURES } from "./errors.ts";
import type { Explanation, Point } from "./explanation.ts";
import {
  type Kind,
  KINDS,
  promisedPoints,
  PROMISES,
  type SceneName,
  SUMMARIES,
} from "./promises.ts";

/** The commands that levels tell apart, and those that are alike for them. */
export const COMMANDS: Readonly<Record<Kind, readonly string[]>> = {
  write: ["set", "delete", "reset"],
  change: ["set --if", "incr", "append", "cas", "rename"],
  get: ["get"],
  list: ["keys", "dump"],
  outcome: ["outcome"],
};

/**
 * What these words ask about: nothing more for all levels; a level, and a command; or a code.
 *
 * @throws {UsageError} if that is nothing that can be explained
 */
export function explainTopic(
  words: readonly string[],
  settings: readonly Fsync[],
): Explanation[] {
  const [topic, command, ...rest] = words;
  if (topic === undefined) return CONSISTENCY_LEVELS.map(summary);
  if (rest.length > 0) {
    throw new UsageError(`explain takes a level and a command, and got ${words.join(" ")}`);
  }
  if (isConsistency(topic)) {
    const kinds = command === undefined ? KINDS : [kindOf(command)];
    return kinds.map((kind) => promise(topic, kind, settings));
  }
  if (!isErrorCode(topic)) throw unknownTopic(topic);
  if (command !== undefined) throw new UsageError(`${topic} is an error: it takes no command`);
  return [code(topic)];
}

function summary(level: Consistency): Explanation {
  const { stored, read, not, example } = SUMMARIES[level];
  return {
    title: level,
    points: [["STORED", stored], ["a read", read], ["not", not], ["for example", example]],
  };
}

function promise(level: Consistency, kind: Kind, settings: readonly Fsync[]): Explanation {
  const promised = PROMISES[level][kind];
  return {
    title: `${COMMANDS[kind].join(", ")} at ${level}`,
    points: [
      ...promisedPoints(promised, settings),
      ...promised.scenes.map((scene): Point => ["see it", sceneText(scene)]),
    ],
  };
}

/** The command that shows it, and what it is called there. */
function sceneText([name, number]: SceneName): string {
  const scenes = DEMOS.find(({ demo }) => demo.name === name)?.demo.scenes;
  const title = scenes?.[number - 1]?.title;
  return `kvdist demo ${name} --scene ${number}${title === undefined ? "" : ` (${title})`}`;
}

/** Of other errors a write has not happened. */
const UNDECIDED: readonly ErrorCode[] = ["timeout", "no_quorum", "internal"];

function code(code: ErrorCode): Explanation {
  const { means, remedy } = FAILURES[code];
  return {
    title: `${code}: ${ERROR_CODES[code].replaceAll("`", "")}`,
    points: [
      ["means", means],
      [
        "the write",
        UNDECIDED.includes(code)
          ? "The reply says whether it may still happen (maybe): explain the reply itself, " +
            "as kvdist client --json prints it."
          : "It was certainly not carried out.",
      ],
      ["what to do", remedy],
    ],
  };
}

function kindOf(command: string): Kind {
  const kind = KINDS.find((kind) => COMMANDS[kind].includes(command));
  if (kind !== undefined) return kind;
  const known = KINDS.flatMap((kind) => COMMANDS[kind]);
  throw new UsageError(
    `levels say nothing of ${command}, but of ${known.join(", ")}${didYouMean(command, known)}`,
  );
}

function unknownTopic(topic: string): UsageError {
  if (KINDS.some((kind) => COMMANDS[kind].includes(topic))) {
    return new UsageError(`a command stands behind a level: explain sequential ${topic}`);
  }
  const known = [...CONSISTENCY_LEVELS, ...Object.keys(ERROR_CODES)];
  return new UsageError(
    `${topic} is no level, no error and no reply${didYouMean(topic, known)}`,
  );
}
