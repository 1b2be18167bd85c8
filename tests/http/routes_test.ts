import { assertEquals } from "@std/assert";
import { type Route, routeOf } from "../../lib/http/routes.ts";

const ROUTES: readonly Route[] = ["/", "/metrics", "/kv/"]
  .map((path) => ({ path, methods: new Map() }));

Deno.test("a path that ends with a slash stands for all below it; the root only for itself", () => {
  const at = (path: string) => routeOf(ROUTES, path)?.path;
  assertEquals(at("/"), "/");
  assertEquals(at("/metrics"), "/metrics");
  assertEquals(at("/kv/"), "/kv/");
  assertEquals(at("/kv/a/b"), "/kv/");
  for (const path of ["/kv", "/metrics/", "/Metrics", "/x", "//", "/%6bv/a", ""]) {
    assertEquals(at(path), undefined, path);
  }
});
