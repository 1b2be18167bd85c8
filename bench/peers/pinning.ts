/**
 * Which cores servers and generator are bound to: the same for every system.
 *
 * @module
 */

/** The cores as taskset counts them; null: all. */
export interface Cores {
  readonly servers: string | null;
  readonly generator: string | null;
}

/** From so many cores on the generator's core is its own. */
const CORES_TO_SHARE_NONE = 3;

/**
 * The generator has the last core. With two cores the servers have both, since a cluster on one
 * core would be another thing; with more, all but the generator's.
 */
export function coresOf(isPinned: boolean, count: number): Cores {
  if (!isPinned || count < 2) return { servers: null, generator: null };
  const last = count - 1;
  const lastOfServers = count < CORES_TO_SHARE_NONE ? last : last - 1;
  return { servers: `0-${lastOfServers}`, generator: `${last}` };
}

/** The same in words. */
export function describePinning(isPinned: boolean, count: number): string {
  const { servers, generator } = coresOf(isPinned, count);
  return servers === null || generator === null
    ? "unpinned: the system decides which core runs what"
    : `pinned: all servers on cores ${servers}, the generator on core ${generator}`;
}
