/**
 * Asks what a line asks for, and prints the answers.
 *
 * @module
 */

import { type Client, FailoverClient } from "../../client/mod.ts";
import { named } from "../../client/asked.ts";
import { isTerminal, note, styled, write } from "../output.ts";
import { type Answer, answerOf, noAnswer } from "./answer.ts";
import type { Action } from "./line.ts";
import type { ReplicaConnection } from "./replica_connection.ts";
import { statusOfAll } from "./status_of_all.ts";

type Ask = Extract<Action, { type: "ask" }>;

/**
 * Sends all requests at once; resolves with what is to be printed.
 *
 * @throws {ConnectionError | TimeoutError} if there is no connection and none can be made
 */
export async function ask(connection: ReplicaConnection, action: Ask): Promise<Answer> {
  const isStatus = action.requests.every(({ type }) => type === "status");
  if (isStatus && connection.addresses.length > 1) {
    return await statusOfAll(connection.addresses, action);
  }
  return await askOf(await connection.open(), action);
}

/** Sends all requests at once on this connection. Never rejects. */
export async function askOf(client: Client, { requests, json }: Ask): Promise<Answer> {
  const form = { json, terminal: isTerminal("stdout") };
  // Named here, so that an answer that is no answer can say what to ask for.
  const sent = client instanceof FailoverClient ? requests.map(named) : requests;
  const answers = await Promise.all(sent.map(async (request) => {
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
