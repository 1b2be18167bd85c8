/**
 * What a failed request means, in words: who is missing since when, and whether a write may still
 * happen.
 *
 * @module
 */

import type { ErrorDetails } from "../../errors.ts";
import type { Missing, Request } from "../../wire/message.ts";
import { printable } from "../text.ts";
import { missingText } from "./status.ts";

/** The replicas that an error says are missing, and since when; nothing if it names none. */
export function missingIn({ missing }: ErrorDetails): string {
  const known = Array.isArray(missing) ? missing.filter(isMissing) : [];
  if (known.length === 0) return "";
  return `; missing: replica ${known.map(missingText).join(", replica ")}`;
}

function isMissing(value: unknown): value is Missing {
  return typeof value === "object" && value !== null && "id" in value && "since" in value &&
    typeof value.id === "number" && typeof value.since === "string";
}

/** For a write that failed: whether it may still happen, and how to find out. */
export function fateOf(request: Request, maybe: boolean): string {
  if (request.type !== "write") return "";
  if (!maybe) return " (the write did not happen)";
  const { id, consistency } = request.options;
  if (id === undefined) return " (the write may have happened, or still may)";
  const level = consistency === undefined ? "" : ` --consistency ${consistency}`;
  return ` (the write may have happened, or still may; ask with: outcome ${word(id)}${level})`;
}

/** The text as one word of a command line. */
function word(text: string): string {
  if (/^[\w.:-]+$/.test(text)) return text;
  return `"${printable(text.replaceAll(/["\\]/g, "\\$&"))}"`;
}
