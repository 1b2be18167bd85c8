import { assertEquals, assertThrows } from "@std/assert";
import { HttpError } from "../../lib/http/failure.ts";
import { readTokenText, tokenText } from "../../lib/http/session_token.ts";
import { REPLICAS_MAX } from "../../lib/limits.ts";

Deno.test("a token goes through a header unchanged", () => {
  const largest = Array(REPLICAS_MAX).fill(Number.MAX_SAFE_INTEGER);
  for (const token of [[0], [3, 0, 17], largest]) {
    assertEquals(readTokenText(tokenText(token)), token);
  }
  assertEquals(tokenText([3, 0, 17]), "3.0.17");
});

Deno.test("anything else is no token", () => {
  const tooLong = Array(REPLICAS_MAX + 1).fill("1").join(".");
  for (
    const text of ["", ".", "1.", "1..2", "-1", "1,2", "1.x", "1e3", "9007199254740992", tooLong]
  ) {
    assertEquals(assertThrows(() => readTokenText(text), HttpError).status, 400, text);
  }
});
