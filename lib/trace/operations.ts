/**
 * What clients asked and were told, and whether what they read was old.
 *
 * @module
 */

import type { AnswerLine, InvokeLine } from "./line.ts";
import type { MessageStory, OperationStory } from "./story.ts";
import { toldText } from "./told.ts";
import { operationWords, shown, valueWords } from "./words.ts";

/** What is answered with that it is stored, and nothing else. */
const STORED: readonly string[] = ["set", "delete", "clear", "fence"];

/** Takes what lines tell of clients. */
export class Operations {
  /** All, in the order in which they began. */
  readonly all: OperationStory[] = [];
  /** By client: the replica that it asked first. */
  readonly clients: number[] = [];
  readonly #places = new Map<number, number>();
  /** By process: what it has under way. */
  readonly #open = new Map<number, { readonly operation: OperationStory; readonly op: string }>();
  readonly #ids = new Map<OperationStory, string>();
  readonly #messages = new Map<OperationStory, readonly [origin: number, n: number]>();

  /** A client asks. */
  invoked(line: InvokeLine, at: number): void {
    const { process, replica, level, key, op, id } = line;
    const operation: OperationStory = {
      client: this.#clientOf(line),
      ...{ replica, level, key: toldText(key) },
      words: operationWords(line),
      isRead: op === "get",
      began: at,
      ended: null,
      outcome: "open",
      answer: "",
      value: null,
      message: null,
      staleBy: null,
    };
    this.all.push(operation);
    this.#open.set(process, { operation, op });
    if (id !== undefined) this.#ids.set(operation, id);
  }

  /** It is answered. */
  answered({ process, type, value, code, origin, n }: AnswerLine, at: number): void {
    const open = this.#open.get(process);
    if (open === undefined) return;
    this.#open.delete(process);
    const { operation, op } = open;
    operation.ended = at;
    operation.outcome = type;
    operation.value = value ?? null;
    operation.answer = type === "ok" && code === undefined
      ? answerWords(op, value)
      : shown(code ?? type);
    if (origin !== undefined && n !== undefined) this.#messages.set(operation, [origin, n]);
  }

  /** Finds the message of each write so far, and which reads were old. */
  finish(messages: readonly MessageStory[], place: (origin: number, n: number) => number): void {
    const byId = new Map<string, number>();
    messages.forEach(({ id }, at) => id !== null && !byId.has(id) && byId.set(id, at));
    for (const operation of this.all) {
      const id = this.#ids.get(operation);
      const named = this.#messages.get(operation);
      if (named !== undefined) operation.message = place(...named);
      else if (id !== undefined) operation.message = byId.get(id) ?? null;
    }
    this.#findStale(messages);
  }

  #findStale(messages: readonly MessageStory[]): void {
    const knownFrom = knownFromOf(messages);
    const keys = new Map<string, KeyStory>();
    const storyOf = (key: string): KeyStory => {
      const story = keys.get(key) ?? new KeyStory(knownFrom);
      keys.set(key, story);
      return story;
    };
    for (const message of messages) {
      for (const [key, value] of message.changes) storyOf(key).changed(message, value);
    }
    this.all.forEach((operation, at) => {
      const message = operation.message === null ? null : messages[operation.message];
      if (operation.outcome !== "ok" || operation.isRead || message === null) return;
      const written = message.index === null
        ? [operation.key]
        : message.changes.map(([key]) => key);
      for (const key of written) storyOf(key).answered(at, operation, message);
    });
    for (const operation of this.all) {
      if (!operation.isRead || operation.outcome !== "ok") continue;
      operation.staleBy = storyOf(operation.key).missedBy(operation);
    }
  }

  #clientOf({ client, process, replica }: InvokeLine): number {
    // Processes and connections are numbered apart.
    const number = client === undefined ? process : -1 - client;
    const place = this.#places.get(number);
    if (place !== undefined) return place;
    this.#places.set(number, this.clients.length);
    return this.clients.push(replica) - 1;
  }
}

/** What a client was told where nothing failed. */
function answerWords(op: string, value: AnswerLine["value"]): string {
  if (op === "get" || value !== undefined) return valueWords(value);
  return STORED.includes(op) ? "STORED" : "done";
}

/** The index from which on every message is told: 1 if that is so since the beginning. */
function knownFromOf(messages: readonly MessageStory[]): number {
  const told = messages.flatMap(({ index, words }) => index === null ? [] : [{ index, words }])
    .sort((a, b) => b.index - a.index);
  let from = (told.at(0)?.index ?? 0) + 1;
  for (const { index, words } of told) {
    if (index !== from - 1 || words === null) break;
    from = index;
  }
  return from;
}

/** The values that one key has had, and who was told so. */
class KeyStory {
  readonly #versions: { readonly message: MessageStory; readonly value: string | null }[] = [];
  readonly #answered: { readonly at: number; readonly ended: number; readonly index: number }[] =
    [];
  readonly #knownFrom: number;
  #isSorted = true;

  /** From that index on every message is known: what was read before may be of any other. */
  constructor(knownFrom: number) {
    this.#knownFrom = knownFrom;
  }

  /** A message has left this value behind. */
  changed(message: MessageStory, value: string | null): void {
    this.#versions.push({ message, value });
    this.#isSorted = false;
  }

  /** The operation at this place, a write of the key, was answered. */
  answered(at: number, { ended }: OperationStory, { index }: MessageStory): void {
    // What has no place yet will come after all that has, if its place is not only untold.
    if (index === null && this.#knownFrom > 1) return;
    this.#answered.push({ at, ended: ended ?? Infinity, index: index ?? Infinity });
    this.#isSorted = false;
  }

  /** The place of the newest write that was answered before the read began, and that it missed. */
  missedBy({ replica, began, ended, value }: OperationStory): number | null {
    this.#sort();
    const seen = this.#versions.findLast(({ message, value: left }) => {
      const applied = message.applied[replica];
      return left === value && applied !== null && applied <= (ended ?? Infinity);
    });
    const index = seen?.message.index ?? this.#indexBefore(value);
    if (index === null || (index > 0 && index < this.#knownFrom)) return null;
    let newest: number | null = null;
    let highest = index;
    for (const answer of this.#answered) {
      if (answer.ended >= began) break;
      if (answer.index <= highest) continue;
      highest = answer.index;
      newest = answer.at;
    }
    return newest;
  }

  /** The index of a value that no known message left behind; null if it may be any. */
  #indexBefore(value: string | null): number | null {
    return value === null && this.#knownFrom <= 1 ? 0 : null;
  }

  #sort(): void {
    if (this.#isSorted) return;
    this.#versions.sort((a, b) => (a.message.index ?? 0) - (b.message.index ?? 0));
    this.#answered.sort((a, b) => a.ended - b.ended);
    this.#isSorted = true;
  }
}
