/**
 * What the replicas of this process say of themselves, each asked on a connection that is kept. One
 * that does not answer is down, and is told as such.
 *
 * @module
 */

import { parseAddress } from "../client/address.ts";
import { HTTP_STATUS_MS_MAX } from "../limits.ts";
import type { Told as ToldOfAny } from "../watch/snapshot.ts";
import { Watched } from "../watch/watched.ts";
import { folderBytes } from "./folder_bytes.ts";
import type { Place } from "./place.ts";

/** What is known of one replica of this process now. */
export type Told = ToldOfAny & { readonly id: number };

/** Asks the replicas of this process. */
export class Monitor {
  readonly #places: readonly (readonly [Place, Watched])[];
  #asking: Promise<readonly Told[]> | null = null;

  /** Those at these places. */
  constructor(places: readonly Place[]) {
    this.#places = places.map((place) => {
      return [place, new Watched(parseAddress(place.client), HTTP_STATUS_MS_MAX)];
    });
  }

  /** What all of them say, by id. Who asks while others do is told the same. */
  ask(): Promise<readonly Told[]> {
    this.#asking ??= Promise.all(this.#places.map(([place, watched]) => ask(place, watched)))
      .finally(() => this.#asking = null);
    return this.#asking;
  }

  /** Ends all connections. */
  close(): void {
    for (const [, watched] of this.#places) watched.close();
  }
}

async function ask({ id, client, folder }: Place, watched: Watched): Promise<Told> {
  const answer = await watched.ask();
  if (!answer.up) return { id, client, ...answer };
  const diskBytes = folder === null ? null : await folderBytes(folder);
  return { id, client, ...answer, diskBytes };
}
