/**
 * The report of a trace: one page that needs nothing else.
 *
 * @module
 */

import { COLOUR_STYLE } from "../../colours.ts";
import { escape, htmlDocument } from "../html/page.ts";
import { compact, type Told } from "./compact.ts";

/** What the page is made of, besides the story. */
export interface ReportParts {
  /** The look. */
  readonly style: string;
  /** What draws, for a browser: the texts of modules that import each other as `./NAME`. */
  readonly modules: ReadonlyMap<string, string>;
  /** The body. */
  readonly body: string;
}

/** What the page is about. */
export interface ReportFacts {
  /** Of the window, and the heading. */
  readonly title: string;
  /** In a sentence: where the trace comes from, and what of it is shown. */
  readonly about: string;
}

/** The page. */
export function report(
  told: Told,
  { title, about }: ReportFacts,
  { style, modules, body }: ReportParts,
): string {
  const filled = body.replaceAll("{title}", () => escape(title)).replaceAll(
    "{about}",
    () => escape(about),
  );
  const data = embedded(compact(told));
  return htmlDocument({
    title,
    style: `\n${COLOUR_STYLE}${style}`,
    body: `${filled}
<script type="application/json" id="story">${data}</script>
<script type="importmap">${embedded({ imports: addressesOf(modules) })}</script>
<script type="module">import "report/main.js";</script>`,
  });
}

/**
 * A page from disk may import no file beside it, so the text of each module is its address. Such an
 * address has no neighbours that `./` could mean: modules know each other as `report/NAME`.
 */
function addressesOf(modules: ReadonlyMap<string, string>): Record<string, string> {
  const addresses = [...modules].map(([name, text]) => {
    const named = `${text.replaceAll('"./', '"report/')}//# sourceURL=report/${name}\n`;
    return [`report/${name}`, `data:text/javascript;charset=utf-8,${encodeURIComponent(named)}`];
  });
  return Object.fromEntries(addresses);
}

/** Values never end the element that holds them, nor begin another: `<` is written as JSON may. */
function embedded(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}
