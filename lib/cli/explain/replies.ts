/**
 * What exactly a reply promises, by its form and the level at which it was asked.
 *
 * @module
 */

import type { Consistency } from "../../consistency.ts";
import { unreachable } from "../../invariant.ts";
import { count } from "../../show/quantity.ts";
import { cut } from "../../show/text.ts";
import type { Fsync } from "../../store/boot.ts";
import { isCount } from "../../wire/json.ts";
import type { Given, OutcomeDetails, Reply, Token } from "../../wire/message.ts";
import { printable, quoteField } from "../text.ts";
import { factsOf, failureOf, fateOf } from "./errors.ts";
import type { Explanation, Point } from "./explanation.ts";
import { type Kind, lossPoints, promisedPoints, PROMISES } from "./promises.ts";

/** How it was asked. */
export interface Asked {
  /** At which level. */
  readonly level: Consistency;
  /** What the replicas' `--fsync` says. */
  readonly fsync: Fsync;
}

/** What the reply promises to one who asked so. */
export function explainReply(reply: Reply, asked: Asked): Explanation {
  switch (reply.type) {
    case "stored":
      return explained("STORED", asked, [
        ["says", "The write is accepted for good. How far it has got by that, the level says."],
        ...promised("write", asked),
        ["token", oneWrite(reply.token)],
      ]);
    case "value":
      return read(`VALUE of ${shown(reply.key)}`, reply.token, asked, [
        `The key has the value ${shown(reply.value)} at the replica that answered.`,
        "of a dump it is one line",
      ]);
    case "end":
      return read("END", reply.token, asked, [
        "The key has no value at the replica that answered.",
        "behind keys or dump it says that these were all",
      ]);
    case "key":
      return explained(`KEY ${shown(reply.key)}`, asked, [
        ["says", "The key has a value at the replica that answered. Others may follow, until END."],
        ...promised("list", asked),
      ]);
    case "result":
      return explained(wordOf(reply.result), asked, [
        ["says", gave(reply.result)],
        ...changed(asked),
        ["token", oneWrite(reply.token)],
      ]);
    case "outcome":
      return explained(`OUTCOME ${reply.outcome}`, asked, outcomePoints(reply, asked));
    case "status":
      return { title: "STATUS", points: STATUS };
    case "error":
      return error(reply, asked);
    default:
      return unreachable(reply);
  }
}

function explained(form: string, { level, fsync }: Asked, points: readonly Point[]): Explanation {
  return { title: `${form}, asked at ${level} with --fsync ${fsync}`, points };
}

/** The answer of a get, or a part of that of a list. */
function read(
  form: string,
  token: Token,
  asked: Asked,
  [says, inList]: readonly [says: string, inList: string],
): Explanation {
  const further = `kvdist explain ${asked.level} dump`;
  return explained(form, asked, [
    ["says", `${says} What follows is for get; ${inList}: ${further}.`],
    ...promised("get", asked),
    ["token", allApplied(token)],
  ]);
}

function error(
  { code, text, details }: Extract<Reply, { type: "error" }>,
  { level }: Asked,
): Explanation {
  const { means, remedy } = failureOf(code, details);
  return {
    title: `ERROR ${code}, asked at ${level}`,
    points: [
      ["says", text],
      ["means", means],
      ...factsOf(details),
      ...fateOf(details, level),
      ["what to do", remedy],
    ],
  };
}

/** What the level promises of such an answer. */
function promised(kind: Kind, { level, fsync }: Asked): Point[] {
  return promisedPoints(PROMISES[level][kind], [fsync]);
}

/** What a write promises that changes a key by what is there: it is never asked at `eventual`. */
function changed({ level, fsync }: Asked): Point[] {
  if (level !== "eventual") return promised("change", { level, fsync });
  return [
    [
      "level",
      "Nobody gets this at eventual, but needs_order; unless the same --id was used before " +
      "at sequential or above. So it was asked there; what follows is what it promises there.",
    ],
    ...promised("change", { level: "sequential", fsync }),
  ];
}

