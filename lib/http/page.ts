/**
 * The live page: files beside the code, in the executable too, that a browser may run with nothing
 * but this server.
 *
 * @module
 */

/** By path: the file, and what it is. */
const FILES: readonly (readonly [path: string, file: string, type: string])[] = [
  ["/", "live.html", "text/html; charset=utf-8"],
  ["/live.css", "live.css", "text/css; charset=utf-8"],
  ["/live.js", "live.js", "text/javascript; charset=utf-8"],
  ["/live.svg", "live.svg", "image/svg+xml"],
];

/** Only what this server gives is run, drawn or asked; no form goes anywhere, nobody frames it. */
const POLICY = [
  "default-src 'none'",
  ...["script-src", "style-src", "img-src", "connect-src"].map((kind) => `${kind} 'self'`),
  ...["base-uri", "form-action", "frame-ancestors"].map((kind) => `${kind} 'none'`),
].join("; ");

/** A path of the page, and what gives it. */
export type PagePart = readonly [path: string, answer: () => Response];

/** All parts of the page, read now. */
export function readPage(): readonly PagePart[] {
  return FILES.map(([path, file, type]) => {
    const text = Deno.readTextFileSync(new URL(`./page/${file}`, import.meta.url));
    const headers = { "content-type": type, "content-security-policy": POLICY };
    return [path, () => new Response(text, { headers })];
  });
}
