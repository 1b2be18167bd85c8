/**
 * The environment, as far as the program may see it.
 *
 * @module
 */

/** Looks up a variable; undefined if it is not set. */
export type Environment = (name: string) => string | undefined;

/** The process's own environment. What the program has no permission to read is not set. */
export function environment(name: string): string | undefined {
  try {
    const { state } = Deno.permissions.querySync({ name: "env", variable: name });
    return state === "granted" ? Deno.env.get(name) : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}
