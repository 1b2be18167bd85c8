import { assertEquals, assertThrows } from "@std/assert";
import { bytesOf, textOf } from "../../lib/bytes.ts";
import { HttpError } from "../../lib/http/failure.ts";
import { keyOf, parametersOf, targetOf } from "../../lib/http/target.ts";

Deno.test("the parts of a target stay as they were written", () => {
  const at = "http://127.0.0.1:9900";
  const authority = "127.0.0.1:9900";
  assertEquals(targetOf(`${at}/kv/a?b=c?d`), { authority, path: "/kv/a", query: "b=c?d" });
  assertEquals(targetOf(`${at}/kv/../%2e`), { authority, path: "/kv/../%2e", query: "" });
  assertEquals(targetOf(`${at}/?`), { authority, path: "/", query: "" });
  assertEquals(targetOf("http://[::1]:9900/"), { authority: "[::1]:9900", path: "/", query: "" });
  for (const none of ["*", "127.0.0.1:9900", "http://127.0.0.1", ""]) {
    assertEquals(targetOf(none), null, none);
  }
});

Deno.test("parameters are known ones, each once", () => {
  const known = ["consistency", "replica"];
  assertEquals(parametersOf("", known), new Map());
  assertEquals(
    parametersOf("replica=1&consistency=even%74ual", known),
    new Map([["replica", "1"], ["consistency", "eventual"]]),
  );
  for (const query of ["repilca=1", "replica=1&replica=1", "=1", "Replica=1"]) {
    const error = assertThrows(() => parametersOf(query, known), HttpError);
    assertEquals([error.status, error.code], [400, "bad_request"], query);
  }
  assertThrows(() => parametersOf("a", []), HttpError, "there are none");
});

Deno.test("a key is any bytes, written as they are or with a percent sign", () => {
  assertEquals(keyOf("a/b"), "a/b");
  assertEquals(keyOf("a%2Fb%2fc"), "a/b/c");
  assertEquals(keyOf("a+b"), "a+b");
  assertEquals(keyOf("%25"), "%");
  assertEquals(keyOf("%C3%A4%c3%A4ä"), "äää");
  assertEquals(keyOf("%00%ff"), "\0\udcff");
  assertEquals(keyOf(""), "");
  for (const wrong of ["%", "%2", "a%zz", "%%41", "%-1"]) {
    assertEquals(assertThrows(() => keyOf(wrong), HttpError).status, 400, wrong);
  }
});

Deno.test("every byte has its escape, and every text that encodeURIComponent makes is read", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  const escaped = [...bytes].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
  assertEquals(bytesOf(keyOf(escaped)), bytes);
  assertEquals(bytesOf(keyOf(escaped.toUpperCase())), bytes);
  const text = "Zürich/Genève? & 東京 🗼%";
  assertEquals(keyOf(encodeURIComponent(text)), text);
  assertEquals(keyOf(text.replace("%", "")), textOf(bytesOf(text.replace("%", ""))));
});
