/**
 * Runs a generator in a process of its own, and reads what it measured.
 *
 * @module
 */

import { spread } from "../../lib/cli/bench/pairs.ts";
import { FailedError } from "../../lib/errors.ts";
import { isObject, parseJson } from "../../lib/wire/json.ts";
import type { Task } from "./generator/load.ts";
import type { Target } from "./systems/system.ts";
import type { Asked } from "./targets.ts";

/** How it is measured. */
export interface MeasureOptions {
  /** Time of the measuring, in milliseconds. */
  readonly durationMs: number;
  /** Different keys. */
  readonly keys: number;
  /** Bytes of each value. */
  readonly valueBytes: number;
  /** How often the pairs are repeated. */
  readonly repetitions: number;
  /** The cores that the generator may use, as taskset counts them; null: all. */
  readonly cores: string | null;
  readonly signal: AbortSignal;
}

/** What a generator says of a work. */
export interface Measured {
  readonly perSecond: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly pairsMs: number | null;
  readonly coreShare: number;
  readonly failures: number;
  readonly failure: string;
}

const GENERATOR = new URL("./generator/main.ts", import.meta.url).pathname;
const SETTINGS = new URL("../../deno.json", import.meta.url).pathname;

/** What a measurement asks before it counts: the generator, a new process each time, warms up. */
const WARM_UP_MS_MIN = 1_000;

/** Enough that one client's round trip does not decide how long the preparing takes. */
const PREPARING_CLIENTS = 50;

/** redis-benchmark counts requests, not seconds: so many tell how fast it goes. */
const CALIBRATION_REQUESTS = 50_000;

/**
 * Deno lets one task do 128 reads and writes at a time: of more clients than half as many some are
 * served again and again while others wait, which would be told as the server's p99.
 */
const GENERATOR_CLIENTS_MAX = 64;

/** Whether redis-benchmark asks, not the generator: for what only it does, or does fairly. */
export function isForRedisBenchmark({ pipeline, clients }: Asked): boolean {
  return pipeline > 1 || clients > GENERATOR_CLIENTS_MAX;
}

/**
 * A measurement that takes so much longer than it should has stopped: redis-benchmark goes on for
 * ever without its server. A million keys are written before the longest of them.
 */
const LATE_MS = 120_000;

/** Writes all keys once. */
export async function prepare(target: Target, options: MeasureOptions): Promise<void> {
  const { failures, failure } = await generate(target, "prepare", PREPARING_CLIENTS, options, 0);
  if (failures > 0) throw new FailedError(`the keys cannot be written: ${failure}`);
}

/**
 * Asks for writes and then for reads, for so long together: V8 and Java compile what is used often
 * only after a while, and a server that has just been started is not what its users meet.
 */
export async function warmUp(target: Target, ms: number, options: MeasureOptions): Promise<void> {
  if (ms === 0) return;
  const half = { ...options, durationMs: ms / 2 };
  await generate(target, "write", PREPARING_CLIENTS, half, 0);
  await generate(target, "read", PREPARING_CLIENTS, half, 0);
}

/** Does the work once. */
export async function measure(
  target: Target,
  asked: Asked,
  options: MeasureOptions,
): Promise<Measured> {
  if (isForRedisBenchmark(asked)) return await redisBenchmark(target, asked, options);
  const warmUpMs = Math.max(WARM_UP_MS_MIN, options.durationMs / 2);
  return await generate(target, asked.task, asked.clients, options, warmUpMs);
}

async function generate(
  { protocol, address, wait = 0 }: Target,
  task: Task,
  clients: number,
  options: MeasureOptions,
  warmUpMs: number,
): Promise<Measured> {
  const { durationMs, keys, valueBytes, repetitions } = options;
  const map = Deno.env.get("KVDIST_IMPORT_MAP");
  const text = await run([
    Deno.execPath(),
    ...["run", "--quiet", "--no-check", "--no-prompt", `--config=${SETTINGS}`],
    ...(map ? [`--import-map=${map}`] : []),
    ...["--allow-net=127.0.0.1", GENERATOR],
    ...["--protocol", protocol, "--address", address, "--task", task],
    ...["--clients", `${clients}`, "--wait", `${wait}`, "--keys", `${keys}`],
    ...["--value-bytes", `${valueBytes}`, "--repetitions", `${repetitions}`],
    ...["--duration", `${durationMs}ms`],
    ...["--warm-up", `${warmUpMs}ms`],
  ], options);
  return decodeGenerated(parseJson(text));
}

