import { assertEquals, assertThrows } from "@std/assert";
import { exposition, histogram } from "../../lib/http/exposition.ts";
import { readExposition } from "./exposition_grammar.ts";

Deno.test("families as text: help, type, samples", () => {
  const text = exposition([
    {
      name: "kvdist_keys",
      type: "gauge",
      help: "Keys held.",
      samples: [{ labels: { replica: 0 }, value: 3 }, { labels: { replica: 1 }, value: 0.5 }],
    },
    { name: "kvdist_none", type: "gauge", help: "Is left out.", samples: [] },
    { name: "kvdist_x", type: "gauge", help: "Has no label.", samples: [{ labels: {}, value: 1 }] },
  ]);
  assertEquals(
    text,
    "# HELP kvdist_keys Keys held.\n# TYPE kvdist_keys gauge\n" +
      'kvdist_keys{replica="0"} 3\nkvdist_keys{replica="1"} 0.5\n' +
      "# HELP kvdist_x Has no label.\n# TYPE kvdist_x gauge\nkvdist_x 1\n",
  );
});

Deno.test("a histogram is cumulative, and ends with all", () => {
  const samples = histogram({ kind: "read" }, { bounds: [0.1, 1], counts: [2, 3, 4], sum: 9.5 });
  const families = readExposition(exposition([
    { name: "kvdist_x_seconds", type: "histogram", help: "Of a test.", samples },
  ]));
  const read = families.get("kvdist_x_seconds")?.samples ?? [];
  assertEquals(read.map(({ name, labels, value }) => [name, labels.le, value]), [
    ["kvdist_x_seconds_bucket", "0.1", 2],
    ["kvdist_x_seconds_bucket", "1", 5],
    ["kvdist_x_seconds_bucket", "+Inf", 9],
    ["kvdist_x_seconds_sum", undefined, 9.5],
    ["kvdist_x_seconds_count", undefined, 9],
  ]);
});

Deno.test("whatever stands in a label or a help comes back", () => {
  const odd = 'a "quote", a \\ backslash,\na line, {braces}="';
  const families = readExposition(exposition([{
    name: "kvdist_odd",
    type: "gauge",
    help: odd,
    samples: [{ labels: { odd, even: "" }, value: -Infinity }, { labels: {}, value: NaN }],
  }]));
  const [one, other] = families.get("kvdist_odd")?.samples ?? [];
  assertEquals(one, { name: "kvdist_odd", labels: { odd, even: "" }, value: -Infinity });
  assertEquals(other, { name: "kvdist_odd", labels: {}, value: NaN });
});

Deno.test("the grammar refuses what is not the format", () => {
  const good = "# HELP a_total A.\n# TYPE a_total counter\na_total 1\n";
  assertEquals(readExposition(good).size, 1);
  const histogram = "# HELP h H.\n# TYPE h histogram\n";
  const wrong = [
    good.slice(0, -1),
    good + good,
    good.replace("counter", "number"),
    good.replaceAll("a_total", "a"),
    good.replace("total 1", "total one"),
    good.replace("total 1", "total  1"),
    good.replace("total 1", 'total{b="1} 1'),
    good.replace("total 1", 'total{b="1",b="2"} 1'),
    good.replace("total 1", 'total{b="\\t"} 1'),
    good.replace("total 1", "total -1"),
    good + "a_total 2\n",
    good + "b 2\n",
    good + "\n",
    "# TYPE a_total counter\na_total 1\n",
    "# HELP a_ms A.\n# TYPE a_ms gauge\na_ms 1\n",
    `${histogram}h_bucket{le="1"} 1\nh_sum 1\nh_count 1\n`,
    `${histogram}h_bucket{le="1"} 2\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n`,
    `${histogram}h_bucket{le="+Inf"} 1\nh_sum 1\nh_count 2\n`,
    `${histogram}h_bucket{le="+Inf"} 1\nh_count 1\n`,
  ];
  for (const text of wrong) assertThrows(() => readExposition(text), Error, "", text);
});
