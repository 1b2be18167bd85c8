/**
 * Asks several replicas what they say of themselves, each on a connection of its own.
 *
 * @module
 */

import type { Address } from "../../client/mod.ts";
import { reach } from "../../client/reach.ts";
import { reason } from "../../errors.ts";
import { CONNECT_TIMEOUT_OF_SEVERAL_MS } from "../../limits.ts";
import { encodeReply, type Status } from "../../wire/message.ts";
import { columns, isTerminal } from "../output.ts";
import { printable } from "../text.ts";
import type { Answer } from "./answer.ts";
import { statusTable } from "./status.ts";

/** A table that no terminal has to hold is as wide as it is: a row is a line. */
const WIDTH_OF_PIPE = Infinity;

/**
 * A row for each replica that answers, with `json` a line; for the others a line on stderr. It is a
 * failure only if none answers.
 */
export async function statusOfAll(
  addresses: readonly Address[],
  { json }: { readonly json: boolean },
): Promise<Answer> {
  const asked = await Promise.all(addresses.map(statusOf));
  const told = asked.flatMap((answer) => "status" in answer ? [answer] : []);
  const err = asked.flatMap((answer) => "status" in answer ? [] : [printable(answer.failure)]);
  const width = isTerminal("stdout") ? columns() : WIDTH_OF_PIPE;
  const out = json
    ? told.map(({ status }) => encodeReply({ type: "status", status }))
    : statusTable(told.map(({ address, status }) => [address, status]), width);
  return {
    out: told.length === 0 ? [] : out.map(printable),
    err,
    failed: told.length === 0,
  };
}

type Told = { readonly address: string; readonly status: Status } | { readonly failure: string };

async function statusOf(target: Address): Promise<Told> {
  try {
    const { connection, status } = await reach(target, {
      timeoutMs: CONNECT_TIMEOUT_OF_SEVERAL_MS,
    });
    connection.close();
    const { address } = connection;
    if (status === null) return { failure: `${address} answers, but tells no status` };
    return { address, status };
  } catch (error) {
    return { failure: reason(error) };
  }
}
