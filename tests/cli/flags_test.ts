import { assertEquals, assertThrows } from "@std/assert";
import { envName, type FlagTable, parseDuration, parseFlags } from "../../lib/cli/flags.ts";
import { UsageError } from "../../lib/errors.ts";

const TABLE = {
  port: { kind: "count", about: "the port", min: 0, max: 65_535, default: 9_889 },
  "peer-port": { kind: "count", about: "the other port" },
  data: { kind: "text", about: "the folder" },
  wait: { kind: "duration", about: "how long", default: 5_000, max: 60_000 },
  level: { kind: "choice", about: "the level", choices: ["low", "high"], default: "low" },
  json: { kind: "boolean", about: "as JSON" },
} as const satisfies FlagTable;

const parse = (...argv: string[]) => parseFlags(TABLE, argv);
const fails = (text: string, ...argv: string[]) => {
  const error = assertThrows(() => parse(...argv), UsageError);
  assertEquals(error.message, text);
};

Deno.test("without flags there are the defaults", () => {
  assertEquals(parse("a", "b"), {
    flags: {
      port: 9_889,
      "peer-port": undefined,
      data: undefined,
      wait: 5_000,
      level: "low",
      json: false,
    },
    args: ["a", "b"],
  });
});

Deno.test("flags stand anywhere, with = or without, the last one counts", () => {
  const { flags, args } = parse(
    ..."set --port=1 x --json 42 --peer-port 2 --wait 1.5s --level high --port 3".split(" "),
  );
  assertEquals(args, ["set", "x", "42"]);
  assertEquals(flags, {
    port: 3,
    "peer-port": 2,
    data: undefined,
    wait: 1_500,
    level: "high",
    json: true,
  });
});

Deno.test("arguments stay as they were written", () => {
  assertEquals(parse("042", "-1", "-1", "-.5e3", "1e3", "", "-", "-0x1").args, [
    "042",
    "-1",
    "-1",
    "-.5e3",
    "1e3",
    "",
    "-",
    "-0x1",
  ]);
  assertEquals(parse("x", "--json", "true").args, ["x", "true"]);
  assertEquals(parse("-1", "5", "--data", "-5").args, ["-1", "5"]);
  assertEquals(parse("--data", "-5").flags.data, "-5");
  assertEquals(parse("set", "--json", "--", "--data", "-x", "--").args, [
    "set",
    "--data",
    "-x",
    "--",
  ]);
});

Deno.test("what is wrong is said in a line", () => {
  fails("unknown flag --prot (did you mean --port?)", "--prot", "1");
  fails("unknown flag --prot (did you mean --port?)", "--prot=1");
  fails("unknown flag --peer (did you mean --peer-port?)", "--peer");
  fails("unknown flag --zzzzzz", "--zzzzzz");
  fails("unknown flag -x", "-x");
  fails("unknown flag --no-json (did you mean --json?)", "--no-json");
  fails("unknown flag --__proto__", "--__proto__", "1");
  fails("unknown flag --port.x (did you mean --port?)", "--port.x", "1");
  fails("--port needs a value", "--port");
  fails("--port needs a value", "--port=");
  fails("--port needs a value", "--port", "--json");
  fails("--data needs a value", "--data", "");
  fails('--port must be a whole number, and is "abc"', "--port", "abc");
  fails('--port must be a whole number, and is "1.5"', "--port", "1.5");
  fails("--port must be from 0 to 65535, and is -1", "--port", "-1");
  fails("--port must be from 0 to 65535, and is 65536", "--port", "65536");
  fails("--peer-port must be at least 0, and is -1", "--peer-port=-1");
  fails("--wait needs a unit: 5ms or 5s?", "--wait", "5");
  fails('--wait is no duration: "soon"; try 300ms, 5s or 1m', "--wait", "soon");
  fails("--wait must be from 0 to 60000 ms, and is 2m", "--wait", "2m");
  fails("--wait must be from 0 to 60000 ms, and is -5s", "--wait", "-5s");
  fails('--level must be one of low, high, and is "hihg" (did you mean high?)', "--level", "hihg");
  fails('--json must be true or false, and is "maybe"', "--json=maybe");
});

Deno.test("the environment gives what the command line does not", () => {
  const set: Record<string, string> = {
    KVDIST_PORT: "1",
    KVDIST_PEER_PORT: "2",
    KVDIST_JSON: "yes",
  };
  const env = (name: string) => set[name];
  assertEquals(envName("peer-port"), "KVDIST_PEER_PORT");
  const { flags } = parseFlags(TABLE, ["--port", "7"], { env });
  assertEquals([flags.port, flags["peer-port"], flags.json], [7, 2, true]);
  assertEquals(parseFlags(TABLE, ["--json=false"], { env }).flags.json, false);
  const error = assertThrows(
    () => parseFlags(TABLE, [], { env: () => "soon" }),
    UsageError,
  );
  assertEquals(error.message, 'KVDIST_PORT must be a whole number, and is "soon"');
});

Deno.test("parseDuration: a number and its unit", () => {
  const ms = (text: string) => parseDuration(text, "--wait");
  assertEquals(["300ms", "5s", "1.5s", "2m", "1h", "0", "0s"].map(ms), [
    300,
    5_000,
    1_500,
    120_000,
    3_600_000,
    0,
    0,
  ]);
  for (const text of ["", "s", "5 s", "5sec", "1e3s", "NaNs", "∞s", "5", "--5s"]) {
    assertThrows(() => ms(text), UsageError);
  }
});

Deno.test("a list takes all its values", () => {
  const table = { target: { kind: "list", about: "whom to ask" } } as const satisfies FlagTable;
  const env = (name: string) => name === "KVDIST_TARGET" ? "a:1,b:2" : undefined;
  assertEquals(parseFlags(table, []).flags, { target: [] });
  assertEquals(parseFlags(table, ["--target", "a:1", "x", "--target=b:2"]), {
    flags: { target: ["a:1", "b:2"] },
    args: ["x"],
  });
  assertEquals(parseFlags(table, [], { env }).flags, { target: ["a:1", "b:2"] });
  assertEquals(parseFlags(table, ["--target", "c:3"], { env }).flags, { target: ["c:3"] });
  assertThrows(() => parseFlags(table, ["--target"]), UsageError, "--target needs a value");
});
