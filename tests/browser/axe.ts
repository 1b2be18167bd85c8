/** What is wrong with a page for who does not see, hears it read, or uses only a keyboard. */

import axe from "npm:axe-core@4.10.2";
import type { Page } from "./chromium.ts";

/** The rules that it breaks, each with the elements. */
export async function inaccessible(page: Page): Promise<unknown> {
  await page.evaluate(`${axe.source}; undefined`);
  return await page.evaluate(`axe.run().then(({ violations }) =>
    violations.map(({ id, nodes }) => [id, nodes.map(({ html, failureSummary }) =>
      html.slice(0, 160) + ": " + failureSummary)]))`);
}
