/**
 * Metrics as text, in the form that Prometheus reads.
 *
 * Source: Prometheus, "Exposition formats", text-based format, version 0.0.4.
 *
 * @module
 */

/** The media type of the form. */
export const EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** What a sample is about. */
export type Labels = Readonly<Record<string, string | number>>;

/** One number. */
export interface Sample {
  /** Behind the family's name: nothing, or what a part of a histogram has. */
  readonly suffix?: "_bucket" | "_sum" | "_count";
  readonly labels: Labels;
  readonly value: number;
}

/** Numbers of one name, that mean the same of different things. */
export interface Family {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  /** What it means, in a line. */
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** The families that have samples, as text. */
export function exposition(families: readonly Family[]): string {
  return families.filter(({ samples }) => samples.length > 0).map(familyText).join("");
}

/** The samples of a histogram: how many were at most so large, for each bound, and all together. */
export function histogram(
  labels: Labels,
  { bounds, counts, sum }: {
    readonly bounds: readonly number[];
    /** Of each step by itself; the last beyond all bounds. */
    readonly counts: readonly number[];
    readonly sum: number;
  },
): Sample[] {
  let count = 0;
  const buckets = counts.map((step, i): Sample => {
    count += step;
    const le = i < bounds.length ? number(bounds[i]) : "+Inf";
    return { suffix: "_bucket", labels: { ...labels, le }, value: count };
  });
  return [
    ...buckets,
    { suffix: "_sum", labels, value: sum },
    { suffix: "_count", labels, value: count },
  ];
}

function familyText({ name, type, help, samples }: Family): string {
  const lines = samples.map(({ suffix = "", labels, value }) =>
    `${name}${suffix}${labelsText(labels)} ${number(value)}\n`
  );
  return `# HELP ${name} ${escaped(help)}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

function labelsText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) =>
    `${name}="${escaped(String(value)).replaceAll('"', '\\"')}"`
  );
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function number(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}
