/**
 * The program's version, the same as in `deno.json`.
 *
 * @module
 */

/** As `kvdist --version` prints it. */
export const VERSION = "0.1.0";
