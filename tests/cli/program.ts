/**
 * Runs the program as a user does, in a process of its own.
 *
 * @module
 */

const ROOT = new URL("../../", import.meta.url);

/** A run of the program that takes longer is ended, and its test fails. */
export const RUN_MS_MAX = 30_000;

/** How the program is run. */
export interface RunOptions {
  /** What it reads from stdin; nothing unless given. */
  readonly stdin?: string | Uint8Array;
  /** Its environment, besides PATH and HOME. */
  readonly env?: Readonly<Record<string, string>>;
  /** Further flags for Deno, such as permissions; by itself those of `scripts/kvdist client`. */
  readonly permissions?: readonly string[];
  /** A command that becomes it, given in front of its own, such as `ip netns exec NAME`. */
  readonly within?: readonly string[];
}

/** What became of it. */
export interface Outcome {
  /** Its exit code. */
  readonly code: number;
  /** What it printed on stdout. */
  readonly stdout: string;
  /** What it printed on stderr. */
  readonly stderr: string;
}

/** Deno's arguments that run `main.ts`. */
export function denoArguments(permissions: readonly string[]): string[] {
  const map = Deno.env.get("KVDIST_IMPORT_MAP");
  return [
    "run",
    "--quiet",
    "--no-check",
    "--no-prompt",
    `--config=${new URL("deno.json", ROOT).pathname}`,
    ...(map ? [`--import-map=${map}`] : []),
    ...permissions,
    new URL("main.ts", ROOT).pathname,
  ];
}

/** The least that a client needs. */
const CLIENT_PERMISSIONS = ["--allow-net", "--allow-env=KVDIST_*,NO_COLOR,HOME,XDG_STATE_HOME"];

/** Starts the program. */
export function spawn(args: readonly string[], options: RunOptions = {}): Deno.ChildProcess {
  const { env = {}, permissions = CLIENT_PERMISSIONS, within = [] } = options;
  const [command, ...rest] = [...within, Deno.execPath(), ...denoArguments(permissions), ...args];
  return new Deno.Command(command, {
    args: rest,
    env: { NO_COLOR: "1", ...env },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Runs the program to its end. */
export async function kvdist(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const child = spawn(args, options);
  const timer = setTimeout(() => child.kill("SIGKILL"), RUN_MS_MAX);
  const { stdin = "" } = options;
  const bytes = typeof stdin === "string" ? new TextEncoder().encode(stdin) : stdin;
  // It may end without having read all.
  new Response(bytes.slice()).body?.pipeTo(child.stdin).catch(() => {});
  const { code, stdout, stderr } = await child.output();
  clearTimeout(timer);
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** Reads the child's stdout until a whole line has come. */
export async function firstLine(child: Deno.ChildProcess): Promise<string> {
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("\n")) {
    const { done, value } = await reader.read();
    if (done) break;
    text += value;
  }
  reader.cancel().catch(() => {});
  return text.split("\n")[0];
}