/** Checks what the generator printed. */
export function decodeGenerated(value: unknown): Measured {
  if (!isObject(value)) throw new FailedError("Cannot read the generator's line: it is no object");
  const number = (name: string): number => {
    const found = value[name];
    if (typeof found === "number") return found;
    throw new FailedError(`Cannot read the generator's line: ${name} is no number`);
  };
  const repetitionsMs = Array.isArray(value.repetitionsMs)
    ? value.repetitionsMs.filter((ms) => typeof ms === "number")
    : [];
  return {
    perSecond: number("answers") / number("elapsedMs") * 1000,
    p50Ms: number("p50Ms"),
    p99Ms: number("p99Ms"),
    pairsMs: repetitionsMs.length === 0 ? null : spread(repetitionsMs).median,
    coreShare: number("coreShare"),
    failures: number("failures"),
    failure: typeof value.failure === "string" ? value.failure : "",
  };
}

/** Lets redis-benchmark do it, pipelined: some at first, to know how many to ask for. */
async function redisBenchmark(
  target: Target,
  asked: Asked,
  options: MeasureOptions,
): Promise<Measured> {
  const calibration = await runRedisBenchmark(target, asked, CALIBRATION_REQUESTS, options);
  const requests = Math.ceil(calibration.perSecond * options.durationMs / 1000);
  return await runRedisBenchmark(target, asked, requests, options);
}

async function runRedisBenchmark(
  { address }: Target,
  { task, clients, pipeline }: Asked,
  requests: number,
  options: MeasureOptions,
): Promise<Measured> {
  const [host, port] = address.split(":");
  const text = await run([
    "sh",
    // Nothing but the shell tells what time on processors its child took; that ends with it.
    ...["-c", `trap 'kill "$pid"' TERM; "$@" & pid=$!; wait "$pid"; times`, "sh"],
    ...["redis-benchmark", "-h", host, "-p", port, "-t", task === "read" ? "get" : "set"],
    ...["-c", `${clients}`, "-P", `${pipeline}`, "-n", `${requests}`],
    ...["-d", `${options.valueBytes}`, "-r", `${options.keys}`, "--csv"],
  ], options);
  return decodeRedisBenchmark(text, requests);
}

/**
 * Reads redis-benchmark's CSV, behind which stand the times of the shell and of its children.
 *
 * @throws {FailedError} if there are no figures in it
 */
export function decodeRedisBenchmark(text: string, requests: number): Measured {
  const row = /^"(?:GET|SET)",(.*)$/m.exec(text)?.[1];
  const [perSecond, _mean, _min, p50, _p95, p99] =
    row?.split(",").map((cell) => Number(cell.replaceAll('"', ""))) ?? [];
  if (!(perSecond > 0)) throw new FailedError(`redis-benchmark measured nothing: ${text.trim()}`);
  const times = [...text.matchAll(/(\d+)m([\d.]+)s/g)].slice(-2);
  const cpu = times.reduce(
    (sum, [, minutes, rest]) => sum + Number(minutes) * 60 + Number(rest),
    0,
  );
  return {
    perSecond,
    p50Ms: p50,
    p99Ms: p99,
    pairsMs: null,
    coreShare: cpu * perSecond / requests,
    failures: 0,
    failure: "",
  };
}

/** What the command prints; it is ended when the signal aborts. */
async function run(
  words: readonly string[],
  { cores, signal, durationMs }: MeasureOptions,
): Promise<string> {
  signal.throwIfAborted();
  const pinned = cores === null ? words : ["taskset", "-c", cores, ...words];
  const late = AbortSignal.timeout(durationMs * 4 + LATE_MS);
  const child = new Deno.Command(pinned[0], {
    args: pinned.slice(1),
    signal: AbortSignal.any([signal, late]),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  const { success, stdout, stderr } = await child.output();
  signal.throwIfAborted();
  const decoder = new TextDecoder();
  if (late.aborted) throw new FailedError(`${words[0]} did not come to its end`);
  if (!success) {
    throw new FailedError(`${words[0]} failed: ${decoder.decode(stderr).trim().split("\n")[0]}`);
  }
  return decoder.decode(stdout);
}
