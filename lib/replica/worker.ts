/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
/**
 * A replica's worker: does what the main thread tells it (`control.ts`).
 *
 * @module
 */

import { FailedError, FolderError, reason, RefusedError } from "../errors.ts";
import { invariant, unreachable } from "../invariant.ts";
import type { Log } from "../log.ts";
import { type Folder, holdsStore, takeFolder } from "../store/folder.ts";
import { MemoryStore } from "../store/memory.ts";
import { checkRoom } from "../store/room.ts";
import { SqliteStore, type StoreFacts } from "../store/sqlite.ts";
import type { Store } from "../store/store.ts";
import type { FailureKind, FromWorker, ToWorker, WorkerOptions } from "./control.ts";
import type { PeerAddress } from "./links.ts";
import { Replica } from "./replica.ts";
import { ReplicaTrace } from "./trace.ts";
import { TraceFile } from "../trace/file.ts";

/** What the worker has taken so far. */
interface Taken {
  readonly options: WorkerOptions;
  readonly clientListener: Deno.TcpListener;
  readonly peerListener: Deno.TcpListener;
  /** The folder, if there is a store in it. */
  folder: Folder | null;
}

let taken: Taken | null = null;
let replica: Replica | null = null;

function tell(message: FromWorker): void {
  self.postMessage(message);
}

async function handle(message: ToWorker): Promise<void> {
  switch (message.type) {
    case "inspect":
      return await inspect(message.options);
    case "open":
      return await open();
    case "connect":
      return replica?.connect(message.peers);
    case "apply_delay":
      replica?.setApplyDelay(message.ms);
      return tell({ type: "apply_delay_set" });
    case "pause":
      tell({ type: "paused" });
      Atomics.wait(message.wake, 0, 0, message.ms);
      return;
    case "cut":
      replica?.setCut(message.isCut);
      return tell({ type: "cut_set" });
    case "drain":
      await replica?.drain();
      return tell({ type: "drained" });
    case "stop":
      stop();
      return tell({ type: "stopped" });
    default:
      return unreachable(message);
  }
}

async function inspect(options: WorkerOptions): Promise<void> {
  const { id, hostname, peerHostname } = options;
  const clientListener = listen(hostname, options.port, `clients of replica ${id}`);
  try {
    const peerListener = listen(peerHostname, options.peerPort, `peers of replica ${id}`);
    taken = { options, clientListener, peerListener, folder: null };
    tell({ type: "inspected", facts: await inspectFolder(taken) });
  } catch (error) {
    if (taken === null) clientListener.close();
    throw error;
  }
}

/** What an existing folder says of itself; it is in use by this process from now on. */
async function inspectFolder(taking: Taken): Promise<StoreFacts | null> {
  const { folder } = taking.options;
  if (folder === null || !await holdsStore(folder)) return null;
  const inspected = await takeFolder(folder);
  const facts = SqliteStore.inspect(inspected);
  taking.folder = inspected;
  return facts;
}

async function open(): Promise<void> {
  invariant(taken !== null, "a folder is inspected before it is opened");
  const { options, clientListener, peerListener } = taken;
  const store = await openStore(taken);
  const { id } = options;
  const log: Log = (event) => tell({ type: "log", event: { ...event, replica: id } });
  replica = new Replica({
    ...options,
    store,
    log,
    trace: options.trace === null
      ? undefined
      : new ReplicaTrace(options, new TraceFile(options.trace, log)),
    live: () => tell({ type: "live" }),
    failed: (error) => fail(error.cause ?? error),
  });
  replica.start(peerListener, clientListener);
  tell({ type: "listening", client: addressOf(clientListener), peer: addressOf(peerListener) });
}

async function openStore({ options, folder }: Taken): Promise<Store> {
  const { id, replicas, fsync } = options;
  if (options.folder === null) return new MemoryStore(id, replicas, crypto.randomUUID());
  const taking = folder ?? await takeFolder(options.folder);
  try {
    checkRoom(options.folder);
  } catch (error) {
    taking.release();
    throw error;
  }
  return SqliteStore.open(taking, { id, replicas }, fsync);
}

function stop(): void {
  if (replica !== null) return replica.stop();
  taken?.clientListener.close();
  taken?.peerListener.close();
  taken?.folder?.release();
}

function listen(hostname: string, port: number, whom: string): Deno.TcpListener {
  try {
    return Deno.listen({ hostname, port });
  } catch (error) {
    const at = `${hostname}:${port}`;
    if (error instanceof Deno.errors.AddrInUse) {
      throw new FailedError(
        `port ${at} for ${whom} is in use: stop who uses it, or choose another --port or --peer-port`,
      );
    }
    if (error instanceof Deno.errors.AddrNotAvailable) {
      throw new FailedError(
        `cannot listen on ${at} for ${whom}: that is no address of this machine: say with --host or --peer-host on which to listen, such as 0.0.0.0`,
      );
    }
    if (error instanceof Deno.errors.PermissionDenied) {
      throw new FailedError(`may not listen on ${at} for ${whom}: choose ports above 1023`);
    }
    throw new FailedError(`cannot listen on ${at} for ${whom}: ${reason(error)}`);
  }
}

function addressOf(listener: Deno.TcpListener): PeerAddress {
  const { hostname, port } = listener.addr;
  return { hostname, port };
}

/** Says why this replica cannot start, or cannot go on. */
function fail(error: unknown): void {
  tell({ type: "failed", text: failureText(error), kind: kindOf(error) });
}

function failureText(error: unknown): string {
  const text = reason(error);
  if (error instanceof FailedError) return text;
  // A person looks into the store while the replica runs, for example.
  if (/database is locked/.test(text)) {
    return `another program holds a lock on the store in ${taken?.options.folder}: end that one`;
  }
  return `an unexpected failure: ${text}`;
}

function kindOf(error: unknown): FailureKind {
  if (error instanceof FolderError) return "folder";
  return error instanceof RefusedError ? "refused" : "other";
}

async function carryOut(message: ToWorker): Promise<void> {
  try {
    await handle(message);
  } catch (error) {
    fail(error);
  }
}

/** What nobody has caught ends this replica, not the program, and without a stack on the terminal. */
function crash(error: unknown): void {
  fail(error);
  try {
    stop();
  } catch {
    // What made it crash may hinder that too; the worker is ended anyway.
  }
}

self.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  crash(event.reason);
});
self.addEventListener("error", (event) => {
  event.preventDefault();
  crash(event.error);
});

// One after the other: who is asked to stop has then finished what it had begun.
let last = Promise.resolve();
self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  last = last.then(() => carryOut(data));
};
