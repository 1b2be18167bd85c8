import { assertEquals } from "@std/assert";
import { type Args, parseArgs, type ParseOptions } from "@std/cli/parse-args";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true
  : false;

/** Compiles only if the value's type is just the one asked for. */
function typed<Expected>() {
  return <Actual>(_value: Actual, _same: Same<Actual, Expected>): void => {};
}

Deno.test("flags, values and positional arguments, by their looks", () => {
  assertEquals(parseArgs(["--foo", "--bar=baz", "./quux.txt"]), {
    foo: true,
    bar: "baz",
    _: ["./quux.txt"],
  });
  assertEquals(parseArgs(["--port", "9889", "get", "x", "42", "0x10", "1e3", "-"]), {
    port: 9889,
    _: ["get", "x", 42, 16, 1000, "-"],
  });
  assertEquals(parseArgs([]), { _: [] });
  assertEquals(parseArgs(["--a=b=c"]), { a: "b=c", _: [] });
  assertEquals(parseArgs(["--text=two\nlines"]), { text: "two\nlines", _: [] });
  assertEquals(parseArgs(["--x", "--y"]), { x: true, y: true, _: [] });
  assertEquals(parseArgs(["--n=-1", "--m", "-1"]), { n: -1, m: true, 1: true, _: [] });
});

Deno.test("string: values stay as they are written", () => {
  const options = { string: ["port", "name"] } as const;
  assertEquals(parseArgs(["--port", "09", "--name=1e3", "007"], options), {
    port: "09",
    name: "1e3",
    _: [7],
  });
  assertEquals(parseArgs(["--port"], options), { port: "", _: [] });
  assertEquals(parseArgs(["--port", "--name", "a"], options), { port: "", name: "a", _: [] });
  assertEquals(parseArgs(["--port=1", "--port=2"], options), { port: "2", _: [] });
  assertEquals(parseArgs([], options), { _: [] });
  const positional: (string | number)[] = parseArgs(["get", "007"], { string: ["_"] })._;
  assertEquals(positional, ["get", "007"]);
});

Deno.test("boolean: takes no value but true and false", () => {
  const options = { boolean: ["json"] } as const;
  assertEquals(parseArgs([], options), { json: false, _: [] });
  assertEquals(parseArgs(["--json", "get"], options), { json: true, _: ["get"] });
  assertEquals(parseArgs(["--json", "false", "get"], options), { json: false, _: ["get"] });
  assertEquals(parseArgs(["--json=false"], options), { json: false, _: [] });
  assertEquals(parseArgs(["--json=yes"], options), { json: true, _: [] });
  assertEquals(parseArgs(["--one", "two", "-a", "3"], { boolean: true }), {
    one: true,
    a: 3,
    _: ["two"],
  });
});

Deno.test("collect: may come many times", () => {
  const options = { string: ["peer"], boolean: ["v"], collect: ["peer", "v", "n"] } as const;
  assertEquals(parseArgs(["--peer", "a", "-v", "--peer=b", "-v", "--n", "1"], options), {
    peer: ["a", "b"],
    v: [true, true],
    n: [1],
    _: [],
  });
  const none: unknown = parseArgs([], options);
  assertEquals(none, { peer: [], v: [], _: [] });
});

Deno.test("negatable: --no-… is false, elsewhere it is a flag of its own", () => {
  const options = { boolean: ["color"], string: ["data"], negatable: ["color", "data"] } as const;
  assertEquals(parseArgs(["--no-color", "--no-data"], options), {
    color: false,
    data: false,
    _: [],
  });
  assertEquals(parseArgs(["--no-other"], options), { color: false, "no-other": true, _: [] });
});

Deno.test("default: what was not given", () => {
  const options = {
    string: ["host"],
    boolean: ["json"],
    default: { host: "127.0.0.1", json: true, port: 9889 },
  } as const;
  assertEquals(parseArgs([], options), { host: "127.0.0.1", json: true, port: 9889, _: [] });
  assertEquals(parseArgs(["--host=::1", "--json=false", "--port", "1"], options), {
    host: "::1",
    json: false,
    port: 1,
    _: [],
  });
});

Deno.test("alias: other names, set together", () => {
  const parse = (args: string[]) =>
    parseArgs(args, {
      boolean: ["help"],
      string: ["delay"],
      alias: { help: "h", delay: ["d", "wait"] },
      default: { delay: "5s" },
    });
  assertEquals(parse(["-h"]), {
    help: true,
    h: true,
    delay: "5s",
    d: "5s",
    wait: "5s",
    _: [],
  });
  const { delay, d, wait } = parse(["--wait", "1"]);
  assertEquals([delay, d, wait], ["1", "1", "1"]);
});

