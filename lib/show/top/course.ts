/**
 * How the replicas did over the last minutes, as far as `top` draws it.
 *
 * @module
 */

import { TOP_CELLS_KEPT, TOP_LOOKS_PER_CELL } from "../../limits.ts";
import type { ReplicaSnapshot, Snapshot } from "../../watch/snapshot.ts";
import { compact, milliseconds, span } from "../quantity.ts";
import { slowestMs, type Up, writesPerSecond } from "./columns.ts";

/** A quantity that is drawn over time. */
export interface Chart {
  /** What it is. */
  readonly title: string;
  /** Null or undefined if it is not known. */
  of(replica: Up): number | null | undefined;
  /** That of all replicas, by those of each. */
  ofAll(values: readonly number[]): number;
  /** One of its values in words. */
  text(n: number): string;
}

const worst = (values: readonly number[]) => Math.max(...values);

/** What is drawn. */
export const CHARTS: readonly Chart[] = [
  {
    title: "writes/s",
    of: writesPerSecond,
    ofAll: (values) => values.reduce((sum, value) => sum + value, 0),
    text: compact,
  },
  { title: "p99", of: slowestMs, ofAll: worst, text: (ms) => `${milliseconds(ms)} ms` },
  { title: "staleness", of: ({ status }) => status.staleness, ofAll: worst, text: span },
];

/** Of each replica, in the order of the snapshots, what each chart has in a cell. */
type Cell = readonly (readonly (number | null)[])[];

/** Takes one snapshot after another, and keeps the highest of some of them together. */
export class Course {
  readonly #cells: Cell[] = [];
  #looks = 0;

  /** The next snapshot; of the same replicas as those before. */
  add({ replicas }: Snapshot): void {
    const now = replicas.map(pointsOf);
    const begins = this.#looks++ % TOP_LOOKS_PER_CELL === 0;
    const last = begins ? undefined : this.#cells.pop();
    this.#cells.push(last === undefined ? now : highest(last, now));
    if (this.#cells.length > TOP_CELLS_KEPT) this.#cells.shift();
  }

  /** The last so many cells of a chart, for the replica at that place of the snapshots. */
  ofReplica(chart: number, replica: number, cells: number): (number | null)[] {
    return this.#last(cells, (cell) => cell[replica][chart]);
  }

  /** The same for all replicas together. */
  ofAll(chart: number, cells: number): (number | null)[] {
    return this.#last(cells, (cell) => {
      const known = cell.map((points) => points[chart]).filter((value) => value !== null);
      return known.length === 0 ? null : CHARTS[chart].ofAll(known);
    });
  }

  #last(cells: number, of: (cell: Cell) => number | null): (number | null)[] {
    const known = this.#cells.slice(-cells).map(of);
    return [...Array.from({ length: cells - known.length }, () => null), ...known];
  }
}

function pointsOf(replica: ReplicaSnapshot): (number | null)[] {
  return CHARTS.map((chart) => replica.up ? chart.of(replica) ?? null : null);
}

function highest(one: Cell, other: Cell): Cell {
  return one.map((points, replica) =>
    points.map((value, chart) => {
      const next = other[replica][chart];
      return value === null || next === null ? value ?? next : Math.max(value, next);
    })
  );
}
