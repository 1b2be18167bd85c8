/**
 * Faults asked for over HTTP, for teaching and testing: `POST` and `DELETE` of `/faults/REPLICA`.
 *
 * @module
 */

import {
  type Fault,
  FAULT_KINDS,
  type FaultInjector,
  type FaultKind,
  type FaultUnderWay,
} from "../fault.ts";
import { unreachable } from "../invariant.ts";
import {
  FAULT_CUT_MS_MAX,
  FAULT_DELAY_BY_MS_MAX,
  FAULT_DELAY_MS_MAX,
  FAULT_PAUSE_MS_MAX,
} from "../limits.ts";
import { HttpError } from "./failure.ts";
import { parametersOf, type Target } from "./target.ts";

/** The path of a replica's faults begins with it. */
export const FAULT_PATH = "/faults/";

/** Has them done, if that is allowed. */
export class FaultRequests {
  readonly #injector: FaultInjector | null;

  /** Null: it is not allowed. */
  constructor(injector: FaultInjector | null) {
    this.#injector = injector;
  }

  /** What is done to which replica now; null if nothing may be. */
  get underWay(): readonly FaultUnderWay[] | null {
    return this.#injector?.underWay ?? null;
  }

  /** Begins one. */
  async post({ path, query }: Target): Promise<Response> {
    const injector = this.#allowed();
    const replica = replicaOf(path, injector);
    await injector.begin(replica, readFault(query));
    return new Response(null, { status: 204 });
  }

  /** Ends the one that is under way there. */
  async delete({ path, query }: Target): Promise<Response> {
    const injector = this.#allowed();
    parametersOf(query, []);
    await injector.end(replicaOf(path, injector));
    return new Response(null, { status: 204 });
  }

  #allowed(): FaultInjector {
    if (this.#injector !== null) return this.#injector;
    const text = "faults are not allowed here: start the server with --allow-faults";
    throw new HttpError(403, "unauthorized", text);
  }
}

function replicaOf(path: string, { replicas }: FaultInjector): number {
  const name = path.slice(FAULT_PATH.length);
  const replica = replicas.find((id) => String(id) === name);
  if (replica !== undefined) return replica;
  const text = `there is no replica ${JSON.stringify(name.slice(0, 40))} in this process; ` +
    `there are: ${replicas.join(", ")}`;
  throw new HttpError(404, "bad_request", text);
}

/** What each kind needs besides, in milliseconds. */
const NEEDS: Readonly<Record<FaultKind, readonly string[]>> = {
  pause: ["ms"],
  cut: ["ms"],
  delay: ["ms", "by"],
  kill: [],
};

/**
 * The fault that a query asks for.
 *
 * @throws {HttpError} if it is none, or one beyond its bounds
 */
export function readFault(query: string): Fault {
  const parameters = parametersOf(query, ["fault", "ms", "by"]);
  const kind = FAULT_KINDS.find((kind) => kind === parameters.get("fault"));
  if (kind === undefined) throw badRequest(`fault must be one of ${FAULT_KINDS.join(", ")}`);
  for (const name of parameters.keys()) {
    if (name === "fault" || NEEDS[kind].includes(name)) continue;
    throw badRequest(`a ${kind} takes no ${name}`);
  }
  const within = (name: string, max: number): number => {
    const text = parameters.get(name) ?? "";
    const ms = /^\d{1,9}$/.test(text) ? Number(text) : 0;
    if (ms >= 1 && ms <= max) return ms;
    throw badRequest(`a ${kind} needs ${name}, in milliseconds, from 1 to ${max}`);
  };
  switch (kind) {
    case "pause":
      return { kind, ms: within("ms", FAULT_PAUSE_MS_MAX) };
    case "cut":
      return { kind, ms: within("ms", FAULT_CUT_MS_MAX) };
    case "delay": {
      const ms = within("ms", FAULT_DELAY_MS_MAX);
      return { kind, ms, byMs: within("by", FAULT_DELAY_BY_MS_MAX) };
    }
    case "kill":
      return { kind };
    default:
      return unreachable(kind);
  }
}

function badRequest(text: string): HttpError {
  return new HttpError(400, "bad_request", text);
}
