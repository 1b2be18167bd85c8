/**
 * The report: what was measured on what, as a document and as text.
 *
 * @module
 */

import type { Spread } from "../../lib/cli/bench/pairs.ts";
import { count, counted, duration, percent, rate } from "../../lib/show/quantity.ts";
import { table } from "../../lib/show/table.ts";
import { wrap } from "../../lib/show/text.ts";
import {
  type Aimed,
  compare,
  type Compared,
  type Figures,
  figuresOf,
  isBound,
  look,
  type Measurement,
} from "./measurement.ts";
import { describePinning } from "./pinning.ts";
import type { Curve } from "./sweep.ts";
import { AIMS, COMPARISONS, type Figure, GENERATOR_CORE_SHARE_MAX, WORKS } from "./targets.ts";

/** With more running than this before, others disturb what is measured. */
const LOAD_MAX = 0.5;

/** A system that took part. */
export interface Participant {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly promise: string;
  readonly settings: string;
}

/** A system that did not, or not always. */
export interface Absentee {
  readonly name: string;
  readonly why: string;
}

/** Where it was measured. */
export interface Machine {
  readonly cores: number;
  readonly processor: string;
  readonly system: string;
  readonly deno: string;
  /** The kind of file system that the servers' folders were on. */
  readonly disk: string;
  /** How many processes ran on average in the minute before. */
  readonly load: number;
}

/** All of it; what `--json` writes. */
export interface Report {
  readonly begun: string;
  readonly machine: Machine;
  readonly rounds: number;
  readonly durationMs: number;
  /** How long each system was asked before anything was measured. */
  readonly warmUpMs: number;
  readonly repetitions: number;
  readonly keys: number;
  readonly valueBytes: number;
  readonly pinnings: readonly boolean[];
  readonly participants: readonly Participant[];
  readonly absentees: readonly Absentee[];
  readonly measurements: readonly Measurement[];
  readonly curves: readonly Curve[];
}

/** What one way of pinning gave. */
export interface Part {
  readonly isPinned: boolean;
  readonly measurements: readonly Measurement[];
  readonly compared: readonly Compared[];
  readonly aimed: readonly Aimed[];
}

/** The report's parts, one for each way of pinning. */
export function partsOf({ pinnings, measurements }: Report): Part[] {
  return pinnings.map((isPinned) => {
    const own = measurements.filter((one) => one.isPinned === isPinned);
    return {
      isPinned,
      measurements: own,
      compared: COMPARISONS.map((one) => compare(own, one)).filter((one) => one !== null),
      aimed: AIMS.map((one) => look(own, one)).filter((one) => one !== null),
    };
  });
}

/** A value of that figure in words. */
export function inWords(value: number, figure: Figure): string {
  return figure === "rate" ? rate(value) : duration(value);
}

/** The median, and where all values lie. */
export function spreadInWords(spread: Spread, words: (value: number) => string): string {
  const { median, min, max } = spread;
  return min === max ? words(median) : `${words(median)} (${words(min)} … ${words(max)})`;
}

/** A ratio kvdist/peer, and where those of all rounds lie. */
export function ratioInWords({ median, min, max }: Spread): string {
  const digits = (value: number) => value.toFixed(2);
  return `${digits(median)}x` + (min === max ? "" : ` (${digits(min)}–${digits(max)})`);
}

/** The target in words. */
export function targetInWords({ comparison: { target, aim, figure } }: Compared): string {
  if (target === undefined) return "";
  const bound = figure === "rate" ? "≥" : "≤";
  return `${bound} ${target}${aim === undefined ? "" : ` (aim ${aim})`}`;
}

/** What became of it in words; where kvdist is behind, it is said, target or not. */
export function verdictInWords({ verdict, isBehind }: Compared): string {
  const words = { none: "", met: "met", aim: "met, aim too", missed: "MISSED" }[verdict];
  return [words, isBehind ? "behind" : ""].filter((word) => word !== "").join(", ");
}

/** The name of a work or a system, by its id. */
export function nameOf(
  all: readonly { readonly id: string; readonly name: string }[],
  id: string,
): string {
  return all.find((one) => one.id === id)?.name ?? id;
}

