/**
 * The histories of other projects whose verdicts are known, as operations of registers.
 *
 * @module
 */

import type { RegisterAction, RegisterOperation } from "../../lib/check/register.ts";

/** What is under way, or over. */
interface Event {
  readonly process: string;
  readonly type: "invoke" | "ok" | "fail" | "info";
  readonly key: string;
  /** What is asked, or what was answered. */
  readonly action: RegisterAction;
}

/**
 * Jepsen's log of etcd: one register. What timed out may have happened, or may still; a failed
 * compare-and-swap has found another value.
 */
export function readEtcd(text: string): Map<string, RegisterOperation[]> {
  return operationsOf(
    text.trim().split("\n").map((line): Event => {
      const [, process, type, name, rest] =
        /- (\d+)\s+:(invoke|ok|fail|info)\s+:(read|write|cas)\s+(.*)$/.exec(line) ?? fail(line);
      const [from, to] = rest.match(/nil|\d+/g)?.map(numeral) ?? [];
      const fact = { process, key: "", type: type as Event["type"] };
      if (rest === ":timed-out") {
        return { ...fact, type: "info", action: { type: "read", value: null } };
      }
      if (name === "read") {
        return { ...fact, action: { type: "read", value: from } };
      }
      if (name === "write") return { ...fact, action: { type: "write", value: from } };
      const swapped = type === "ok" ? true : type === "fail" ? false : null;
      return {
        ...fact,
        type: type === "fail" ? "ok" : fact.type,
        action: { type: "cas", from, to, swapped },
      };
    }),
  );
}

/** Puts, gets and appends of several keys, which begin as empty texts. */
export function readKv(text: string): Map<string, RegisterOperation[]> {
  return operationsOf(
    text.trim().split("\n").map((line): Event => {
      const [, process, type, name, key, value] =
        /^\{:process (\d+), :type :(\w+), :f :(\w+), :key "(.*?)", :value (.*)\}$/.exec(line) ??
          fail(line);
      const content = value === "nil" ? null : value.slice(1, -1) || null;
      const fact = { process, key, type: type as Event["type"] };
      if (name === "get") return { ...fact, action: { type: "read", value: content } };
      if (name === "put") return { ...fact, action: { type: "write", value: content } };
      return { ...fact, action: { type: "append", text: content ?? "" } };
    }),
  );
}

function numeral(text: string): string | null {
  return text === "nil" ? null : text;
}

function fail(line: string): never {
  throw new Error(`Cannot read line: ${line}`);
}

/** Puts beginnings and ends together, by key. */
function operationsOf(events: readonly Event[]): Map<string, RegisterOperation[]> {
  const open = new Map<string, { begin: number; event: Event }>();
  const byKey = new Map<string, RegisterOperation[]>();
  const add = (key: string, operation: RegisterOperation) => {
    byKey.set(key, [...byKey.get(key) ?? [], operation]);
  };
  for (const [time, event] of events.entries()) {
    const { process, type, action } = event;
    if (type === "invoke") {
      open.set(process, { begin: time, event });
      continue;
    }
    const begun = open.get(process);
    if (begun === undefined) throw new Error(`Event ${time} ends what has not begun`);
    // What is unknown stays open, for ever: the process goes on under another name.
    if (type === "info") continue;
    open.delete(process);
    add(begun.event.key, { action, begin: begun.begin, end: time });
  }
  for (const { begin, event } of open.values()) {
    const { key, action } = event;
    add(key, { action, begin, end: Infinity });
  }
  return byKey;
}
