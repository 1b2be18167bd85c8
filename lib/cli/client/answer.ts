/**
 * What the client prints of the replies.
 *
 * @module
 */

import { ConnectionError, reason, TimeoutError } from "../../errors.ts";
import { count } from "../../show/quantity.ts";
import { displayWidth, pad } from "../../show/text.ts";
import { encodeReply, type Given, type Reply, type Request } from "../../wire/message.ts";
import { columns } from "../output.ts";
import { printable, printableLines, quoteField } from "../text.ts";
import { fateOf, missingIn } from "./failure.ts";
import { statusLines } from "./status.ts";

/** The lines for stdout and stderr, and whether it was a failure. */
export interface Answer {
  readonly out: readonly string[];
  readonly err: readonly string[];
  readonly failed: boolean;
}

/** How replies are printed. */
export interface Form {
  /** As they came, each a line of JSON. */
  readonly json: boolean;
  /** For people: aligned, and nothing in them may drive the terminal. */
  readonly terminal: boolean;
}

/** What is printed of the replies to a request. */
export function answerOf(request: Request, replies: readonly Reply[], form: Form): Answer {
  const failure = failureOf(request, replies);
  const remark = failure ?? remarkOn(replies.at(-1));
  return {
    out: form.json ? replies.map((reply) => jsonLine(reply, form)) : words(request, replies, form),
    err: remark === null ? [] : [remark],
    failed: failure !== null,
  };
}

/** What is printed when no reply came. */
export function noAnswer(request: Request, error: unknown): Answer {
  const maybe = (error instanceof ConnectionError || error instanceof TimeoutError) && error.maybe;
  return {
    out: [],
    err: [`${printable(reason(error))}${fateOf(request, maybe)}`],
    failed: true,
  };
}

function failureOf(request: Request, replies: readonly Reply[]): string | null {
  const last = replies.at(-1);
  if (last?.type === "error") {
    const { code, text, details } = last;
    return printable(`${code}: ${text}${missingIn(details)}`) +
      fateOf(request, details.maybe === true);
  }
  if (last?.type === "outcome" && last.outcome === "unknown") {
    const { reason } = last.details;
    const why = typeof reason === "string" ? `: ${printable(reason)}` : "";
    return `(it may still be applied, or not${why}; ask again later)`;
  }
  if (last?.type === "result" && last.result.type === "unchanged") {
    return "(what it asks for does not hold: nothing was changed)";
  }
  return request.type === "get" && last?.type === "end" ? "(not found)" : null;
}

/** What has to be said of a reply that is no failure. */
function remarkOn(reply: Reply | undefined): string | null {
  if (reply?.type !== "outcome" || reply.outcome !== "never") return null;
  const { forgotten } = reply.details;
  if (typeof forgotten !== "number" || forgotten === 0) return null;
  return `(unless it was one of the first ${count(forgotten)} writes, whose ids are forgotten)`;
}

/** JSON leaves DEL and C1 controls as they are; their escapes mean the same. */
function jsonLine(reply: Reply, { terminal }: Form): string {
  const line = encodeReply(reply);
  return terminal ? printable(line) : line;
}

function words(request: Request, replies: readonly Reply[], form: Form): string[] {
  if (request.type === "dump") return dumpLines(replies, form);
  return replies.flatMap((reply) => {
    switch (reply.type) {
      case "stored":
        return ["STORED"];
      case "value":
        return [form.terminal ? printableLines(reply.value) : reply.value];
      case "outcome":
        return [reply.outcome];
      case "result":
        return resultWords(reply.result);
      case "status":
        return statusLines(reply.status, form.terminal ? columns() : undefined).map(printable);
      case "key":
        return [quoteField(reply.key)];
      case "end":
      case "error":
        return [];
    }
  });
}

function resultWords(result: Given): string[] {
  switch (result.type) {
    case "unchanged":
      return ["UNCHANGED"];
    case "number":
      return [result.number];
    case "value":
      return result.value === null ? [] : [result.value];
  }
}

/** No key is given more room than this before its value. */
const KEY_CELLS_MAX = 32;

function dumpLines(replies: readonly Reply[], { terminal }: Form): string[] {
  const held = replies.filter((reply) => reply.type === "value")
    .map(({ key, value }) => [quoteField(key), quoteField(value)]);
  if (!terminal) return held.map((fields) => fields.join("\t"));
  if (held.length === 0) return ["(no keys)"];
  const cells = held.reduce((most, [key]) => Math.max(most, displayWidth(key)), 0);
  return held.map(([key, value]) => `${pad(key, Math.min(cells, KEY_CELLS_MAX))}  ${value}`);
}
