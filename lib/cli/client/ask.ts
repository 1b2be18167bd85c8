/**
 * Asks what a line asks for, and prints the answers.
 *
 * @module
 */

import type { Client } from "../../client/mod.ts";
import { isTerminal, note, styled, write } from "../output.ts";
import { type Answer, answerOf, noAnswer } from "./answer.ts";
import type { Action } from "./line.ts";

type Ask = Extract<Action, { type: "ask" }>;

/** Sends all requests at once; resolves with what is to be printed. Never rejects. */
export async function ask(client: Client, { requests, json }: Ask): Promise<Answer> {
  const form = { json, terminal: isTerminal("stdout") };
  const answers = await Promise.all(requests.map(async (request) => {
    try {
      return answerOf(request, await client.request(request), form);
    } catch (error) {
      return noAnswer(request, error);
    }
  }));
  return {
    out: answers.flatMap(({ out }) => out),
    err: answers.flatMap(({ err }) => err),
    failed: answers.some(({ failed }) => failed),
  };
}

/** Prints the answer, each line for stderr with the prefix; returns whether it was no failure. */
export function show({ out, err, failed }: Answer, prefix = ""): boolean {
  if (out.length > 0) write("stdout", out.map((line) => `${line}\n`).join(""));
  for (const line of err) note(styled("red", prefix + line, "stderr"));
  return !failed;
}
