/** Colours can be told apart by all who see at all: WCAG 2.2, 1.4.3 and 1.4.11. */

import { assert, assertEquals } from "@std/assert";
import { COLOUR_STYLE, COLOURS } from "../lib/colours.ts";

/** WCAG 2.2, "relative luminance". */
function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** WCAG 2.2, "contrast ratio". */
function contrast(one: string, other: string): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

Deno.test("contrast: as the definition's own bounds", () => {
  assertEquals(contrast("#000000", "#ffffff"), 21);
  assertEquals(contrast("#b3261e", "#b3261e"), 1);
});

for (const [which, scheme] of ["light", "dark"].entries()) {
  Deno.test(`words and marks stand out, ${scheme}`, () => {
    const { GROUNDS, WORDS, MARKS } = COLOURS;
    for (const [ground, below] of Object.entries(GROUNDS)) {
      for (const [roles, least] of [[WORDS, 4.5], [MARKS, 3]] as const) {
        for (const [role, colours] of Object.entries(roles)) {
          const ratio = contrast(colours[which], below[which]);
          assert(ratio >= least, `${role} on ${ground}: ${ratio.toFixed(2)}`);
        }
      }
    }
  });
}

Deno.test("no page has colours of its own", async () => {
  const scripts = [...Deno.readDirSync(new URL("../lib/show/report/page/", import.meta.url))];
  const styles = [
    ...["lib/http/page/live.css", "lib/http/page/charts.js", "lib/show/html/page.ts"],
    ...["lib/show/report/page.css", "bench/peers/chart.ts"],
    ...scripts.map(({ name }) => `lib/show/report/page/${name}`),
  ];
  const own = /:\s*#[0-9a-f]{3,8}\b|\brgba?\(|\bhsl\(/i;
  for (const file of styles) {
    const style = await Deno.readTextFile(new URL(`../${file}`, import.meta.url));
    assertEquals(own.exec(style)?.[0], undefined, file);
    const used = [...style.matchAll(/var\(--([a-z0-9]+)\)/g)].map(([, name]) => name);
    for (const name of new Set(used)) {
      assert(COLOUR_STYLE.includes(` --${name}: #`) || style.includes(`--${name}: `), name);
    }
  }
});
