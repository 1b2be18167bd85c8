import { assertEquals } from "@std/assert";
import {
  ConnectionError,
  ERROR_CODES,
  isErrorCode,
  RequestError,
  TimeoutError,
} from "../../lib/errors.ts";
import { failureOf, HttpError, isExpected } from "../../lib/http/failure.ts";

Deno.test("each code has the status that says the same", () => {
  const statuses = Object.keys(ERROR_CODES).filter(isErrorCode)
    .map((code) => [code, failureOf(new RequestError(code, "x")).status]);
  assertEquals(Object.fromEntries(statuses), {
    bad_request: 400,
    too_large: 413,
    unknown_command: 404,
    timeout: 504,
    no_quorum: 503,
    needs_order: 409,
    not_a_number: 409,
    out_of_range: 409,
    no_key: 404,
    unauthorized: 403,
    internal: 500,
  });
});

Deno.test("a failure is one line of JSON, with its details", () => {
  const missing = [{ id: 1, since: "2026-01-02T03:04:05.678Z" }];
  const { body } = failureOf(new RequestError("no_quorum", "a\nline", { maybe: true, missing }));
  assertEquals(body.indexOf("\n"), body.length - 1);
  assertEquals(JSON.parse(body), { code: "no_quorum", text: "a\nline", maybe: true, missing });
});

Deno.test("what HTTP has a status for has that, and its headers", () => {
  const headers = { allow: "GET" };
  const failure = failureOf(new HttpError(405, "unknown_command", "x", headers));
  assertEquals([failure.status, failure.headers], [405, headers]);
});

Deno.test("a replica that is lost says whether the write may still happen", () => {
  for (const maybe of [false, true]) {
    const lost = failureOf(new ConnectionError("gone", maybe));
    assertEquals([lost.status, JSON.parse(lost.body)], [503, {
      code: "internal",
      text: "gone",
      maybe,
    }]);
    const late = failureOf(new TimeoutError("late", maybe));
    assertEquals([late.status, JSON.parse(late.body)], [504, {
      code: "timeout",
      text: "late",
      maybe,
    }]);
  }
});

Deno.test("of a mistake in the program no detail leaves it", () => {
  const error = new TypeError("secret");
  assertEquals(isExpected(error), false);
  const { status, body } = failureOf(error);
  assertEquals([status, JSON.parse(body)], [500, {
    code: "internal",
    text: "the server failed",
    maybe: true,
  }]);
});
