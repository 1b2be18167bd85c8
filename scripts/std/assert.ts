/** Stand-in for `@std/assert` and its narrow paths: same names, same behaviour. */

import { diff, format } from "./diff.ts";
import { equal } from "./equal.ts";

export { equal };

/** What a failed assertion throws. */
export class AssertionError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AssertionError";
  }
}

/** What is left of a value that {@linkcode assertFalse} has let pass. */
export type Falsy = false | 0 | 0n | "" | null | undefined;

/** A class whose instances are errors; `never[]` lets every list of parameters pass. */
type ErrorClass<E extends Error> = new (...args: never[]) => E;

/** Any class. */
type AnyClass = abstract new (...args: never[]) => unknown;
type InstanceOf<T extends AnyClass> = T extends abstract new (...args: never[]) => infer I ? I
  : never;

/** Like an array, but no string. */
type ArrayLikeArg<T> = ArrayLike<T> & object;

/** The end of a message: what the caller has to say, or a full stop. */
function suffix(msg: string | undefined): string {
  return msg ? `: ${msg}` : ".";
}

/** `expr` is truthy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

/** `expr` is falsy. */
export function assertFalse(expr: unknown, msg = ""): asserts expr is Falsy {
  if (expr) throw new AssertionError(msg);
}

/** Both are deeply equal. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected)) return;
  throw new AssertionError(`Values are not equal${suffix(msg)}${diff(actual, expected)}`);
}

/** Both are not deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (!equal(actual, expected)) return;
  throw new AssertionError(
    `Expected actual: ${format(actual)} not to be: ${format(expected)}${suffix(msg)}`,
  );
}

/** Both are the same, as `Object.is` has it. */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  if (Object.is(actual, expected)) return;
  if (format(actual) === format(expected)) {
    throw new AssertionError(
      `Values have the same structure but are not reference-equal${suffix(msg)}\n\n${
        format(actual)
      }\n`,
    );
  }
  throw new AssertionError(`Values are not strictly equal${suffix(msg)}${diff(actual, expected)}`);
}

/** Both are not the same, as `Object.is` has it. */
export function assertNotStrictEquals<T>(actual: T, expected: T, msg?: string): void {
  if (!Object.is(actual, expected)) return;
  throw new AssertionError(
    `Expected "actual" to not be strictly equal to: ${format(actual)}${suffix(msg)}`,
  );
}

/** `actual` is neither `null` nor `undefined`. */
export function assertExists<T>(actual: T, msg?: string): asserts actual is NonNullable<T> {
  if (actual !== undefined && actual !== null) return;
  throw new AssertionError(
    `Expected actual: "${actual}" to not be null or undefined${suffix(msg)}`,
  );
}

/** `actual` is an instance of the class. */
export function assertInstanceOf<T extends AnyClass>(
  actual: unknown,
  expectedType: T,
  msg = "",
): asserts actual is InstanceOf<T> {
  if (actual instanceof expectedType) return;
  const expected = `Expected object to be an instance of "${expectedType.name}"`;
  const found = typeof actual === "function" ? "not an instanced object" : `"${classOf(actual)}"`;
  const but = classOf(actual) === expectedType.name ? "" : ` but was ${found}`;
  throw new AssertionError(`${expected}${but}${suffix(msg)}`);
}

function classOf(value: unknown): string {
  if (value === null) return "null";
  if (typeof value !== "object") return typeof value;
  return value.constructor?.name ?? "Object";
}

/** The text fits the pattern. */
export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  if (expected.test(actual)) return;
  throw new AssertionError(`Expected actual: "${actual}" to match: "${expected}"${suffix(msg)}`);
}

/** The text does not fit the pattern. */
export function assertNotMatch(actual: string, expected: RegExp, msg?: string): void {
  if (!expected.test(actual)) return;
  throw new AssertionError(
    `Expected actual: "${actual}" to not match: "${expected}"${suffix(msg)}`,
  );
}

/** The text contains the other. */
export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  if (actual.includes(expected)) return;
  throw new AssertionError(`Expected actual: "${actual}" to contain: "${expected}"${suffix(msg)}`);
}

/** Every expected value is, deeply equal, among the actual ones. */
export function assertArrayIncludes<T>(
  actual: ArrayLikeArg<T>,
  expected: ArrayLikeArg<T>,
  msg?: string,
): void {
  const held = Array.from(actual);
  const missing = Array.from(expected).filter((item) => !held.some((one) => equal(one, item)));
  if (missing.length === 0) return;
  throw new AssertionError(
    `Expected actual: "${format(actual)}" to include: "${format(expected)}"${suffix(msg)}\n` +
      `missing: ${format(missing)}`,
  );
}

/** `actual > expected`. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  if (actual > expected) return;
  throw new AssertionError(msg ?? `Expect ${format(actual)} > ${format(expected)}`);
}

/** `actual >= expected`. */
export function assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (actual >= expected) return;
  throw new AssertionError(msg ?? `Expect ${format(actual)} >= ${format(expected)}`);
}

/** `actual < expected`. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  if (actual < expected) return;
  throw new AssertionError(msg ?? `Expect ${format(actual)} < ${format(expected)}`);
}

/** `actual <= expected`. */
export function assertLessOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (actual <= expected) return;
  throw new AssertionError(msg ?? `Expect ${format(actual)} <= ${format(expected)}`);
}

