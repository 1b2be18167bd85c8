/**
 * Histories as one tells them, a step on each line.
 *
 * @module
 */

import { isConsistency } from "../../lib/consistency.ts";
import type { HistoryLine, Invoke } from "../../lib/check/history.ts";
import { judge } from "../../lib/check/judge.ts";
import { historyOf } from "../../lib/check/reader.ts";
import type { History } from "../../lib/check/recorded.ts";
import type { Guarantee, Verdict } from "../../lib/check/verdict.ts";

/** What a word means that stands alone; other values are texts. */
const NULL = "null";

/**
 * The history that the text tells. A line is one of
 *
 * - `0 set x 1 sequential@2`: process 0 begins to set x to 1 at replica 2; also `get x`,
 *   `delete x`. Behind it may stand `session`, an id as `#a`, a connection as `client:7`. Without
 *   a level it is `sequential`, without a replica 0.
 * - `0 ok`, `0 ok 1`, `0 ok null`, `0 fail`, `0 info`: how that ended; or both in one line, as
 *   `0 get x → 1`, `0 set x 1 → ok`.
 * - `order set x 1 #a`, `order delete x`, `order fence #a`: the next place of the total order;
 *   `order … @7` at index 7.
 * - `final 0`, `final 0 x 1`, `final 0 x null`: what replica 0 holds at the end.
 */
export function told(text: string, replicas = 3): History {
  return historyOf(linesTold(text, replicas));
}

/** The lines of {@linkcode told}. */
export function linesTold(text: string, replicas = 3): HistoryLine[] {
  let at = 0;
  let index = 0;
  const lines = text.split("\n").map((line) => line.trim()).filter((line) => line !== "")
    .flatMap((line): HistoryLine[] => {
      const [what, answer] = line.split(/ *→ */);
      const words = what.split(/ +/);
      if (words[0] === "order") {
        const order = orderLine(words.slice(1), index + 1);
        index = "index" in order ? Number(order.index) : index;
        return [order];
      }
      if (words[0] === "final") return [finalLine(words.slice(1))];
      const begun = eventLine(words, at++);
      if (answer === undefined) return [begun];
      const isOutcome = ["ok", "fail", "info"].includes(answer);
      const ending = isOutcome ? [words[0], answer] : [words[0], "ok", answer];
      return [begun, eventLine(ending, at++)];
    });
  return [{ history: 1, replicas }, ...lines];
}

function eventLine([who, what, ...rest]: readonly string[], at: number): HistoryLine {
  const process = Number(who);
  switch (what) {
    case "ok":
      return { type: "ok", process, at, ...(rest.length === 0 ? {} : { value: value(rest[0]) }) };
    case "fail":
    case "info":
      return { type: what, process, at, code: "timeout" };
    default:
      return invoke(process, at, what, rest);
  }
}

function invoke(process: number, at: number, op: string, rest: readonly string[]): Invoke {
  const [key, ...more] = rest;
  const marks = op === "set" ? more.slice(1) : more;
  const [level = "sequential", replica = "0"] =
    marks.find((mark) => isConsistency(mark.split("@")[0]))?.split("@") ?? [];
  if (!isConsistency(level)) throw new Error(`${level} is no level`);
  const client = marks.find((mark) => mark.startsWith("client:"));
  const facts = {
    type: "invoke",
    process,
    at,
    key,
    level,
    replica: Number(replica),
    ...(marks.includes("session") ? { session: true } : {}),
    ...(client === undefined ? {} : { client: Number(client.slice("client:".length)) }),
  } as const;
  if (op === "set") return { ...facts, op, value: more[0], ...id(marks) };
  if (op === "delete") return { ...facts, op, ...id(marks) };
  if (op === "get") return { ...facts, op };
  throw new Error(`${op} is nothing that one can ask`);
}

function orderLine(words: readonly string[], next: number): HistoryLine {
  const at = words.find((word) => word.startsWith("@"));
  const index = at === undefined ? next : Number(at.slice(1));
  const [op, key, written] = words;
  const eventual = words.includes("eventual") ? { eventual: true } : {};
  if (op === "set") {
    return { type: "order", index, op, key, value: written, ...id(words), ...eventual };
  }
  if (op === "delete") return { type: "order", index, op, key, ...id(words), ...eventual };
  if (op === "fence") return { type: "order", index, op, id: "", ...id(words) };
  throw new Error(`${op} cannot be ordered`);
}

function finalLine([replica, key, held]: readonly string[]): HistoryLine {
  const whole = { type: "final", replica: Number(replica) } as const;
  return key === undefined ? whole : { ...whole, key, value: value(held) };
}

function id(words: readonly string[]): { id?: string } {
  const name = words.find((word) => word.startsWith("#"));
  return name === undefined ? {} : { id: name.slice(1) };
}

function value(word: string): string | null {
  return word === NULL ? null : word;
}

/** The verdict on one guarantee. */
export function verdictOn(history: History, guarantee: Guarantee): Verdict {
  const verdict = judge(history, { only: [guarantee] })[guarantee];
  if (verdict === undefined) throw new Error(`${guarantee} was not judged`);
  return verdict;
}
