/**
 * Where a replica of this process is.
 *
 * @module
 */

/** A replica that requests over HTTP are passed on to. */
export interface Place {
  /** Its id. */
  readonly id: number;
  /** Where it listens for clients, as `host:port`. */
  readonly client: string;
  /** Its folder; null if it keeps what it holds in memory. */
  readonly folder: string | null;
}