/** How the promises that are compared differ, a sentence for each difference. */
export function differences(
  compared: readonly Compared[],
  participants: readonly Participant[],
): string[] {
  const peersBy = new Map<string, Set<string>>();
  for (const { comparison: { differs, peer } } of compared) {
    if (differs === undefined) continue;
    const peers = peersBy.get(differs) ?? new Set();
    peersBy.set(differs, peers.add(nameOf(participants, peer)));
  }
  return [...peersBy].map(([text, peers]) => `Beside ${[...peers].join(", ")}: ${text}.`);
}

/** What a comparison is of: the work, and what of it is compared. */
export function workInWords({ comparison: { work, figure } }: Compared): string {
  return nameOf(WORKS, work) + (figure === "p50" ? ": p50" : "");
}

/** How it was measured, a paragraph each. */
export function conditions(report: Report): string[] {
  const { machine, rounds, durationMs, warmUpMs, keys, valueBytes, repetitions, curves } = report;
  const place =
    `${report.begun}; ${counted(machine.cores, "core")} ${machine.processor}; ${machine.system}; ` +
    `Deno ${machine.deno}; folders on ${machine.disk}; load before ${machine.load.toFixed(2)}` +
    (machine.load > LOAD_MAX ? ": OTHERS ARE AT WORK HERE, the figures are worth little" : "");
  const time = `${counted(rounds, "round")}, ${durationMs / 1000} s for each measurement`;
  if (curves.length > 0) {
    return [
      place,
      `${time}; medians of all rounds. Unless it is what varies: 3 replicas in one process, 50 ` +
      "clients of one of them, each with one request under way, 10,000 keys written before (fewer " +
      "where values are large: 64 MiB at most), values of 64 bytes; all writes sequential. For more " +
      "than 64 clients redis-benchmark asks. Memory is that of all replicas together.",
    ];
  }
  return [
    place,
    `${time}, in servers that have been asked for ${warmUpMs / 1000} s before; values of ${
      counted(valueBytes, "byte")
    }, ${counted(keys, "key")} written before; ` +
    `pairs: median of ${counted(repetitions, "repetition")} after 1,000 operations`,
    "Each client has one request under way, except with -P 16, where redis-benchmark asks. " +
    "Medians of all rounds, in brackets the least and the most; ratios are computed within a round.",
  ];
}

/** The whole report as lines of text. */
export function reportLines(report: Report, width: number): string[] {
  const { participants, absentees, machine, curves } = report;
  const paragraph = (text: string) => wrap(text, width);
  return [
    ...conditions(report).flatMap(paragraph),
    ...(participants.length === 0 ? [] : ["", ...participantLines(participants, width)]),
    ...(absentees.length === 0 ? [] : [""]),
    ...absentees.flatMap(({ name, why }) => paragraph(`not measured: ${name}: ${why}`)),
    ...partsOf(report).flatMap((part) => [
      "",
      describePinning(part.isPinned, machine.cores).toUpperCase(),
      "",
      ...measuredLines(part, participants, width),
      ...(part.compared.length === 0 ? [] : ["", ...comparedLines(part, participants, width)]),
    ]),
    ...curveLines(curves, width),
  ];
}

function participantLines(participants: readonly Participant[], width: number): string[] {
  return [
    ...table(
      [{ title: "system" }, { title: "version" }, { title: "an answered write is" }],
      participants.map(({ name, version, promise }) => [name, version, promise]),
      { width },
    ),
    "",
    ...participants.flatMap(({ name, settings }) => wrap(`${name}: ${settings}`, width)),
  ];
}

/** What stands in the columns of a curve's table, besides what is varied. */
export const POINT_TITLES = ["answers", "p50", "p99", "generator", "memory"] as const;

/** A point's figures in words, in the order of {@linkcode POINT_TITLES}. */
export function pointInWords(
  { perSecond, p50Ms, p99Ms, coreShare, residentMebibytes }: Curve["points"][number],
): string[] {
  const generator = percent(coreShare) + (isBound({ coreShare }) ? " *" : "");
  const memory = `${count(residentMebibytes)} MiB`;
  return [rate(perSecond), duration(p50Ms), duration(p99Ms), generator, memory];
}

