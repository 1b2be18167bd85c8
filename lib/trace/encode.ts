/**
 * Writes traces as text.
 *
 * @module
 */

import { HISTORY_VERSION } from "../check/history.ts";
import { TRACE_VERSION, type TraceHeader, type TraceLine } from "./line.ts";

/** What a header says besides its version. Other facts may stand beside them. */
export interface HeaderFacts extends Pick<TraceHeader, "replicas" | "began" | "clients"> {
  readonly [fact: string]: unknown;
}

/** The text of a header, which is a trace's first line. */
export function encodeTraceHeader(facts: HeaderFacts): string {
  return `${JSON.stringify({ history: HISTORY_VERSION, trace: TRACE_VERSION, ...facts })}\n`;
}

/**
 * The text of lines.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { encodeTraceLines } from "./encode.ts";
 *
 * const line = { type: "start", at: 1, replica: 0, time: 0, index: 0 } as const;
 * assertEquals(
 *   encodeTraceLines([line]),
 *   '{"type":"start","at":1,"replica":0,"time":0,"index":0}\n',
 * );
 * ```
 */
export function encodeTraceLines(lines: readonly TraceLine[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}
