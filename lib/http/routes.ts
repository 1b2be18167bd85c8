/**
 * What there is at which path, and what can be done there.
 *
 * @module
 */

import { EXPOSITION_TYPE } from "./exposition.ts";
import { FAULT_PATH, type FaultRequests } from "./faults.ts";
import { KEY_PATH, type KeyValue } from "./key_value.ts";
import { metricsText } from "./metrics.ts";
import type { Monitor, Told } from "./monitor.ts";
import { readPage } from "./page.ts";
import { parametersOf, type Target } from "./target.ts";
import type { Watching } from "./watching.ts";

/** The media type of server-sent events. */
export const EVENTS_TYPE = "text/event-stream";

/** Answers a request, or throws what the answer is made of. */
export type Handler = (request: Request, target: Target) => Response | Promise<Response>;

/** A path, or all that begin so if it ends with a slash and is no slash alone. */
export interface Route {
  readonly path: string;
  /** By method. */
  readonly methods: ReadonlyMap<string, Handler>;
}

/** What the handlers ask. */
export interface Asked {
  readonly keyValue: KeyValue;
  readonly monitor: Monitor;
  readonly watching: Watching;
  readonly faults: FaultRequests;
}

/** All there is. */
export function routes({ keyValue, monitor, watching, faults }: Asked): readonly Route[] {
  return [
    ...readPage().map(([path, answer]) => route(path, readable(answer))),
    route("/healthz", readable(() => new Response("ok\n", text()))),
    route("/readyz", readable(async () => readiness(await monitor.ask()))),
    route("/status.json", readable(async () => statusOf(await monitor.ask(), faults))),
    route("/metrics", readable(async () => metrics(await monitor.ask()))),
    route("/events", { GET: withoutParameters(() => events(watching)) }),
    route(FAULT_PATH, {
      POST: (_, target) => faults.post(target),
      DELETE: (_, target) => faults.delete(target),
    }),
    route(KEY_PATH, {
      GET: (request, target) => keyValue.get(request, target),
      HEAD: (request, target) => keyValue.get(request, target),
      PUT: (request, target) => keyValue.put(request, target),
      DELETE: (request, target) => keyValue.delete(request, target),
    }),
  ];
}

/** The route of a path, if there is one. */
export function routeOf(all: readonly Route[], path: string): Route | undefined {
  return all.find((one) =>
    one.path === path ||
    (one.path.length > 1 && one.path.endsWith("/") && path.startsWith(one.path))
  );
}

function route(path: string, methods: Readonly<Record<string, Handler>>): Route {
  return { path, methods: new Map(Object.entries(methods)) };
}

/** What can be read, and nothing else; of `HEAD`, the server itself leaves the body out. */
function readable(answer: () => Response | Promise<Response>): Readonly<Record<string, Handler>> {
  const handler = withoutParameters(answer);
  return { GET: handler, HEAD: handler };
}

function withoutParameters(answer: () => Response | Promise<Response>): Handler {
  return (_, { query }) => {
    parametersOf(query, []);
    return answer();
  };
}

/** Whether writes can be ordered by every replica of this process, and if not, why. */
function readiness(told: readonly Told[]): Response {
  const reasons = told.flatMap((one) => {
    const why = one.up ? one.status.obstacle : `is down: ${one.reason}`;
    return why === null ? [] : [`replica ${one.id}: ${why}\n`];
  });
  if (reasons.length === 0) return new Response("ready\n", text());
  return new Response(reasons.join(""), { status: 503, ...text() });
}

function statusOf(replicas: readonly Told[], { underWay }: FaultRequests): Response {
  const time = new Date().toISOString();
  const body = `${JSON.stringify({ time, replicas, faults: underWay })}\n`;
  return new Response(body, { headers: { "content-type": "application/json" } });
}

function metrics(told: readonly Told[]): Response {
  return new Response(metricsText(told), { headers: { "content-type": EXPOSITION_TYPE } });
}

function events(watching: Watching): Response {
  return new Response(watching.open(), { headers: { "content-type": EVENTS_TYPE } });
}

function text(): { headers: Record<string, string> } {
  return { headers: { "content-type": "text/plain; charset=utf-8" } };
}
