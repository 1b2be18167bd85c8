/**
 * Reads the replies that are to be explained, as `kvdist client --json` prints them.
 *
 * @module
 */

import { bytesOf } from "../../bytes.ts";
import { isErrorCode, reason, RequestError, StreamError, UsageError } from "../../errors.ts";
import { brief, parseArray } from "../../wire/json.ts";
import { decodeReply, OUTCOMES, type Reply } from "../../wire/message.ts";

const EXAMPLE = `'["STORED",[0,3,0]]'`;

/**
 * The reply in this text.
 *
 * @throws {UsageError} if it is none; `source` is where the text comes from
 */
export function readReply(text: string, source: string): Reply {
  try {
    checkWords(parseArray(text));
    return decodeReply(bytesOf(text));
  } catch (error) {
    if (error instanceof StreamError) {
      throw new UsageError(`${source} is not JSON; a reply is as ${EXAMPLE}`, { cause: error });
    }
    if (error instanceof RequestError) {
      throw new UsageError(`${source} is no reply: ${reason(error)}`, { cause: error });
    }
    throw error;
  }
}

/** Decoding takes words that it does not know for ones that it does: here they are mistakes. */
function checkWords([word, what]: readonly unknown[]): void {
  if (word === "ERROR" && typeof what === "string" && !isErrorCode(what)) {
    throw new UsageError(`no error is called ${brief(what)}`);
  }
  if (word === "OUTCOME" && !OUTCOMES.some((outcome) => outcome === what)) {
    throw new UsageError(`an outcome is ${OUTCOMES.join(", ")}, and not ${brief(what)}`);
  }
}