function wordOf(result: Given): string {
  switch (result.type) {
    case "unchanged":
      return "UNCHANGED";
    case "number":
      return `NUMBER ${result.number}`;
    case "value":
      return "PREVIOUS";
    default:
      return unreachable(result);
  }
}

function gave(result: Given): string {
  switch (result.type) {
    case "unchanged":
      return "At its place in the order, what the write asks for did not hold (--if, or the expected " +
        "value): it changed nothing.";
    case "number":
      return `The write was carried out, and this is what it gave there: of incr the sum, ` +
        "of append the length in bytes.";
    case "value":
      return "The write was carried out, and this is what the key had before: " +
        `${result.value === null ? "nothing" : shown(result.value)}.`;
    default:
      return unreachable(result);
  }
}

function outcomePoints(
  { outcome, token, details }: Extract<Reply, { type: "outcome" }>,
  { level, fsync }: Asked,
): Point[] {
  const promised = PROMISES[level].outcome;
  const lasting = lossPoints(promised, [fsync]);
  switch (outcome) {
    case "applied":
      return [
        [
          "says",
          `The write with this id is in the one order of all writes${placeOf(details)}, ` +
          "once, and was carried out there. What it gave besides STORED is in the details.",
        ],
        [
          "means",
          "It is as if it had been answered at sequential, whatever was said of it before. " +
          "Asked again under the id, it gives the same and changes nothing.",
        ],
        ...lasting,
        ["token", oneWrite(token)],
      ];
    case "never":
      return [
        [
          "says",
          "The write with this id is not in the order, and from now on no sequential or " +
          "linearizable write with this id is carried out: under a new id it may be asked again.",
        ],
        ["not", neverNot(details)],
        ...lasting,
        ["token", allApplied(token)],
      ];
    case "unknown":
      return [
        ["says", "The write with this id may still be applied, or not."],
        ...reasonOf(details),
        ["what to do", promised.instead],
        ["token", allApplied(token)],
      ];
    default:
      return unreachable(outcome);
  }
}

/** Where in the order the write stands, and who was given it. */
function placeOf({ index, origin }: OutcomeDetails): string {
  const place = isCount(index) ? ` at place ${count(index)}` : "";
  return isCount(origin) ? `${place}, given to replica ${origin}` : place;
}

/** What `never` does not say. */
function neverNot({ forgotten }: OutcomeDetails): string {
  const eventual = "It holds back no eventual write with this id.";
  if (!isCount(forgotten) || forgotten === 0) return eventual;
  return `That it was not one of the first ${count(forgotten)} writes: their ids are forgotten. ` +
    eventual;
}

function reasonOf({ reason }: OutcomeDetails): Point[] {
  return typeof reason === "string" ? [["because", reason]] : [];
}

const STATUS: readonly Point[] = [
  ["says", "What one replica says of itself at that moment, and what it last heard of the others."],
  [
    "means",
    "It asks nobody: a view may be live for it that has lost its majority since. No level " +
    "changes it, and it bears no token.",
  ],
  [
    "counts",
    "counts: false means that its folder is new and not rebuilt: replace or wipe no other " +
    "replica's folder before it is true.",
  ],
];

/** What the token of a write's answer names. */
function oneWrite(token: Token): string {
  return `It names the write itself: ${named(token)}. Sent along with a request (kvdist client ` +
    "--session does so), it lets any replica wait until it has applied that.";
}

/** What the token of a read's answer names. */
function allApplied(token: Token): string {
  return `It names all that the replica had applied: up to ${
    named(token)
  }. Sent along with a request ` +
    "(kvdist client --session does so), it keeps any replica from showing less.";
}

/** The messages, by the numbers that each replica gives to what clients give to it. */
function named(token: Token): string {
  const parts = token.flatMap((n, origin) => n === 0 ? [] : [`message ${n} of replica ${origin}`]);
  return parts.length === 0 ? "nothing yet" : parts.join(", ");
}

/** No key or value is shown with more cells than this. */
const SHOWN_CELLS_MAX = 32;

function shown(text: string): string {
  return cut(printable(quoteField(text.slice(0, 2 * SHOWN_CELLS_MAX))), SHOWN_CELLS_MAX);
}
