import { assertEquals, assertThrows } from "@std/assert";
import { formatAddress, parseAddress } from "../../lib/client/address.ts";
import { UsageError } from "../../lib/errors.ts";

Deno.test("parseAddress reads a port, host:port and [IPv6]:port", () => {
  const cases: [string | number, string, number][] = [
    [9889, "127.0.0.1", 9889],
    ["9889", "127.0.0.1", 9889],
    [":9889", "127.0.0.1", 9889],
    ["localhost:1", "localhost", 1],
    ["10.0.0.7:65535", "10.0.0.7", 65535],
    ["a-b_c.example.org:80", "a-b_c.example.org", 80],
    ["[::1]:9889", "::1", 9889],
    ["[fe80::1%eth0]:9889", "fe80::1%eth0", 9889],
  ];
  for (const [text, hostname, port] of cases) {
    assertEquals(parseAddress(text), { hostname, port }, String(text));
    assertEquals(parseAddress(formatAddress({ hostname, port })), { hostname, port });
  }
});

Deno.test("parseAddress refuses what is none", () => {
  const none = [
    "",
    "0",
    0,
    -1,
    1.5,
    NaN,
    "65536",
    "99999999",
    "host",
    "host:",
    "host:0",
    "host:65536",
    "host:80x",
    "::1",
    "::1:9889",
    "[::1]",
    "[::1]9889",
    "[host]:1",
    "a b:1",
    "http://host:1",
    "host:1/",
    "user@host:1",
    " 9889",
    "9889\n",
  ];
  for (const text of none) {
    assertThrows(() => parseAddress(text), UsageError, "is no address", String(text));
  }
});
