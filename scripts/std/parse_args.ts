/**
 * Stand-in for `@std/cli/parse-args`: same names, same behaviour, same types of what comes out.
 *
 * @module
 */

type Name = string | undefined;
type BooleanName = boolean | string | undefined;
type Lookup = Record<string, unknown>;
type Aliases<Names = string, Others extends string = string> = Partial<
  Record<Extract<Names, string>, Others | readonly Others[]>
>;

/** What a flag adds to the result: `"a.b"` stands for `{ a: { b } }`. */
type Shape<Flag extends string, Value> = Flag extends `${infer Head}.${infer Rest}`
  ? { [Key in Head]: Shape<Rest, Value> }
  : { [Key in Flag]: Value };
type OptionalShape<Flag extends string, Value> = Flag extends `${infer Head}.${infer Rest}`
  ? { [Key in Head]?: OptionalShape<Rest, Value> }
  : { [Key in Flag]?: Value };

/** Makes `A & B` of `A | B`. */
type Both<Union> = (Union extends unknown ? (given: Union) => void : never) extends
  (given: infer All) => void ? All
  : never;

/** Shows an intersection as the one object that it is. */
type Flat<T> = T extends Lookup ? { [Key in keyof T]: Flat<T[Key]> } : T;

/** `false`, if the flag may stand as `--no-…`. */
type No<Flag, Negatable> = Flag extends Negatable ? false : never;

type BooleanFlags<Flag extends string, Collect> = Both<
  // A list of names that are not told one by one may lack any name.
  string extends Flag ? OptionalShape<Flag, boolean>
    : Flag extends unknown ? Shape<Flag, Flag extends Collect ? boolean[] : boolean>
    : never
>;
type StringFlags<Flag extends string, Collect, Negatable> = Both<
  Flag extends Collect ? Shape<Flag, string[] | No<Flag, Negatable>>
    : OptionalShape<Flag, string | No<Flag, Negatable>>
>;
type OtherLists<Flag extends string, Negatable> = Both<
  Flag extends unknown ? Shape<Flag, unknown[] | No<Flag, Negatable>> : never
>;

/** With a default a flag is always there: as given, or the default. */
type WithDefaults<Flags, Defaults> = Defaults extends undefined ? Flags
  :
    & Omit<Flags, keyof Defaults>
    & {
      [Key in keyof Defaults]: Key extends keyof Flags ? DefaultOr<Flags[Key], Defaults[Key]>
        : unknown;
    };
type DefaultOr<Value, Default> = Default extends Lookup
  ? NonNullable<Value> extends Lookup ? WithDefaults<NonNullable<Value>, Default>
  : Default | NonNullable<Value>
  : Default | NonNullable<Value>;
type DefaultShapes<Defaults> = Lookup extends Defaults ? Defaults
  : Defaults extends Lookup
    ? Both<{ [Key in keyof Defaults & string]: Shape<Key, Defaults[Key]> }[keyof Defaults & string]>
  : Defaults;

/** A flag's other names have its type. */
type WithAliases<Flags, Alias> = {
  [Key in keyof Flags as Key | OtherNames<Key, Alias>]: Flags[Key];
};
type OtherNames<Key, Alias> = Key extends keyof Alias ? string extends Alias[Key] ? never
  : Alias[Key] extends string ? Alias[Key]
  : Alias[Key] extends (infer Other extends string)[] ? Other
  : never
  : never;

type Words<T> = Extract<T, string>;

/** Whether any flag's type was told; else every flag is `any`, as the real one has it. */
type IsTyped<Booleans, Strings, Collect> = undefined extends
  (false extends Booleans ? undefined : Booleans) & Collect & Strings ? false : true;

type Values<
  Booleans extends BooleanName,
  Strings extends Name,
  Collect extends Name,
  Negatable extends Name,
  Defaults extends Lookup | undefined,
  Alias extends Aliases | undefined,
