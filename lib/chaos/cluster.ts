/**
 * A cluster of processes with a proxy in each link.
 *
 * @module
 */

import { connect, type Status } from "../client/mod.ts";
import { invariant } from "../invariant.ts";
import { CHAOS_CONNECT_MS } from "../limits.ts";
import type { Way } from "./plan.ts";
import { freePorts } from "./ports.ts";
import { LinkProxy } from "./proxy.ts";
import { type Program, ReplicaProcess } from "./replica_process.ts";
import { Warden } from "./warden.ts";

/** What a cluster is made from. */
export interface ChaosClusterOptions {
  readonly replicas: number;
  /** Where the replicas' folders and logs are. */
  readonly data: string;
  /** Whether nobody wants the folder when this process ends by a signal that cannot be caught. */
  readonly isTemporary: boolean;
  readonly program: Program;
  /** Further flags for each replica. */
  readonly serveFlags: readonly string[];
  /** Told when a replica ends though nobody killed it. */
  readonly crashed: (id: number, why: string) => void;
}

/** The cluster. */
export class ChaosCluster implements AsyncDisposable {
  /** By id. */
  readonly replicas: readonly ReplicaProcess[];
  /** By id: `host:port` for clients. */
  readonly addresses: readonly string[];
  /** By who dials and who is dialled; null in a replica's own place. */
  readonly #proxies: readonly (readonly (LinkProxy | null)[])[];
  readonly #warden: Warden;

  /** Nothing runs yet but the proxies. */
  constructor(options: ChaosClusterOptions) {
    const ids = Array.from({ length: options.replicas }, (_, id) => id);
    const ports = freePorts(2 * options.replicas);
    const clientPorts = ports.slice(0, options.replicas);
    const peers = ports.slice(options.replicas).map((port) => ({ hostname: "127.0.0.1", port }));
    this.addresses = clientPorts.map((port) => `127.0.0.1:${port}`);
    this.#proxies = ids.map((dialler) =>
      peers.map((peer, dialled) => dialled === dialler ? null : new LinkProxy(peer))
    );
    this.#warden = new Warden(options.isTemporary ? options.data : null);
    this.replicas = ids.map((id) => {
      const seen = peers.map(({ port }, peer) => this.#proxies[id][peer]?.port ?? port);
      return new ReplicaProcess({
        id,
        program: options.program,
        args: [
          ...["serve", "--json", "--id", String(id), "--host", "127.0.0.1"],
          ...["--peers", seen.map((port) => `127.0.0.1:${port}`).join(",")],
          ...["--port", String(clientPorts[id]), "--data", options.data],
          ...options.serveFlags,
        ],
        client: this.addresses[id],
        folder: `${options.data}/${id}`,
        logFile: `${options.data}/${id}.log`,
        watch: this.#warden,
        crashed: options.crashed,
      });
    });
  }

  /** Starts all. */
  async start(): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica.start()));
  }

  /** Holds what goes from one replica to another, until what it gives back is called. */
  cut({ from, to }: Way): () => void {
    return both(
      this.#proxy(from, to).cut("forth"),
      this.#proxy(to, from).cut("back"),
    );
  }

  /** Delays what goes from one replica to another, until what it gives back is called. */
  slow({ from, to }: Way, delayMs: number): () => void {
    return both(
      this.#proxy(from, to).slow("forth", delayMs),
      this.#proxy(to, from).slow("back", delayMs),
    );
  }

  /** Breaks the connections between two replicas, whoever has dialled. */
  reset({ from, to }: Way): void {
    this.#proxy(from, to).reset();
    this.#proxy(to, from).reset();
  }

  /** What a replica says of itself; null if it says nothing. */
  async status(id: number): Promise<Status | null> {
    if (!this.replicas[id].isUp) return null;
    try {
      using client = await connect(this.addresses[id], { timeoutMs: CHAOS_CONNECT_MS });
      const late = Promise.withResolvers<null>();
      const timer = setTimeout(() => late.resolve(null), CHAOS_CONNECT_MS);
      const status = client.status();
      status.catch(() => {});
      try {
        return await Promise.race([status, late.promise]);
      } finally {
        clearTimeout(timer);
      }
    } catch {
      return null;
    }
  }

  /** Kills all that runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica.kill()));
    for (const proxy of this.#proxies.flat()) proxy?.[Symbol.dispose]();
    await this.#warden[Symbol.asyncDispose]();
  }

  #proxy(dialler: number, dialled: number): LinkProxy {
    const proxy = this.#proxies[dialler]?.[dialled] ?? null;
    invariant(proxy !== null, "a link is between two different replicas");
    return proxy;
  }
}

function both(one: () => void, other: () => void): () => void {
  return () => {
    one();
    other();
  };
}
