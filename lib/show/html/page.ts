/**
 * A page that needs nothing else: it opens from disk, in dark and light, and prints.
 *
 * @module
 */

import { COLOUR_STYLE } from "../../colours.ts";
import type { Column } from "../table.ts";

/** The look of what pages have in common. */
const STYLE = `
body { background: var(--page); color: var(--text); font: 15px/1.5 system-ui, sans-serif;
  max-width: 1060px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2.5rem; }
p, li { max-width: 80ch; } .dim, caption { color: var(--dim); }
figure { margin: 0 0 1rem; break-inside: avoid; } figcaption { font-weight: 600; }
.pictures { display: flex; flex-wrap: wrap; gap: 0 1.5rem; align-items: start; }
.pictures > figure { flex: 1 1 400px; max-width: 560px; }
svg { width: 100%; height: auto; font: 12.5px system-ui, sans-serif; }
svg text { fill: var(--text); } svg .dim { fill: var(--dim); }
.grid { stroke: var(--line); } .good { fill: var(--good); } .bad { fill: var(--bad); }
.plain { fill: var(--plain); }
.c0 { --own: var(--c0); } .c1 { --own: var(--c1); } .c2 { --own: var(--c2); }
.c3 { --own: var(--c3); }
.curve { fill: none; stroke: var(--own); stroke-width: 2; } .c1 .curve { stroke-dasharray: 7 3; }
.c2 .curve { stroke-dasharray: 2 3; } .c3 .curve { stroke-dasharray: 9 3 2 3; }
.mark { fill: var(--own); stroke: var(--page); } .legend { margin: 0; padding: 0; }
.legend li { display: inline-block; margin-right: 1.2rem; }
.legend span { color: var(--own); }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 13.5px; }
caption { text-align: left; } th { font-weight: 600; }
th, td { padding: .15rem 1.1rem .15rem 0; border-bottom: 1px solid var(--line); text-align: left;
  vertical-align: top; } td.number, th.number { text-align: right; white-space: nowrap; }
.scroll { overflow-x: auto; margin-bottom: 1rem; } details { margin-bottom: 1rem; }
summary { cursor: pointer; }
@media print { body { margin: 0; max-width: none; } tr { break-inside: avoid; }
  details::details-content { content-visibility: visible; block-size: auto; } }
`;

/** What a page holds. */
export interface Page {
  /** Of the window, and the first heading. */
  readonly title: string;
  /** Markup. */
  readonly body: string;
  /** What this page's look has besides. */
  readonly style?: string;
}

/** The whole page. */
export function page({ title, body, style = "" }: Page): string {
  const main = `<main>
<h1>${escape(title)}</h1>
${body}
</main>`;
  return htmlDocument({ title, body: main, style: `\n${COLOUR_STYLE}${STYLE}${style}` });
}

/** A document with a look of its own, and nothing else but its body. */
export function htmlDocument({ title, body, style }: Required<Page>): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escape(title)}</title>
<style>${style}</style>
</head>
<body>
${body}
</body>
</html>
`;
}

/** The text as markup that shows it, in an element or an attribute's quotes. */
export function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** A paragraph in the background. */
export function remark(text: string): string {
  return `<p class="dim">${escape(text)}</p>`;
}

/** A table; one that is wider than the page can be scrolled, by keys too. */
export function htmlTable(
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): string {
  const kind = (column: number) => columns[column].align === "right" ? ` class="number"` : "";
  const head = columns.map(({ title }, i) => {
    // A heading that says nothing is none.
    return title === "" ? "<td></td>" : `<th scope="col"${kind(i)}>${escape(title)}</th>`;
  });
  const body = rows.map((row) =>
    `<tr>${
      columns.map((_, i) => row[i] ?? "").map((cell, i) =>
        i === 0
          ? `<th scope="row"${kind(i)}>${escape(cell)}</th>`
          : `<td${kind(i)}>${escape(cell)}</td>`
      ).join("")
    }</tr>`
  );
  return `<section class="scroll" tabindex="0" aria-label="${escape(caption)}">
<table><caption>${escape(caption)}</caption>
<thead><tr>${head.join("")}</tr></thead>
<tbody>
${body.join("\n")}
</tbody></table></section>`;
}
