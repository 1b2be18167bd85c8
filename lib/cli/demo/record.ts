/**
 * The history of a demo: what its clients asked and were told, the total order as it was
 * delivered, and what the replicas hold in the end.
 *
 * @module
 */

import { Recorder } from "../../chaos/recorder.ts";
import { whatIsMissing } from "../../chaos/convergence.ts";
import {
  encodeLine,
  HISTORY_VERSION,
  type HistoryHeader,
  type HistoryLine,
  type OrderLine,
} from "../../check/history.ts";
import { encodeTraceHeader, encodeTraceLines } from "../../trace/encode.ts";
import type { FaultLine, TraceLine } from "../../trace/line.ts";
import { epochUs } from "../../trace/moment.ts";
import { beganOf, inOrder } from "../show/read_trace.ts";
import type { Scenery } from "./scenery.ts";

/** What a record is made of. */
export interface RecordOptions {
  readonly replicas: number;
  /** Which demo it is. */
  readonly demo: string;
}

/** The record of one demo; times are microseconds since 1970. */
export class DemoRecord {
  /** What clients are recorded by. */
  readonly recorder: Recorder;
  /** Reads what is new in the total order, and adds it by {@linkcode DemoRecord.add}. */
  collect: () => void = () => {};
  /** Reads what the replicas have told of themselves so far: what comes later stands behind it. */
  traced: () => readonly TraceLine[] = () => [];
  readonly #options: RecordOptions;
  readonly #lines: Exclude<HistoryLine, HistoryHeader>[] = [];
  readonly #faults: FaultLine[] = [];
  #writes = 0;

  /** Nothing has happened yet. */
  constructor(options: RecordOptions) {
    this.#options = options;
    this.recorder = new Recorder((line) => this.add(line), () => epochUs() / 1000);
  }

  /** A name for a write, which no other has: so each is found again in the total order. */
  nextId(): string {
    return `${this.#options.demo}-${++this.#writes}`;
  }

  /** Adds a line. */
  add(line: HistoryLine): void {
    if (line.type !== undefined) this.#lines.push(line);
  }

  /** Something is done to replicas; it ends when what this gives back is called. */
  fault(fault: string, replicas: readonly number[]): () => void {
    const add = (phase: FaultLine["phase"]) => {
      this.#faults.push({ type: "fault", at: epochUs(), fault, phase, replicas });
    };
    add("begin");
    return () => add("end");
  }

  /**
   * What reads on: gives what was told since it was asked last, at first all, as far as it has a
   * moment. The total order, which takes time to be read, has none.
   */
  reader(): () => TraceLine[] {
    const sources = [() => this.traced(), () => this.#faults, () => this.#lines];
    const read = sources.map(() => 0);
    return () =>
      sources.flatMap((source, i) => {
        const lines = source().slice(read[i]);
        read[i] += lines.length;
        return lines.filter((line) => "at" in line);
      });
  }

  /** Everything: what replicas and clients told, and what was done to them. */
  trace(): TraceLine[] {
    this.collect();
    return inOrder([...this.traced(), ...this.#faults, ...this.#lines]);
  }

  /** The text of all that. */
  traceText(): string {
    const { replicas, demo } = this.#options;
    const lines = this.trace();
    const facts = { replicas, began: beganOf(lines), clients: "themselves", demo } as const;
    return encodeTraceHeader(facts) + encodeTraceLines(lines);
  }

  /** How many lines there are now, with all that is delivered. */
  mark(): number {
    this.collect();
    return this.#lines.length;
  }

  /** The places in the total order of the writes with that id, as far as they are delivered. */
  placesOf(id: string): number[] {
    this.collect();
    return this.#lines.filter(isOrderLine).filter((line) => line.id === id)
      .map(({ index }) => index);
  }

  /** All lines, or those since a mark. */
  lines(since = 0): HistoryLine[] {
    this.collect();
    const { replicas, demo } = this.#options;
    const header = { history: HISTORY_VERSION, replicas, demo } as const;
    return [
      since > 0 ? { ...header, part: true } : header,
      ...this.#lines.slice(since),
    ];
  }

  /** The text of all lines. */
  text(): string {
    return this.lines().map(encodeLine).join("");
  }

  /** Adds what the replicas hold, if they are whole and equal: before, it is nothing final. */
  async addFinals(scenery: Scenery): Promise<void> {
    const ids = Array.from({ length: scenery.replicas }, (_, id) => id);
    const all = await Promise.all(
      ids.map((id) => scenery.onlooker(id).then((asker) => asker.status()).catch(() => null)),
    );
    if (whatIsMissing(all) !== null) return;
    this.collect();
    for (const replica of ids) {
      const held = await (await scenery.onlooker(replica)).dump();
      this.add({ type: "final", replica });
      for (const [key, value] of held) this.add({ type: "final", replica, key, value });
    }
  }
}

function isOrderLine(line: HistoryLine): line is OrderLine {
  return "type" in line && line.type === "order";
}
