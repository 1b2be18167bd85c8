import { assertEquals, assertThrows } from "@std/assert";
import { HttpError } from "../../lib/http/failure.ts";
import { checkSite, isOwnHost } from "../../lib/http/site.ts";

const HERE = "127.0.0.1";

function check(headers: Record<string, string>, { method = "GET", listening = HERE } = {}): void {
  const authority = headers.host ?? "127.0.0.1:9900";
  checkSite({ method, authority, headers: new Headers(headers) }, listening);
}

function refuse(headers: Record<string, string>, method?: string): void {
  const error = assertThrows(() => check(headers, { method }), HttpError);
  assertEquals([error.status, error.code], [403, "unauthorized"], JSON.stringify(headers));
}

Deno.test("this machine's own names and addresses are a host, with a port or without", () => {
  for (const name of ["localhost", "LocalHost", "127.0.0.1", "127.9.9.9", "[::1]"]) {
    assertEquals(isOwnHost(name, HERE), true, name);
    assertEquals(isOwnHost(`${name}:9900`, HERE), true, name);
  }
});

Deno.test("a name that someone else can point here is none, nor is anything odd", () => {
  const foreign = [
    "evil.example",
    "evil.example:9900",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "evil.example#127.0.0.1",
    "user@127.0.0.1",
    "127.0.0.1, evil.example",
    "127.0.0.1:99x",
    "10.0.0.5",
    "[fe80::1]",
    "::1",
    "localhost.",
    "",
  ];
  for (const name of foreign) assertEquals(isOwnHost(name, HERE), false, name);
});

Deno.test("the name that it was started with is one, and on all addresses every address", () => {
  assertEquals(isOwnHost("Store.Example:9900", "store.example"), true);
  assertEquals(isOwnHost("10.0.0.5:9900", "10.0.0.5"), true);
  for (const listening of ["0.0.0.0", "::"]) {
    assertEquals(isOwnHost("10.0.0.5:9900", listening), true);
    assertEquals(isOwnHost("[fe80::1]:9900", listening), true);
    assertEquals(isOwnHost("evil.example:9900", listening), false);
  }
});

Deno.test("programs, and pages of this very server, may ask", () => {
  check({});
  check({ host: "127.0.0.1:9900" });
  const host = "localhost:9900";
  check({ host, origin: "http://localhost:9900" }, { method: "PUT" });
  check({ host, "sec-fetch-site": "same-origin" }, { method: "DELETE" });
  check({ host, "sec-fetch-site": "none", "sec-fetch-mode": "navigate" });
  const link = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" };
  check({ host, ...link, "sec-fetch-dest": "document" });
});

Deno.test("pages of other sites may not, whatever they say", () => {
  const host = "localhost:9900";
  for (
    const origin of [
      "http://evil.example",
      "https://localhost:9900",
      "http://localhost:9901",
      "http://localhost",
      "http://127.0.0.1:9900",
      "null",
      "",
    ]
  ) refuse({ host, origin });
  refuse({ host: "evil.example", origin: "http://evil.example" });
  refuse({ host: "evil.example" });
  for (const site of ["cross-site", "same-site", "odd"]) refuse({ host, "sec-fetch-site": site });
  const navigates = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" };
  refuse({ host, ...navigates, "sec-fetch-dest": "iframe" });
  refuse({ host, ...navigates, "sec-fetch-dest": "document" }, "POST");
});

Deno.test("a target that names another host than the header is for neither", () => {
  const headers = new Headers({ host: "localhost:9900" });
  assertThrows(
    () => checkSite({ method: "GET", authority: "evil.example", headers }, HERE),
    HttpError,
  );
});
