/**
 * What each error means, and what to do: in one table by code, and by what else the answer says.
 *
 * @module
 */

import type { Consistency } from "../../consistency.ts";
import type { ErrorCode, ErrorDetails } from "../../errors.ts";
import { isCount, isObject } from "../../wire/json.ts";
import { missingIn } from "../client/failure.ts";
import type { Point } from "./explanation.ts";

/** What an error means, and what to do. */
export interface Failure {
  /** What it means. */
  readonly means: string;
  /** What to do. */
  readonly remedy: string;
}

const SHORTER = "Give less, or start all replicas with a higher limit: --max-key, --max-value, " +
  "--max-frame.";

/** By code. */
export const FAILURES: Readonly<Record<ErrorCode, Failure>> = {
  bad_request: {
    means: "The request is wrong in itself, or an outcome has ruled its id out before.",
    remedy: "Asked again as it is, it fails again: correct it, as its text says.",
  },
  too_large: {
    means: "A key, a value, or what append would make of a value, is over its limit.",
    remedy: SHORTER,
  },
  unknown_command: {
    means: "The replica knows no such command: a slip, or a newer client than the replica. Over " +
      "HTTP: there is no such path, or it cannot be asked so.",
    remedy: "Its text says what is possible.",
  },
  timeout: {
    means: "The time limit passed before the replica could answer as the level says.",
    remedy: "Ask again, with more time (--timeout) if it happens often; status tells how far the " +
      "replica is behind, and how many writes wait.",
  },
  no_quorum: {
    means:
      "The replica was in no working view with a majority at the time limit, or its folder is " +
      "new and not rebuilt yet.",
    remedy:
      "Ask another replica: another side of a cut may have the majority. Or wait: nothing has " +
      "to be done once a majority is back. Until then eventual reads go on; sequential reads, unless " +
      "the folder is new or its machine lost power; eventual writes, unless the folder is new.",
  },
  needs_order: {
    means: "What the request gives depends on its place in the order, and an eventual write is " +
      "answered before it has one.",
    remedy: "Ask at --consistency sequential.",
  },
  not_a_number: {
    means:
      "At its place in the order, the value that was to be added to was no decimal number of " +
      "64 bits.",
    remedy: "Set the key to a number first.",
  },
  out_of_range: {
    means: "At its place in the order, the sum would have had more than 64 bits.",
    remedy: "Add less, or set the key anew.",
  },
  no_key: {
    means: "At its place in the order, the key that was to be renamed had no value. Over HTTP a " +
      "read is answered so, too, where the key has none: that promises what END does.",
    remedy: "Look whether another client has renamed or deleted it.",
  },
  unauthorized: {
    means:
      "It is not allowed. Over HTTP: to a page of another site, under a name that is not the " +
      "server's, or because faults want --allow-faults. A replica says it to a peer that is of " +
      "another cluster, or configured in another way.",
    remedy: "See what the text says, and the replica's log.",
  },
  internal: {
    means: "The server failed, in a way that is a mistake of kvdist.",
    remedy: "See the replica's log, and report it.",
  },
};

/** What the words and facts of an answer tell more exactly than its code. */
export function failureOf(code: ErrorCode, details: ErrorDetails): Failure {
  const failure = FAILURES[code];
  if (code !== "timeout") return failure;
  if (lackingOf(details).length > 0) {
    return {
      means:
        "The session token names writes that this replica had not applied at the time limit: " +
        "an answer would have gone back behind what the client has seen.",
      remedy:
        "Ask again with more time, or at the replica that gave the token. The session goes on.",
    };
  }
  if (details.maybe === true) {
    return {
      ...failure,
      means:
        "The write was taken, and was not applied at the time limit: it waits for a member that " +
        "is slow or gone, or what it gave is not known any more.",
    };
  }
  return {
    ...failure,
    means:
      `${failure.means} The text says why: too many writes wait, a listing is being prepared, ` +
      "or no majority has confirmed a linearizable read. Nothing was taken.",
  };
}

/** Who is missing, and what a token names in vain, each as a point. */
export function factsOf(details: ErrorDetails): Point[] {
  const missing = missingIn(details).replace(/^; missing: /, "");
  const lacking = lackingOf(details);
  return [
    ...(missing === "" ? [] : [["missing", missing] as const]),
    ...(lacking.length === 0 ? [] : [["lacking", lacking.join("; ")] as const]),
  ];
}

function lackingOf({ lacking }: ErrorDetails): string[] {
  if (!Array.isArray(lacking)) return [];
  return lacking.filter(isObject).flatMap(({ origin, n, applied }) => {
    if (!isCount(origin) || !isCount(n)) return [];
    const here = isCount(applied) ? applied : "none";
    return [`of replica ${origin}: message ${n} is named, ${here} is applied`];
  });
}

const AGAIN = "asked again under the same --id it is applied once";

/** Whether the write may still happen, and how to find out. */
export function fateOf({ maybe }: ErrorDetails, level: Consistency): Point[] {
  if (maybe === false) {
    return [[
      "the write",
      "By this answer it certainly did not happen, and never will unless it is asked again. An " +
      "earlier try under the same id, at another replica, is another matter.",
    ]];
  }
  const fate = maybe === true
    ? "It may have happened, or may still happen: it is unknown, not failed."
    : "The answer does not say whether it happened: take it as unknown.";
  return [["the write", fate], ["find out", howToFindOut(level)]];
}

function howToFindOut(level: Consistency): string {
  const read = "A write without an id can only be looked for by reading.";
  if (level === "eventual") {
    return "kvdist client ADDRESS outcome ID --consistency eventual says applied once it is applied " +
      `there, and unknown before; ${AGAIN}. ${read}`;
  }
  return `kvdist client ADDRESS outcome ID --consistency ${level} settles it: applied, or never. To ` +
    `have it done, rather retry: ${AGAIN}. ${read}`;
}
