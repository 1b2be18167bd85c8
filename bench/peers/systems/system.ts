/**
 * What is compared: each system in each form, and how it is started.
 *
 * @module
 */

import type { Protocol } from "../generator/main.ts";
import type { Fleet } from "../processes.ts";

/** Where the load goes. */
export interface Target {
  readonly protocol: Protocol;
  /** `host:port` of the one server that all clients talk to. */
  readonly address: string;
  /** Redis: that many replicas must have received a write before it counts as answered. */
  readonly wait?: number;
}

/** A system in one of its forms. */
export interface System {
  /** How `--only` names it. */
  readonly id: string;
  /** How tables name it. */
  readonly name: string;
  /** What an answered write has survived, and whom the clients talk to, in words. */
  readonly promise: string;
  /** The settings that it is started with, where they are not its defaults. */
  readonly settings: string;
  /** What is missing here and how to install it; null if nothing is. */
  missing(): Promise<string | null>;
  /** Its version, for the record. */
  version(): Promise<string>;
  /** Starts it; resolves when it takes writes. */
  start(fleet: Fleet): Promise<Target>;
}

/** What a program prints on stdout, or on stderr if nothing. */
export async function outputOf(command: string, ...args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await new Deno.Command(command, { args: [...args], stdin: "null" })
    .output();
  const decoder = new TextDecoder();
  return (decoder.decode(stdout) || decoder.decode(stderr)).trim();
}
