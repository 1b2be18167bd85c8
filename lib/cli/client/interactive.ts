/**
 * The client on a terminal: a prompt, line editing, history, completion; it connects again by
 * itself when a lost replica is back.
 *
 * @module
 */

import { clearLine, createInterface, cursorTo, type Interface } from "node:readline";
import process from "node:process";
import type { Address, Move } from "../../client/mod.ts";
import { reason } from "../../errors.ts";
import { HISTORY_LINES_MAX, RECONNECT_MS } from "../../limits.ts";
import { note, print, styled } from "../output.ts";
import { printable, splitWords } from "../text.ts";
import { ask, show } from "./ask.ts";
import type { History } from "./history.ts";
import { type ClientFlags, COMMAND_NAMES, commandHelp, parseLine } from "./line.ts";
import { describeMove, ReplicaConnection } from "./replica_connection.ts";

/** Talks to the person until they leave. */
export async function runInteractive(
  addresses: readonly Address[],
  flags: ClientFlags,
  history: History,
): Promise<void> {
  await using shell = new Shell(addresses, flags, history);
  await shell.run();
}

class Shell {
  readonly #connection: ReplicaConnection;
  readonly #flags: ClientFlags;
  readonly #history: History;
  #readline: Interface | null = null;
  /** Lines that were typed or pasted while another was at work. */
  readonly #lines: string[] = [];
  #busy = false;
  #leaving = false;
  /** Whether the last key was a Ctrl-C on an empty line. */
  #interrupted = false;
  #redial: ReturnType<typeof setTimeout> | undefined;
  readonly #left = Promise.withResolvers<void>();

  constructor(addresses: readonly Address[], flags: ClientFlags, history: History) {
    this.#connection = new ReplicaConnection(addresses, {
      requestTimeoutMs: flags.timeout,
      session: flags.session,
      moved: (move) => this.#moved(move),
      lost: (error) => this.#lost(error),
    });
    this.#flags = flags;
    this.#history = history;
  }

  async run(): Promise<void> {
    await this.#connection.open();
    const readline = createInterface({
      input: process.stdin,
      output: process.stdout,
      terminal: true,
      history: await this.#history.load(),
      historySize: HISTORY_LINES_MAX,
      removeHistoryDuplicates: true,
      completer: complete,
    });
    this.#readline = readline;
    readline.on("line", (line) => this.#typed(line));
    readline.on("SIGINT", () => this.#interrupt());
    readline.on("close", () => this.#leave());
    note(styled("dim", "help lists the commands; Ctrl-D leaves", "stderr"));
    this.#prompt();
    await this.#left.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#leaving = true;
    clearTimeout(this.#redial);
    this.#readline?.close();
    this.#connection.close();
    await this.#history.saved();
  }

  #prompt(): void {
    const { address, id, isOpen } = this.#connection;
    const who = isOpen ? `${id === null ? "" : `${id}@`}${address}` : `${address} (not connected)`;
    this.#readline?.setPrompt(`kvdist ${who}> `);
    // What was already typed stays, and the cursor in it.
    this.#readline?.prompt(true);
  }

  #typed(line: string): void {
    this.#interrupted = false;
    this.#history.add(line);
    this.#lines.push(line);
    if (!this.#busy) this.#work();
  }

  async #work(): Promise<void> {
    this.#busy = true;
    for (let line; !this.#leaving && (line = this.#lines.shift()) !== undefined;) {
      await this.#carryOut(line);
    }
    this.#busy = false;
    if (!this.#leaving) this.#prompt();
  }

  async #carryOut(line: string): Promise<void> {
    try {
      const words = splitWords(line);
      if (words.length === 0 || line.trimStart().startsWith("#")) return;
      const action = parseLine(words, this.#flags);
      if (action.type === "quit") return this.#leave();
      if (action.type === "help") return print(commandHelp());
      show(await ask(this.#connection, action));
    } catch (error) {
      note(styled("red", printable(reason(error)), "stderr"));
      this.#lines.length = 0;
    }
  }

  /** Ctrl-C: gives up waiting, or clears the line; twice on an empty line leaves. */
  #interrupt(): void {
    const readline = this.#readline;
    if (readline === null) return;
    if (this.#busy) {
      this.#lines.length = 0;
      this.#connection.close();
      return;
    }
    if (readline.line === "" && this.#interrupted) return this.#leave();
    this.#interrupted = readline.line === "";
    // To the line's end, so that what was typed stays to be seen above.
    readline.write(null, { ctrl: true, name: "e" });
    note(this.#interrupted ? "^C (again, or Ctrl-D, leaves)" : "^C");
    readline.write(null, { ctrl: true, name: "u" });
    this.#prompt();
  }

  #leave(): void {
    if (this.#leaving) return;
    this.#leaving = true;
    if (this.#readline?.line !== undefined && !this.#busy) note("");
    this.#left.resolve();
  }

  #lost(error: Error): void {
    if (this.#leaving) return;
    this.#interject(`${printable(error.message)}; waiting for it to come back`);
    this.#redialLater();
  }

  #moved(move: Move): void {
    if (!this.#leaving) this.#interject(printable(describeMove(move)));
  }

  #redialLater(): void {
    clearTimeout(this.#redial);
    this.#redial = setTimeout(async () => {
      try {
        if (this.#connection.isOpen) return;
        await this.#connection.open();
      } catch {
        if (!this.#leaving) this.#redialLater();
      }
    }, RECONNECT_MS);
  }

  /** Prints a line above the prompt, which goes on where it was. */
  #interject(line: string): void {
    clearLine(process.stdout, 0);
    cursorTo(process.stdout, 0);
    note(styled("yellow", line, "stderr"));
    if (!this.#busy) this.#prompt();
  }
}

/** Tab completes the command, and `--consistency` and its like. */
function complete(line: string): [string[], string] {
  const word = /\S*$/.exec(line)?.[0] ?? "";
  const isFirst = line.trimStart() === word;
  const flags = ["--consistency ", "--timeout ", "--id ", "--if ", "--json"];
  const known = isFirst ? COMMAND_NAMES.map((name) => `${name} `) : flags;
  const found = word === "" && !isFirst ? [] : known.filter((text) => text.startsWith(word));
  return [found, word];
}