> = IsTyped<Booleans, Strings, Collect> extends true ?
    & Lookup
    & WithAliases<
      WithDefaults<
        & BooleanFlags<Words<Booleans>, Collect>
        & StringFlags<Words<Strings>, Collect, Negatable>
        & OtherLists<Exclude<Words<Collect>, Words<Booleans | Strings>>, Negatable>,
        DefaultShapes<Defaults>
      >,
      Alias
    >
  // deno-lint-ignore no-explicit-any
  : Record<string, any>;

/** Offers the flags' names where defaults are written. */
type Defaults<Booleans extends BooleanName, Strings extends Name> =
  & Lookup
  & { [Key in Words<Booleans | Strings>]?: unknown };

type DoubleDash = {
  /** All that stood after `--`. */
  "--"?: string[];
};

/** The value returned from {@linkcode parseArgs}. */
export type Args<
  // deno-lint-ignore no-explicit-any
  TArgs extends Record<string, unknown> = Record<string, any>,
  TDoubleDash extends boolean | undefined = undefined,
> = Flat<
  & TArgs
  & {
    /** The arguments that belong to no flag. */
    _: Array<string | number>;
  }
  & (boolean extends TDoubleDash ? DoubleDash
    : true extends TDoubleDash ? Required<DoubleDash>
    : Record<never, never>)
>;

/** Options for {@linkcode parseArgs}. */
export interface ParseOptions<
  TBooleans extends BooleanName = BooleanName,
  TStrings extends Name = Name,
  TCollectable extends Name = Name,
  TNegatable extends Name = Name,
  TDefault extends Record<string, unknown> | undefined = Record<string, unknown> | undefined,
  TAliases extends Aliases | undefined = Aliases | undefined,
  TDoubleDash extends boolean | undefined = boolean | undefined,
