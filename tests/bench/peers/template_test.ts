import { assertEquals, assertThrows } from "@std/assert";
import { bytesOf, keyText, Template, valueText } from "../../../bench/peers/generator/template.ts";
import { text } from "./feeding.ts";

Deno.test("template: only the key changes, and a short one leaves nothing of a long one", () => {
  const template = new Template(bytesOf("GET ", keyText(0), "!"));
  assertEquals(text(template.for(1_234_567_890)), "GET key-1234567890!");
  assertEquals(text(template.for(7)), "GET key-0000000007!");
  assertEquals(template.for(1), template.for(1));
});

Deno.test("template: a request without a key is refused", () => {
  assertThrows(() => new Template(bytesOf("GET key-1")), RangeError);
});

Deno.test("values have the length that is asked for, in letters and digits", () => {
  for (const length of [0, 1, 64, 1000]) {
    assertEquals(/^[a-z0-9]*$/.test(valueText(length)), true);
    assertEquals(valueText(length).length, length);
  }
});