Deno.test("short flags: together, with numbers, with =", () => {
  assertEquals(parseArgs(["-abc", "x"]), { a: true, b: true, c: "x", _: [] });
  assertEquals(parseArgs(["-n5", "-a=b"]), { n: 5, a: "b", _: [] });
  assertEquals(parseArgs(["-vf", "file"], { boolean: ["v"] }), { v: true, f: "file", _: [] });
  assertEquals(parseArgs(["-v", "file"], { boolean: ["v"] }), { v: true, _: ["file"] });
  assertEquals(parseArgs(["-s"], { string: ["s"] }), { s: "", _: [] });
  assertEquals(parseArgs(["-a-"]), { a: "-", _: [] });
});

Deno.test('"--" ends the flags', () => {
  const args = ["--a", "--", "--b", "2"];
  assertEquals(parseArgs(args), { a: true, _: ["--b", "2"] });
  assertEquals(parseArgs(args, { "--": true }), { a: true, _: [], "--": ["--b", "2"] });
  assertEquals(parseArgs(["--a"], { "--": true }), { a: true, _: [], "--": [] });
});

Deno.test("stopEarly leaves all from the first positional argument", () => {
  const options = { boolean: ["v"], stopEarly: true } as const;
  assertEquals(parseArgs(["-v", "client", "--json", "7"], options), {
    v: true,
    _: ["client", "--json", "7"],
  });
});

Deno.test("unknown is asked about all that no option names", () => {
  const asked: [string, string | undefined, unknown][] = [];
  const unknown = (arg: string, key?: string, value?: unknown) => {
    asked.push([arg, key, value]);
    return !arg.startsWith("-");
  };
  const args = ["serve", "--data", "d", "--prot=1", "--what", "3", "-x", "--json", "-h"];
  const flags = parseArgs(args, {
    string: ["data"],
    boolean: ["json"],
    alias: { json: "h" },
    unknown,
  });
  assertEquals(flags, { data: "d", json: true, h: true, _: ["serve"] });
  assertEquals(asked, [
    ["serve", undefined, undefined],
    ["--prot=1", "prot", "1"],
    ["--what", "what", "3"],
    ["-x", "x", true],
  ]);
});

Deno.test("a dot makes an object", () => {
  const flags = parseArgs(["--log.level", "warn", "--log.json", "--a.b.c=1"], {
    string: ["log.level"],
    boolean: ["log.json"],
  });
  assertEquals(flags, { log: { level: "warn", json: true }, a: { b: { c: 1 } }, _: [] });
});

Deno.test("names of what every object has are flags like others", () => {
  const flags = parseArgs(["--constructor", "a"], { string: ["constructor"] });
  assertEquals(Object.hasOwn(flags, "constructor"), true);
  assertEquals(flags["constructor"], "a");
});

Deno.test("types: each flag as its options say", () => {
  const flags = parseArgs([], {
    boolean: ["json", "help"],
    string: ["host", "data", "peer"],
    collect: ["peer", "other"],
    negatable: ["data"],
    alias: { help: "h" },
    default: { host: "::1", port: 9889 },
    "--": true,
  });
  typed<boolean>()(flags.json, true);
  typed<boolean>()(flags.help, true);
  typed<boolean>()(flags.h, true);
  typed<string>()(flags.host, true);
  typed<string | false | undefined>()(flags.data, true);
  typed<string[]>()(flags.peer, true);
  typed<unknown[]>()(flags.other, true);
  typed<unknown>()(flags.port, true);
  typed<unknown>()(flags.whatever, true);
  typed<(string | number)[]>()(flags._, true);
  typed<string[]>()(flags["--"], true);
});

Deno.test("types: one name instead of a list, defaults of other types", () => {
  const flags = parseArgs([], { string: "delay", default: { delay: 5 } });
  typed<string | number>()(flags.delay, true);
  const nested = parseArgs(["--log.level=a"], { string: "log.level", boolean: "log.json" });
  typed<string | undefined>()(nested.log.level, true);
  typed<boolean>()(nested.log.json, true);
});

Deno.test("types: nothing told, nothing known", () => {
  const flags = parseArgs([]);
  typed<Args>()(flags, true);
  const all = parseArgs([], { boolean: true });
  typed<(string | number)[]>()(all._, true);
  const options: ParseOptions = { string: ["a"], unknown: () => false };
  assertEquals(parseArgs([], options)._, []);
});
