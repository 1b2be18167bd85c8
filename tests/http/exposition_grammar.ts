/**
 * Reads Prometheus's text format, version 0.0.4, and refuses whatever is not exactly that, or goes
 * against the conventions for names. Shares no code with the program.
 *
 * Source: Prometheus, "Exposition formats" and "Metric and label naming".
 *
 * @module
 */

/** A sample, as it was read. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A family, as it was read. */
export interface Family {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: Sample[];
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(,|$)/y;
const VALUE = /^(?:[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|NaN|[+-]Inf)$/;
const TYPES = ["counter", "gauge", "histogram"];

/**
 * The families of a text, by name.
 *
 * @throws {Error} naming the line that is not as it must be
 */
export function readExposition(text: string): Map<string, Family> {
  if (!text.endsWith("\n")) throw new Error("the last line does not end");
  const families = new Map<string, Family>();
  const lines = text.slice(0, -1).split("\n");
  let family: Family | null = null;
  let help: [name: string, text: string] | null = null;
  for (const [i, line] of lines.entries()) {
    const wrong = (why: string) => new Error(`line ${i + 1}: ${why}: ${line}`);
    if (line.startsWith("# HELP ")) {
      const [, name, words] = /^# HELP (\S+) (.+)$/.exec(line) ?? [];
      if (!NAME.test(name ?? "") || help !== null) throw wrong("no HELP");
      if (!/^(?:[^\\]|\\[\\n])*$/.test(words)) throw wrong("a backslash that escapes nothing");
      help = [name, words];
    } else if (line.startsWith("# TYPE ")) {
      const [, name, type] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
      if (help === null || help[0] !== name) throw wrong("a TYPE without its HELP before");
      if (!TYPES.includes(type)) throw wrong("no such type");
      if (families.has(name)) throw wrong("a family that is there already");
      family = { name, type, help: help[1], samples: [] };
      families.set(name, family);
      help = null;
    } else {
      const sample = readSample(line);
      if (sample === null) throw wrong("no sample");
      if (help !== null || family === null || !belongs(sample, family)) {
        throw wrong("a sample away from its family");
      }
      family.samples.push(sample);
    }
  }
  for (const family of families.values()) check(family);
  return families;
}

function readSample(line: string): Sample | null {
  const [, name, inside, value] = SAMPLE.exec(line) ?? [];
  if (name === undefined || !VALUE.test(value)) return null;
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (inside !== undefined && LABEL.lastIndex < inside.length) {
    const [, label, text] = LABEL.exec(inside) ?? [];
    if (label === undefined || label in labels) return null;
    labels[label] = text.replaceAll(/\\(.)/g, (_, c) => c === "n" ? "\n" : c);
  }
  return { name, labels, value: Number(value.replace("Inf", "Infinity")) };
}

function belongs({ name }: Sample, family: Family): boolean {
  if (family.type !== "histogram") return name === family.name;
  return ["_bucket", "_sum", "_count"].some((suffix) => name === family.name + suffix);
}

function check(family: Family): void {
  const { name, type, samples } = family;
  const wrong = (why: string) => new Error(`${name}: ${why}`);
  if (samples.length === 0) throw wrong("no samples");
  if (!/^[a-z][a-z0-9_]*$/.test(name)) throw wrong("not in snake case");
  if ((type === "counter") !== name.endsWith("_total")) {
    throw wrong("a counter ends in _total, and nothing else does");
  }
  if (/(?:^|_)(?:ms|millis\w*|micro\w*|minutes?|kb|mb|kilobytes|percent)(?:_|$)/.test(name)) {
    throw wrong("no base unit");
  }
  const seen = new Set<string>();
  for (const { name: full, labels, value } of samples) {
    const key = full + JSON.stringify(Object.entries(labels).sort());
    if (seen.has(key)) throw wrong(`twice: ${key}`);
    seen.add(key);
    if (type !== "gauge" && !(value >= 0)) throw wrong("a count below 0");
  }
  if (type === "histogram") checkHistogram(family, wrong);
}

function checkHistogram({ name, samples }: Family, wrong: (why: string) => Error): void {
  const groups = new Map<string, Sample[]>();
  for (const sample of samples) {
    const { le: _, ...labels } = sample.labels;
    const key = JSON.stringify(labels);
    groups.set(key, [...groups.get(key) ?? [], sample]);
  }
  for (const group of groups.values()) {
    const buckets = group.filter((sample) => sample.name === `${name}_bucket`);
    const bounds = buckets.map(({ labels }) => Number(labels.le.replace("Inf", "Infinity")));
    if (bounds.some((bound, i) => !(bound > (bounds[i - 1] ?? -Infinity)))) {
      throw wrong("bounds that do not grow");
    }
    if (buckets.some(({ value }, i) => value < (buckets[i - 1]?.value ?? 0))) {
      throw wrong("buckets that are not cumulative");
    }
    if (buckets.at(-1)?.labels.le !== "+Inf") throw wrong("no bucket for all");
    const counts = group.filter((sample) => sample.name === `${name}_count`);
    if (counts.length !== 1 || counts[0].value !== buckets.at(-1)?.value) throw wrong("no count");
    if (group.filter((sample) => sample.name === `${name}_sum`).length !== 1) throw wrong("no sum");
  }
}
