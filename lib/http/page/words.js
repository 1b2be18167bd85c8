/**
 * Figures of the live page, as they are said.
 *
 * @module
 */

/** @param {number} n */
export const count = (n) => n.toLocaleString("en", { maximumFractionDigits: n < 10 ? 1 : 0 });
/** Three digits, as a number is said. @param {number} n */
const digits = (n) => String(Number(n.toPrecision(3)));
/** @param {number | null | undefined} ms */
export const time = (ms) =>
  ms === null || ms === undefined
    ? "–"
    : ms === 0
    ? "0"
    : ms < 1
    ? `${digits(ms * 1000)} µs`
    : ms < 1000
    ? `${digits(ms)} ms`
    : `${digits(ms / 1000)} s`;