function curveLines(curves: readonly Curve[], width: number): string[] {
  const axes = [...new Set(curves.map(({ axis }) => axis))];
  return axes.flatMap((axis) => [
    "",
    ...table(
      [
        { title: axis, align: "right" },
        { title: "" },
        ...POINT_TITLES.map((title) => ({ title, align: "right" } as const)),
      ],
      curves.filter((curve) => curve.axis === axis).flatMap(({ name, points }) =>
        points.map((point) => [count(point.at), name, ...pointInWords(point)])
      ),
      { width },
    ),
  ]);
}

function measuredLines(
  { measurements }: Part,
  participants: readonly Participant[],
  width: number,
): string[] {
  const rows = WORKS.flatMap(({ id: work, name }) =>
    participants.flatMap((system) => {
      const figures = figuresOf(measurements, system.id, work);
      return figures === null ? [] : [measuredRow(name, system.name, figures)];
    })
  );
  const anyBound = measurements.some(isBound);
  const failed = measurements.filter(({ failures }) => failures > 0);
  return [
    ...table(
      [
        { title: "work" },
        { title: "system" },
        { title: "answers", align: "right" },
        { title: "least … most", align: "right" },
        { title: "p50", align: "right" },
        { title: "p99", align: "right" },
        { title: "generator", align: "right" },
      ],
      rows,
      { width },
    ),
    ...(anyBound
      ? wrap(
        `* the generator took more than ${percent(GENERATOR_CORE_SHARE_MAX)} of a core: the ` +
          "system may be faster than it shows",
        width,
      )
      : []),
    ...failed.flatMap(({ system, work, failures, failure }) =>
      wrap(
        `! ${nameOf(participants, system)}, ${nameOf(WORKS, work)}: ` +
          `${counted(failures, "answer")} failed, such as: ${failure}`,
        width,
      )
    ),
  ];
}

function measuredRow(work: string, system: string, figures: Figures): string[] {
  const { perSecond, pairsMs, p50Ms, p99Ms, coreShare, failures } = figures;
  const value = pairsMs ?? perSecond;
  const words = pairsMs === null ? rate : duration;
  const mark = isBound({ coreShare: coreShare.max }) ? " *" : "  ";
  return [
    work,
    system + (failures > 0 ? " !" : ""),
    words(value.median),
    value.min === value.max ? "" : `${words(value.min)} … ${words(value.max)}`,
    p50Ms === null ? "" : duration(p50Ms.median),
    p99Ms === null ? "" : duration(p99Ms.median),
    percent(coreShare.median) + mark,
  ];
}

function comparedLines(
  { compared, aimed }: Part,
  participants: readonly Participant[],
  width: number,
): string[] {
  return [
    ...table(
      [
        { title: "kvdist/peer" },
        { title: "kvdist" },
        { title: "", align: "right" },
        { title: "peer" },
        { title: "", align: "right" },
        { title: "ratio", align: "right" },
        { title: "target" },
        { title: "" },
      ],
      compared.map((one) => comparedRow(one, participants)),
      { width },
    ),
    ...wrap(
      "Of rates at least, of times at most is asked for; “behind”: kvdist is slower than the peer, " +
        "target or not.",
      width,
    ),
    ...aimed.map(({ aim, perSecond, isReached }) =>
      `${nameOf(participants, aim.kvdist)}, ${nameOf(WORKS, aim.work)}: ` +
      `${spreadInWords(perSecond, rate)}, aim ${count(aim.perSecond)}/s: ` +
      (isReached ? "reached" : "NOT REACHED")
    ),
    ...(compared.some(({ isGeneratorBound }) => isGeneratorBound)
      ? wrap(
        "* a generator was at its limit: the ratio is nearer to 1 than the systems are",
        width,
      )
      : []),
    "",
    ...differences(compared, participants).flatMap((text) => wrap(text, width)),
  ];
}

function comparedRow(one: Compared, participants: readonly Participant[]): string[] {
  const { comparison, kvdist, peer, ratio, isGeneratorBound } = one;
  const { figure } = comparison;
  return [
    workInWords(one),
    nameOf(participants, comparison.kvdist).replace("kvdist ", ""),
    inWords(kvdist.median, figure),
    nameOf(participants, comparison.peer),
    inWords(peer.median, figure),
    ratioInWords(ratio) + (isGeneratorBound ? " *" : "  "),
    targetInWords(one),
    verdictInWords(one),
  ];
}