/** The numbers differ by no more than the tolerance: by default 1e-7 of the expected one. */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance?: number,
  msg?: string,
): void {
  if (Object.is(actual, expected)) return;
  const allowed = tolerance ?? (Number.isFinite(expected) ? Math.abs(expected * 1e-7) : 1e-7);
  const delta = Math.abs(expected - actual);
  if (delta <= allowed) return;
  const show = (n: number) => Number.isInteger(n) ? `"${n}"` : `"${n.toExponential()}"`;
  throw new AssertionError(
    `Expected actual: ${show(actual)} to be close to ${show(expected)}: ` +
      `delta ${show(delta)} is greater than ${show(allowed)}${suffix(msg)}`,
  );
}

/** `actual` has all that `expected` has, deeply; what it has besides does not matter. */
export function assertObjectMatch(
  actual: Record<PropertyKey, unknown>,
  expected: Record<PropertyKey, unknown>,
  msg?: string,
): void {
  assertEquals(
    common(actual, expected, new Map()),
    common(expected, expected, new Map()),
    msg,
  );
}

/** What of `actual` has a counterpart in `expected`, as plain objects: classes do not count. */
function common(actual: unknown, expected: unknown, seen: Map<unknown, unknown>): unknown {
  if (!isObject(actual) || !isObject(expected) || actual instanceof RegExp) return actual;
  if (actual instanceof Set && expected instanceof Set) {
    return new Set([...actual].filter((value) => expected.has(value)));
  }
  const known = seen.get(actual);
  if (known !== undefined) return known;
  if (actual instanceof Map && expected instanceof Map) {
    const kept = [...actual].filter(([key]) => expected.has(key));
    return new Map(kept.map(([key, value]) => [key, common(value, expected.get(key), seen)]));
  }
  if (Array.isArray(actual) !== Array.isArray(expected)) return actual;
  const result: Record<PropertyKey, unknown> = {};
  seen.set(actual, result);
  for (const key of Reflect.ownKeys(actual)) {
    // The length of an array is no item of it: a shorter list matches the start.
    if (Array.isArray(actual) && key === "length") continue;
    if (!(key in expected)) continue;
    result[key] = common(Reflect.get(actual, key), Reflect.get(expected, key), seen);
  }
  return result;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** `error` is an `Error`, of that class and with that text in its message if given. */
export function assertIsError<E extends Error = Error>(
  error: unknown,
  ErrorClass?: ErrorClass<E>,
  msgMatches?: string | RegExp,
  msg?: string,
): asserts error is E {
  if (!(error instanceof Error)) {
    throw new AssertionError(`Expected "error" to be an Error object${suffix(msg)}`);
  }
  if (ErrorClass && !(error instanceof ErrorClass)) {
    throw new AssertionError(
      `Expected error to be instance of "${ErrorClass.name}", but was "${classOf(error)}"${
        suffix(msg)
      }`,
      { cause: error },
    );
  }
  if (!msgMatches) return;
  const isPattern = msgMatches instanceof RegExp;
  const fits = isPattern ? msgMatches.test(error.message) : error.message.includes(msgMatches);
  if (fits) return;
  throw new AssertionError(
    `Expected error message to include ${
      isPattern ? msgMatches : JSON.stringify(msgMatches)
    }, but got ${JSON.stringify(error.message)}${suffix(msg)}`,
    { cause: error },
  );
}

/** The function throws anything at all. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/** The function throws an error of the class, with that text in its message if given. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows<E extends Error>(
  fn: () => unknown,
  classOrMsg?: ErrorClass<E> | string,
  msgIncludes?: string,
  msg?: string,
): unknown {
  const wanted = wantedError(classOrMsg, msgIncludes, msg);
  try {
    fn();
  } catch (error) {
    checkThrown(error, wanted, "thrown");
    return error;
  }
  throw new AssertionError(`Expected function to throw${suffix(wanted.msg)}`);
}

/** The function returns a promise, and it rejects with anything at all. */
export function assertRejects(fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
/** The promise rejects with an error of the class, with that text in its message if given. */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects<E extends Error>(
  fn: () => PromiseLike<unknown>,
  classOrMsg?: ErrorClass<E> | string,
  msgIncludes?: string,
  msg?: string,
): Promise<unknown> {
  const wanted = wantedError(classOrMsg, msgIncludes, msg);
  let promise: unknown;
  try {
    promise = fn();
  } catch (error) {
    throw new AssertionError(`Function throws when expected to reject${suffix(wanted.msg)}`, {
      cause: error,
    });
  }
  if (!isObject(promise) || !("then" in promise)) {
    throw new AssertionError(`Function throws when expected to reject${suffix(wanted.msg)}`);
  }
  try {
    await promise;
  } catch (error) {
    checkThrown(error, wanted, "rejected");
    return error;
  }
  throw new AssertionError(`Expected function to reject${suffix(wanted.msg)}`);
}

interface WantedError<E extends Error> {
  ErrorClass?: ErrorClass<E>;
  msgIncludes?: string;
  msg?: string;
}

function wantedError<E extends Error>(
  classOrMsg: ErrorClass<E> | string | undefined,
  msgIncludes: string | undefined,
  msg: string | undefined,
): WantedError<E> {
  if (typeof classOrMsg === "string") return { msg: classOrMsg };
  return { ErrorClass: classOrMsg, msgIncludes, msg };
}

function checkThrown<E extends Error>(error: unknown, wanted: WantedError<E>, how: string): void {
  if (!wanted.ErrorClass) return;
  if (!(error instanceof Error)) {
    throw new AssertionError(`A non-Error object was ${how}${suffix(wanted.msg)}`);
  }
  assertIsError(error, wanted.ErrorClass, wanted.msgIncludes, wanted.msg);
}

/** Fails. */
export function fail(msg?: string): never {
  throw new AssertionError(`Failed assertion${suffix(msg)}`);
}

/** Fails: this line is never reached. */
export function unreachable(msg?: string): never {
  throw new AssertionError(`Unreachable${suffix(msg)}`);
}
