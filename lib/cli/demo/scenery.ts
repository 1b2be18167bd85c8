/**
 * What a demo needs of a cluster.
 *
 * @module
 */

import type { Client } from "../../client/mod.ts";
import type { Token } from "../../wire/message.ts";

/** What a scene asks of a replica. */
export type Asker = Pick<Client, "set" | "get" | "outcome" | "status" | "dump">;

/** A client that carries what its answers depended on. */
export interface SessionAsker extends Asker, Disposable {
  /** What they have depended on so far. */
  readonly token: Token;
}

/** Any cluster. */
export interface Scenery {
  /** How many replicas there are. */
  readonly replicas: number;
  /** A client at that replica: the same one, as long as its connection lasts. */
  client(replica: number): Promise<Asker>;
  /** Another one, that looks on: it waits for no request of the first. */
  onlooker(replica: number): Promise<Asker>;
}

/** Replicas that are threads of this process, and can be told to be late. */
export interface Threads extends Scenery {
  /** From now on each replica, or that one alone, applies what it delivers this much later. */
  setApplyDelay(ms: number, replica?: number): Promise<void>;
  /** A client at that replica that goes on with a session; whoever asked for it ends it. */
  session(replica: number, token: Token): Promise<SessionAsker>;
}

/** Replicas that are processes, with links that can be cut. */
export interface Processes extends Scenery {
  /** Whether its process runs. */
  isUp(replica: number): boolean;
  /** Starts a replica that is down; resolves when it answers local reads. */
  start(replica: number): Promise<void>;
  /** SIGKILL; resolves when its process is gone. */
  kill(replica: number): Promise<void>;
  /** Deletes the folder of a replica that is down. */
  wipe(replica: number): Promise<void>;
  /** Holds all that goes between that replica and the others, until what it gives back is called. */
  cutOff(replica: number): () => void;
}
