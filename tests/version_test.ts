import { assertEquals } from "@std/assert";
import { VERSION } from "../lib/version.ts";

Deno.test("the version is that of deno.json", async () => {
  const config = await Deno.readTextFile(new URL("../deno.json", import.meta.url));
  assertEquals(VERSION, JSON.parse(config).version);
});
