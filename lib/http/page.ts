/**
 * The live page: files beside the code, in the executable too, that a browser may run with nothing
 * but this server.
 *
 * @module
 */

import { COLOUR_STYLE } from "../colours.ts";

/** Where they are asked for; the first is the page. */
const FILES: readonly string[] = [
  "live.html",
  ...["live.css", "live.js", "live.svg", "charts.js", "elements.js", "words.js"],
  ...["uplot/uPlot.esm.js", "uplot/uPlot.min.css"],
];

/** What they are, by the end of their names. */
const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

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
  const files = FILES.map((file, i) => {
    const text = Deno.readTextFileSync(new URL(`./page/${file}`, import.meta.url));
    return part(i === 0 ? "/" : `/${file}`, TYPES[file.slice(file.lastIndexOf(".") + 1)], text);
  });
  return [...files, part("/colours.css", TYPES.css, COLOUR_STYLE)];
}

function part(path: string, type: string, text: string): PagePart {
  const headers = { "content-type": type, "content-security-policy": POLICY };
  return [path, () => new Response(text, { headers })];
}