> {
  /** Whether what stands after `--` goes to `"--"` instead of `_`. @default {false} */
  "--"?: TDoubleDash;
  /** Other names of flags. */
  alias?: TAliases;
  /** Flags without a value, `false` unless given; `true`: all `--flags` without `=`. */
  boolean?: TBooleans | ReadonlyArray<Extract<TBooleans, string>>;
  /** Values of flags that were not given. */
  default?: TDefault & Defaults<TBooleans, TStrings>;
  /** Whether all from the first argument that is no flag goes to `_` as it is. */
  stopEarly?: boolean;
  /** Flags whose value stays a string, even one that looks like a number. */
  string?: TStrings | ReadonlyArray<Extract<TStrings, string>>;
  /** Flags that may come many times; the others keep the last value. */
  collect?: TCollectable | ReadonlyArray<Extract<TCollectable, string>>;
  /** Flags that may be negated: `--no-config`. */
  negatable?: TNegatable | ReadonlyArray<Extract<TNegatable, string>>;
  /** Called with what no option names, positional arguments too; `false` leaves it out. */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

/**
 * Parses command line arguments: `--flag value`, `--flag=value`, `-f value`, `-fvalue` for
 * numbers, `-abc`. Values that look like numbers become numbers unless named in `string`.
 */
export function parseArgs<
  TArgs extends Values<TBooleans, TStrings, TCollectable, TNegatable, TDefaults, TAliases>,
  TDoubleDash extends boolean | undefined = undefined,
  TBooleans extends BooleanName = undefined,
  TStrings extends Name = undefined,
  TCollectable extends Name = undefined,
  TNegatable extends Name = undefined,
  TDefaults extends Record<string, unknown> | undefined = undefined,
  TAliases extends Aliases<TAliasArgNames, TAliasNames> | undefined = undefined,
  TAliasArgNames extends string = string,
  TAliasNames extends string = string,
>(
  args: string[],
  options?: ParseOptions<
    TBooleans,
    TStrings,
    TCollectable,
    TNegatable,
    TDefaults,
    TAliases,
    TDoubleDash
  >,
): Args<TArgs, TDoubleDash> {
  const parser = new Parser((options ?? {}) as ParseOptions);
  return parser.parse(args) as Args<TArgs, TDoubleDash>;
}

/** One call of {@linkcode parseArgs}. */
class Parser {
  #options: ParseOptions;
  #aliases: Map<string, string[]>;
  #booleans: Set<string>;
  #strings: Set<string>;
  #lists: Set<string>;
  #negatable: Set<string>;
  #result: Lookup = {};
  #positional: (string | number)[] = [];

  constructor(options: ParseOptions) {
    this.#options = options;
    this.#aliases = groupAliases(options.alias ?? {});
    const { boolean } = options;
    this.#booleans = this.#withAliases(typeof boolean === "boolean" ? [] : boolean);
    this.#strings = this.#withAliases(options.string);
    this.#lists = this.#withAliases(options.collect);
    this.#negatable = this.#withAliases(options.negatable);
  }

  parse(args: string[]): Lookup {
    const dashes = args.indexOf("--");
    const rest = dashes < 0 ? [] : args.slice(dashes + 1);
    this.#result._ = this.#positional;
    this.#readAll(dashes < 0 ? args : args.slice(0, dashes));
    this.#fillIn();
    if (this.#options["--"]) this.#result["--"] = rest;
    else this.#positional.push(...rest);
    return this.#result;
  }

  #readAll(args: string[]): void {
    for (let i = 0; i < args.length; i++) {
      const arg = args[i];
      if (arg.length > 2 && arg.startsWith("--")) i += this.#readLong(arg, args[i + 1]);
      else if (arg.length > 1 && arg.startsWith("-")) i += this.#readShort(arg, args[i + 1]);
      else {
        if (this.#options.unknown?.(arg) !== false) {
          this.#positional.push(this.#strings.has("_") ? arg : numberOr(arg));
        }
        if (this.#options.stopEarly) {
          this.#positional.push(...args.slice(i + 1));
          return;
        }
      }
    }
  }

  /** Reads `--flag`, `--flag=value`, `--no-flag`; returns how many of the next it took. */
  #readLong(arg: string, next: string | undefined): 0 | 1 {
    const body = arg.slice(2);
    const negated = /^no-(.+)$/s.exec(body)?.[1];
    const equals = /^(.+?)=(.+)$/s.exec(negated ?? body);
    if (equals) {
      const [, key, value] = equals;
      this.#set(key, this.#booleans.has(key) ? value !== "false" : value, arg);
      return 0;
    }
    if (negated !== undefined && this.#negatable.has(negated)) {
      this.#set(negated, false, arg, { mayCollect: false });
      return 0;
    }
    const takesValue = this.#options.boolean !== true && !next?.startsWith("-");
    return this.#setFromNext(body, arg, next, takesValue);
  }

  /** Reads `-f`, `-fgh`, `-f=value`, `-f5`; returns how many of the next it took. */
  #readShort(arg: string, next: string | undefined): 0 | 1 {
    const last = arg.length - 1;
    for (let i = 1; i < last; i++) {
      const letter = arg[i];
      const rest = arg.slice(i + 1);
      if (rest === "-") {
        this.#set(letter, rest, arg);
        return 0;
      }
      const value = attachedValue(letter, rest);
      if (value !== undefined) {
        this.#set(letter, value, arg);
        return 0;
      }
      this.#set(letter, this.#bare(letter), arg);
    }
    const key = arg[last];
    if (key === "-") return 0;
    return this.#setFromNext(key, arg, next, !/^--?[^-]/.test(next ?? ""));
  }

  /** Sets a flag that has no value attached, from the next argument if that is one for it. */
  #setFromNext(key: string, arg: string, next: string | undefined, takesValue: boolean): 0 | 1 {
    const isBoolean = [key, ...this.#others(key)].some((name) => this.#booleans.has(name));
    if (next && takesValue && !isBoolean) {
      this.#set(key, next, arg);
      return 1;
    }
    if (next === "true" || next === "false") {
      this.#set(key, next === "true", arg);
      return 1;
    }
    this.#set(key, this.#bare(key), arg);
    return 0;
  }

  /** The value of a flag that stands alone. */
  #bare(key: string): string | boolean {
    return this.#strings.has(key) ? "" : true;
  }

  #set(key: string, value: string | boolean, arg: string, { mayCollect } = { mayCollect: true }) {
    if (!this.#isKnown(key, arg) && this.#options.unknown?.(arg, key, value) === false) return;
    const typed = typeof value === "string" && !this.#strings.has(key) ? numberOr(value) : value;
    const collects = mayCollect && this.#lists.has(key);
    for (const name of [key, ...this.#others(key)]) {
      const before = collects ? valueAt(this.#result, name) : undefined;
      const list = before === undefined || before === false ? [] : [before].flat();
      setAt(this.#result, name, collects ? [...list, typed] : typed);
    }
  }

  #isKnown(key: string, arg: string): boolean {
    return this.#booleans.has(key) || this.#strings.has(key) || this.#aliases.has(key) ||
      (this.#options.boolean === true && /^--[^=]+$/.test(arg));
  }

  /** Defaults, `false` and empty lists for what was not given. */
  #fillIn(): void {
    const fill = (key: string, value: unknown) => {
      if (!hasAt(this.#result, key)) setAt(this.#result, key, value);
    };
    for (const [key, value] of Object.entries(this.#options.default ?? {})) {
      if (hasAt(this.#result, key)) continue;
      for (const name of [key, ...this.#others(key)]) setAt(this.#result, name, value);
    }
    for (const key of this.#booleans) fill(key, this.#lists.has(key) ? [] : false);
    for (const key of this.#strings) if (this.#lists.has(key)) fill(key, []);
  }

  #others(key: string): string[] {
    return this.#aliases.get(key) ?? [];
  }

  #withAliases(names: string | readonly string[] | undefined): Set<string> {
    const given = [names ?? []].flat().filter((name) => name !== "");
    return new Set(given.flatMap((name) => [name, ...this.#others(name)]));
  }
}

/** For each name all the other names of its flag. */
function groupAliases(alias: Aliases): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const [key, value] of Object.entries(alias)) {
    if (value === undefined) throw new TypeError("Alias value must be defined");
    const names = [key, ...[value].flat()];
    for (const name of names) groups.set(name, names.filter((other) => other !== name));
  }
  return groups;
}

/** What follows a short flag and is its value, not more flags. */
function attachedValue(letter: string, rest: string): string | undefined {
  if (/[A-Za-z]/.test(letter)) {
    const afterEquals = /=(.+)/.exec(rest)?.[1];
    if (afterEquals !== undefined) return afterEquals;
    if (/\d+(\.\d*)?(e-?\d+)?$/.test(rest)) return rest;
  }
  return rest.length > 1 && /^\W/.test(rest) ? rest : undefined;
}

function numberOr(text: string): string | number {
  return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}

function valueAt(result: Lookup, key: string): unknown {
  let value: unknown = result;
  for (const part of key.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) {
      return undefined;
    }
    value = Reflect.get(value, part);
  }
  return value;
}

function hasAt(result: Lookup, key: string): boolean {
  const dot = key.lastIndexOf(".");
  const parent = dot < 0 ? result : valueAt(result, key.slice(0, dot));
  return typeof parent === "object" && parent !== null && Object.hasOwn(parent, key.slice(dot + 1));
}

function setAt(result: Lookup, key: string, value: unknown): void {
  const parts = key.split(".");
  const last = parts.pop() ?? key;
  let place = result;
  for (const part of parts) place = (place[part] ??= {}) as Lookup;
  place[last] = value;
}
