/** Deep equality as `@std/assert/equal` has it. */

/** Whether two values are deeply equal: same prototype, same keys, equal values; NaN is NaN, 0 is -0. */
export function equal(a: unknown, b: unknown): boolean {
  return isEqual(a, b, new Map());
}

/** `seen` holds the pairs that are being compared, so that cycles end. */
function isEqual(a: unknown, b: unknown, seen: Map<unknown, unknown>): boolean {
  if (a === b || Object.is(a, b)) return true;
  if (!isObject(a) || !isObject(b) || !samePrototype(a, b)) return false;
  if (a instanceof Date) return Object.is(a.getTime(), (b as Date).getTime());
  if (isStringLike(a)) return String(a) === String(b);
  if (a instanceof WeakMap) throw new TypeError("Cannot compare WeakMap instances");
  if (a instanceof WeakSet) throw new TypeError("Cannot compare WeakSet instances");
  if (a instanceof WeakRef) return isEqual(a.deref(), (b as WeakRef<WeakKey>).deref(), seen);
  const bytes = bytesOf(a);
  if (bytes) return sameElements(bytes, bytesOf(b));
  if (seen.get(a) === b) return true;
  seen.set(a, b);
  if (Object.keys(a).length !== Object.keys(b).length) return false;
  if (a instanceof Map) return sameEntries([...a], [...(b as Map<unknown, unknown>)], seen);
  if (a instanceof Set) {
    return sameEntries([...a].map((v) => [v]), [...(b as Set<unknown>)].map((v) => [v]), seen);
  }
  return sameProperties(a, b, seen);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** An object without a prototype counts as a plain one. */
function samePrototype(a: object, b: object): boolean {
  const prototype = (value: object) => Object.getPrototypeOf(value) ?? Object.prototype;
  return prototype(a) === prototype(b);
}

function isStringLike(value: object): boolean {
  return value instanceof RegExp || value instanceof URL || value instanceof URLSearchParams;
}

type Numbers = ArrayLike<number | bigint>;

function bytesOf(value: object): Numbers | undefined {
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) {
    return new Uint8Array(value);
  }
  const isTypedArray = ArrayBuffer.isView(value) && !(value instanceof DataView);
  return isTypedArray ? value as unknown as Numbers : undefined;
}

function sameElements(a: Numbers, b: Numbers | undefined): boolean {
  if (a.length !== b?.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i] && !Object.is(a[i], b[i])) return false;
  }
  return true;
}

/** Entries of maps and sets, in any order; keys may be objects, and are compared deeply too. */
function sameEntries(a: unknown[][], b: unknown[][], seen: Map<unknown, unknown>): boolean {
  if (a.length !== b.length) return false;
  const byPrimitive = new Map(
    b.filter(([key]) => !isObject(key)).map((entry) => [entry[0], entry]),
  );
  const rest = b.filter(([key]) => isObject(key));
  return a.every((entry) => {
    if (!isObject(entry[0])) {
      const other = byPrimitive.get(entry[0]);
      return other !== undefined && isEqual(entry[1], other[1], seen);
    }
    const found = rest.findIndex((other) =>
      entry.every((part, i) => isEqual(part, other[i], seen))
    );
    if (found >= 0) rest.splice(found, 1);
    return found >= 0;
  });
}

function sameProperties(a: object, b: object, seen: Map<unknown, unknown>): boolean {
  const keys = new Set([...keysOf(a), ...keysOf(b)]);
  for (const key of keys) {
    if (key in a !== key in b) return false;
    if (!isEqual(Reflect.get(a, key), Reflect.get(b, key), seen)) return false;
  }
  return true;
}

/** What an object shows: of a plain one its enumerable keys, of others also what their class has. */
function keysOf(value: object): PropertyKey[] {
  const prototype = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype || prototype === Array.prototype) {
    return Reflect.ownKeys({ ...value });
  }
  const keys: PropertyKey[] = [];
  let level: object | null = value;
  while (level && level !== Object.prototype && level !== Array.prototype) {
    keys.push(...Reflect.ownKeys(level));
    level = Object.getPrototypeOf(level);
  }
  return keys;
}
