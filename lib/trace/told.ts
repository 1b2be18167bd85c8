/**
 * Values as a trace tells them: short ones as they are, of long ones what tells them apart.
 *
 * @module
 */

import { byteLength } from "../bytes.ts";
import { TRACE_VALUE_CHARACTERS_MAX } from "../limits.ts";

/** Of a long text so much is told. */
const BEGINNING_CHARACTERS = 32;

/**
 * A text, or a form with texts in it, as a trace tells it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { told } from "./told.ts";
 *
 * assertEquals(told("short"), "short");
 * assertEquals(told(["add", "1"]), ["add", "1"]);
 * assertEquals(told("x".repeat(1000)), `${"x".repeat(32)}… (1000 bytes, 0fc7e78d)`);
 * ```
 */
export function told(value: unknown): unknown {
  if (typeof value === "string") return toldText(value);
  return Array.isArray(value) ? value.map((part) => told(part)) : value;
}

/** A text as a trace tells it. */
export function toldText(text: string, charactersMax = TRACE_VALUE_CHARACTERS_MAX): string {
  if (text.length <= charactersMax) return text;
  const beginning = text.slice(0, BEGINNING_CHARACTERS);
  return `${beginning}… (${byteLength(text)} bytes, ${checksum(text)})`;
}

/** What stands in place of the rest of a long text. */
const REST = /… \(\d+ bytes, [0-9a-f]{8}\)/;
const ABRIDGED = new RegExp(`^.{${BEGINNING_CHARACTERS}}${REST.source}$`, "s");

/** Whether a long text, of which a trace tells only the beginning, is a part of this one. */
export function hidesPart(text: string): boolean {
  return REST.test(text) && !ABRIDGED.test(text);
}

/** FNV-1a of the UTF-16 units, in hexadecimal. */
function checksum(text: string): string {
  let sum = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    sum = Math.imul(sum ^ text.charCodeAt(i), 0x01000193) >>> 0;
  }
  return sum.toString(16).padStart(8, "0");
}
