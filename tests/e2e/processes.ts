/**
 * A cluster of processes, one `kvdist serve --id` for each replica: to kill, wipe and start again.
 *
 * ```ts
 * await using cluster = await Processes.create();
 * await cluster.startAll();
 * await cluster.settled();
 * await cluster.kill(1);
 * // …
 * await cluster.start(1);
 * ```
 *
 * @module
 */

import { type Client, connect, type Status } from "../../lib/client/mod.ts";
import { type Server, startServer } from "./server.ts";
import { Clients, until } from "./until.ts";

/** Below the ports that the system gives out by itself, so that a replica finds its own again. */
const PORT_FIRST = 20_000;
const PORT_LAST = 32_000;

/** What a cluster of processes is made from. */
export interface ProcessesOptions {
  /** How many replicas; 3 unless given. */
  readonly replicas?: number;
  /** Further flags of each. */
  readonly args?: readonly string[];
  /** By id: further environment of one. */
  readonly env?: (id: number) => Readonly<Record<string, string>>;
  /** By id: the host of a replica; 127.0.0.1 unless given. */
  readonly hosts?: readonly string[];
  /** By id: a command that becomes the process. */
  readonly within?: (id: number) => readonly string[];
}

/** Replicas, each a process of its own, with ports and folders that stay the same. */
export class Processes implements AsyncDisposable {
  /** The folder with the folder of each replica. */
  readonly data: string;
  /** By id: `host:port` for clients. */
  readonly clients: readonly string[];
  /** By id: `host:port` for peers. */
  readonly peers: readonly string[];
  readonly #options: ProcessesOptions;
  readonly #running = new Map<number, Server>();
  /** By id: what earlier processes have told. */
  readonly #told: string[];

  private constructor(data: string, options: ProcessesOptions) {
    const { replicas = 3, hosts } = options;
    const ports = freePorts(2 * replicas);
    const at = (id: number, port: number) => `${hosts?.[id] ?? "127.0.0.1"}:${port}`;
    this.data = data;
    this.clients = Array.from({ length: replicas }, (_, id) => at(id, ports[id]));
    this.peers = Array.from({ length: replicas }, (_, id) => at(id, ports[replicas + id]));
    this.#options = options;
    this.#told = Array<string>(replicas).fill("");
  }

  /** Chooses ports and a folder; starts nothing yet. */
  static async create(options: ProcessesOptions = {}): Promise<Processes> {
    return new Processes(await Deno.makeTempDir({ prefix: "kvdist-processes-" }), options);
  }

  /** All ids. */
  get ids(): number[] {
    return this.clients.map((_, id) => id);
  }

  /** The ids of those that run. */
  get running(): number[] {
    return this.ids.filter((id) => this.#running.has(id));
  }

  /** A replica's folder. */
  folder(id: number): string {
    return `${this.data}/${id}`;
  }

  /** The flags that a replica is started with, besides those of {@linkcode startServer}. */
  args(id: number): string[] {
    const [host, port] = split(this.clients[id]);
    return [
      ...["--id", String(id), "--peers", this.peers.join(",")],
      ...["--host", host, "--port", port, "--peer-port", split(this.peers[id])[1]],
      ...this.#options.args ?? [],
    ];
  }

  /**
   * Starts a replica and waits until it is ready: it listens, live or not.
   *
   * @throws {Error} if it is not ready in time, with what it said on stderr
   */
  async start(id: number, ...args: string[]): Promise<Server> {
    const server = await startServer({
      data: this.data,
      args: [...this.args(id), ...args],
      env: this.#options.env?.(id),
      within: this.#options.within?.(id),
    });
    this.#running.set(id, server);
    return server;
  }

  /** Starts all that do not run. */
  async startAll(): Promise<void> {
    const stopped = this.ids.filter((id) => !this.#running.has(id));
    await Promise.all(stopped.map((id) => this.start(id)));
  }

  /** Ends a replica with SIGKILL. */
  async kill(id: number): Promise<void> {
    await this.#take(id)?.kill();
  }

  /** Asks a replica to stop; gives its exit code. */
  async stop(id: number): Promise<number> {
    const server = this.#take(id);
    return server === undefined ? 0 : await server.stop();
  }

  /** Deletes the folder of a replica, which must not run. */
  async wipe(id: number): Promise<void> {
    await Deno.remove(this.folder(id), { recursive: true });
  }

  /** Stops a replica's process where it is, or lets it go on. */
  signal(id: number, signal: "SIGSTOP" | "SIGCONT"): void {
    const server = this.#running.get(id);
    if (server !== undefined) Deno.kill(server.pid, signal);
  }

  /** Connects to a replica. */
  client(id: number): Promise<Client> {
    return connect(this.clients[id]);
  }

  /** What a replica says of itself. */
  async status(id: number): Promise<Status> {
    using client = await this.client(id);
    return await client.status();
  }

  /** The process of a replica, which is the program itself; undefined if it does not run. */
  pid(id: number): number | undefined {
    return this.#running.get(id)?.pid;
  }

  /** Waits until these replicas are live in one view of just them; all that run unless given. */
  async live(ids: readonly number[] = this.running): Promise<void> {
    await until(`${ids} are live together`, async () => {
      const all = await Promise.all(ids.map((id) => this.status(id).catch(() => null)));
      return all.every((status) =>
        status?.state === "live" && String(status.view?.members) === String(ids) &&
        String(status.view?.ballot) === String(all[0]?.view?.ballot)
      );
    }, () => this.stderr());
  }

  /** Waits until those that run are live together and have applied the same; gives what they hold. */
  async settled(): Promise<ReadonlyMap<string, string>[]> {
    await this.live();
    using clients = await Clients.connect(this.running.map((id) => ({ client: this.clients[id] })));
    await clients.settled();
    return await clients.dumps();
  }

  /** The end of what a replica has told on stderr, over all its processes; without an id: of all. */
  stderr(id?: number): string {
    if (id === undefined) {
      return this.ids.map((id) => `replica ${id}:\n${this.stderr(id)}`).join("");
    }
    return this.#told[id] + (this.#running.get(id)?.stderr() ?? "");
  }

  /** Ends all processes and deletes all folders. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.running.map((id) => this.kill(id)));
    await Deno.remove(this.data, { recursive: true });
  }

  /** The server of a replica, from now on not running. */
  #take(id: number): Server | undefined {
    const server = this.#running.get(id);
    this.#running.delete(id);
    server?.ended.then(() => this.#told[id] += server.stderr());
    return server;
  }
}

/** Ports that nobody listens on now, and that the system will not give to anybody by itself. */
export function freePorts(count: number): number[] {
  const listeners: Deno.TcpListener[] = [];
  try {
    while (listeners.length < count) {
      const port = PORT_FIRST + Math.floor(Math.random() * (PORT_LAST - PORT_FIRST));
      try {
        listeners.push(Deno.listen({ hostname: "127.0.0.1", port }));
      } catch (error) {
        if (!(error instanceof Deno.errors.AddrInUse)) throw error;
      }
    }
    return listeners.map(({ addr }) => addr.port);
  } finally {
    for (const listener of listeners) listener.close();
  }
}

function split(address: string): [host: string, port: string] {
  const at = address.lastIndexOf(":");
  return [address.slice(0, at), address.slice(at + 1)];
}
