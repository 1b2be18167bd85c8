/**
 * The words behind `kvdist bench`.
 *
 * @module
 */

import { UsageError } from "../../errors.ts";

/** @throws {UsageError} if there are any: this benchmark takes flags only. */
export function noArguments(command: string, args: readonly string[]): void {
  if (args.length === 0) return;
  const kind = ["load", "sweep"].find((kind) => args.includes(kind));
  const hint = kind === undefined ? "" : `; ${kind} stands right behind bench`;
  throw new UsageError(`${command} takes no ${args[0]}${hint}`);
}
