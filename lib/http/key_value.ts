/**
 * Reads and writes of a key: `GET`, `PUT` and `DELETE` of `/kv/KEY`, with values as bodies.
 *
 * @module
 */

import { byteLength, bytesOf, textOf } from "../bytes.ts";
import { mergeTokens } from "../client/token.ts";
import {
  CONSISTENCY_LEVELS,
  isConsistency,
  type RequestOptions,
  type Token,
} from "../client/mod.ts";
import { readBody } from "./body.ts";
import { HttpError } from "./failure.ts";
import type { Replicas, Replied } from "./replicas.ts";
import { readTokenText, tokenText } from "./session_token.ts";
import { keyOf, parametersOf, type Target } from "./target.ts";

/** In and out: what answers have depended on. */
export const SESSION_HEADER = "kvdist-session";

/** In: a write's own name, so that asked again it counts once. */
export const REQUEST_ID_HEADER = "kvdist-request-id";

/** Out: the replica that has answered. */
export const REPLICA_HEADER = "kvdist-replica";

/** The path of a key begins with it. */
export const KEY_PATH = "/kv/";

/** What a request for a key says, besides its value. */
interface Asked {
  readonly key: string;
  readonly options: RequestOptions;
  readonly replica: number | undefined;
}

/** Reads and writes keys. */
export class KeyValue {
  readonly #replicas: Replicas;
  readonly #valueBytesMax: number;

  /** At these replicas, with values of so many bytes at most. */
  constructor(replicas: Replicas, valueBytesMax: number) {
    this.#replicas = replicas;
    this.#valueBytesMax = valueBytesMax;
  }

  /** The value, or 404. */
  async get(request: Request, target: Target): Promise<Response> {
    const { key, options, replica } = readAsked(request, target);
    const replied = await this.#replicas.ask({ type: "get", key, options }, replica);
    const headers = headersOf(replied, options);
    const { reply } = replied;
    if (reply.type !== "value") throw new HttpError(404, "no_key", "there is no such key", headers);
    headers["content-type"] = "application/octet-stream";
    return new Response(new Uint8Array(bytesOf(reply.value)), { headers });
  }

  /** Sets it to the body. */
  async put(request: Request, target: Target): Promise<Response> {
    const asked = readAsked(request, target);
    const value = textOf(await readBody(request, { bytes: this.#valueBytesMax }));
    const operation = { type: "set", key: asked.key, value, bytes: byteLength(value) } as const;
    return await this.#write(operation, asked);
  }

  /** Deletes it, whether it is there or not. */
  async delete(request: Request, target: Target): Promise<Response> {
    const asked = readAsked(request, target);
    return await this.#write({ type: "delete", key: asked.key }, asked);
  }

  async #write(
    operation: { type: "set"; key: string; value: string; bytes: number } | {
      type: "delete";
      key: string;
    },
    { options, replica }: Asked,
  ): Promise<Response> {
    const replied = await this.#replicas.ask({ type: "write", operation, options }, replica);
    return new Response(null, { status: 204, headers: headersOf(replied, options) });
  }
}

function readAsked({ headers }: Request, { path, query }: Target): Asked {
  const parameters = parametersOf(query, ["consistency", "replica"]);
  const consistency = parameters.get("consistency");
  if (consistency !== undefined && !isConsistency(consistency)) {
    throw badRequest(`consistency must be one of ${CONSISTENCY_LEVELS.join(", ")}`);
  }
  const replica = parameters.get("replica");
  if (replica !== undefined && !/^\d{1,4}$/.test(replica)) {
    throw badRequest("replica must be the id of a replica");
  }
  const session = headers.get(SESSION_HEADER);
  const id = headers.get(REQUEST_ID_HEADER);
  if (id !== null && !/^[\x20-\x7e]+$/.test(id)) {
    throw badRequest(`${REQUEST_ID_HEADER} must be of printable ASCII characters`);
  }
  return {
    key: keyOf(path.slice(KEY_PATH.length)),
    options: {
      ...(consistency !== undefined && { consistency }),
      ...(session !== null && { token: readTokenText(session) }),
      ...(id !== null && { id }),
    },
    replica: replica === undefined ? undefined : Number(replica),
  };
}

/** What the client sends along next time: whatever it has depended on so far. */
function headersOf({ reply, replica }: Replied, { token: before = [] }: RequestOptions) {
  const token: Token = "token" in reply ? mergeTokens(before, reply.token) : before;
  const headers: Record<string, string> = {
    [SESSION_HEADER]: tokenText(token),
    [REPLICA_HEADER]: String(replica),
  };
  return headers;
}

function badRequest(text: string): HttpError {
  return new HttpError(400, "bad_request", text);
}
