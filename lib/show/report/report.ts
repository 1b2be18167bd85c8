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
  /** What draws, for a browser. */
  readonly script: string;
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
  { style, script, body }: ReportParts,
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
<script>
${script}</script>`,
  });
}

/** Values never end the element that holds them, nor begin another: `<` is written as JSON may. */
function embedded(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}
